"""Whether a forecast of 10 % comes true one time in ten: the numbers behind a reliability diagram."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from cricketgnn.cricket.outcomes import OUTCOME_NAMES
from cricketgnn.errors import ConfigError
from cricketgnn.evaluation.bootstrap import MatchBootstrap
from cricketgnn.evaluation.formulas import ratio
from cricketgnn.evaluation.match_sums import MatchSums, quantile_bins, totals
from cricketgnn.evaluation.predictions import FloatArray, IntArray, Predictions


class ReliabilityInfo(NamedTuple):
    """Reliability curve of one bat outcome, ``B`` points in order of rising probability.

    Attributes:
        outcome: its name.
        mean_probability: what the model gave it in the bin, ``[B]``.
        observed_share: how often it came, ``[B]``; on the diagonal the two are equal.
        deliveries: how many are in the bin, ``[B]``.
        low, high: interval of the observed share over matches, ``[B]``; NaN where unknown.
    """

    outcome: str
    mean_probability: FloatArray
    observed_share: FloatArray
    deliveries: IntArray
    low: FloatArray
    high: FloatArray

    def to_json(self) -> dict[str, Any]:
        """Give the curve as JSON values, a list a point."""
        return {
            "outcome": self.outcome,
            **{
                name: [None if math.isnan(number) else number for number in numbers.tolist()]
                for name, numbers in self._asdict().items()
                if name != "outcome"
            },
        }


def reliability(
    predictions: Predictions,
    *,
    bins: int = 10,
    resamples: int = 1000,
    seed: int = 0,
    confidence: float = 0.95,
) -> tuple[ReliabilityInfo, ...]:
    """Give the reliability curve of each bat outcome, in the order of ``BatOutcome``.

    The bins hold equally many deliveries (equal probabilities stay together, so there may be fewer bins
    than asked for): with bins of equal width, nearly all of a three's probabilities would be in the first.

    Raises:
        DataError: no delivery but wides.
        ConfigError: fewer than one bin, or a bootstrap that cannot be.
    """
    if bins < 1:
        raise ConfigError(f"got bins={bins}, expected at least 1")
    bootstrap = MatchBootstrap(resamples, seed, confidence)
    sums = MatchSums(predictions)
    weights = bootstrap.weights(sums.matches)
    return tuple(_curve(sums, outcome, bins, weights, bootstrap) for outcome in range(len(OUTCOME_NAMES)))


def _curve(
    sums: MatchSums, outcome: int, bins: int, weights: FloatArray, bootstrap: MatchBootstrap
) -> ReliabilityInfo:
    probabilities = sums.probabilities[:, outcome]
    cells = quantile_bins(probabilities, bins)
    shape = (int(cells.max()) + 1,)
    counts = sums.over_cells(cells, shape)
    came = sums.over_cells(cells, shape, (sums.outcomes == outcome).astype(np.float64))
    shares = ratio(totals(weights, came), totals(weights, counts))
    scores = [bootstrap.score(column, (0.0, 1.0)) for column in shares.T]
    count = counts.sum(axis=0)
    return ReliabilityInfo(
        outcome=OUTCOME_NAMES[outcome],
        mean_probability=sums.over_cells(cells, shape, probabilities).sum(axis=0) / count,
        observed_share=shares[0],
        deliveries=count.astype(np.int64),
        low=np.array([score.low for score in scores]),
        high=np.array([score.high for score in scores]),
    )
