"""What some match data consists of, in numbers: how much, from when, whose, and with what outcomes."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import polars as pl

from cricketgnn.cricket.outcomes import KIND_NAMES, NO_OUTCOME, OUTCOME_NAMES
from cricketgnn.deliveries.schema import MatchTables


@dataclass(frozen=True)
class DataSummary:
    """Counts and shares over match tables.

    Attributes:
        matches, innings, deliveries, people: how many, super overs included.
        super_over_deliveries: how many of the deliveries belong to super overs.
        first_date, last_date: of the matches; None when there are none.
        by_gender, by_match_type, competitions: matches by value, the largest first. Matches without a
            competition count under "".
        outcomes: share of each bat outcome; wides and super overs left out.
        kinds: share of each delivery kind; super overs left out.
        fingerprint: of the tables.
    """

    matches: int
    innings: int
    deliveries: int
    people: int
    super_over_deliveries: int
    first_date: dt.date | None
    last_date: dt.date | None
    by_gender: dict[str, int]
    by_match_type: dict[str, int]
    competitions: dict[str, int]
    outcomes: dict[str, float]
    kinds: dict[str, float]
    fingerprint: str


def summarize(tables: MatchTables) -> DataSummary:
    """Count what the tables hold."""
    matches = tables.matches
    super_overs = tables.innings["super_over"].gather(tables.deliveries["innings_row"])
    scored = tables.deliveries.filter(~super_overs)
    faced = scored.filter(pl.col("outcome") != NO_OUTCOME)
    return DataSummary(
        matches=matches.height,
        innings=tables.innings.height,
        deliveries=tables.deliveries.height,
        people=tables.people.height,
        super_over_deliveries=tables.deliveries.height - scored.height,
        first_date=matches["date"][0] if matches.height else None,
        last_date=matches.select(pl.col("last_date").max()).item(),
        by_gender=_counts(matches["gender"]),
        by_match_type=_counts(matches["match_type"]),
        competitions=_counts(matches["competition"]),
        outcomes=_shares(faced["outcome"], OUTCOME_NAMES),
        kinds=_shares(scored["kind"], KIND_NAMES),
        fingerprint=tables.fingerprint,
    )


def _counts(values: pl.Series) -> dict[str, int]:
    """Count each value, the most frequent first, equally frequent ones by name."""
    counted = values.rename("value").value_counts(name="count")
    ordered = counted.sort("count", "value", descending=[True, False])
    return dict(ordered.iter_rows())


def _shares(codes: pl.Series, names: tuple[str, ...]) -> dict[str, float]:
    """Give the share of each class; of no deliveries, every share is 0."""
    total = max(len(codes), 1)
    return {name: int((codes == code).sum()) / total for code, name in enumerate(names)}
