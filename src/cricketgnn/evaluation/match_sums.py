"""What each match adds to the scores: sums over its deliveries, from which every metric is computed.

A block is an array ``[M, ...]`` with one row a match. Resampling matches is then one matrix product,
``weights[R, M] @ block[M, ...]``, whatever the number of deliveries.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from cricketgnn.cricket.outcomes import N_OUTCOMES, BatOutcome
from cricketgnn.errors import DataError
from cricketgnn.evaluation.decision_rule import ARGMAX, DecisionRule
from cricketgnn.evaluation.predictions import BoolArray, FloatArray, Predictions, normalised

PROBABILITY_CLIP: Final = 1e-15
"""Smallest probability in a log loss: an impossible outcome that happened costs 34.5 nats, not infinity."""
CALIBRATION_BINS: Final = 15
"""Equal-width bins of the calibration error, the number of Guo et al. 2017 and Kull et al. 2019."""
AUC_BINS: Final = 1000


@dataclass(frozen=True, eq=False)
class MatchSums:
    """Sums over the deliveries of each match, computed block by block when a metric asks for them.

    Attributes:
        predictions: what to score; at least one delivery must not be a wide.
        rule: calls the outcomes behind ``confusion_rule``; None when no metric needs it.

    Raises:
        DataError: every delivery is a wide.
    """

    predictions: Predictions
    rule: DecisionRule | None = None
    _blocks: dict[str, FloatArray | None] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        if not self.scored.any():
            raise DataError(
                f"all {len(self.scored)} deliveries are wides, expected some with a bat outcome; "
                "widen the split or slice"
            )

    @property
    def matches(self) -> int:
        """Number of matches ``M``, those with nothing but wides included."""
        return int(self._match.max()) + 1

    def block(self, name: str) -> FloatArray | None:
        """Give block ``name`` of :data:`BLOCKS`, ``[M, ...]``; None when a prior or rule is missing."""
        if name not in self._blocks:
            self._blocks[name] = BLOCKS[name](self)
        return self._blocks[name]

    @cached_property
    def scored(self) -> BoolArray:
        """Mask of the deliveries with a bat outcome, ``[D]``."""
        return self.predictions.scored

    @cached_property
    def probabilities(self) -> FloatArray:
        """Bat-outcome probabilities of the scored deliveries, ``[S, 7]``."""
        return normalised(self.predictions.probabilities[self.scored])

    @cached_property
    def outcomes(self) -> npt.NDArray[np.int64]:
        """Outcomes of the scored deliveries, ``[S]``."""
        return self.predictions.outcomes[self.scored].astype(np.int64)

    def over_scored(self, values: npt.NDArray[Any]) -> FloatArray:
        """Sum a value of the scored deliveries ``[S]`` within each match, ``[M]``."""
        return np.bincount(self._scored_match, values, self.matches).astype(np.float64)

    def over_all(self, values: npt.NDArray[Any]) -> FloatArray:
        """Sum a value of all deliveries ``[D]`` within each match, ``[M]``."""
        return np.bincount(self._match, values, self.matches).astype(np.float64)

    def over_cells(
        self, cells: npt.NDArray[np.int64], shape: tuple[int, ...], values: npt.NDArray[Any] | None = None
    ) -> FloatArray:
        """Count scored deliveries (or sum ``values``) by match and cell, ``[M, *shape]``.

        Args:
            cells: flat index into ``shape`` for each scored delivery, ``[S]`` or ``[S, n]`` for n cells.
            shape: of the table that each match fills.
            values: what to add to the cell, shape of ``cells``; 1 when absent.
        """
        size = int(np.prod(shape))
        match = self._scored_match if cells.ndim == 1 else self._scored_match[:, None]
        flat = (match * size + cells).ravel()
        weights = None if values is None else values.ravel()
        sums = np.bincount(flat, weights=weights, minlength=self.matches * size)
        return sums.reshape(self.matches, *shape).astype(np.float64)

    @cached_property
    def _match(self) -> npt.NDArray[np.int64]:
        return np.unique(self.predictions.match, return_inverse=True)[1].astype(np.int64)

    @cached_property
    def _scored_match(self) -> npt.NDArray[np.int64]:
        return self._match[self.scored]


def totals(weights: FloatArray, block: FloatArray) -> FloatArray:
    """Add up the matches of each resample: ``[R, M]`` times ``[M, ...]`` is ``[R, ...]``."""
    flat = block.reshape(len(block), -1)
    return (weights @ flat).reshape(len(weights), *block.shape[1:])


def quantile_bins(values: FloatArray, bins: int) -> npt.NDArray[np.int64]:
    """Sort values ``[S]`` into at most ``bins`` bins of nearly equal count; equal values share a bin.

    When there are no more values than bins, every distinct value has its own bin.
    """
    shares = np.arange(1, bins) / bins
    edges = np.unique(np.quantile(values, shares, method="inverted_cdf"))
    return np.searchsorted(edges, values, side="left").astype(np.int64)


def _log_losses(probabilities: FloatArray, labels: npt.NDArray[Any]) -> FloatArray:
    chosen = probabilities[np.arange(len(labels)), labels]
    losses: FloatArray = -np.log(np.maximum(chosen, PROBABILITY_CLIP))
    return losses


def _brier_scores(probabilities: FloatArray, labels: npt.NDArray[Any]) -> FloatArray:
    # sum_c (p_c - y_c)^2 = sum_c p_c^2 - 2 p_label + 1, without a one-hot matrix
    chosen = probabilities[np.arange(len(labels)), labels]
    scores: FloatArray = np.einsum("dc,dc->d", probabilities, probabilities) - 2 * chosen + 1
    return scores


def _prior_log_loss(sums: MatchSums) -> FloatArray | None:
    prior = sums.predictions.prior_probabilities
    if prior is None:
        return None
    return sums.over_scored(_log_losses(normalised(prior[sums.scored]), sums.outcomes))


def _top2_hits(sums: MatchSums) -> FloatArray:
    chosen = sums.probabilities[np.arange(len(sums.outcomes)), sums.outcomes][:, None]
    tied_before = (sums.probabilities == chosen) & (np.arange(N_OUTCOMES) < sums.outcomes[:, None])
    ahead = ((sums.probabilities > chosen) | tied_before).sum(axis=1)
    return sums.over_scored(ahead < 2)


def _confusion(sums: MatchSums, rule: DecisionRule | None) -> FloatArray | None:
    if rule is None:
        return None
    calls = rule.decide(sums.probabilities)
    return sums.over_cells(sums.outcomes * N_OUTCOMES + calls, (N_OUTCOMES, N_OUTCOMES))


def _calibration_gaps(sums: MatchSums) -> FloatArray:
    bins = np.minimum((sums.probabilities * CALIBRATION_BINS).astype(np.int64), CALIBRATION_BINS - 1)
    happened = sums.outcomes[:, None] == np.arange(N_OUTCOMES)
    cells = np.arange(N_OUTCOMES) * CALIBRATION_BINS + bins
    return sums.over_cells(cells, (N_OUTCOMES, CALIBRATION_BINS), sums.probabilities - happened)


def _event_histogram(sums: MatchSums, *events: BatOutcome) -> FloatArray:
    bins = quantile_bins(sums.probabilities[:, list(events)].sum(axis=1), AUC_BINS)
    other = ~np.isin(sums.outcomes, events)
    return sums.over_cells(other * AUC_BINS + bins, (2, AUC_BINS))


def _kind_log_loss(sums: MatchSums, probabilities: npt.NDArray[Any] | None) -> FloatArray | None:
    if probabilities is None:
        return None
    return sums.over_all(_log_losses(normalised(probabilities), sums.predictions.kinds))


def _kind_brier(sums: MatchSums) -> FloatArray:
    probabilities = normalised(sums.predictions.kind_probabilities)
    return sums.over_all(_brier_scores(probabilities, sums.predictions.kinds))


BLOCKS: Final[Mapping[str, Callable[[MatchSums], FloatArray | None]]] = {
    "scored": lambda sums: sums.over_scored(np.ones(len(sums.outcomes))),
    "log_loss": lambda sums: sums.over_scored(_log_losses(sums.probabilities, sums.outcomes)),
    "log_loss_prior": _prior_log_loss,
    "brier": lambda sums: sums.over_scored(_brier_scores(sums.probabilities, sums.outcomes)),
    "hits": lambda sums: sums.over_scored(ARGMAX.decide(sums.probabilities) == sums.outcomes),
    "top2_hits": _top2_hits,
    "confusion": lambda sums: _confusion(sums, ARGMAX),
    "confusion_rule": lambda sums: _confusion(sums, sums.rule),
    "calibration_gaps": _calibration_gaps,
    "wicket_histogram": lambda sums: _event_histogram(sums, BatOutcome.WICKET),
    "boundary_histogram": lambda sums: _event_histogram(sums, BatOutcome.FOUR, BatOutcome.SIX),
    "deliveries": lambda sums: sums.over_all(np.ones(len(sums.scored))),
    "kind_log_loss": lambda sums: _kind_log_loss(sums, sums.predictions.kind_probabilities),
    "kind_log_loss_prior": lambda sums: _kind_log_loss(sums, sums.predictions.kind_prior_probabilities),
    "kind_brier": _kind_brier,
}
"""Every block by name; those of a missing prior or rule are None."""
