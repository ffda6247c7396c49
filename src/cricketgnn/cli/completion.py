"""What the shell offers behind a half-typed word: phases, studies, and the names that options know."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from pathlib import Path
from urllib.parse import quote

import typer

from cricketgnn.errors import CricketGNNError

_SQLITE = "sqlite:///"


def phases(incomplete: str) -> list[str]:
    """Offer what ``tune`` can search."""
    from cricketgnn.config.search_space import Phase
    from cricketgnn.tuning.phased import PHASED

    return _beginning([*(phase.value.replace("_", "-") for phase in Phase), PHASED], incomplete)


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

        return _beginning((one.value for one in getattr(import_module(module), enum)), incomplete)

    return offer


def _beginning(names: Iterable[str], incomplete: str) -> list[str]:
    return [name for name in names if name.startswith(incomplete)]


def _study_names(storage: str) -> list[str]:
    """Read the names, of an SQLite file without the second that Optuna takes to load."""
    path = Path(storage.removeprefix(_SQLITE))
    if "://" not in storage.removeprefix(_SQLITE) and path.suffix not in (".log", ".jsonl"):
        with sqlite3.connect(f"file:{quote(str(path.absolute()))}?mode=ro", uri=True) as connection:
            return [
                name for (name,) in connection.execute("SELECT study_name FROM studies ORDER BY study_id")
            ]
    from cricketgnn.storages.reading import open_to_read, place_of

    return [study.study_name for study in open_to_read(place_of(storage)).get_all_studies()]
