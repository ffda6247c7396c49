"""Who counts as the same venue, team and competition across files that spell them differently."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from cricketgnn.features.grouped import Ints

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


def innings_entities(
    matches: pl.DataFrame, match: Ints, batting_team: pl.Series, bowling_team: pl.Series
) -> dict[str, npt.NDArray[np.int64]]:
    """Number venue, batting_team, bowling_team and competition of each innings, ``[I]`` each.

    Args:
        matches: all matches.
        match: row of each innings' match, ``[I]``.
        batting_team: name of the side that bats, ``[I]``.
        bowling_team: name of the side that bowls, ``[I]``.
    """
    batting, bowling = np.split(codes(_sides(matches, match, batting_team, bowling_team)), 2)
    return {
        "venue": codes(venue_keys(matches))[match],
        "batting_team": batting,
        "bowling_team": bowling,
        "competition": codes(competition_keys(matches))[match],
    }


def team_names(
    matches: pl.DataFrame, match: Ints, batting_team: pl.Series, bowling_team: pl.Series
) -> npt.NDArray[np.str_]:
    """Give the key of each team in the order of its code; arguments as of :func:`innings_entities`."""
    sides = _sides(matches, match, batting_team, bowling_team)
    return sides.unique().sort().to_numpy().astype(np.str_)


def _sides(matches: pl.DataFrame, match: Ints, batting_team: pl.Series, bowling_team: pl.Series) -> pl.Series:
    """Name the batting side of each innings, then the bowling side of each, ``[2 I]``."""
    genders = matches["gender"][match]
    return pl.concat([team_keys(batting_team, genders), team_keys(bowling_team, genders)])


def codes(keys: pl.Series) -> npt.NDArray[np.int64]:
    """Number the names from 0 in sorted order, ``[N]``."""
    return (keys.rank("dense") - 1).to_numpy().astype(np.int64)


def _folded(name: pl.Expr) -> pl.Expr:
    return name.str.to_lowercase().str.replace_all(r"[^\p{L}\p{N}]+", " ").str.strip_chars()
