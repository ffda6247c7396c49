"""The database that studies live in: opened for a search, its trouble in words."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

import optuna
import sqlalchemy
from optuna.storages._rdb.models import NOT_FOUND_MSG
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError

from cricketgnn.errors import StorageError
from cricketgnn.files import expanded, sqlite_to_read
from cricketgnn.places import STORAGE
from cricketgnn.provenance import without_passwords

_PATIENCE_SECONDS: Final = 30
"""How long SQLite waits for whoever holds its lock: a look with a tool shall not end a search."""
STUDIES: Final = "studies"
"""A table that every database of Optuna's has."""
_MEANINGS: Final[Mapping[str, str]] = {
    "database is locked": "is locked by a process that is writing: wait a moment",
    "malformed": "is damaged, cut off perhaps: put a backup in its place",
    "file is not a database": "is damaged from its first page on, or encrypted: put a backup in its place",
    "readonly": "cannot be written to: check the rights on the file and its folder",
    "disk I/O error": "could not be read or written: check the disk and its free space",
    "disk is full": "has no space left on its disk: free some",
    "unable to open database file": "cannot be opened: check the rights on the file and its folder",
}
"""What SQLite says to what it means here."""


def open_storage(url: str) -> optuna.storages.RDBStorage:
    """Open a study storage, made if it does not exist.

    Raises:
        StorageError: it cannot be opened or is no study database.
    """
    check_database(url)
    optuna.logging.disable_default_handler()  # a search has lines of its own; StudyLog keeps Optuna's
    with _opening(url):
        return optuna.storages.RDBStorage(with_driver(url), engine_kwargs=_engine_settings(url))


def open_existing(url: str) -> optuna.storages.RDBStorage | None:
    """Open a study storage; None where its database holds no studies, in which nothing is made then.

    Raises:
        StorageError: it cannot be opened.
    """
    check_database(url)
    with _opening(url):
        tables = tables_in(with_driver(url), **_engine_settings(url))
    return open_storage(url) if STUDIES in tables else None


def url_of(named: str) -> str:
    """Give the address of a database that was named by it, or by the path of its SQLite file."""
    return named if "://" in named else f"sqlite:///{expanded(named)}"


def read_only(path: Path) -> str:
    """Give the address of an SQLite file under which nothing in it can change."""
    return f"sqlite:///{sqlite_to_read(path)}&uri=true"


def tables_in(url: str, **settings: Any) -> list[str]:
    """List the tables of a database; its driver is named, and ``settings`` are those of its engine."""
    engine = sqlalchemy.create_engine(url, **settings)
    try:
        return sqlalchemy.inspect(engine).get_table_names()
    finally:
        engine.dispose()


def _engine_settings(url: str) -> dict[str, Any]:
    return {"connect_args": {"timeout": _PATIENCE_SECONDS}} if url.startswith("sqlite") else {}


@contextmanager
def _opening(url: str) -> Iterator[None]:
    try:
        yield
    except ImportError as error:
        raise StorageError(
            f"cannot open the study storage {without_passwords(url)}: its driver is missing ({error}); for "
            "PostgreSQL: pip install 'cricketgnn[postgres]'"
        ) from error
    except (SQLAlchemyError, RuntimeError, ValueError) as error:
        reason = first_line(error)
        meaning = meaning_of(reason)
        words = (
            f"the study storage {url} {meaning} ({reason})"
            if meaning
            else f"cannot open the study storage {url} ({reason}); expected a URL such as {STORAGE}"
        )
        raise StorageError(without_passwords(words)) from error


def check_database(url: str) -> None:
    """Refuse databases on which nothing keeps two coordinators apart."""
    database = re.match(r"(\w+)(?:\+\w+)?://", url)
    if database and database[1] not in ("sqlite", "postgresql", "postgres"):
        raise StorageError(
            f"got the study storage {without_passwords(url)}, expected sqlite:///FILE or "
            "postgresql://USER@HOST/DATABASE; other databases are not supported"
        )


def with_driver(url: str) -> str:
    """Name the driver of a PostgreSQL address that names none: psycopg 3, which the extra installs."""
    return re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", url)


def engine_of(study: optuna.Study) -> Engine | None:
    """Give the database a study lives in; None in memory."""
    storage = study._storage
    backend = getattr(storage, "_backend", storage)  # Optuna wraps a database in a cache of finished trials
    engine: Engine | None = getattr(backend, "engine", None)
    return engine


def address_of(study: optuna.Study) -> str | None:
    """Give the URL of a study's storage as it holds in any folder, its password masked; None in memory."""
    engine = engine_of(study)
    if engine is None:
        return None
    url = engine.url
    if url.get_backend_name() == "sqlite" and url.database:
        named = url.database.removeprefix("file:").partition("?")[0]  # so it is where it was opened read-only
        path = Path(unquote(named) if named != url.database else named)
        url = url.set(database=str(path.absolute()), query={})
    return url.render_as_string(hide_password=True)


def storage_option(url: str) -> str:
    """Give what leads a command to a storage: `` --storage URL`` behind it, nothing for the usual one."""
    return "" if url == STORAGE else f" --storage {shlex.quote(without_passwords(url))}"


def option_of(study: optuna.Study) -> str:
    """Give what leads a command to the storage of a study, as :func:`storage_option` does."""
    engine = engine_of(study)
    if engine is None:
        return ""
    url = engine.url.set(drivername=engine.url.get_backend_name())
    return storage_option(url.render_as_string(hide_password=True))


def resuming(study: optuna.Study) -> str:
    """Name the command that goes on with a study."""
    return f"cricketgnn resume {study.study_name}{option_of(study)}"


@contextmanager
def storage_errors(after: str = "try again") -> Iterator[None]:
    """Turn what the storage raises while inside (read-only, locked, full, gone) into our error.

    Args:
        after: what to do once that has been put right.

    Raises:
        StorageError: the storage failed.
    """
    try:
        yield
    except (SQLAlchemyError, optuna.exceptions.StorageInternalError) as error:
        reason = first_line(error)
        meaning = meaning_of(reason)
        words = f"{meaning} ({reason})" if meaning else f"failed ({reason}): check place, rights and space"
        raise StorageError(f"the study storage {words}; then {after}") from error
    except KeyError as error:
        if error.args != (NOT_FOUND_MSG,):  # Optuna's own, of what was there a moment ago
            raise
        raise StorageError(
            "the study was removed from its storage while it was worked on; its folder is still there"
        ) from error


def first_line(error: BaseException) -> str:
    """Give what a database said in one line, without what was put around it."""
    cause = error
    while isinstance(cause, SQLAlchemyError | optuna.exceptions.StorageInternalError) and cause.__cause__:
        cause = cause.__cause__
    return next(iter(str(cause).strip().splitlines()), type(cause).__name__)


def meaning_of(reason: str) -> str | None:
    """Put what SQLite says into words, with what to do; None where that is not known."""
    return next((meaning for words, meaning in _MEANINGS.items() if words in reason), None)
