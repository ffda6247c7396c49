"""What the shell offers behind a half-typed word: phases, studies, and the names that options know."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable

import typer

from cricketgnn.errors import CricketGNNError
from cricketgnn.places import STORAGE

_SQLITE = "sqlite:///"


def phases(incomplete: str) -> list[str]:
    """Offer what ``tune`` can search."""
    from cricketgnn.config.search_space import PHASED, Phase

    return _beginning([*Phase, PHASED], incomplete)


def studies(ctx: typer.Context, incomplete: str) -> list[str]:
    """Offer the studies of the storage that was typed, or of the usual one; nothing where it has none."""
    try:
        return _beginning(_study_names(_typed_storage(ctx)), incomplete)
    except (CricketGNNError, sqlite3.Error, OSError):  # a shell asks while somebody types
        return []


def _typed_storage(ctx: typer.Context) -> str:
    """Give the storage that stands in the line so far, as an argument or an option, or else the usual one."""
    named = {param.name for param in ctx.command.params} & {"source", "where"}
    # Behind an option that still lacks its value, arguments are left over.
    typed = [
        *(ctx.params.get(name) for name in named),
        *(ctx.args[:1] if named else ()),
        ctx.params.get("storage"),
    ]
    return next(filter(None, typed), STORAGE)


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
    named = storage.removeprefix(_SQLITE)
    if "://" in named:
        return []  # a server may take its time, and somebody waits for a key to do something
    from cricketgnn.files import expanded
    from cricketgnn.storages.sqlite_files import SQLITE_HEADER, sqlite_read_only

    path = expanded(named)
    with path.open("rb") as file:
        is_sqlite = file.read(len(SQLITE_HEADER)) == SQLITE_HEADER
    if is_sqlite:
        with sqlite_read_only(path) as connection:
            rows = connection.execute("SELECT study_name FROM studies ORDER BY study_id")
            return [name for (name,) in rows]
    from cricketgnn.storages.reading import open_to_read, place_of, reading

    place = place_of(str(path))
    with reading(place):
        return [study.study_name for study in open_to_read(place).get_all_studies()]
