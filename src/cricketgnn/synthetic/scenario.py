"""What an innings starts from: line-ups, skills, conditions, target and the odd things planned for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from cricketgnn.synthetic.skills import Floats, Ints

NO_TARGET: Final = 30_000
NEVER: Final = -1


@dataclass
class Batting:
    """The batting sides of ``L`` innings; places are those of a side (0 to 11).

    Attributes:
        order: places in batting order, ``[L, B]``.
        available: how many of them can bat, ``[L]``.
        logits: of everybody with the bat, ``[L, 12, 7]``.
        spin_game: tempo gained against spin, ``[L, 12]``.
    """

    order: Ints
    available: Ints
    logits: Floats
    spin_game: Floats


@dataclass
class Bowling:
    """The bowling sides of ``L`` innings.

    Attributes:
        bowls: who bowls at all, ``[L, 12]``.
        taste: log weight of each in power play, middle and death, ``[L, 12, 3]``.
        logits: of everybody with the ball, ``[L, 12, 7]``.
        spin: bowls spin, ``[L, 12]``.
        wide, no_ball: logits of these kinds, ``[L, 12]``.
        keeper: place of the wicket-keeper, ``[L]``.
    """

    bowls: npt.NDArray[np.bool_]
    taste: Floats
    logits: Floats
    spin: npt.NDArray[np.bool_]
    wide: Floats
    no_ball: Floats
    keeper: Ints


@dataclass
class Plan:
    """Length of ``L`` innings and what is planned to happen to them; :data:`NEVER` where nothing is.

    Attributes:
        overs, spare_balls: scheduled length, ``overs`` whole overs and ``spare_balls`` balls.
        miscounted_over, miscounted_balls: an over that ends after a wrong number of legal balls.
        stop_over, stop_balls: the innings is cut off once these many overs and legal balls are bowled.
        revise_over, revised_overs, revised_target: before that over the chase is made shorter.
        enters_over, leaves: before that over place 11 takes the place of ``leaves`` in the bowling side.
    """

    overs: Ints
    spare_balls: Ints
    miscounted_over: Ints
    miscounted_balls: Ints
    stop_over: Ints
    stop_balls: Ints
    revise_over: Ints
    revised_overs: Ints
    revised_target: Ints
    enters_over: Ints
    leaves: Ints

    @classmethod
    def plain(cls, overs: Ints) -> Plan:
        """Plan innings of so many whole overs in which nothing odd happens."""
        never = [np.full(len(overs), NEVER) for _ in range(8)]
        nothing = np.zeros(len(overs), dtype=np.int64)
        return cls(
            overs=overs.copy(),
            spare_balls=nothing.copy(),
            miscounted_over=never[0],
            miscounted_balls=never[1],
            stop_over=never[2],
            stop_balls=never[3],
            revise_over=never[4],
            revised_overs=never[5],
            revised_target=nothing.copy(),
            enters_over=never[6],
            leaves=never[7],
        )


@dataclass
class Scenario:
    """Everything that ``L`` innings, played in lockstep, start from.

    Attributes:
        batting, bowling: the two sides.
        plan: length and odd events.
        context: logits of sex, competition, ground, era and day, ``[L, 7]``.
        female: played by women, ``[L]``.
        balls_per_over: ``[L]``.
        no_ball_runs: penalty of a no-ball, ``[L]``.
        target: runs to win, or :data:`NO_TARGET`, ``[L]``.
        start_runs: penalty runs on the board before the first delivery, ``[L]``.
        oddities: multiplier of rare rates.
        super_over: one over, nobody retires or is replaced.
    """

    batting: Batting
    bowling: Bowling
    plan: Plan
    context: Floats
    female: npt.NDArray[np.bool_]
    balls_per_over: Ints
    no_ball_runs: Ints
    target: Ints
    start_runs: Ints
    oddities: float
    super_over: bool

    def __len__(self) -> int:
        return len(self.target)
