"""What can be put right in a storage: lost trials wait again, studies are removed."""

from __future__ import annotations

import datetime as dt
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import optuna
from optuna.storages import BaseStorage, JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import FrozenTrial, TrialState

from cricketgnn.errors import StorageError
from cricketgnn.storages.reading import Place, StorageKind, open_to_read
from cricketgnn.storages.verifying import lost_trials
from cricketgnn.tuning import trials
from cricketgnn.tuning.claims import SoleClaims, claims_on, shared_engine
from cricketgnn.tuning.leases import leases_of
from cricketgnn.tuning.study import folder_of, load_study, open_storage, storage_errors

TRASH: Final = "trash"
"""Folder beside those of studies that the removed ones go to: whoever wants the space empties it."""


def open_to_change(place: Place) -> BaseStorage:
    """Open a storage that is there and sound for changes.

    Raises:
        StorageError: it cannot be opened.
    """
    open_to_read(place)  # refuses what is no storage, before anything could be made in it
    if place.kind is StorageKind.JOURNAL:
        return JournalStorage(JournalFileBackend(str(place.path)))
    return open_storage(place.url)


def lost_by_study(storage: BaseStorage) -> dict[str, list[FrozenTrial]]:
    """List, by study, the trials that are said to run where nobody is known to work."""
    names = optuna.get_all_study_names(storage)
    lost = {name: lost_trials(load_study(storage, name)) for name in names}
    return {name: found for name, found in lost.items() if found}


def let_lost_wait(storage: BaseStorage, name: str) -> int:
    """Let the lost trials of a study wait for whoever goes on with it; those of other programs fail.

    Returns:
        How many there were.

    Raises:
        StorageError: somebody began to work on the study meanwhile.
    """
    study = load_study(storage, name)
    folder = folder_of(study)
    with storage_errors(), ExitStack() as held:
        if folder is not None:
            claims = held.enter_context(claims_on(study, folder))
            held.enter_context(claims.taking())
            lost = claims.lost(study)
        else:
            lost = lost_trials(study)
        for trial in lost:
            if "identity" in study.user_attrs:
                trials.put_back(study, trial)
            else:  # nobody would ever go on with it
                study.tell(trial.number, state=TrialState.FAIL, skip_if_finished=True)
    return len(lost)


def remove_study(storage: BaseStorage, name: str) -> Path | None:
    """Remove a study and put its folder into the trash; give where that is, None where it had no folder here.

    The folder goes first: were the study gone and its folder left, nothing would tell whose it was.

    Raises:
        UnknownNameError: there is no such study.
        StorageError: somebody works on it.
    """
    study = load_study(storage, name)
    folder = folder_of(study)
    if any(lease.alive is not False for lease in leases_of(study)):
        raise StorageError(f"study '{name}' is being worked on, elsewhere perhaps; stop that first")
    into = None
    with storage_errors(), ExitStack() as held:
        if folder is not None:
            if shared_engine(study) is None:
                held.enter_context(SoleClaims(name, folder))
            into = _free_place(folder.parent / TRASH / folder.name)
            into.parent.mkdir(exist_ok=True)
            folder.rename(into)
        optuna.delete_study(study_name=name, storage=storage)
    return into


def _free_place(wanted: Path) -> Path:
    if not wanted.exists():
        return wanted
    return wanted.with_name(f"{wanted.name}_{dt.datetime.now().astimezone():%Y%m%d-%H%M%S-%f}")
