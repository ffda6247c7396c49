"""Configurations trained on several seeds: how good each is, and whether one is really better.

A single training is one draw. What a configuration is worth is its mean over seeds, and how far that can
be trusted depends on which matches were played and on which seeds were drawn: both are drawn again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cricketgnn.cricket.outcomes import N_OUTCOMES
from cricketgnn.errors import DataError
from cricketgnn.evaluation.bootstrap import MatchBootstrap, Score, json_number
from cricketgnn.evaluation.decision_rule import cross_fitted_calls
from cricketgnn.evaluation.formulas import macro_f1
from cricketgnn.evaluation.match_sums import MatchSums, totals
from cricketgnn.evaluation.metrics import metric_named
from cricketgnn.evaluation.predictions import FloatArray, Predictions


@dataclass(frozen=True)
class RepeatedScores:
    """What one configuration reaches on the same matches under several seeds, draw by draw.

    Attributes:
        macro_f1: by the cross-fitted decision rule, mean of the drawn seeds, ``[1 + R]``, the value first.
        log_loss: the same of the log loss.
        each_macro_f1: macro-F1 of each seed, ``[S]``.
    """

    macro_f1: FloatArray
    log_loss: FloatArray
    each_macro_f1: FloatArray


@dataclass(frozen=True)
class Lead:
    """How far one configuration is ahead of another, by macro-F1.

    Attributes:
        difference: mean over seeds of the first less that of the second, with its interval.
        log_loss_difference: the same of the log loss; negative is better.
        share_better: draws in which the first is better, ties counted half.
    """

    difference: Score
    log_loss_difference: Score
    share_better: float

    @property
    def clear(self) -> bool:
        """Tell whether the interval of the difference leaves no room for 0."""
        return self.difference.low > 0

    def to_json(self) -> dict[str, Any]:
        """Give the lead as plain values."""
        return {
            "difference": self.difference.to_json(),
            "log_loss_difference": self.log_loss_difference.to_json(),
            "share_better": json_number(self.share_better),
            "clear": self.clear,
        }


def repeated_scores(runs: Sequence[Predictions], bootstrap: MatchBootstrap) -> RepeatedScores:
    """Score one configuration's runs on the same draws of matches and seeds.

    Args:
        runs: predictions of each seed for the same deliveries; configurations that are to be compared
            give their seeds in the same order.
        bootstrap: of matches; its seed also draws the seeds.

    Raises:
        DataError: no run, or fewer than two matches.
    """
    if not runs:
        raise DataError("got no run of a configuration, expected one a seed")
    f1, loss = (np.stack([of(run, bootstrap) for run in runs]) for of in (_macro_f1s, _log_losses))
    draws = f1.shape[1]
    drawn = np.random.default_rng(bootstrap.seed + 1).integers(len(runs), size=(len(runs), draws))
    drawn[:, 0] = np.arange(len(runs))  # the value itself takes every seed once
    columns = np.arange(draws)
    return RepeatedScores(f1[drawn, columns].mean(axis=0), loss[drawn, columns].mean(axis=0), f1[:, 0])


def lead(first: RepeatedScores, second: RepeatedScores, bootstrap: MatchBootstrap) -> Lead:
    """Compare two configurations that were scored on the same draws."""
    ahead = first.macro_f1 - second.macro_f1
    gains = ahead[1:][np.isfinite(ahead[1:])]
    share = float((gains > 0).mean() + (gains == 0).mean() / 2) if gains.size else float("nan")
    return Lead(bootstrap.score(ahead), bootstrap.score(first.log_loss - second.log_loss), share)


def _macro_f1s(run: Predictions, bootstrap: MatchBootstrap) -> FloatArray:
    sums = MatchSums(run)
    cells = sums.outcomes * N_OUTCOMES + cross_fitted_calls(run)
    confusion = sums.over_cells(cells, (N_OUTCOMES, N_OUTCOMES))
    return macro_f1(totals(bootstrap.weights(sums.matches), confusion))


def _log_losses(run: Predictions, bootstrap: MatchBootstrap) -> FloatArray:
    sums = MatchSums(run)
    return metric_named("log_loss").values(sums, bootstrap.weights(sums.matches))
