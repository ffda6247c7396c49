"""A storage of studies opened to look into: nothing in it is changed, none is made where there is none."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Final, NamedTuple

import optuna
from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from cricketgnn.errors import StorageError
from cricketgnn.files import expanded, nearest_file
from cricketgnn.provenance import without_passwords
from cricketgnn.storages.sqlite_files import SQLITE_HEADER
from cricketgnn.tuning.database import (
    STUDIES,
    check_database,
    first_line,
    meaning_of,
    read_only,
    storage_option,
    tables_in,
    url_of,
    with_driver,
)

_JOURNAL_LINE: Final = b'{"op_code":'


class StorageKind(StrEnum):
    """What keeps the studies."""

    SQLITE = "SQLite"
    POSTGRESQL = "PostgreSQL"
    JOURNAL = "journal file"


class Place(NamedTuple):
    """Where studies live.

    Attributes:
        kind: of the storage.
        path: its file; None for a server.
        url: its address; for a journal file the path.
    """

    kind: StorageKind
    path: Path | None
    url: str

    @property
    def shown(self) -> str:
        """Name it in messages, without a password."""
        return without_passwords(self.url) if self.path is None else str(self.path)


def place_of(named: str) -> Place:
    """Tell what storage a user means.

    Args:
        named: a URL, or the path of an SQLite or journal file.

    Raises:
        StorageError: there is no such file, or it is no storage of studies.
    """
    if "://" not in named:
        path = expanded(named)
        kind = _kind_of_file(path)
        return Place(kind, path, url_of(named) if kind is StorageKind.SQLITE else str(path))
    check_database(named)
    try:
        url = make_url(named)
    except (ArgumentError, ValueError) as error:  # a port that is no number, say
        raise StorageError(
            f"{without_passwords(named)}: no address of a storage; give sqlite:///FILE, the path of a file, "
            "or postgresql://USER@HOST/DATABASE"
        ) from error
    if url.get_backend_name() != "sqlite":
        return Place(StorageKind.POSTGRESQL, None, named)
    path = Path(url.database or "")
    if _kind_of_file(path) is not StorageKind.SQLITE:
        raise StorageError(f"{path}: is a journal file, no SQLite database; name it by its path")
    return Place(StorageKind.SQLITE, path, named)


def _kind_of_file(path: Path) -> StorageKind:
    try:
        with path.open("rb") as file:
            beginning = file.read(len(SQLITE_HEADER))
    except FileNotFoundError as error:
        near = nearest_file(path)
        advice = (
            f"did you mean '{near}'?"
            if near
            else "name the one that a search was given, or begin one: cricketgnn tune"
        )
        raise StorageError(f"{path}: no such storage of studies; {advice}") from error
    except OSError as error:
        raise StorageError(f"{path}: {error.strerror or error}; give the file of a storage") from error
    if beginning == SQLITE_HEADER:
        return StorageKind.SQLITE
    if beginning.startswith(_JOURNAL_LINE[: len(beginning)]) and beginning:
        return StorageKind.JOURNAL
    what = "is empty: no search has begun in it" if not beginning else "is no storage of studies"
    raise StorageError(f"{path}: {what}; expected an SQLite database or a journal file of Optuna's")


def open_to_read(place: Place) -> BaseStorage:
    """Open a storage so that nothing in it can change.

    Raises:
        StorageError: it is damaged, locked, another program's, or of a version that cannot be read.
    """
    optuna.logging.disable_default_handler()
    with reading(place):
        if place.kind is StorageKind.JOURNAL:
            return _journal(place)
        url = with_driver(place.url) if place.path is None else read_only(place.path)
        _check_tables(place, url)
        try:
            return RDBStorage(url, skip_table_creation=True)
        except RuntimeError as error:  # so Optuna says that the tables are of another version
            raise StorageError(_of_another_version(place, url)) from error


def _journal(place: Place) -> BaseStorage:
    try:
        return JournalStorage(JournalFileBackend(str(place.path)))
    except (ValueError, KeyError) as error:
        raise StorageError(
            f"{place.shown}: is damaged, or no journal of Optuna's ({error}); put a backup in its place"
        ) from error


@contextmanager
def reading(place: Place) -> Iterator[None]:
    """Say in one line what is wrong with a storage that cannot be read.

    Raises:
        StorageError: what was raised inside by the database or by Optuna.
    """
    try:
        yield
    except ImportError as error:
        raise StorageError(
            f"cannot open {place.shown}: its driver is missing ({error}); for PostgreSQL: pip install "
            "'cricketgnn[postgres]'"
        ) from error
    except (SQLAlchemyError, optuna.exceptions.StorageInternalError, sqlite3.Error) as error:
        raise StorageError(f"{place.shown}: {_in_words(place, error)}") from error


def _in_words(place: Place, error: Exception) -> str:
    """Put what a database says into words, with what to do."""
    reason = first_line(error)
    if "readonly" in reason:  # it was opened so that nothing changes; a change that was begun is in the way
        completes = f"cricketgnn resume --list{storage_option(place.url)}"
        return f"was left in the middle of a change; {completes} completes it, then try again ({reason})"
    meaning = meaning_of(reason)
    if meaning is not None:
        return f"{meaning} ({reason})"
    return f"cannot be read ({reason}); check the address, and that it is a storage of studies"


def _check_tables(place: Place, url: str) -> None:
    tables = tables_in(url)
    if STUDIES not in tables:
        has = f"its tables: {', '.join(tables[:6])}" if tables else "it has no table"
        raise StorageError(f"{place.shown}: is a database, but none of studies ({has}); give a search's")


def _of_another_version(place: Place, url: str) -> str:
    storage = RDBStorage(url, skip_compatibility_check=True, skip_table_creation=True)
    has, newest = storage.get_current_version(), storage.get_head_version()
    advice = (
        f"bring it up to date with: optuna storage upgrade --storage {without_passwords(place.url)}"
        if has in storage.get_all_versions()
        else "it was written by a newer Optuna: pip install -U optuna"
    )
    return f"{place.shown}: has tables of version {has}, and this Optuna reads {newest}; {advice}"
