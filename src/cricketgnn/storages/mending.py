"""What can be put right in a storage: lost trials wait again, studies are removed."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import optuna
from optuna.storages import BaseStorage, JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import FrozenTrial, TrialState

from cricketgnn.entries import Log, silent
from cricketgnn.errors import StorageError
from cricketgnn.files import free_place
from cricketgnn.places import TRASH
from cricketgnn.storages.reading import Place, StorageKind, open_to_read
from cricketgnn.storages.working import Working, running, workers_on
from cricketgnn.tuning import trials
from cricketgnn.tuning.claims import SoleClaims, claims_on, shared_engine
from cricketgnn.tuning.database import address_of, open_storage, storage_errors
from cricketgnn.tuning.folders import folder_of, owner_of
from cricketgnn.tuning.leases import GRACE_SECONDS, any_beats
from cricketgnn.tuning.study import is_ours, load_study


def open_to_change(place: Place) -> BaseStorage:
    """Open a storage that is there and sound for changes.

    Raises:
        StorageError: it cannot be opened.
    """
    open_to_read(place)  # refuses what is no storage, before anything could be made in it
    if place.kind is StorageKind.JOURNAL:
        return JournalStorage(JournalFileBackend(str(place.path)))
    return open_storage(place.url)


class Lost(NamedTuple):
    """Trials of a study that are said to run.

    Attributes:
        study: name.
        trials: that are said to run.
        ours: they can go on; those of another program's study cannot.
        unknown: why it cannot be told whether somebody runs them; empty where nobody does.
    """

    study: str
    trials: list[FrozenTrial]
    ours: bool
    unknown: str


def lost_trials(storage: BaseStorage, name: str | None) -> list[Lost]:
    """List the trials that are said to run where nobody works.

    Args:
        storage: the storage.
        name: of a study, whose trials are listed also where it cannot be told who works on it; None for all
            studies of which it can.

    Raises:
        UnknownNameError: there is no such study.
        StorageError: the storage failed.
    """
    with storage_errors():
        found = []
        for one in [name] if name else optuna.get_all_study_names(storage):
            study = load_study(storage, one)
            workers, lost = workers_on(study), running(study)
            wanted = workers.state is Working.NOBODY or (name and workers.state is Working.UNKNOWN)
            if lost and wanted:
                found.append(Lost(study.study_name, lost, is_ours(study), workers.unknown))
        return found


def let_go(storage: BaseStorage, lost: Lost) -> list[int]:
    """Let lost trials wait for whoever goes on with their study; those of another program's fail.

    Returns:
        The numbers of those that were still said to run.

    Raises:
        StorageError: somebody began to work on the study meanwhile, or the storage failed.
    """
    with storage_errors(), ExitStack() as held:
        study = load_study(storage, lost.study)
        claims = claims_on(study, folder_of(study)) if lost.ours else None
        wanted = {trial.number for trial in lost.trials}
        if claims is not None:
            held.enter_context(claims)
            held.enter_context(claims.taking())
            if not lost.unknown:  # look again: another coordinator may have taken one over meanwhile
                wanted &= {trial.number for trial in claims.lost(study)}
        ended = [
            trial for trial in running(study) if trial.number in wanted and _end(study, trial, lost.ours)
        ]
        if claims is not None:
            for trial in ended:
                claims.forget(trial)
        return [trial.number for trial in ended]


def _end(study: optuna.Study, trial: FrozenTrial, ours: bool) -> bool:
    """Let a trial wait, or fail; tell whether it was still running."""
    try:
        if ours:
            trials.put_back(study, trial)
        else:  # nobody would ever go on with it
            study.tell(trial.number, state=TrialState.FAIL)
    except (optuna.exceptions.UpdateFinishedTrialError, ValueError):  # it ended just now
        return False
    return True


def remove_study(storage: BaseStorage, name: str, say: Log = silent) -> Path | None:
    """Remove a study and put its folder into the trash; give where that is, None where it had no folder here.

    The folder goes first: were the study gone and its folder left, nothing would tell whose it was.

    Raises:
        UnknownNameError: there is no such study.
        StorageError: somebody works on it, or it cannot be removed: then its folder is where it was.
    """
    with storage_errors(), ExitStack() as held:
        study = load_study(storage, name)
        workers = workers_on(study)
        who = next(iter((*workers.alive, *workers.possible)), None)
        if workers.alive or (workers.possible and _beats(study, workers.possible[0], say)):
            raise StorageError(f"study '{name}' is being worked on by {who}; stop that first")
        folder, into = _own_folder(study), None
        if folder is not None:
            if shared_engine(study) is None:
                held.enter_context(SoleClaims(name, folder))
            into = free_place(folder.parent / TRASH.name / folder.name)
            into.parent.mkdir(exist_ok=True)
            folder.rename(into)
        try:
            optuna.delete_study(study_name=name, storage=storage)
        except BaseException:
            if folder is not None and into is not None:
                into.rename(folder)
            raise
        return into


def _beats(study: optuna.Study, who: str, say: Log) -> bool:
    """Watch whether a coordinator on another machine lives, which may be gone with it."""
    say(f"watching for {GRACE_SECONDS:.0f} s whether {who} gives a sign of life")
    return any_beats(study, GRACE_SECONDS)


def _own_folder(study: optuna.Study) -> Path | None:
    """Give the folder of a study if it says itself that it is this one's: a copy has the original's."""
    folder = folder_of(study)
    ours = folder is not None and owner_of(folder) == (study.study_name, address_of(study))
    return folder if ours else None
