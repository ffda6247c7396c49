"""The scores of a forecast by name: which way is better, what they mean, and from which sums they come."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

from cricketgnn.errors import UnknownNameError
from cricketgnn.evaluation import formulas
from cricketgnn.evaluation.match_sums import MatchSums, totals
from cricketgnn.evaluation.predictions import FloatArray


class Direction(StrEnum):
    """Which way a score gets better, in the words of a search."""

    MINIMIZE = "minimize"
    MAXIMIZE = "maximize"


@dataclass(frozen=True)
class Metric:
    """A score that is a formula over additive sums of the matches.

    Attributes:
        direction: which way is better.
        description: one line for a table, unit included.
        blocks: the sums it needs, names of :data:`match_sums.BLOCKS`, in the order the formula takes them.
        formula: totals of ``R`` resamples, ``[R, ...]`` each, to ``[R]`` values.
        bounds: lowest and highest value there can be.
    """

    direction: Direction
    description: str
    blocks: tuple[str, ...]
    formula: Callable[..., FloatArray]
    bounds: tuple[float, float] = (0.0, 1.0)

    def values(self, sums: MatchSums, weights: FloatArray) -> FloatArray:
        """Compute the score for each row of match weights, ``[R, M] -> [R]``.

        NaN throughout when the predictions lack the prior or the rule that the score compares with.
        """
        blocks = [sums.block(name) for name in self.blocks]
        present = [totals(weights, block) for block in blocks if block is not None]
        if len(present) < len(blocks):
            return np.full(len(weights), np.nan)
        return self.formula(*present)

    def missing(self, sums: MatchSums) -> str | None:
        """Name the first block that these predictions cannot give, or None when the score is there."""
        return next((name for name in self.blocks if sums.block(name) is None), None)


_ANY_LOSS: Final = (0.0, math.inf)
_ANY_SKILL: Final = (-math.inf, 1.0)


def _lower(
    description: str,
    *blocks: str,
    formula: Callable[..., FloatArray] = formulas.ratio,
    bounds: tuple[float, float] = _ANY_LOSS,
) -> Metric:
    return Metric(Direction.MINIMIZE, description, blocks, formula, bounds)


def _higher(
    description: str,
    *blocks: str,
    formula: Callable[..., FloatArray] = formulas.ratio,
    bounds: tuple[float, float] = (0.0, 1.0),
) -> Metric:
    return Metric(Direction.MAXIMIZE, description, blocks, formula, bounds)


METRICS: Final[Mapping[str, Metric]] = {
    "log_loss": _lower("mean -ln p of the bat outcome that came (nats)", "log_loss", "scored"),
    "log_loss_prior": _lower("the same for the class prior (nats)", "log_loss_prior", "scored"),
    "skill": _higher(
        "share of the class prior's log loss removed",
        "log_loss",
        "log_loss_prior",
        formula=formulas.skill,
        bounds=_ANY_SKILL,
    ),
    "brier": _lower(
        "squared error summed over the 7 outcomes (0 to 2)", "brier", "scored", bounds=(0.0, 2.0)
    ),
    "accuracy": _higher("share of deliveries whose most probable outcome came", "hits", "scored"),
    "top2_accuracy": _higher("share whose outcome was among the two most probable", "top2_hits", "scored"),
    "macro_f1": _higher("mean F1 of the outcomes, called by argmax", "confusion", formula=formulas.macro_f1),
    "weighted_f1": _higher(
        "F1 weighted by support, called by argmax", "confusion", formula=formulas.weighted_f1
    ),
    "macro_f1_rule": _higher(
        "mean F1 of the outcomes, called by the decision rule", "confusion_rule", formula=formulas.macro_f1
    ),
    "weighted_f1_rule": _higher(
        "F1 weighted by support, called by the decision rule", "confusion_rule", formula=formulas.weighted_f1
    ),
    "calibration_error": _lower(
        "classwise expected calibration error, 15 equal-width bins",
        "scored",
        "calibration_gaps",
        formula=formulas.classwise_calibration_error,
        bounds=(0.0, 1.0),
    ),
    "wicket_auc": _higher(
        "area under the ROC curve of the wicket probability", "wicket_histogram", formula=formulas.binned_auc
    ),
    "boundary_auc": _higher(
        "area under the ROC curve of the probability of a four or six",
        "boundary_histogram",
        formula=formulas.binned_auc,
    ),
    "kind_log_loss": _lower(
        "mean -ln p of the delivery kind that came (nats)", "kind_log_loss", "deliveries"
    ),
    "kind_log_loss_prior": _lower(
        "the same for the prior of the kind (nats)", "kind_log_loss_prior", "deliveries"
    ),
    "kind_skill": _higher(
        "share of the kind prior's log loss removed",
        "kind_log_loss",
        "kind_log_loss_prior",
        formula=formulas.skill,
        bounds=_ANY_SKILL,
    ),
    "kind_brier": _lower(
        "squared error summed over the 3 delivery kinds (0 to 2)",
        "kind_brier",
        "deliveries",
        bounds=(0.0, 2.0),
    ),
}
"""Every score of :func:`evaluate`, in the order tables print them."""


def metric_named(name: str) -> Metric:
    """Find a score by its name.

    Raises:
        UnknownNameError: no such score.
    """
    if name not in METRICS:
        raise UnknownNameError("metric", name, METRICS)
    return METRICS[name]
