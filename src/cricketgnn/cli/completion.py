"""What the shell offers behind a half-typed word: phases, studies, and the names that options know."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import typer

from cricketgnn.errors import CricketGNNError

_SQLITE = "sqlite:///"
_HEADER = b"SQLite format 3\0"


def phases(incomplete: str) -> list[str]:
    """Offer what ``tune`` can search."""
    from cricketgnn.config.search_space import PHASED, Phase

    return _beginning([*Phase, PHASED], incomplete)


def studies(ctx: typer.Context, incomplete: str) -> list[str]:
    """Offer the studies of the storage that was typed, or of the usual one; nothing where it has none."""
    from cricketgnn.cli.options import DEFAULT_STORAGE

    try:
        return _beginning(_study_names(ctx.params.get("storage") or DEFAULT_STORAGE), incomplete)
    except (
        CricketGNNError,
        sqlite3.Error,
        OSError,
    ):  # a shell asks while somebody types
        return []


def members(module: str, enum: str) -> Callable[[str], list[str]]:
    """Offer the values of an enumeration, which is imported only when a shell asks."""

    def offer(incomplete: str) -> list[str]:
        from importlib import import_module

        typed = incomplete.rpartition(",")[0]  # some options take several, separated by commas
        before = f"{typed}," if typed else ""
        return _beginning((f"{before}{one}" for one in getattr(import_module(module), enum)), incomplete)

    return offer


def _beginning(names: Iterable[str], incomplete: str) -> list[str]:
    return [name for name in names if name.startswith(incomplete)]


def _study_names(storage: str) -> list[str]:
    """Read the names, of an SQLite file without the second that Optuna takes to load."""
    path = Path(storage.removeprefix(_SQLITE)).expanduser()
    if "://" in str(storage.removeprefix(_SQLITE)):
        return []  # a server may take its time, and somebody waits for a key to do something
    with path.open("rb") as file:
        is_sqlite = file.read(len(_HEADER)) == _HEADER
    if is_sqlite:
        address = f"file:{quote(str(path.absolute()))}?mode=ro"
        with closing(sqlite3.connect(address, uri=True)) as connection:
            rows = connection.execute("SELECT study_name FROM studies ORDER BY study_id")
            return [name for (name,) in rows]
    from cricketgnn.storages.reading import open_to_read, place_of, reading

    place = place_of(str(path))
    with reading(place):
        return [study.study_name for study in open_to_read(place).get_all_studies()]
