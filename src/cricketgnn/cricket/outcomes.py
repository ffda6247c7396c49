"""What a delivery can end in: the 7-class bat outcome and the 3-class delivery kind.

The two targets are separate. A wide is never faced by the bat, so it has no bat outcome
(:data:`NO_OUTCOME`), while every delivery has a kind.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

import numpy as np
import numpy.typing as npt


class BatOutcome(IntEnum):
    """Seven classes of what came off the bat, in the order of every probability vector."""

    DOT = 0
    ONE = 1
    TWO = 2
    THREE = 3
    FOUR = 4
    SIX = 5
    WICKET = 6


class DeliveryKind(IntEnum):
    """Whether the delivery was legal; byes and leg-byes are legal."""

    LEGAL = 0
    WIDE = 1
    NO_BALL = 2


OUTCOME_NAMES: Final = tuple(outcome.name.lower() for outcome in BatOutcome)
KIND_NAMES: Final = tuple(kind.name.lower() for kind in DeliveryKind)
N_OUTCOMES: Final = len(BatOutcome)
N_KINDS: Final = len(DeliveryKind)
NO_OUTCOME: Final = -1
"""Label of a wide: masked in every loss and score of the bat outcome, never counted as a dot."""

_RUNS_TO_OUTCOME: Final = np.array([0, 1, 2, 3, 4, 4, 5], dtype=np.int8)
"""Runs off the bat to class; 5 (all run, or with overthrows) counts as four, 6 and more as six."""


def delivery_kinds(wides: npt.NDArray[np.integer], noballs: npt.NDArray[np.integer]) -> npt.NDArray[np.int8]:
    """Classify deliveries as legal, wide or no-ball from their extras (each shape ``[D]``, runs)."""
    kinds = np.where(wides > 0, DeliveryKind.WIDE, DeliveryKind.LEGAL)
    return np.where(noballs > 0, DeliveryKind.NO_BALL, kinds).astype(np.int8)


def bat_outcomes(
    runs_bat: npt.NDArray[np.integer],
    dismissals: npt.NDArray[np.integer],
    kinds: npt.NDArray[np.integer],
) -> npt.NDArray[np.int8]:
    """Label deliveries with their bat outcome.

    Args:
        runs_bat: runs off the bat, shape ``[D]``.
        dismissals: batters dismissed on the delivery, retirements that are no dismissal left out, ``[D]``.
        kinds: :class:`DeliveryKind` of each delivery, ``[D]``.

    Returns:
        ``[D]`` int8, a :class:`BatOutcome` or :data:`NO_OUTCOME` for wides. A dismissal takes
        precedence over runs.
    """
    outcomes = _RUNS_TO_OUTCOME[np.clip(runs_bat, 0, 6)]
    outcomes = np.where(dismissals > 0, np.int8(BatOutcome.WICKET), outcomes)
    return np.where(kinds == DeliveryKind.WIDE, np.int8(NO_OUTCOME), outcomes).astype(np.int8)
