"""Where a model is good and where not: scores of women's matches, death overs, unknown batters apart."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from cricketgnn.errors import DataError
from cricketgnn.evaluation.bootstrap import MatchBootstrap, Score
from cricketgnn.evaluation.match_sums import MatchSums
from cricketgnn.evaluation.predictions import BoolArray, Predictions
from cricketgnn.evaluation.report import score_metrics

SLICE_METRICS: Final = ("log_loss", "log_loss_prior", "skill", "calibration_error")


@dataclass(frozen=True)
class SliceScores:
    """Scores of one part of the deliveries.

    Attributes:
        name: of the slice.
        deliveries, scored, matches: counts; ``scored`` leaves out wides.
        scores: the metrics of :data:`SLICE_METRICS`; NaN in a slice without a scored delivery.
    """

    name: str
    deliveries: int
    scored: int
    matches: int
    scores: Mapping[str, Score]

    def to_json(self) -> dict[str, Any]:
        """Give the slice as JSON values, each metric by its name."""
        counts = {"deliveries": self.deliveries, "scored": self.scored, "matches": self.matches}
        return {
            "name": self.name,
            **counts,
            **{metric: score.to_json() for metric, score in self.scores.items()},
        }


def by_slice(
    predictions: Predictions,
    slices: Mapping[str, BoolArray],
    *,
    resamples: int = 1000,
    seed: int = 0,
    confidence: float = 0.95,
) -> tuple[SliceScores, ...]:
    """Score parts of the deliveries, in the order given; parts may overlap.

    Each interval draws from the matches that have a delivery in the slice. Calibration error grows as
    a slice gets smaller, for noise alone: compare it between models, not between slices of unlike size.

    Args:
        predictions: of all deliveries.
        slices: mask over the deliveries (``[D]``) by name.
        resamples: draws of the bootstrap over matches; 0 for values without intervals.
        seed: of the draws.
        confidence: of the intervals.

    Raises:
        DataError: a mask that does not fit the deliveries.
        ConfigError: a bootstrap that cannot be.
    """
    bootstrap = MatchBootstrap(resamples, seed, confidence)
    for name, rows in slices.items():
        if rows.shape != predictions.outcomes.shape or rows.dtype != np.bool_:
            raise DataError(
                f"slice '{name}' is {rows.dtype} of shape {rows.shape}, expected a boolean mask of shape "
                f"{predictions.outcomes.shape}"
            )
    return tuple(_score_slice(predictions, name, rows, bootstrap) for name, rows in slices.items())


def _score_slice(
    predictions: Predictions, name: str, rows: BoolArray, bootstrap: MatchBootstrap
) -> SliceScores:
    scored = int((rows & predictions.scored).sum())
    if scored == 0:
        scores = dict.fromkeys(SLICE_METRICS, Score(math.nan, math.nan, math.nan))
    else:
        scores = score_metrics(MatchSums(predictions.select(rows)), SLICE_METRICS, bootstrap)
    return SliceScores(
        name=name,
        deliveries=int(rows.sum()),
        scored=scored,
        matches=len(np.unique(predictions.match[rows])),
        scores=scores,
    )
