"""Overs, balls and phases of a limited-overs innings."""

from __future__ import annotations

from enum import IntEnum
from typing import Final

import numpy as np
import numpy.typing as npt


class Phase(IntEnum):
    """Part of the innings, by share of the scheduled balls that have been bowled."""

    POWERPLAY = 0
    MIDDLE = 1
    DEATH = 2


MIDDLE_FROM: Final = 0.3
DEATH_FROM: Final = 0.75
"""Share of the scheduled balls at which the middle and the death of an innings begin.

The power play takes 6 of 20 overs (25 of 100 balls in The Hundred is close), the death the last 5:
shortened innings are cut in proportion."""


BALLS_OF_THE_HUNDRED: Final = 5
"""Balls of an over in The Hundred."""


def balls_from_overs(overs: float, balls_per_over: int) -> int:
    """Convert an ``overs.balls`` number into legal balls: 14.4 overs of six are 88 balls.

    Raises:
        ValueError: the digit behind the point is not a number of balls below ``balls_per_over``.
    """
    tenths = round(overs * 10)
    whole, balls = divmod(tenths, 10)
    if abs(overs * 10 - tenths) > 1e-6 or balls >= balls_per_over or overs < 0:
        raise ValueError(f"{overs} is not overs.balls with {balls_per_over} balls an over")
    return whole * balls_per_over + balls


TWENTIETHS: Final = 20
"""Parts of an innings of one over each, where it has twenty overs of six."""


def twentieths(
    legal_balls: npt.NDArray[np.integer], scheduled_balls: npt.NDArray[np.integer]
) -> npt.NDArray[np.integer]:
    """Tell which twentieth of its innings each delivery is in, 0-based, also past the schedule, ``[D]``.

    Args:
        legal_balls: legal balls bowled before the delivery, ``[D]``.
        scheduled_balls: balls the innings was to have, ``[D]``.
    """
    return np.minimum(legal_balls * TWENTIETHS // np.maximum(scheduled_balls, 1), TWENTIETHS - 1)


def phases(
    legal_balls: npt.NDArray[np.integer], scheduled_balls: npt.NDArray[np.integer]
) -> npt.NDArray[np.int8]:
    """Tell the phase of each delivery from the legal balls bowled before it.

    Args:
        legal_balls: legal balls bowled before the delivery, ``[D]``.
        scheduled_balls: balls the innings was to have, ``[D]``.
    """
    share = legal_balls / np.maximum(scheduled_balls, 1)
    late = np.where(share < DEATH_FROM, Phase.MIDDLE, Phase.DEATH)
    return np.where(share < MIDDLE_FROM, Phase.POWERPLAY, late).astype(np.int8)
