"""What a chasing side knew at its first ball: balls available and runs to get, never a later revision."""

from __future__ import annotations

import numpy as np
import polars as pl

from cricketgnn.features.grouped import Ints


def innings_targets(innings: pl.DataFrame, matches: pl.DataFrame, first_totals: Ints) -> tuple[Ints, Ints]:
    """Tell what the chasing side surely knew at the first ball: balls scheduled and target.

    A match file carries only the target as it stood in the end. It is taken when it must have been set
    before the chase began: no over was lost (a revision without lost overs predates the innings), or the
    chase was shortened while the target still is the first innings' total plus one (both sides were
    shortened alike). In every other case overs may have been lost in the middle of the chase, and using
    the revised figures from its first ball on would tell the future; then the unrevised ones stand.

    Args:
        innings: regular innings only, ``[I]`` rows of ``deliveries.schema.INNINGS``.
        matches: all matches.
        first_totals: ``[I]`` total of the match's earlier innings, penalty runs included; -1 for a
            first innings.

    Returns:
        Scheduled legal balls ``[I]`` and target runs ``[I]`` (0 where there is none).
    """
    match = innings["match"].to_numpy()
    scheduled = (
        matches["scheduled_overs"].cast(pl.Int64).to_numpy()
        * matches["balls_per_over"].cast(pl.Int64).to_numpy()
    )[match]
    target_runs = innings["target_runs"].cast(pl.Int64).fill_null(0).to_numpy()
    target_balls = innings["target_balls"].cast(pl.Int64).fill_null(0).to_numpy()
    chase = first_totals >= 0
    unrevised = np.where(chase, first_totals + 1, 0)
    stated = chase & (target_runs > 0)
    full_length = stated & (target_balls >= scheduled)
    shortened_alike = stated & (target_balls > 0) & (target_balls < scheduled) & (target_runs == unrevised)
    runs = np.where(full_length, target_runs, unrevised)
    balls = np.where(shortened_alike, target_balls, scheduled)
    return balls, runs
