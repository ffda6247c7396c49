"""What is fitted on training dates only: priors, shrinkage, bins, vocabulary.

Empirical Bayes: a player's share of class ``c`` after ``n_c`` of ``N`` balls is
``(n_c + k * prior_c) / (N + k)``, the posterior mean under a Dirichlet prior whose concentration ``k`` is
fitted by maximum likelihood of the Dirichlet-multinomial (Minka, "Estimating a Dirichlet distribution",
2000) on the careers seen in training.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar
from scipy.special import gammaln

from cricketgnn.cricket.outcomes import N_KINDS, N_OUTCOMES
from cricketgnn.errors import DataError
from cricketgnn.features.grouped import Floats, Ints

MAX_ROWS_FOR_BINS: Final = 200_000
"""Quantiles of more rows than this are taken from an evenly spread sample."""
SMOOTHING: Final = 1.0
"""Added to every class count of a prior, so that a class unseen in training keeps a probability."""

MAX_CONCENTRATION: Final = 1e5
"""Balls; a prior worth more than this cannot be told from one that is never left."""


@dataclass(frozen=True)
class Priors:
    """Shares in the training deliveries by sex; the first axis is ``is_female``: men, then women.

    Attributes:
        outcome: bat outcomes among deliveries that are no wides, ``[2, 7]``.
        kind: delivery kinds among all, ``[2, 3]``.
    """

    outcome: npt.NDArray[np.float64]
    kind: npt.NDArray[np.float64]

    @property
    def rates(self) -> npt.NDArray[np.float64]:
        """Prior of each career count, ``[2, 9]``: outcomes, then wides and no-balls."""
        return np.concatenate([self.outcome, self.kind[:, 1:]], axis=1)


def fit_priors(outcomes: Ints, kinds: Ints, female: npt.NDArray[np.bool_]) -> Priors:
    """Fit the class shares of each sex; a sex absent from training gets the shares of the other.

    Raises:
        DataError: no training delivery has a bat outcome.
    """
    if not (outcomes >= 0).any():
        raise DataError(
            "the training matches hold no delivery with a bat outcome; move val_from to a later date"
        )

    def shares(labels: Ints, size: int) -> npt.NDArray[np.float64]:
        seen = labels >= 0
        counts = np.zeros((2, size))
        np.add.at(counts, (female[seen].astype(int), labels[seen]), 1)
        counts = np.where(counts.sum(axis=1, keepdims=True) > 0, counts, counts.sum(axis=0))
        smoothed = counts + SMOOTHING
        return np.asarray(smoothed / smoothed.sum(axis=1, keepdims=True))

    return Priors(outcome=shares(outcomes, N_OUTCOMES), kind=shares(kinds, N_KINDS))


def fit_concentration(counts: Floats, prior: npt.NDArray[np.float64]) -> float:
    """Fit how many balls the prior is worth against careers of one role.

    Args:
        counts: bat outcomes of each career, ``[N, 7]``; careers without a ball tell nothing.
        prior: class shares each career is drawn around, ``[N, 7]``.

    Returns:
        The concentration ``k`` in balls, between 1 and :data:`MAX_CONCENTRATION`; that where no career
        has a ball, for then nothing tells one from another and the prior stands.
    """
    seen = counts.sum(axis=1) > 0
    if not seen.any():
        return MAX_CONCENTRATION
    counts, prior = counts[seen].astype(np.float64), prior[seen]
    total = counts.sum(axis=1)

    def negative_log_likelihood(log_k: float) -> float:
        k = np.exp(log_k)
        alpha = k * prior
        each = (gammaln(alpha + counts) - gammaln(alpha)).sum(axis=1) + gammaln(k) - gammaln(k + total)
        return -float(each.sum())

    bounds = (0.0, np.log(MAX_CONCENTRATION))
    return float(np.exp(minimize_scalar(negative_log_likelihood, bounds=bounds, method="bounded").x))


def shrunk_rates(counts: Floats, prior: npt.NDArray[np.float64], concentration: float) -> Floats:
    """Turn as-of counts into empirical-Bayes rates with their weight of evidence.

    Args:
        counts: ``[N, 9]`` in the order of :data:`cricketgnn.features.names.COUNTS`.
        prior: ``[N, 9]`` prior rates of each row.
        concentration: balls the prior is worth.

    Returns:
        ``[N, 10]``: nine rates, then log(1 + balls).
    """
    balls = counts[:, :N_OUTCOMES].sum(axis=1, keepdims=True)
    deliveries = balls + counts[:, N_OUTCOMES : N_OUTCOMES + 1]  # a no-ball is among the balls already
    denominator = np.concatenate([np.repeat(balls, N_OUTCOMES, 1), np.repeat(deliveries, 2, 1)], axis=1)
    rates = (counts + concentration * prior) / (denominator + concentration)
    return np.concatenate([rates, np.log1p(balls)], axis=1).astype(np.float32)


def rows_for_bins(rows: Ints) -> Ints:
    """Choose which of the training rows bins are fitted on: all, or an evenly spread sample."""
    step = -(-len(rows) // MAX_ROWS_FOR_BINS)  # rounded up: no more rows than that
    return rows[:: max(step, 1)]


def fit_bins(values: Floats, bins: int) -> Floats:
    """Fit the edges of a piecewise-linear encoding to the quantiles of each feature.

    Args:
        values: training rows, ``[N, F]``; those of :func:`rows_for_bins`, for more take long.
        bins: how many bins.

    Returns:
        ``[F, bins + 1]`` ascending edges. A feature with few values has repeated edges: bins of no width.

    Raises:
        DataError: there is no row.
    """
    if not len(values):
        raise DataError("there is no training row to fit quantile bins on; move val_from to a later date")
    edges = np.quantile(np.asarray(values), np.linspace(0, 1, bins + 1), axis=0, method="nearest")
    return np.ascontiguousarray(edges.T.astype(np.float32))
