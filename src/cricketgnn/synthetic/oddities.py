"""Rare things that happen to a match as a whole: rain, miscounted overs, penalty runs, absent batters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from cricketgnn.synthetic.scenario import NEVER
from cricketgnn.synthetic.skills import Floats, Ints

FULL_OVERS: Final = 20
_SHORT_MATCH: Final = 0.010
_FIRST_INNINGS_CUT: Final = 0.020
_MATCH_ABANDONED: Final = 0.006
_CHASE_REDUCED: Final = 0.025
_CHASE_REVISED: Final = 0.015
_CHASE_CUT: Final = 0.012
_MISCOUNTED: Final = 0.006
_PENALTY_BEFORE: Final = 0.0015
_PENALTY_AFTER: Final = 0.0015
_ABSENT: Final = 0.006
_CUT_WITHIN_OVER: Final = 0.5
_RESOURCE_POWER: Final = 0.85
"""Balls to runs: half the balls bring 55 % of the runs, for sides with all wickets in hand hit harder."""


@dataclass(frozen=True)
class Weather:
    """What befalls ``M`` matches, drawn before they begin; ``NEVER`` where nothing does.

    Attributes:
        overs: overs a side known before the first delivery.
        first_stop_over, first_stop_balls: where rain ends the first innings.
        abandoned: no chase follows the cut.
        chase_over, chase_balls: length of a chase made shorter in the interval.
        revise_over, revised_overs: a chase made shorter while it is on.
        chase_stop_over, chase_stop_balls: where rain ends the chase.
        miscounted_over, miscounted_balls: by innings, ``[M, 2]``.
        penalty_before, penalty_after: penalty runs of no delivery, by innings, ``[M, 2]``.
        absent: the last batter is hurt, by side, ``[M, 2]``.
    """

    overs: Ints
    first_stop_over: Ints
    first_stop_balls: Ints
    abandoned: npt.NDArray[np.bool_]
    chase_over: Ints
    chase_balls: Ints
    revise_over: Ints
    revised_overs: Ints
    chase_stop_over: Ints
    chase_stop_balls: Ints
    miscounted_over: Ints
    miscounted_balls: Ints
    penalty_before: Ints
    penalty_after: Ints
    absent: npt.NDArray[np.bool_]


def draw_weather(rng: np.random.Generator, balls_per_over: Ints, oddities: float) -> Weather:
    """Draw what befalls the matches with the given balls an over, ``[M]``."""
    matches = len(balls_per_over)

    def happens(rate: float, *shape: int) -> npt.NDArray[np.bool_]:
        return rng.random((matches, *shape)) < rate * oddities

    def place(where: npt.NDArray[np.bool_], low: int, high: int) -> tuple[Ints, Ints]:
        over = np.where(where, rng.integers(low, high, size=matches), NEVER)
        within = rng.random(matches) < _CUT_WITHIN_OVER
        return over, np.where(within, rng.integers(1, balls_per_over, size=matches), 0)

    short = happens(_SHORT_MATCH)
    abandoned = happens(_MATCH_ABANDONED) & ~short
    cut = (happens(_FIRST_INNINGS_CUT) | abandoned) & ~short
    first_stop_over, first_stop_balls = place(cut, 5, 19)
    reduced = happens(_CHASE_REDUCED) & ~cut & ~short
    chase_over, chase_balls = place(reduced, 5, 19)
    revised = happens(_CHASE_REVISED) & ~cut & ~short & ~reduced
    revise_over = np.where(revised, rng.integers(3, 13, size=matches), NEVER)
    stopped = happens(_CHASE_CUT) & ~cut & ~short & ~reduced & ~revised
    chase_stop_over, chase_stop_balls = place(stopped, 2, 18)
    miscounted = happens(_MISCOUNTED, 2)
    one_off = np.where(rng.random((matches, 2)) < 0.5, -1, 1)
    before, after = happens(_PENALTY_BEFORE, 2), happens(_PENALTY_AFTER, 2)
    return Weather(
        overs=np.where(short, rng.integers(6, 18, size=matches), FULL_OVERS),
        first_stop_over=first_stop_over,
        first_stop_balls=first_stop_balls,
        abandoned=abandoned,
        chase_over=chase_over,
        chase_balls=chase_balls,
        revise_over=revise_over,
        revised_overs=revise_over + rng.integers(2, 7, size=matches),
        chase_stop_over=chase_stop_over,
        chase_stop_balls=chase_stop_balls,
        miscounted_over=np.where(miscounted, rng.integers(0, FULL_OVERS, size=(matches, 2)), NEVER),
        miscounted_balls=balls_per_over[:, None] + one_off,
        penalty_before=np.where(before, 5, 0),
        penalty_after=np.where(after & [True, False], 5, 0),
        absent=happens(_ABSENT, 2),
    )


def revised_target(total: Ints, share_of_balls: Floats) -> Ints:
    """Give the runs a shortened chase needs: a plain stand-in for the D/L tables.

    Args:
        total: runs of the first innings.
        share_of_balls: balls of the chase as a share of those of the first innings.
    """
    return np.floor(total * share_of_balls**_RESOURCE_POWER).astype(np.int64) + 1


def par_score(total: Ints, share_of_balls: Floats, wickets: Ints) -> Ints:
    """Give the score that is level when rain ends a chase: more runs are due the more wickets are gone."""
    return np.floor(total * share_of_balls * (0.85 + 0.05 * wickets)).astype(np.int64)
