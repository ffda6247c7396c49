"""What a chasing side knew at its first ball: balls available and runs to get, never a later revision."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from cricketgnn.features.grouped import Ints

T20_TYPES: Final = ("T20", "IT20")
T20_OVERS: Final = 20
"""Most overs of an innings in a match of these types; a few files say 50."""


def innings_targets(
    innings: pl.DataFrame, matches: pl.DataFrame, first_totals: Ints, first_balls: Ints
) -> tuple[Ints, Ints]:
    """Tell what the chasing side surely knew at the first ball: balls scheduled and target.

    A match file carries only the target as it stood in the end, not when it was set. What the side surely
    knew is one run more than the first innings brought. The printed target differs from it where overs were
    lost, perhaps in the middle of the chase, or penalty runs were added, perhaps in the middle of the chase:
    using it from the first ball on would tell the future. The printed length of a shortened chase is taken
    only when it must have been set before: the target is not revised and the first innings ended after
    exactly as many balls, so both sides were shortened alike.

    Args:
        innings: regular innings only, ``[I]`` rows of ``deliveries.schema.INNINGS``.
        matches: all matches.
        first_totals: ``[I]`` runs of the match's earlier innings, without penalty runs given after it; -1
            for a first innings.
        first_balls: ``[I]`` legal balls of the match's earlier innings; -1 for a first innings.

    Returns:
        Scheduled legal balls ``[I]`` and target runs ``[I]`` (0 where there is none).
    """
    scheduled = _scheduled_balls(matches)[innings["match"].to_numpy()]
    target_runs = innings["target_runs"].cast(pl.Int64).fill_null(0).to_numpy()
    target_balls = innings["target_balls"].cast(pl.Int64).fill_null(0).to_numpy()
    runs = np.where(first_totals >= 0, first_totals + 1, 0)
    shortened = (target_balls > 0) & (target_balls < scheduled)
    alike = shortened & (target_balls == first_balls) & (target_runs == runs)
    return np.where(alike, target_balls, scheduled), runs


def _scheduled_balls(matches: pl.DataFrame) -> Ints:
    """Give the legal balls an innings of each match was to have (``[M]``)."""
    overs = matches["scheduled_overs"].cast(pl.Int64).to_numpy()
    is_t20 = matches["match_type"].is_in(T20_TYPES).to_numpy()
    overs = np.where(is_t20, np.minimum(overs, T20_OVERS), overs)
    return np.asarray(overs * matches["balls_per_over"].cast(pl.Int64).to_numpy())
