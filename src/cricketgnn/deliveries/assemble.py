"""Chunks of matches put together into the match tables: one numbering, time order, one copy of a match."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from cricketgnn.cricsheet import IngestReport
from cricketgnn.cricsheet.duplicates import Copy, superseded
from cricketgnn.deliveries.chunks import Chunk
from cricketgnn.deliveries.fingerprint import content_fingerprint
from cricketgnn.deliveries.schema import DELIVERIES, INNINGS, LINEUPS, MATCHES, PEOPLE, MatchTables

_NOT_IN_TABLE: Final = -1
_PERSON_COLUMNS: Final = frozenset({"striker", "non_striker", "bowler"})

Ints = npt.NDArray[np.int32]
Places = npt.NDArray[np.int64]


def assemble(chunks: Sequence[Chunk]) -> tuple[MatchTables, IngestReport]:
    """Put chunks of matches together; the result depends on the matches, not on how they were cut.

    Args:
        chunks: all chunks of all sources, in the order in which the sources list their files; one at least.
    """
    read = pl.concat([chunk.matches for chunk in chunks])
    duplicates = superseded(
        [Copy(*one) for one in read.select("match_id", "revision", "created", "digest", "file").iter_rows()]
    )
    matches = (
        read.with_row_index("read_as")
        .filter(~pl.col("read_as").is_in(list(duplicates)))
        .sort("date", "match_id")
    )
    match_rows = np.full(read.height, _NOT_IN_TABLE, dtype=np.int32)
    match_rows[matches["read_as"].to_numpy()] = np.arange(matches.height)
    by_chunk = np.split(match_rows, np.cumsum([chunk.matches.height for chunk in chunks])[:-1])
    people, person_rows = _people(chunks, by_chunk)
    innings, gather = _innings(chunks, by_chunk)
    tables = MatchTables(
        people=people,
        matches=matches.select(*MATCHES),
        lineups=_lineups(chunks, by_chunk, person_rows),
        innings=innings,
        deliveries=_deliveries(chunks, person_rows, innings, gather),
        fingerprint=content_fingerprint(matches.select("match_id", "digest").iter_rows()),
    )
    rejected = tuple(one for chunk in chunks for one in chunk.rejected)
    report = IngestReport(
        matches=read.height + len(rejected),
        ok=matches.height,
        rejected=rejected,
        duplicates=tuple(duplicates.values()),
    )
    return tables, report


def _people(chunks: Sequence[Chunk], match_rows: Sequence[Ints]) -> tuple[pl.DataFrame, list[Ints]]:
    """Number everybody who takes part by registry id, under the most recent spelling of the name.

    Returns:
        The people table, and for each chunk the table row of each of its people (officials have none).
    """
    appearances = pl.concat(
        one.select("match", "name", person_id=chunk.people.gather(one["person"]))
        for chunk, one in zip(
            chunks, _in_table([chunk.appearances for chunk in chunks], match_rows), strict=True
        )
    )
    latest = appearances.sort("match", "name").unique("person_id", keep="last")
    people = latest.select(*PEOPLE).sort("person_id")
    row_of = {person: row for row, person in enumerate(people["person_id"])}
    numbers = [[row_of.get(person, _NOT_IN_TABLE) for person in chunk.people] for chunk in chunks]
    return people, [np.array(chunk, dtype=np.int32) for chunk in numbers]


def _lineups(
    chunks: Sequence[Chunk], match_rows: Sequence[Ints], person_rows: Sequence[Ints]
) -> pl.DataFrame:
    """List the line-ups by match and team, in the order the files name the players."""
    lineups = _in_table([chunk.lineups for chunk in chunks], match_rows)
    members = pl.concat(
        one.with_columns(person=pl.Series(people[one["person"].to_numpy()]))
        for one, people in zip(lineups, person_rows, strict=True)
    )
    return members.select(*LINEUPS).sort("match", maintain_order=True)


def _in_table(frames: Sequence[pl.DataFrame], match_rows: Sequence[Ints]) -> Iterator[pl.DataFrame]:
    """Give the matches of each chunk's frame their rows in the table; leave out those that are not in it."""
    for frame, rows in zip(frames, match_rows, strict=True):
        yield frame.with_columns(match=pl.Series(rows[frame["match"].to_numpy()])).filter(
            pl.col("match") != _NOT_IN_TABLE
        )


def _innings(
    chunks: Sequence[Chunk], match_rows: Sequence[Ints]
) -> tuple[pl.DataFrame, npt.NDArray[np.int64]]:
    """Put the innings in time order.

    Returns:
        The innings table, and for each row of the delivery table its position as read, ``[D]``.
    """
    counts = np.concatenate([chunk.innings["deliveries"].to_numpy() for chunk in chunks]).astype(np.int64)
    read_from = np.split(
        np.cumsum(counts) - counts, np.cumsum([chunk.innings.height for chunk in chunks])[:-1]
    )
    placed = [
        chunk.innings.with_columns(read_from=pl.Series(starts))
        for chunk, starts in zip(chunks, read_from, strict=True)
    ]
    innings = pl.concat(_in_table(placed, match_rows)).sort("match", "innings")
    lengths = innings["deliveries"].to_numpy().astype(np.int64)
    first_delivery = np.cumsum(lengths) - lengths
    innings = innings.with_columns(first_delivery=pl.Series(first_delivery))
    gather = np.repeat(innings["read_from"].to_numpy() - first_delivery, lengths) + np.arange(lengths.sum())
    return innings.select(*INNINGS), gather


def _deliveries(
    chunks: Sequence[Chunk], person_rows: Sequence[Ints], innings: pl.DataFrame, gather: Places
) -> pl.DataFrame:
    """Put the deliveries in the order of the innings."""
    lengths = innings["deliveries"].to_numpy()
    columns = {
        "innings_row": pl.Series(np.repeat(np.arange(len(lengths), dtype=np.int32), lengths)),
        "match": pl.Series(np.repeat(innings["match"].to_numpy(), lengths)),
    }
    for name in chunks[0].deliveries.columns:
        parts = [chunk.deliveries[name].to_numpy() for chunk in chunks]
        if name in _PERSON_COLUMNS:
            parts = [rows[part] for rows, part in zip(person_rows, parts, strict=True)]
        columns[name] = pl.Series(np.concatenate(parts)[gather])
    return pl.DataFrame({name: columns[name].cast(kind) for name, kind in DELIVERIES.items()})
