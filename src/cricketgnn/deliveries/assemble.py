"""Chunks of matches put together into the match tables: one numbering, time order, one copy of a match."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from cricketgnn.cricsheet import IngestReport
from cricketgnn.cricsheet.duplicates import Copy, superseded
from cricketgnn.deliveries.fingerprint import content_fingerprint
from cricketgnn.deliveries.flatten import ChunkTables, MatchRow, labelled
from cricketgnn.deliveries.schema import DELIVERIES, INNINGS, LINEUPS, MATCHES, PEOPLE, MatchTables

_NOT_IN_TABLE: Final = -1
_PERSON_COLUMNS: Final = frozenset({"striker", "non_striker", "bowler"})

Ints = npt.NDArray[np.int64]


def assemble(chunks: Sequence[ChunkTables]) -> tuple[MatchTables, IngestReport]:
    """Put chunks of matches together; the result depends on the matches, not on how they were cut.

    Args:
        chunks: all chunks of all sources, in the order in which the sources list their files.
    """
    matches = [match for chunk in chunks for match in chunk.matches]
    duplicates = superseded([_copy(match) for match in matches])
    order = sorted(set(range(len(matches))) - duplicates.keys(), key=lambda at: _time_of(matches[at]))
    match_rows = np.full(len(matches), _NOT_IN_TABLE)
    match_rows[order] = np.arange(len(order))
    by_chunk = np.split(match_rows, np.cumsum([len(chunk.matches) for chunk in chunks])[:-1])
    people, person_rows = _people(chunks, by_chunk)
    innings, gather = _innings(chunks, by_chunk)
    tables = MatchTables(
        people=people,
        matches=pl.DataFrame([matches[at].row for at in order], schema=MATCHES),
        lineups=_lineups(chunks, by_chunk, person_rows),
        innings=innings,
        deliveries=_deliveries(chunks, person_rows, innings, gather),
        fingerprint=content_fingerprint((matches[at].row["match_id"], matches[at].digest) for at in order),
    )
    rejected = tuple(one for chunk in chunks for one in chunk.rejected)
    report = IngestReport(
        matches=len(matches) + len(rejected),
        ok=len(order),
        rejected=rejected,
        duplicates=tuple(duplicates.values()),
    )
    return tables, report


def _copy(match: MatchRow) -> Copy:
    row = match.row
    return Copy(row["match_id"], row["revision"], match.created, match.digest, match.file)


def _time_of(match: MatchRow) -> tuple[object, ...]:
    return match.row["date"], match.row["match_id"]


def _people(chunks: Sequence[ChunkTables], match_rows: Sequence[Ints]) -> tuple[pl.DataFrame, list[Ints]]:
    """Number everybody who takes part by registry id, under the most recent spelling of the name.

    Returns:
        The people table, and for each chunk the table row of each of its people (officials have none).
    """
    appearances = pl.DataFrame(
        [
            (rows[match], chunk.people[person], name)
            for chunk, rows in zip(chunks, match_rows, strict=True)
            for match, person, name in chunk.appearances
            if rows[match] != _NOT_IN_TABLE
        ],
        schema={"match": pl.Int32, **PEOPLE},
        orient="row",
    )
    latest = appearances.sort("match", "name").unique("person_id", keep="last")
    people = latest.select(*PEOPLE).sort("person_id")
    row_of = {person: row for row, person in enumerate(people["person_id"])}
    numbers = [[row_of.get(person, _NOT_IN_TABLE) for person in chunk.people] for chunk in chunks]
    return people, [np.array(chunk, dtype=np.int64) for chunk in numbers]


def _lineups(
    chunks: Sequence[ChunkTables], match_rows: Sequence[Ints], person_rows: Sequence[Ints]
) -> pl.DataFrame:
    """List the line-ups by match and team, in the order the files name the players."""
    members = [
        (rows[match], team, people[person])
        for chunk, rows, people in zip(chunks, match_rows, person_rows, strict=True)
        for match, team, person in chunk.lineups
        if rows[match] != _NOT_IN_TABLE
    ]
    return pl.DataFrame(members, schema=LINEUPS, orient="row").sort("match", maintain_order=True)


def _innings(chunks: Sequence[ChunkTables], match_rows: Sequence[Ints]) -> tuple[pl.DataFrame, Ints]:
    """Put the innings in time order.

    Returns:
        The innings table, and for each row of the delivery table its position as read, ``[D]``.
    """
    read = pl.DataFrame(
        [
            row | {"match": rows[row["match"]]}
            for chunk, rows in zip(chunks, match_rows, strict=True)
            for row in chunk.innings
        ],
        schema={name: kind for name, kind in INNINGS.items() if name != "first_delivery"},
    ).with_columns(read_from=pl.col("deliveries").cast(pl.Int64).cum_sum() - pl.col("deliveries"))
    innings = read.filter(pl.col("match") != _NOT_IN_TABLE).sort("match", "innings")
    innings = innings.with_columns(
        first_delivery=pl.col("deliveries").cast(pl.Int64).cum_sum() - pl.col("deliveries")
    )
    counts = innings["deliveries"].to_numpy()
    shifts = (innings["read_from"] - innings["first_delivery"]).to_numpy()
    gather = np.repeat(shifts, counts) + np.arange(counts.sum())
    return innings.select(*INNINGS), gather


def _deliveries(
    chunks: Sequence[ChunkTables], person_rows: Sequence[Ints], innings: pl.DataFrame, gather: Ints
) -> pl.DataFrame:
    """Put the deliveries in the order of the innings and label them."""
    columns: dict[str, npt.NDArray[np.integer]] = {}
    for name in chunks[0].deliveries:
        parts = [chunk.deliveries[name] for chunk in chunks]
        if name in _PERSON_COLUMNS:
            parts = [rows[part].astype(np.int32) for rows, part in zip(person_rows, parts, strict=True)]
        columns[name] = np.concatenate(parts)[gather]
    counts = innings["deliveries"].to_numpy()
    columns["innings_row"] = np.repeat(np.arange(len(counts)), counts)
    columns["match"] = np.repeat(innings["match"].to_numpy(), counts)
    columns |= labelled(columns)
    return pl.DataFrame({name: pl.Series(columns[name]).cast(kind) for name, kind in DELIVERIES.items()})
