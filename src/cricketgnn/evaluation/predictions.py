"""What a model said about some deliveries, beside what happened on them: the input of every score."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from cricketgnn.cricket.outcomes import N_KINDS, N_OUTCOMES, NO_OUTCOME, DeliveryKind
from cricketgnn.errors import ConfigError, DataError

FloatArray: TypeAlias = npt.NDArray[np.float64]
IntArray: TypeAlias = npt.NDArray[np.integer[Any]]
BoolArray: TypeAlias = npt.NDArray[np.bool_]

SUM_TOLERANCE: Final = 1e-4
"""How far a row of probabilities may sum from 1: wide enough for float32, narrow enough for a mistake."""
_ROUNDING: Final = 1e-12


@dataclass(frozen=True, eq=False)
class Predictions:
    """Probabilities of one model for ``D`` deliveries, and how those deliveries ended.

    Attributes:
        probabilities: of each :class:`BatOutcome` given that the delivery is no wide, ``[D, 7]``.
        outcomes: the :class:`BatOutcome` that came, :data:`NO_OUTCOME` on wides and only there, ``[D]``.
        kind_probabilities: of each :class:`DeliveryKind`, ``[D, 3]``.
        kinds: the :class:`DeliveryKind` that came, ``[D]``.
        match: whole number naming the delivery's match, ``[D]``: matches are what the bootstrap draws.
        prior_probabilities: class prior of the bat outcome, fitted on training dates, ``[D, 7]``.
        kind_prior_probabilities: class prior of the kind, fitted on training dates, ``[D, 3]``.

    Raises:
        DataError: shapes that do not fit together, a probability that is none, a label out of range.
    """

    probabilities: npt.NDArray[np.floating[Any]]
    outcomes: IntArray
    kind_probabilities: npt.NDArray[np.floating[Any]]
    kinds: IntArray
    match: IntArray
    prior_probabilities: npt.NDArray[np.floating[Any]] | None = None
    kind_prior_probabilities: npt.NDArray[np.floating[Any]] | None = None

    def __post_init__(self) -> None:
        deliveries = len(self.outcomes)
        if deliveries == 0:
            raise DataError("got predictions for no delivery at all, expected at least one; check the split")
        for name, probabilities, classes in self._probability_arrays():
            check_probabilities(name, probabilities, (deliveries, classes))
        check_labels("outcomes", self.outcomes, deliveries, NO_OUTCOME, N_OUTCOMES - 1)
        check_labels("kinds", self.kinds, deliveries, 0, N_KINDS - 1)
        check_labels("match", self.match, deliveries)
        misaligned = (self.outcomes == NO_OUTCOME) != (self.kinds == DeliveryKind.WIDE)
        if misaligned.any():
            row = int(misaligned.argmax())
            raise DataError(
                f"row {row} has outcome {self.outcomes[row]} and kind {self.kinds[row]}, expected outcome "
                f"{NO_OUTCOME} on wides and only there; check that both come from the same table rows"
            )

    @property
    def scored(self) -> BoolArray:
        """Mask of the deliveries that have a bat outcome (everything but wides), ``[D]``."""
        return np.asarray(self.outcomes != NO_OUTCOME)

    def folds(self, count: int) -> IntArray:
        """Deal the matches to folds in turn, in the order of their codes, ``[D]``.

        Args:
            count: of the folds.

        Raises:
            ConfigError: fewer than two folds.
            DataError: fewer matches with scored deliveries than folds.
        """
        if count < 2:
            raise ConfigError(f"got {count} folds, expected at least 2: one to fit on, one to score")
        matches = np.unique(self.match[self.scored])
        if len(matches) < count:
            raise DataError(f"got {len(matches)} matches, expected at least {count}: one for each fold")
        return np.searchsorted(matches, self.match) % count

    def select(self, rows: BoolArray) -> Predictions:
        """Give the predictions for the deliveries where the mask ``rows`` (``[D]``) is true."""
        return Predictions(
            probabilities=self.probabilities[rows],
            outcomes=self.outcomes[rows],
            kind_probabilities=self.kind_probabilities[rows],
            kinds=self.kinds[rows],
            match=self.match[rows],
            prior_probabilities=_rows(self.prior_probabilities, rows),
            kind_prior_probabilities=_rows(self.kind_prior_probabilities, rows),
        )

    def _probability_arrays(self) -> Iterator[tuple[str, npt.NDArray[Any], int]]:
        yield "probabilities", self.probabilities, N_OUTCOMES
        yield "kind_probabilities", self.kind_probabilities, N_KINDS
        if self.prior_probabilities is not None:
            yield "prior_probabilities", self.prior_probabilities, N_OUTCOMES
        if self.kind_prior_probabilities is not None:
            yield "kind_prior_probabilities", self.kind_prior_probabilities, N_KINDS


def check_probabilities(name: str, probabilities: npt.NDArray[Any], shape: tuple[int, int]) -> None:
    """Check that each row is a distribution over classes.

    Raises:
        DataError: another shape, a negative or non-finite entry, or a row that does not sum to 1.
    """
    if probabilities.shape != shape:
        raise DataError(f"{name} has shape {probabilities.shape}, expected {shape}: one row a delivery")
    if not np.issubdtype(probabilities.dtype, np.floating):
        raise DataError(f"{name} is {probabilities.dtype}, expected float32 or float64 probabilities")
    bad = ~np.isfinite(probabilities).all(axis=1) | (probabilities < 0).any(axis=1)
    if bad.any():
        row = int(bad.argmax())
        raise DataError(
            f"{name} row {row} is {_printed(probabilities[row])}, expected finite numbers of at least 0; "
            "apply softmax to logits and look for a diverged training"
        )
    sums = probabilities.sum(axis=1, dtype=np.float64)
    off = np.abs(sums - 1) > SUM_TOLERANCE
    if off.any():
        row = int(off.argmax())
        raise DataError(f"{name} row {row} sums to {sums[row]:.6g}, expected 1; apply softmax over classes")


def check_labels(
    name: str,
    labels: npt.NDArray[Any],
    deliveries: int,
    lowest: int | None = None,
    highest: int | None = None,
) -> None:
    """Check that there is one whole number per delivery, between ``lowest`` and ``highest``.

    Raises:
        DataError: another shape, a type that is no integer, or a number out of range.
    """
    if labels.shape != (deliveries,):
        raise DataError(f"{name} has shape {labels.shape}, expected ({deliveries},): one number a delivery")
    if not np.issubdtype(labels.dtype, np.integer):
        raise DataError(f"{name} is {labels.dtype}, expected whole numbers")
    if lowest is None or highest is None:
        return
    outside = (labels < lowest) | (labels > highest)
    if outside.any():
        row = int(outside.argmax())
        raise DataError(f"{name} row {row} is {labels[row]}, expected {lowest} to {highest}")


def faced_deliveries(
    probabilities: npt.NDArray[np.floating[Any]], outcomes: IntArray, to_fit: str
) -> tuple[FloatArray, npt.NDArray[np.int64]]:
    """Give the normalised probabilities and the outcomes of the deliveries that are no wides.

    Args:
        probabilities: ``[D, 7]``.
        outcomes: ``[D]``; wides are :data:`NO_OUTCOME`.
        to_fit: what is to be fitted on them, for the message.

    Raises:
        DataError: ill-formed input, or no delivery that is not a wide.
    """
    check_probabilities("probabilities", probabilities, (len(outcomes), N_OUTCOMES))
    check_labels("outcomes", outcomes, len(outcomes), NO_OUTCOME, N_OUTCOMES - 1)
    scored = outcomes != NO_OUTCOME
    if not scored.any():
        raise DataError(f"got no delivery with a bat outcome, expected some to fit the {to_fit} on")
    return normalised(probabilities[scored]), outcomes[scored].astype(np.int64)


def normalised(probabilities: npt.NDArray[np.floating[Any]]) -> FloatArray:
    """Give probabilities in double precision with rows that sum to 1.

    Without this, a row that sums to 1.0001 would win log loss that it did not earn. Rows that sum to 1
    but for rounding stay as they are, so that equal probabilities of two deliveries stay equal.
    """
    doubles = probabilities.astype(np.float64)
    sums = doubles.sum(axis=1, keepdims=True)
    sums[np.abs(sums - 1) < _ROUNDING] = 1
    doubles /= sums
    return doubles


def _rows(probabilities: npt.NDArray[Any] | None, rows: BoolArray) -> npt.NDArray[Any] | None:
    return None if probabilities is None else probabilities[rows]


def _printed(row: npt.NDArray[Any]) -> str:
    return "[" + ", ".join(f"{value:.4g}" for value in row) + "]"
