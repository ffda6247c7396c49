"""Where a study leaves its files on this machine, and whose a folder is."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Final

import optuna
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from cricketgnn.errors import StorageError, UnknownNameError
from cricketgnn.places import STUDIES
from cricketgnn.tuning.database import address_of, open_existing
from cricketgnn.tuning.study import FOLDER, is_ours, load_study

RESULTS: Final = "study_results.json"


def folder_of(study: optuna.Study) -> Path | None:
    """Give the folder that a study has on this machine; None where it has none (yet).

    A study in a database may be worked on from several machines, each with a folder of its own; a folder
    that was moved is found by whoever is in it; and that of the original is not a copy's.
    """
    if not is_ours(study):  # another program may mean something else by that attribute
        return None
    kept = (study.user_attrs.get(name) for name in (_here(), FOLDER))
    known = [Path(folder) for folder in kept if folder is not None]
    # Copied together with its storage, it stands below the current folder and still names the original's.
    copied = [usual_folder(study)] if known and owner_of(usual_folder(study)) is not None else []
    places = (folder for folder in (*known, *copied) if folder.is_dir())
    return next((folder for folder in places if not used_elsewhere(study, folder)), None)


def usual_folder(study: optuna.Study) -> Path:
    """Give where a study leaves its files that was begun in the current folder."""
    return (STUDIES / study.study_name).absolute()


def keep_folder(study: optuna.Study, folder: Path) -> None:
    """Keep the folder that a study has on this machine."""
    study.set_user_attr(_here(), str(folder))
    if study.user_attrs.get(FOLDER) is None:
        study.set_user_attr(FOLDER, str(folder))


def _here() -> str:
    return f"{FOLDER}:{socket.gethostname()}"


def owner_of(folder: Path) -> tuple[str, str | None] | None:
    """Tell whose folder it is, study and storage, by the results in it; None where they do not tell."""
    try:
        kept = json.loads((folder / RESULTS).read_text(encoding="utf-8"))
        return kept["study"], kept["storage"]
    except (OSError, ValueError, KeyError, TypeError):
        return None


def used_elsewhere(study: optuna.Study, folder: Path) -> bool:
    """Tell whether a folder is that of the same study in another storage, which this one is a copy of.

    Told for SQLite files that are still there; a study that was moved takes its folder along.
    """
    owner, name = owner_of(folder), study.study_name
    if owner is None or owner[0] != name or owner[1] == address_of(study):
        return False
    theirs, ours = _sqlite_file(owner[1]), _sqlite_file(address_of(study))
    if theirs is None or (ours is not None and ours.samefile(theirs)):
        return False
    try:
        storage = open_existing(owner[1] or "")
        return storage is not None and folder_of(load_study(storage, name)) == folder
    except (StorageError, UnknownNameError):
        return False


def _sqlite_file(address: str | None) -> Path | None:
    """Give the file behind an address; None where it is no SQLite file that is there."""
    try:
        url = make_url(address or "")
    except ArgumentError:
        return None
    file = Path(url.database or "")
    return file if url.get_backend_name() == "sqlite" and file.is_file() else None
