"""Match tables as files of a cache entry: five Parquet files, and what is to be said about them.

When an entry is used, how it is checked against its checksums, written whole and locked is the
business of :mod:`cricketgnn.entries`; here is only what lies in its folder.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
import polars as pl

from cricketgnn import __version__
from cricketgnn.cricsheet import PARSER_VERSION, IngestReport
from cricketgnn.deliveries.schema import (
    DELIVERIES,
    INNINGS,
    LINEUPS,
    MATCHES,
    PEOPLE,
    SCHEMA_VERSION,
    MatchTables,
)
from cricketgnn.entries import EntryDamaged
from cricketgnn.words import in_one_line

_SCHEMAS: Final[Mapping[str, Mapping[str, type[pl.DataType]]]] = {
    "people": PEOPLE,
    "matches": MATCHES,
    "lineups": LINEUPS,
    "innings": INNINGS,
    "deliveries": DELIVERIES,
}
_READING: Final = "reading.json"


@dataclass(frozen=True)
class LoadedTables:
    """Match tables, and what became of each file they were read from."""

    tables: MatchTables
    report: IngestReport


class StoredReading(msgspec.Struct, frozen=True):
    """What an entry says about its tables: their rows, the match files behind them, who wrote it."""

    fingerprint: str
    report: IngestReport
    rows: dict[str, int]
    schema_version: int
    parser_version: int
    cricketgnn: str
    polars: str


def write_entry(loaded: LoadedTables, folder: Path) -> None:
    """Write tables and report into the folder of a new entry.

    Raises:
        OSError: the disk is full or read-only.
    """
    frames: dict[str, pl.DataFrame] = {name: getattr(loaded.tables, name) for name in _SCHEMAS}
    for name, frame in frames.items():
        content = io.BytesIO()
        frame.write_parquet(content)
        # Written by Python, not polars, whose error would not tell a full disk from a bug.
        _file(folder, name).write_bytes(content.getbuffer())
    reading = StoredReading(
        fingerprint=loaded.tables.fingerprint,
        report=loaded.report,
        rows={name: frame.height for name, frame in frames.items()},
        schema_version=SCHEMA_VERSION,
        parser_version=PARSER_VERSION,
        cricketgnn=__version__,
        polars=pl.__version__,
    )
    (folder / _READING).write_bytes(msgspec.json.encode(reading))


def read_entry(folder: Path) -> LoadedTables:
    """Read tables and report out of the folder of an entry.

    Raises:
        EntryDamaged: a file is missing, or does not hold what the versions of this package write.
    """
    try:
        reading = msgspec.json.decode((folder / _READING).read_bytes(), type=StoredReading)
        written_by = (reading.schema_version, reading.parser_version)
        if written_by != (SCHEMA_VERSION, PARSER_VERSION):
            raise EntryDamaged(f"{_READING}: of schema and parser version {written_by}")
        frames = {name: _read_table(folder, name, reading.rows.get(name)) for name in _SCHEMAS}
    except (OSError, msgspec.DecodeError, pl.exceptions.PolarsError) as error:
        raise EntryDamaged(in_one_line(error, None)) from error
    return LoadedTables(MatchTables(**frames, fingerprint=reading.fingerprint), reading.report)


def _read_table(folder: Path, name: str, rows: int | None) -> pl.DataFrame:
    # Read into memory, not mapped: the file may be replaced while the tables are in use.
    frame = pl.read_parquet(_file(folder, name).read_bytes())
    if frame.schema != pl.Schema(_SCHEMAS[name]) or frame.height != rows:
        raise EntryDamaged(f"{_file(folder, name).name}: other columns or rows than were written")
    return frame


def _file(folder: Path, name: str) -> Path:
    return folder / f"{name}.parquet"
