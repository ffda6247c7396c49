"""Who counts as the same venue, team and competition across files that spell them differently."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple, Self

import numpy as np
import numpy.typing as npt
import polars as pl

from cricketgnn.deliveries.schema import MatchTables
from cricketgnn.features.grouped import Ints
from cricketgnn.features.plays import regular_innings

Names = npt.NDArray[np.str_]

GENDERS: Final = ("female", "male")
UNNAMED_COMPETITION: Final = "unnamed"
BILATERAL: Final = "bilateral internationals"
"""Tours and one-off series have few matches each: as a competition they are one."""

SHARED_GROUND_NAMES: Final = (
    "county ground",
    "gymkhana club ground",
    "national stadium",
    "queen s park",
    "university oval",
)
"""Names, folded, that grounds of different towns go by; every county has its County Ground."""
SAME_PLACE: Final = {"brighton": "hove"}
"""Towns that files print for one and the same ground."""


def venue_keys(matches: pl.DataFrame) -> pl.Series:
    """Name each match's ground: the part before the first comma, letters and digits only, and the sex.

    "M Chinnaswamy Stadium, Bengaluru" and "M.Chinnaswamy Stadium" are one ground, while a name that
    several grounds share counts together with the place. Women play with shorter boundaries, so a ground
    has a record for each sex.
    """
    parts = pl.col("venue").str.split(",")
    ground, end_of_name = _folded(parts.list.first()), _folded(parts.list.last())
    printed_place = pl.when(parts.list.len() > 1).then(end_of_name).otherwise(pl.lit(""))
    place = pl.coalesce(_folded(pl.col("city")), printed_place).replace(SAME_PLACE)
    distinct = (
        pl.when(ground.is_in(SHARED_GROUND_NAMES))
        .then((ground + " " + place).str.strip_chars())
        .otherwise(ground)
    )
    return matches.select(pl.concat_str([distinct, pl.col("gender")], separator="|").alias("venue"))["venue"]


def team_keys(names: pl.Series, genders: pl.Series) -> pl.Series:
    """Name each team together with its sex: India's men and women are two teams (``[N]`` each)."""
    frame = pl.DataFrame({"team": names, "gender": genders})
    return frame.select(
        pl.concat_str([_folded(pl.col("team")), pl.col("gender")], separator="|").alias("team")
    )["team"]


def competition_keys(matches: pl.DataFrame) -> pl.Series:
    """Name each match's competition without its year, together with the sex; tours are one competition."""
    name = _folded(pl.col("competition").str.replace_all(r"\b(19|20)\d\d(/\d\d)?\b", ""))
    tour = pl.col("competition").str.contains(r"\b(tour of|in [A-Z])")
    named = (
        pl.when(name == "")
        .then(pl.lit(UNNAMED_COMPETITION))
        .when(tour)
        .then(pl.lit(BILATERAL))
        .otherwise(name)
    )
    return matches.select(pl.concat_str([named, pl.col("gender")], separator="|").alias("competition"))[
        "competition"
    ]


@dataclass(frozen=True)
class Entities:
    """Numbers of everybody and everything that takes part; -1 for whom or what nobody has met.

    Attributes:
        person: of each row of the people table.
        venue, batting_team, bowling_team, competition, era: of each innings, ``[I]``; the era is the sex.
    """

    person: Ints
    venue: Ints
    batting_team: Ints
    bowling_team: Ints
    competition: Ints
    era: Ints


@dataclass(frozen=True)
class Numbering:
    """Numbers given to names: the place of a name among all of its kind, sorted.

    Attributes:
        person: registry ids.
        venue, team, competition: keys, as of the functions above.
    """

    person: Names
    venue: Names
    team: Names
    competition: Names

    @classmethod
    def of(cls, tables: MatchTables) -> Self:
        """Number everybody, and everything in the regular innings."""
        keys = _InningsKeys.of(tables, regular_innings(tables))
        return cls(
            person=texts(tables.people["person_id"]),
            venue=_distinct(keys.venue),
            team=_distinct(pl.concat([keys.batting_team, keys.bowling_team])),
            competition=_distinct(keys.competition),
        )

    def people(self, tables: MatchTables) -> Ints:
        """Look up everybody of some tables, be they those numbered or others."""
        return numbers_of(texts(tables.people["person_id"]), self.person)

    def entities(self, tables: MatchTables, innings: pl.DataFrame, people: Ints) -> Entities:
        """Look up what takes part in some regular innings, beside the people that were looked up."""
        keys = _InningsKeys.of(tables, innings)
        return Entities(
            person=people,
            venue=numbers_of(texts(keys.venue), self.venue),
            batting_team=numbers_of(texts(keys.batting_team), self.team),
            bowling_team=numbers_of(texts(keys.bowling_team), self.team),
            competition=numbers_of(texts(keys.competition), self.competition),
            era=numbers_of(texts(keys.gender), np.array(GENDERS)),
        )


class _InningsKeys(NamedTuple):
    """Keys of what takes part in regular innings, ``[I]`` each."""

    venue: pl.Series
    batting_team: pl.Series
    bowling_team: pl.Series
    competition: pl.Series
    gender: pl.Series

    @classmethod
    def of(cls, tables: MatchTables, innings: pl.DataFrame) -> Self:
        matches = tables.matches[innings["match"].to_numpy()]
        return cls(
            venue=venue_keys(matches),
            batting_team=team_keys(innings["batting_team"], matches["gender"]),
            bowling_team=team_keys(innings["bowling_team"], matches["gender"]),
            competition=competition_keys(matches),
            gender=matches["gender"],
        )


def _distinct(names: pl.Series) -> Names:
    return texts(names.unique().sort())


def numbers_of(names: Names, known: Names) -> Ints:
    """Give the place of each name among the known ones, which are sorted; -1 for an unknown one, ``[N]``."""
    if not len(known):
        return np.full(len(names), -1)
    place = np.searchsorted(known, names).clip(max=len(known) - 1)
    return np.where(known[place] == names, place, -1)


def texts(names: pl.Series) -> Names:
    """Give a column of texts as an array, ``[N]``."""
    return names.to_numpy().astype(np.str_)


def _folded(name: pl.Expr) -> pl.Expr:
    return name.str.to_lowercase().str.replace_all(r"[^\p{L}\p{N}]+", " ").str.strip_chars()
