"""The regular innings of all matches as flat arrays: what every feature is computed from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from cricketgnn.cricket.outcomes import DeliveryKind
from cricketgnn.deliveries.schema import MatchTables
from cricketgnn.features.grouped import Ints, pair_codes
from cricketgnn.features.targets import innings_targets

_DELIVERY_COLUMNS = (
    "over",
    "ball",
    "striker",
    "non_striker",
    "bowler",
    "bat_runs",
    "total_runs",
    "wide_runs",
    "noball_runs",
    "bye_runs",
    "legbye_runs",
    "dismissals",
    "bowler_wickets",
    "non_striker_out",
    "kind",
    "outcome",
)


@dataclass(frozen=True)
class Plays:
    """Deliveries of the regular innings (super overs out), innings one after the other in time order.

    Attributes:
        column: delivery columns by name, each ``[D]``.
        innings_of: innings of each delivery, ``[D]``.
        starts: first row of each delivery's innings, ``[D]``.
        pointers: rows ``pointers[i]:pointers[i + 1]`` are innings ``i``, ``[I + 1]``.
        innings_row: row of each innings in the innings table, ``[I]``.
        match: row of its match in the match table, ``[I]``.
        position: place in the match file, 0-based, ``[I]``.
        day, last_day: first and last day of the match since 1970-01-01, ``[I]``; a reserve day parts them.
        scheduled_balls, target_runs: see :func:`cricketgnn.features.targets.innings_targets`, ``[I]``.
        penalty_pre: penalty runs the batting side starts with, ``[I]``.
        is_chase, is_female, is_international, is_hundred, batting_won_toss: flags, ``[I]``.
        batting_team, bowling_team: names, ``[I]``.
        people: how many people there are; codes of people are below it.
    """

    column: Mapping[str, Ints]
    innings_of: Ints
    starts: Ints
    pointers: Ints
    innings_row: Ints
    match: Ints
    position: Ints
    day: Ints
    last_day: Ints
    scheduled_balls: Ints
    target_runs: Ints
    penalty_pre: Ints
    is_chase: npt.NDArray[np.bool_]
    is_female: npt.NDArray[np.bool_]
    is_international: npt.NDArray[np.bool_]
    is_hundred: npt.NDArray[np.bool_]
    batting_won_toss: npt.NDArray[np.bool_]
    batting_team: pl.Series
    bowling_team: pl.Series
    people: int

    def today(self, role: str) -> Ints:
        """Code the person in ``role`` (striker, non_striker, bowler) within the innings, ``[D]``."""
        return self.innings_of * self.people + self.column[role]

    @property
    def over_code(self) -> Ints:
        """Code each over of each innings, ``[D]``."""
        return pair_codes(self.innings_of, self.column["over"])


def regular_plays(tables: MatchTables) -> Plays:
    """Take the regular innings that have at least one delivery out of the match tables."""
    innings = tables.innings.with_row_index("innings_row").filter(
        ~pl.col("super_over") & (pl.col("deliveries") > 0)
    )
    lengths = innings["deliveries"].to_numpy().astype(np.int64)
    pointers = np.concatenate([[0], np.cumsum(lengths)])
    innings_of = np.repeat(np.arange(len(lengths)), lengths)
    starts = pointers[innings_of]
    rows = innings["first_delivery"].to_numpy()[innings_of] + np.arange(len(innings_of)) - starts
    chosen = tables.deliveries.select(_DELIVERY_COLUMNS)[rows]
    column = {name: chosen[name].to_numpy().astype(np.int32) for name in _DELIVERY_COLUMNS}
    match = innings["match"].to_numpy().astype(np.int64)
    of_match = tables.matches[match]
    penalty_pre = innings["penalty_pre_runs"].fill_null(0).to_numpy().astype(np.int64)
    totals = _innings_sums(column["total_runs"], pointers) + penalty_pre
    legal_balls = _innings_sums(column["kind"] == DeliveryKind.LEGAL, pointers)
    scheduled, target = innings_targets(
        innings, tables.matches, _of_earlier_innings(match, totals), _of_earlier_innings(match, legal_balls)
    )
    return Plays(
        column=column,
        innings_of=innings_of,
        starts=starts,
        pointers=pointers,
        innings_row=innings["innings_row"].to_numpy().astype(np.int64),
        match=match,
        position=innings["innings"].to_numpy().astype(np.int64),
        day=of_match["date"].to_physical().to_numpy().astype(np.int64),
        last_day=of_match["last_date"].to_physical().to_numpy().astype(np.int64),
        scheduled_balls=scheduled,
        target_runs=target,
        penalty_pre=penalty_pre,
        is_chase=innings["innings"].to_numpy() > 0,
        is_female=(of_match["gender"] == "female").to_numpy(),
        is_international=(of_match["team_type"] == "international").to_numpy(),
        is_hundred=(of_match["balls_per_over"] == 5).to_numpy(),
        batting_won_toss=(of_match["toss_winner"] == innings["batting_team"]).fill_null(False).to_numpy(),
        batting_team=innings["batting_team"],
        bowling_team=innings["bowling_team"],
        people=tables.people.height,
    )


def _innings_sums(values: npt.NDArray[np.generic], pointers: Ints) -> Ints:
    """Add up a delivery column over each innings, ``[I]``."""
    running = np.concatenate([[0], np.cumsum(values, dtype=np.int64)])
    return np.asarray(running[pointers[1:]] - running[pointers[:-1]])


def _of_earlier_innings(match: Ints, values: Ints) -> Ints:
    """Give each innings the value of the innings before it in the same match, -1 where it is the first."""
    previous = np.concatenate([[-1], match[:-1]])
    return np.where(previous == match, np.concatenate([[-1], values[:-1]]), -1)
