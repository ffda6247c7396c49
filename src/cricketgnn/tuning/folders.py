"""Where a study leaves its files on this machine, and whose a folder is."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Final

import optuna
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from cricketgnn.places import STUDIES
from cricketgnn.tuning.database import STUDIES as STUDIES_TABLE
from cricketgnn.tuning.database import address_of, read_only, tables_in
from cricketgnn.tuning.study import FOLDER, is_ours

RESULTS: Final = "study_results.json"
_PATIENCE_SECONDS: Final = 5


def folder_of(study: optuna.Study) -> Path | None:
    """Give the folder that a study has on this machine; None where it has none (yet).

    A study in a database may be worked on from several machines, each with a folder of its own; a folder
    that was moved is found by whoever is in it; and that of the original is not a copy's.
    """
    if not is_ours(study):  # another program may mean something else by that attribute
        return None
    kept = (study.user_attrs.get(name) for name in (_here(), FOLDER))
    known = [Path(folder) for folder in kept if folder is not None]
    for folder in known:
        if folder.is_dir() and not used_elsewhere(study, folder):
            return folder
    # Copied together with its storage, it stands below the current folder and still names the original's.
    copied = usual_folder(study)
    ours = known and owner_of(copied) is not None and not used_elsewhere(study, copied)
    return copied if ours else None


def usual_folder(study: optuna.Study) -> Path:
    """Give where a study leaves its files that was begun in the current folder."""
    return (STUDIES / study.study_name).absolute()


def keep_folder(study: optuna.Study, folder: Path) -> None:
    """Keep the folder that a study has on this machine."""
    study.set_user_attr(_here(), str(folder))
    first = study.user_attrs.get(FOLDER)
    if first is None or used_elsewhere(study, Path(first)):  # a copy is another study from here on
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

    A study whose SQLite file was moved takes its folder along, as one whose server has another name does.
    Where the other storage cannot be asked, the folder is taken for its own.
    """
    owner, name = owner_of(folder), study.study_name
    if owner is None or owner[0] != name or owner[1] in (None, address_of(study)):
        return False
    theirs, ours = _url(owner[1]), _url(address_of(study))
    if theirs is None or theirs.get_backend_name() != "sqlite":
        return theirs is not None and (ours is None or ours.get_backend_name() == "sqlite")
    file = Path(theirs.database or "")
    if not file.is_file() or (ours is not None and file.samefile(Path(ours.database or ""))):
        return False
    try:
        return any(Path(kept).is_dir() and Path(kept).samefile(folder) for kept in _kept_folders(file, name))
    except (OSError, SQLAlchemyError, optuna.exceptions.StorageInternalError, RuntimeError):
        return True


def _kept_folders(file: Path, name: str) -> list[str]:
    """Read the folders that a study in an SQLite file has, without waiting long or changing anything."""
    url, settings = read_only(file), {"connect_args": {"timeout": _PATIENCE_SECONDS}}
    if STUDIES_TABLE not in tables_in(url, **settings):
        return []
    storage = optuna.storages.RDBStorage(url, settings, skip_table_creation=True)
    try:
        if name not in optuna.get_all_study_names(storage):
            return []
        kept = optuna.load_study(study_name=name, storage=storage).user_attrs
        return [str(folder) for attribute, folder in kept.items() if attribute.startswith(FOLDER)]
    finally:
        storage.engine.dispose()


def _url(address: str | None) -> URL | None:
    try:
        return make_url(address or "")
    except ArgumentError:
        return None
