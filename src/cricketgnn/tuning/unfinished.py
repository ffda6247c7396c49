"""What was interrupted and can go on: studies of a storage, trainings under ``checkpoints/``."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import optuna
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from cricketgnn.errors import ArtifactError, CheckpointError, StorageError, UnknownNameError, closest
from cricketgnn.places import RUNS
from cricketgnn.provenance import without_passwords
from cricketgnn.training.progress import run_progress
from cricketgnn.training.run_folder import LAST, worked_in
from cricketgnn.tuning import trials
from cricketgnn.tuning.claims import worked_on
from cricketgnn.tuning.database import open_existing, open_storage, storage_errors
from cricketgnn.tuning.folders import RESULTS, folder_of
from cricketgnn.tuning.leases import leases_of
from cricketgnn.tuning.phased import CHAIN, next_phase, study_of_chain
from cricketgnn.tuning.request import SearchRequest, kept_request
from cricketgnn.tuning.study import finished, load_study


@dataclass(frozen=True)
class Unfinished:
    """Something that can go on.

    Attributes:
        name: of the study, or the folder of the run.
        is_study: whether it is a study.
        changed: when it last changed, local time.
        words: how far it is.
        busy: whether a process is working on it.
    """

    name: str
    is_study: bool
    changed: dt.datetime
    words: str
    busy: bool = False

    def to_json(self) -> dict[str, Any]:
        """Give it as plain values."""
        return {
            "kind": "study" if self.is_study else "run",
            "name": self.name,
            "changed": self.changed.isoformat(timespec="seconds"),
            "progress": self.words,
        }


def find_unfinished(storage_url: str) -> list[Unfinished]:
    """List what can go on, the latest first."""
    found = [*_studies(storage_url), *_runs()]
    return sorted(found, key=lambda one: one.changed, reverse=True)


@dataclass(frozen=True)
class Target:
    """What a user wants to go on with: a run, or a study in its storage.

    Attributes:
        run: folder of a training; None for a study.
        study: name of a study; None for a training.
        storage: where the study lives.
    """

    run: Path | None
    study: str | None
    storage: str


def find_target(target: str | None, storage_url: str) -> Target:
    """Tell what a user wants to go on with.

    Args:
        target: run folder, study folder, or name of a study or of phases in a row; None for the latest
            unfinished.
        storage_url: where studies live; a study's folder knows a storage better that it cannot be in.

    Raises:
        UnknownNameError: no such run or study; carries the closest.
        ArtifactError: nothing is unfinished.
    """
    if target is None:
        return _latest(storage_url)
    path = Path(target)
    if (path / RESULTS).is_file():
        return _study_in(path, storage_url)
    if path.exists():
        return Target(path, None, storage_url)
    names = study_names(storage_url)
    in_a_row = [name for phase in CHAIN if (name := study_of_chain(target, phase)) in names]
    if target not in names and not in_a_row:
        beside = [str(run.parent) for run in RUNS.glob(f"*/{LAST}")]
        near = closest(path.name, (folder.name for folder in path.parent.glob("*/")))
        if near is not None:  # a mistyped path
            beside.append(str(path.parent / near))
        raise UnknownNameError(
            "study or run", target, [*names, *beside], f"in {without_passwords(storage_url)} and {RUNS}"
        )
    return Target(None, target if target in names else in_a_row[-1], storage_url)


def _latest(storage_url: str) -> Target:
    found = find_unfinished(storage_url)
    if not found:
        raise ArtifactError(
            f"nothing to resume: no unfinished study in {without_passwords(storage_url)} and no "
            f"unfinished run in {RUNS}"
        )
    first = next((one for one in found if not one.busy), found[0])
    return Target(
        None if first.is_study else Path(first.name), first.name if first.is_study else None, storage_url
    )


def _study_in(folder: Path, storage_url: str) -> Target:
    """Find the study that left a folder, wherever the command is run from."""
    try:
        kept = json.loads((folder / RESULTS).read_text(encoding="utf-8"))
        name, own = str(kept["study"]), kept.get("storage")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ArtifactError(
            f"{folder / RESULTS} does not say which study it is of (made by another program, or damaged); "
            "name the study"
        ) from error
    here = name in study_names(storage_url)
    if not here and own is not None and "***" in str(own):
        raise StorageError(f"study '{name}' lives in {own}: give its address and password with --storage")
    return Target(None, name, storage_url if here or own is None else str(own))


def request_of(storage_url: str, name: str) -> SearchRequest:
    """Give what a study was asked for.

    Raises:
        StorageError: there is no such storage, it cannot be opened, or the study does not say.
        UnknownNameError: there is no such study.
    """
    if not _exists(storage_url):
        raise StorageError(
            f"study '{name}' lives in a storage that is not at {without_passwords(storage_url)}; name its "
            "--storage, or go to the folder it was begun in"
        )
    with storage_errors():
        return kept_request(load_study(open_storage(storage_url), name))


def study_names(storage_url: str) -> list[str]:
    """List the studies of a storage; none where there is no storage yet, which is not made."""
    if not _exists(storage_url):
        return []
    with storage_errors():
        storage = open_existing(storage_url)
        return [] if storage is None else optuna.get_all_study_names(storage)


def _exists(storage_url: str) -> bool:
    try:
        url = make_url(storage_url)
    except (ArgumentError, ValueError):
        return True  # whoever opens it will say what is wrong
    if url.get_backend_name() != "sqlite" or not url.database:
        return True
    return Path(url.database).is_file()


def _studies(storage_url: str) -> Iterator[Unfinished]:
    if not _exists(storage_url):
        return
    with storage_errors():
        storage = open_existing(storage_url)
        if storage is None:
            return
        names = optuna.get_all_study_names(storage)
    for name in names:
        with storage_errors():
            study = load_study(storage, name)
            try:
                request = kept_request(study)
            except StorageError:  # somebody else's study, or one of an older version: not ours to go on with
                continue
            words = _what_is_left(study, request, names)
            if words is None:
                continue
            times = [
                time
                for trial in study.get_trials(deepcopy=False)
                for time in (trial.datetime_start, trial.datetime_complete)
                if time is not None
            ]
        folder = folder_of(study)
        begun = folder.stat().st_mtime if folder is not None else 0.0
        changed = max(times, default=dt.datetime.fromtimestamp(begun))
        worker = (worked_on(folder) if folder is not None else None) or _coordinator(study)
        if worker is not None:
            words = f"{words}, worked on{worker}"
        yield Unfinished(name, True, changed.astimezone(), words, worker is not None)


def _coordinator(study: optuna.Study) -> str | None:
    """Say which of several coordinators on a study lives, as far as it can be told from here."""
    return next((f" by {lease.words}" for lease in leases_of(study) if lease.alive), None)


def _what_is_left(study: optuna.Study, request: SearchRequest, names: Sequence[str]) -> str | None:
    """Say how far a study is; None where it is finished, and so is its chain as far as it goes on from it."""
    tuning, done = request.tuning, len(finished(study))
    words = f"{done} of {tuning.n_trials} trials"
    if not trials.closed(study, tuning):
        unconfirmed = tuning.confirm and not trials.confirmed_as(study, tuning)
        return f"{words}, winner not confirmed" if done >= tuning.n_trials and unconfirmed else words
    phase = next_phase(request.phase)
    if request.chain and phase and study_of_chain(request.chain, phase) not in names:
        return f"{words}, {phase.value} to follow"
    return None


def _runs() -> Iterator[Unfinished]:
    for folder in RUNS.glob("*"):
        last = folder / LAST
        if not last.is_file():
            continue
        try:
            progress = run_progress(folder)
        except CheckpointError:  # of another version, or damaged: resume says so when it is named
            continue
        if progress.unfinished:
            changed = dt.datetime.fromtimestamp(last.stat().st_mtime).astimezone()
            busy = worked_in(folder)
            words = f"epoch {progress.done} of {progress.planned}{', worked on' if busy else ''}"
            yield Unfinished(str(folder), False, changed, words, busy)
