"""Regular innings as flat arrays: what every feature is computed from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from cricketgnn.cricket.outcomes import DeliveryKind
from cricketgnn.cricket.overs import BALLS_OF_THE_HUNDRED
from cricketgnn.deliveries.schema import MatchTables
from cricketgnn.features.grouped import Ints, pair_codes
from cricketgnn.features.targets import T20_TYPES, PrintedTargets, innings_targets

DELIVERY_COLUMNS: Final = (
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
"""What the features are made from, of the columns of ``deliveries.schema.DELIVERIES``."""


@dataclass(frozen=True)
class InningsFacts:
    """What is known of the regular innings beside their deliveries, in time order; each ``[I]``.

    Attributes:
        match: row of its match.
        position: place in the match file, 0-based.
        deliveries: how many were bowled.
        day, last_day: first and last day of the match since 1970-01-01; a reserve day parts them.
        penalty_pre: penalty runs the batting side starts with.
        targets: what the match file prints of the chase.
        is_female, is_international, batting_won_toss: flags.
    """

    match: Ints
    position: Ints
    deliveries: Ints
    day: Ints
    last_day: Ints
    penalty_pre: Ints
    targets: PrintedTargets
    is_female: npt.NDArray[np.bool_]
    is_international: npt.NDArray[np.bool_]
    batting_won_toss: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Plays(InningsFacts):
    """Deliveries of the regular innings (super overs out), innings one after the other in time order.

    Attributes:
        column: delivery columns by name, each ``[D]``.
        innings_of: innings of each delivery, ``[D]``.
        starts: first row of each delivery's innings, ``[D]``.
        pointers: rows ``pointers[i]:pointers[i + 1]`` are innings ``i``, ``[I + 1]``.
        scheduled_balls, target_runs: see :func:`cricketgnn.features.targets.innings_targets`, ``[I]``.
        is_chase, is_hundred: flags, ``[I]``.
        people: how many people there are; codes of people are below it.
    """

    column: Mapping[str, Ints]
    innings_of: Ints
    starts: Ints
    pointers: Ints
    scheduled_balls: Ints
    target_runs: Ints
    is_chase: npt.NDArray[np.bool_]
    is_hundred: npt.NDArray[np.bool_]
    people: int

    def today(self, role: str) -> Ints:
        """Code the person in ``role`` (striker, non_striker, bowler) within the innings, ``[D]``."""
        return self.innings_of * self.people + self.column[role]

    @property
    def over_code(self) -> Ints:
        """Code each over of each innings, ``[D]``."""
        return pair_codes(self.innings_of, self.column["over"])


def regular_innings(tables: MatchTables) -> pl.DataFrame:
    """Give the regular innings that have at least one delivery: rows of the innings table in its order."""
    return tables.innings.filter(~pl.col("super_over") & (pl.col("deliveries") > 0))


def plays_of_innings(tables: MatchTables, innings: pl.DataFrame) -> Plays:
    """Take some of the innings of :func:`regular_innings`, of whole matches, out of the match tables."""
    lengths = innings["deliveries"].to_numpy().astype(np.int64)
    starts = np.cumsum(lengths) - lengths
    rows = np.repeat(innings["first_delivery"].to_numpy() - starts, lengths) + np.arange(lengths.sum())
    chosen = tables.deliveries.select(DELIVERY_COLUMNS)[rows]
    column = {name: chosen[name].to_numpy().astype(np.int32) for name in DELIVERY_COLUMNS}
    return plays_of(column, _facts(innings, tables.matches), tables.people.height)


def _facts(innings: pl.DataFrame, matches: pl.DataFrame) -> InningsFacts:
    match = innings["match"].to_numpy().astype(np.int64)
    of_match = matches[match]

    def numbers(column: pl.Series) -> Ints:
        return column.to_physical().cast(pl.Int64).fill_null(0).to_numpy()

    return InningsFacts(
        match=match,
        position=numbers(innings["innings"]),
        deliveries=numbers(innings["deliveries"]),
        day=numbers(of_match["date"]),
        last_day=numbers(of_match["last_date"]),
        penalty_pre=numbers(innings["penalty_pre_runs"]),
        targets=PrintedTargets(
            overs=numbers(of_match["scheduled_overs"]),
            is_t20=of_match["match_type"].is_in(T20_TYPES).to_numpy(),
            balls_per_over=numbers(of_match["balls_per_over"]),
            runs=numbers(innings["target_runs"]),
            balls=numbers(innings["target_balls"]),
        ),
        is_female=(of_match["gender"] == "female").to_numpy(),
        is_international=(of_match["team_type"] == "international").to_numpy(),
        batting_won_toss=(of_match["toss_winner"] == innings["batting_team"]).fill_null(False).to_numpy(),
    )


def plays_of(column: Mapping[str, Ints], facts: InningsFacts, people: int) -> Plays:
    """Put deliveries and what is known of their innings together.

    Args:
        column: the deliveries of the innings, one innings after the other; names of
            :data:`DELIVERY_COLUMNS`, each ``[D]``.
        facts: the innings.
        people: how many people there are.
    """
    pointers = np.concatenate([[0], np.cumsum(facts.deliveries)])
    innings_of = np.repeat(np.arange(len(facts.match)), facts.deliveries)
    totals = _innings_sums(column["total_runs"], pointers) + facts.penalty_pre
    legal_balls = _innings_sums(column["kind"] == DeliveryKind.LEGAL, pointers)
    scheduled, target = innings_targets(
        facts.targets,
        _of_earlier_innings(facts.match, totals),
        _of_earlier_innings(facts.match, legal_balls),
    )
    return Plays(
        **vars(facts),
        column=column,
        innings_of=innings_of,
        starts=pointers[innings_of],
        pointers=pointers,
        scheduled_balls=scheduled,
        target_runs=target,
        is_chase=facts.position > 0,
        is_hundred=facts.targets.balls_per_over == BALLS_OF_THE_HUNDRED,
        people=people,
    )


def _innings_sums(values: npt.NDArray[np.generic], pointers: Ints) -> Ints:
    """Add up a delivery column over each innings, ``[I]``."""
    running = np.concatenate([[0], np.cumsum(values, dtype=np.int64)])
    return np.asarray(running[pointers[1:]] - running[pointers[:-1]])


def _of_earlier_innings(match: Ints, values: Ints) -> Ints:
    """Give each innings the value of the innings before it in the same match, -1 where it is the first."""
    previous = np.concatenate([[-1], match[:-1]])
    return np.where(previous == match, np.concatenate([[-1], values[:-1]]), -1)
