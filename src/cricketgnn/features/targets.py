"""What a chasing side knew at its first ball: balls available and runs to get, never a later revision."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from cricketgnn.features.grouped import Ints

T20_TYPES: Final = ("T20", "IT20")
T20_OVERS: Final = 20
"""Most overs of an innings in a match of these types; a few files say 50."""


class PrintedTargets(NamedTuple):
    """What match files print of the length and the target of innings, each ``[I]``.

    Attributes:
        overs: scheduled for each side of the match.
        is_t20: the match is of one of :data:`T20_TYPES`.
        balls_per_over: of the match.
        runs: target, as it stood in the end; 0 where none is printed.
        balls: legal balls of the target; 0 where none are printed.
        current: the target is that of a match in progress, which holds now; None where all matches are over.
    """

    overs: Ints
    is_t20: npt.NDArray[np.bool_]
    balls_per_over: Ints
    runs: Ints
    balls: Ints
    current: npt.NDArray[np.bool_] | None = None


def scheduled_overs(overs: Ints | int, is_t20: npt.NDArray[np.bool_] | bool) -> Ints:
    """Give the overs that a side is to face, as a match file has them but for T20s that say more than 20."""
    return np.where(is_t20, np.minimum(overs, T20_OVERS), overs)


def innings_targets(printed: PrintedTargets, first_totals: Ints, first_balls: Ints) -> tuple[Ints, Ints]:
    """Tell what the chasing side surely knew at the first ball: balls scheduled and target.

    A match file carries only the target as it stood in the end, not when it was set. What the side surely
    knew is one run more than the first innings brought. The printed target differs from it where overs were
    lost, perhaps in the middle of the chase, or penalty runs were added, perhaps in the middle of the chase:
    using it from the first ball on would tell the future. The printed length of a shortened chase is taken
    only when it must have been set before: the target is not revised and the first innings ended after
    exactly as many balls, so both sides were shortened alike.

    Args:
        printed: what the files print.
        first_totals: ``[I]`` runs of the match's earlier innings, without penalty runs given after it; -1
            for a first innings.
        first_balls: ``[I]`` legal balls of the match's earlier innings; -1 for a first innings.

    Returns:
        Scheduled legal balls ``[I]`` and target runs ``[I]`` (0 where there is none).
    """
    scheduled = scheduled_overs(printed.overs, printed.is_t20) * printed.balls_per_over
    runs = np.where(first_totals >= 0, first_totals + 1, 0)
    shortened = (printed.balls > 0) & (printed.balls < scheduled)
    alike = shortened & (printed.balls == first_balls) & (printed.runs == runs)
    if printed.current is not None:
        runs = np.where(printed.current & (printed.runs > 0), printed.runs, runs)
        alike |= shortened & printed.current
    return np.where(alike, printed.balls, scheduled), runs
