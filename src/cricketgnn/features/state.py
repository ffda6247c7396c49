"""The state of the innings before each delivery: overs, score, target, free hit."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cricketgnn.cricket.outcomes import DeliveryKind
from cricketgnn.features.grouped import Floats, Ints, sums_before
from cricketgnn.features.plays import Plays

MAX_REQUIRED_RATE = 36.0
"""Runs an over, six sixes: beyond it a chase is lost and the number tells nothing more."""
BALLS_OF_A_RATE = 6.0
"""Rates are runs every six balls in every format, so that The Hundred compares."""


def free_hits(kinds: Ints, starts: Ints) -> npt.NDArray[np.bool_]:
    """Tell which deliveries are free hits: the one after a no-ball, carried on through wides.

    Args:
        kinds: ``[D]`` :class:`DeliveryKind`, innings one after the other.
        starts: ``[D]`` first row of the innings of each row.
    """
    rows = np.arange(len(kinds))
    decisive = np.where(kinds == DeliveryKind.WIDE, -1, rows)
    last_decisive = np.concatenate([[-1], np.maximum.accumulate(decisive)[:-1]]) if len(kinds) else rows
    inside = last_decisive >= starts
    return inside & (kinds[np.maximum(last_decisive, 0)] == DeliveryKind.NO_BALL)


def state_features(plays: Plays) -> Floats:
    """Compute the columns of :data:`cricketgnn.features.names.STATE`, ``[D, len(STATE)]``."""
    column = plays.column
    innings = plays.innings_of
    legal = column["kind"] == DeliveryKind.LEGAL
    running = sums_before(
        np.stack(
            [
                legal,
                column["dismissals"],
                column["total_runs"],
                column["kind"] == DeliveryKind.WIDE,
                column["kind"] == DeliveryKind.NO_BALL,
            ],
            axis=1,
        ),
        innings,
    )
    bowled, wickets, score = running[:, 0], running[:, 1], running[:, 2] + plays.penalty_pre[innings]
    over_running = sums_before(np.stack([legal, np.ones_like(legal)], axis=1), plays.over_code)
    scheduled, target = plays.scheduled_balls[innings], plays.target_runs[innings]
    left = np.maximum(scheduled - bowled, 1)  # miscounted overs can run past the schedule
    known = target > 0
    required = np.where(known, np.maximum(target - score, 0), 0)
    required_rate = np.minimum(required / left * BALLS_OF_A_RATE, MAX_REQUIRED_RATE)
    run_rate = score / np.maximum(bowled, 1) * BALLS_OF_A_RATE
    return np.stack(
        [
            plays.is_chase[innings],
            plays.is_female[innings],
            plays.is_international[innings],
            plays.is_hundred[innings],
            plays.batting_won_toss[innings],
            scheduled,
            bowled,
            left,
            bowled / np.maximum(scheduled, 1),
            over_running[:, 0],
            over_running[:, 1],
            wickets,
            score,
            np.minimum(run_rate, MAX_REQUIRED_RATE),
            known,
            required,
            required_rate,
            np.where(known, required_rate - np.minimum(run_rate, MAX_REQUIRED_RATE), 0),
            free_hits(column["kind"], plays.starts),
            running[:, 3],
            running[:, 4],
        ],
        axis=1,
    ).astype(np.float32)
