"""Some matches as narrow columns: what a process that parses hands over, and waits to be put together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

import polars as pl

from cricketgnn.cricsheet import Rejected
from cricketgnn.deliveries.flatten import ChunkTables, labelled
from cricketgnn.deliveries.schema import DELIVERIES, INNINGS, LINEUPS, MATCHES

_COPIES: Final = {"file": pl.String, "digest": pl.String, "created": pl.Date}
"""What the choice between copies of a match needs beside its row."""
_APPEARANCES: Final = {"match": pl.Int32, "person": pl.Int32, "name": pl.String}
_PLACES: Final = frozenset({"match", "innings_row"})
"""Columns of deliveries that say where they stand; known when all chunks are there."""


@dataclass(frozen=True)
class Chunk:
    """Some matches; ``match`` and ``person`` are numbers within the chunk.

    Attributes:
        matches: as read, with the columns of schema.MATCHES and those that tell copies apart.
        people: registry id of each person.
        lineups: columns of schema.LINEUPS, ordered by match.
        appearances: match, person and the name as spelled there, of everybody who takes part.
        innings: columns of schema.INNINGS but ``first_delivery``, ordered by match.
        deliveries: columns of schema.DELIVERIES but ``match`` and ``innings_row``, in the innings' order.
        rejected: the files that were refused.
    """

    matches: pl.DataFrame
    people: pl.Series
    lineups: pl.DataFrame
    appearances: pl.DataFrame
    innings: pl.DataFrame
    deliveries: pl.DataFrame
    rejected: tuple[Rejected, ...]

    @classmethod
    def of(cls, rows: ChunkTables) -> Self:
        """Lay matches out as columns; the deliveries are labelled."""
        columns = rows.deliveries | labelled(rows.deliveries)
        copies = [
            match.row | {"file": match.file, "digest": match.digest, "created": match.created}
            for match in rows.matches
        ]
        innings = {name: kind for name, kind in INNINGS.items() if name != "first_delivery"}
        return cls(
            matches=pl.DataFrame(copies, schema=MATCHES | _COPIES),
            people=pl.Series(rows.people, dtype=pl.String),
            lineups=pl.DataFrame(rows.lineups, schema=LINEUPS, orient="row"),
            appearances=pl.DataFrame(rows.appearances, schema=_APPEARANCES, orient="row"),
            innings=pl.DataFrame(rows.innings, schema=innings),
            deliveries=pl.DataFrame(
                {
                    name: pl.Series(columns[name]).cast(kind)
                    for name, kind in DELIVERIES.items()
                    if name not in _PLACES
                }
            ),
            rejected=tuple(rows.rejected),
        )
