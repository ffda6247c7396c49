"""Overs, balls and phases of a limited-overs innings."""

from __future__ import annotations

from enum import IntEnum

import numpy as np
import numpy.typing as npt


class Phase(IntEnum):
    """Part of the innings, by share of the scheduled balls that have been bowled."""

    POWERPLAY = 0
    MIDDLE = 1
    DEATH = 2


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


def phases(
    legal_balls: npt.NDArray[np.integer], scheduled_balls: npt.NDArray[np.integer]
) -> npt.NDArray[np.int8]:
    """Tell the phase of each delivery from the legal balls bowled before it.

    The power play takes the first 30 % of the scheduled balls (6 of 20 overs, 25 of 100 balls in
    The Hundred is close), death the last 25 %: shortened innings are cut in proportion.

    Args:
        legal_balls: legal balls bowled before the delivery, ``[D]``.
        scheduled_balls: balls the innings was to have, ``[D]``.
    """
    share = legal_balls / np.maximum(scheduled_balls, 1)
    return np.where(share < 0.3, Phase.POWERPLAY, np.where(share < 0.75, Phase.MIDDLE, Phase.DEATH)).astype(
        np.int8
    )
