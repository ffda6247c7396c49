"""Is a storage sound? Its file, its tables, its trials, and the folders that its trials left."""

from __future__ import annotations

import math
import socket
import sqlite3
import zipfile
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Final, NamedTuple

import optuna
from optuna.trial import FrozenTrial, TrialState

from cricketgnn.errors import StorageError
from cricketgnn.storages.reading import Place, StorageKind, open_to_read, reading
from cricketgnn.storages.sqlite_files import sqlite_read_only
from cricketgnn.storages.working import Working, running, workers_on
from cricketgnn.training.run_folder import BEST
from cricketgnn.tuning import trials
from cricketgnn.tuning.database import storage_option
from cricketgnn.tuning.folders import folder_of
from cricketgnn.tuning.leases import HOST
from cricketgnn.tuning.results import trial_key
from cricketgnn.tuning.study import is_ours, load_study
from cricketgnn.words import counted

_NAMED: Final = 5
"""How many trials a finding names."""


class Gravity(StrEnum):
    """How bad a finding is."""

    WRONG = "wrong"
    WORTH_KNOWING = "worth-knowing"


class Finding(NamedTuple):
    """Something that is not as it should be.

    Attributes:
        gravity: how bad it is.
        study: in which study; None for the storage itself.
        words: what it is, and what to do.
    """

    gravity: Gravity
    study: str | None
    words: str


def findings(place: Place) -> list[Finding]:
    """Look a storage over; nothing in it is changed.

    Raises:
        StorageError: it cannot even be opened.
    """
    found = of_the_file = [*_of_the_file(place)]
    try:
        storage = open_to_read(place)
        with reading(place):
            for name in optuna.get_all_study_names(storage):
                found = [*found, *_of_study(load_study(storage, name), place)]
    except StorageError:
        if not of_the_file:  # else the file has said better what is wrong
            raise
    return found


def _of_the_file(place: Place) -> Iterator[Finding]:
    """Ask SQLite whether its file is whole."""
    if place.kind is not StorageKind.SQLITE or place.path is None:
        return
    with reading(place), sqlite_read_only(place.path) as connection:
        missing = 0 if _begins_well(connection) else _missing_bytes(place.path)
        if missing:
            words = f"the file is {counted(missing, 'byte')} shorter than it says; put a backup in its place"
            yield Finding(Gravity.WRONG, None, words)
        elif complaint := _complaint(connection):
            words = f"SQLite says: {' '.join(complaint.split())}; put a backup in its place"
            yield Finding(Gravity.WRONG, None, words)


def _complaint(connection: sqlite3.Connection) -> str | None:
    """Give the first thing that is wrong with a file; the rest mostly follows from it."""
    try:
        said = [line for (line,) in connection.execute("PRAGMA integrity_check(1)")]
    except sqlite3.OperationalError:  # locked, say: that is nothing wrong
        raise
    except sqlite3.DatabaseError as error:  # too damaged to look at
        return str(error)
    return next((line for line in said if line != "ok"), None)


def _begins_well(connection: sqlite3.Connection) -> bool:
    """Keep everybody from writing while this connection looks; tell whether the first page is whole.

    SQLite refuses it where the file is shorter than it says.
    """
    connection.execute("BEGIN")
    try:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.OperationalError:  # locked, say: that is nothing wrong
        raise
    except sqlite3.DatabaseError:
        return False
    return True


def _missing_bytes(path: Path) -> int:
    """Count the bytes that a database file is too short.

    Its first page says how long a page is and how many there are (https://www.sqlite.org/fileformat.html);
    an old SQLite may not have kept the number up to date, which two counters tell.

    For a file that SQLite has refused: closing one drops every lock that this process has on it, those of
    SQLite's connections as well (https://www.sqlite.org/howtocorrupt.html, 2.2).
    """
    with path.open("rb") as file:
        header = file.read(100)
    page = int.from_bytes(header[16:18], "big")
    pages, changed, valid_for = (int.from_bytes(header[at : at + 4], "big") for at in (28, 24, 92))
    if changed != valid_for:
        return 0
    return max(0, (65536 if page == 1 else page) * pages - path.stat().st_size)


def _of_study(study: optuna.Study, place: Place) -> Iterator[Finding]:
    studied = study.get_trials(deepcopy=False)
    yield from _said_to_run(study, place)
    unsound = [trial for trial in studied if trial.state is TrialState.COMPLETE and not _sound(trial)]
    if unsound:
        words = f"{named(unsound)} completed with a value that is no number; it misleads the sampler"
        yield Finding(Gravity.WRONG, study.study_name, words)
    yield from _without_folder(study, studied)


def _sound(trial: FrozenTrial) -> bool:
    return bool(trial.values) and all(map(math.isfinite, trial.values))


def _said_to_run(study: optuna.Study, place: Place) -> Iterator[Finding]:
    """Look at the trials that are said to run, where nobody is known to run them."""
    workers, lost = workers_on(study), running(study)
    if not lost or workers.state is Working.SOMEBODY:
        return
    if workers.state is Working.NOBODY:
        at = storage_option(place.url)
        words = (
            f"{named(lost)} said to run, and nobody works on the study: cricketgnn resume {study.study_name}"
            f"{at} goes on with what was lost, cricketgnn inspect-db fix{at} lets it wait"
        )
        yield Finding(Gravity.WRONG, study.study_name, words)
    else:
        words = f"{named(lost)} said to run; whether anybody runs them cannot be told here: {workers.unknown}"
        yield Finding(Gravity.WORTH_KNOWING, study.study_name, words)


def _without_folder(study: optuna.Study, studied: list[FrozenTrial]) -> Iterator[Finding]:
    """Find the completed trials whose best model is not where it was left."""
    if not is_ours(study):  # it has no folders
        return
    here = socket.gethostname()
    ours = [
        trial
        for trial in studied
        if trial.state is TrialState.COMPLETE
        and trials.TWIN not in trial.user_attrs
        and trial.user_attrs.get(HOST, here) == here
    ]
    folder = folder_of(study)
    if ours and folder is None:
        words = "its folder is not on this machine, or was moved or removed: its models cannot be used here"
        yield Finding(Gravity.WORTH_KNOWING, study.study_name, words)
    elif folder is not None:
        gone = [t for t in ours if not zipfile.is_zipfile(folder / trial_key(t.number) / BEST)]
        if gone:  # or is cut off: its last bytes list what is in it
            words = f"{named(gone)} completed, and the model is not in {folder}, or not whole"
            yield Finding(Gravity.WRONG, study.study_name, words)


def named(found: list[FrozenTrial]) -> str:
    """Name some trials: ``trial 3``, ``trials 3, 4``, ``trials 3, 4, 5, 6, 7 and 12 more``."""
    numbers = ", ".join(str(trial.number) for trial in found[:_NAMED])
    more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    return f"trial{'' if len(found) == 1 else 's'} {numbers}{more}"
