"""The columns of the match tables: names, types, units. Nothing downstream reads JSON.

Five tables make one :class:`MatchTables`. People, matches and innings are referred to by their row
number in their own table (``person``, ``match``, ``innings_row``), so that everything after this can
index arrays instead of joining strings.

Rows are in time order: matches by (date, match id), innings by position in the file, deliveries as
bowled. Super overs are kept and flagged; they take no part in training or scoring.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

SCHEMA_VERSION: Final = 2
"""Raise it whenever a column's name, type or meaning changes: older cache entries are then rebuilt."""

PEOPLE: Final = {
    "person_id": pl.String,  # 8-hex registry id: the key
    "name": pl.String,  # most recent spelling
}

MATCHES: Final = {
    "match_id": pl.String,  # the file's stem
    "date": pl.Date,  # first day of the match
    "last_date": pl.Date,  # last day: later than the first where a reserve day was needed
    "gender": pl.String,  # "male" | "female"
    "match_type": pl.String,  # "T20" | "IT20" | ...
    "team_type": pl.String,  # "international" | "club"
    "competition": pl.String,  # event name as printed, "" when the file has none
    "season": pl.String,
    "venue": pl.String,  # as printed
    "city": pl.String,  # null when the file has none
    "team_1": pl.String,
    "team_2": pl.String,
    "toss_winner": pl.String,
    "toss_decision": pl.String,  # "bat" | "field"
    "balls_per_over": pl.Int8,
    "scheduled_overs": pl.Int16,
    "revision": pl.Int32,
}

LINEUPS: Final = {
    "match": pl.Int32,  # row in MATCHES
    "team": pl.String,
    "person": pl.Int32,  # row in PEOPLE
}

INNINGS: Final = {
    "match": pl.Int32,  # row in MATCHES
    "innings": pl.Int8,  # position in the file, 0-based, super overs counted
    "super_over": pl.Boolean,
    "batting_team": pl.String,
    "bowling_team": pl.String,
    "target_runs": pl.Int16,  # as printed, final revision; null when there is none
    "target_balls": pl.Int16,  # legal balls of the target as printed; null when there is none
    "penalty_pre_runs": pl.Int16,  # penalty runs given to the batting side outside any delivery
    "penalty_post_runs": pl.Int16,
    "first_delivery": pl.Int64,  # row in DELIVERIES
    "deliveries": pl.Int32,  # how many rows from there on
}

DELIVERIES: Final = {
    "match": pl.Int32,  # row in MATCHES
    "innings_row": pl.Int32,  # row in INNINGS
    "over": pl.Int16,  # 0-based, as the file numbers it (gaps occur)
    "ball": pl.Int8,  # position within the over, 0-based, wides and no-balls counted
    "striker": pl.Int32,  # rows in PEOPLE
    "non_striker": pl.Int32,
    "bowler": pl.Int32,
    "bat_runs": pl.Int8,  # runs off the bat
    "extra_runs": pl.Int8,
    "total_runs": pl.Int8,
    "wide_runs": pl.Int8,
    "noball_runs": pl.Int8,
    "bye_runs": pl.Int8,
    "legbye_runs": pl.Int8,
    "penalty_runs": pl.Int8,  # penalty runs inside the delivery's extras
    "dismissals": pl.Int8,  # batters dismissed; retired hurt and retired not out are none
    "bowler_wickets": pl.Int8,  # dismissals credited to the bowler
    "striker_out": pl.Boolean,  # the striker is among the dismissed
    "non_striker_out": pl.Boolean,
    "retired": pl.Boolean,  # somebody left the crease without being dismissed
    "kind": pl.Int8,  # cricket.DeliveryKind
    "outcome": pl.Int8,  # cricket.BatOutcome, -1 for wides
}


@dataclass(frozen=True)
class MatchTables:
    """All matches of one data source as columns.

    Attributes:
        people, matches, lineups, innings, deliveries: one row each person, match, ... in the order above.
        fingerprint: hex digest of the match content these tables were built from, schema included.
    """

    people: pl.DataFrame
    matches: pl.DataFrame
    lineups: pl.DataFrame
    innings: pl.DataFrame
    deliveries: pl.DataFrame
    fingerprint: str
