"""A study as it is kept, read once: everything a report is made of."""

from __future__ import annotations

import datetime as dt
import math
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import optuna
from optuna.distributions import BaseDistribution
from optuna.trial import FrozenTrial, TrialState

from cricketgnn.errors import StorageError
from cricketgnn.reporting.pages.section import read_document
from cricketgnn.storages.looking import local
from cricketgnn.storages.working import Workers, workers_on
from cricketgnn.training.run_folder import PROVENANCE
from cricketgnn.tuning import trials
from cricketgnn.tuning.accounting import account
from cricketgnn.tuning.confirmation import Confirmation
from cricketgnn.tuning.database import address_of
from cricketgnn.tuning.folders import folder_of
from cricketgnn.tuning.leases import HOST
from cricketgnn.tuning.request import SearchRequest, kept_request
from cricketgnn.tuning.results import TEST_SCORES, scores_of, trial_key


@dataclass(frozen=True)
class TrialRecord:
    """One trial.

    Attributes:
        number: of the trial.
        state: in small letters.
        value: macro-F1 on validation; None unless it completed.
        parameters: what was searched.
        overrides: settings in which it differs from the search: half the batch after running out of memory.
        curve: validation log loss after each epoch.
        seconds: of its epochs.
        began, ended: local time; None where it has not.
        host: where it ran; None where nothing says.
        failure_kind, failure: why it failed.
        same_as: the trial whose result it took over.
        test_macro_f1: for the record.
        log_loss: the lowest validation log loss of its epochs, or of those whose result it took over.
    """

    number: int
    state: str
    value: float | None
    parameters: Mapping[str, Any]
    overrides: Mapping[str, Any]
    curve: tuple[float, ...]
    seconds: float
    began: dt.datetime | None
    ended: dt.datetime | None
    host: str | None
    failure_kind: str | None
    failure: str | None
    same_as: int | None
    test_macro_f1: float | None
    log_loss: float | None

    @property
    def settings(self) -> dict[str, Any]:
        """What it was trained with beside what all trials have in common."""
        return {**self.parameters, **self.overrides}


@dataclass(frozen=True)
class StudyRecord:
    """One study.

    Attributes:
        name: of the study.
        storage: its address; None in memory.
        folder: where its files are on this machine; None where they are not.
        request: what was asked for; None for another program's study.
        identity: what must not change between its trials: data, split, metric.
        space: range of each parameter that a trial had.
        trials: in the order of their numbers.
        confirmation: of the winner; None without one.
        winner: number of the winning or best trial; None before one completed.
        test: scores of the winner on the test matches; None before they were scored.
        provenance: who made the winner, or else the first trial found: command, versions, data.
        workers: who works on it.
        read_at: when it was read, local time; a trial that runs has run until then.
        accounting: where its time went, of :func:`cricketgnn.tuning.accounting.account`; empty for another
            program's.
    """

    name: str
    storage: str | None
    folder: Path | None
    request: SearchRequest | None
    identity: Mapping[str, Any]
    space: Mapping[str, BaseDistribution]
    trials: tuple[TrialRecord, ...]
    confirmation: Confirmation | None
    winner: int | None
    test: Mapping[str, Any] | None
    provenance: Mapping[str, Any]
    workers: Workers
    read_at: dt.datetime
    accounting: Mapping[str, Any]

    @property
    def completed(self) -> list[TrialRecord]:
        """The trials that have a value, those that took it over included."""
        return [trial for trial in self.trials if trial.value is not None]

    @property
    def phase(self) -> str | None:
        """What was searched; None for another program's study."""
        return None if self.request is None else self.request.phase.value


def read_study(study: optuna.Study) -> StudyRecord:
    """Read a study out of its storage, and what its folder says about it.

    Raises:
        StorageError: it has several objectives, or its direction is not ours.
    """
    if len(study.directions) > 1 or study.direction is not optuna.study.StudyDirection.MAXIMIZE:
        directions = " and ".join(direction.name.lower() for direction in study.directions)
        raise StorageError(
            f"study '{study.study_name}' wants to {directions}, expected a search of cricketgnn's, which "
            f"maximises macro-F1; its numbers: cricketgnn inspect-db --study {study.study_name}"
        )
    kept, folder = study.get_trials(deepcopy=False), folder_of(study)
    confirmed = trials.confirmation_of(study)
    best = _winner(kept, None if confirmed is None else confirmed["winner"])
    request = _request(study)
    return StudyRecord(
        name=study.study_name,
        storage=address_of(study),
        folder=folder,
        request=request,
        identity=study.user_attrs.get("identity", {}),
        space={name: dim for trial in kept for name, dim in trial.distributions.items()},
        trials=tuple(_trial(trial) for trial in kept),
        confirmation=None if confirmed is None else Confirmation.from_json(confirmed),
        winner=best,
        test=_test(folder, next((trial for trial in kept if trial.number == best), None)),
        provenance=provenance_of(folder, best),
        workers=workers_on(study),
        read_at=dt.datetime.now().astimezone(),
        accounting={} if request is None else account(kept, request.config.training.epochs),
    )


def _winner(kept: Sequence[FrozenTrial], confirmed: int | None) -> int | None:
    """Give the trial that was declared the winner, or else the best one, of the trials as they were read."""
    done = [trial for trial in kept if trial.state is TrialState.COMPLETE]
    if confirmed is not None:
        return confirmed
    best = min(done, key=lambda trial: (-trial.values[0], trial.number), default=None)
    return None if best is None else best.number


def _test(folder: Path | None, winner: FrozenTrial | None) -> Mapping[str, Any] | None:
    """Give the winner's scores on the test matches; those of a trial that no longer leads are not its own."""
    if folder is None or winner is None:
        return None
    kept = read_document(folder / TEST_SCORES, dict)
    return kept if scores_of(kept, winner.number, winner.params) else None


def require_ours(record: StudyRecord) -> StudyRecord:
    """Give a study back if it is a search of this program's: of others nobody knows what their values mean.

    Raises:
        StorageError: it was made by another program, or by a version that kept other things.
    """
    if record.request is None:
        raise StorageError(
            f"study '{record.name}' was made by another program or version, and what its values mean is not "
            f"known; its numbers: cricketgnn inspect-db --study {record.name}"
        )
    return record


def _request(study: optuna.Study) -> SearchRequest | None:
    try:
        return kept_request(study)
    except StorageError:  # another program's, or of another version: it has its trials all the same
        return None


def _trial(trial: FrozenTrial) -> TrialRecord:
    attrs = trial.user_attrs
    curve = tuple(-value for _, value in sorted(trial.intermediate_values.items()) if math.isfinite(value))
    return TrialRecord(
        number=trial.number,
        state=trial.state.name.lower(),
        value=trial.value if trial.state is TrialState.COMPLETE else None,
        parameters=trial.params,
        overrides=attrs.get(trials.OVERRIDES, {}),
        curve=() if trials.TWIN in attrs else curve,
        seconds=float(attrs.get(trials.SECONDS) or 0.0),
        began=local(trial.datetime_start),
        ended=local(trial.datetime_complete),
        host=attrs.get(HOST),
        failure_kind=attrs.get(trials.FAILURE_KIND),
        failure=attrs.get(trials.FAILURE),
        same_as=attrs.get(trials.TWIN),
        test_macro_f1=attrs.get(trials.TEST_MACRO_F1),
        log_loss=attrs.get(trials.LOG_LOSS, min(curve, default=None)),
    )


def provenance_of(folder: Path | None, winner: int | None) -> Mapping[str, Any]:
    """Say who made the winner, or the first trial; empty where nothing tells."""
    for number in (winner, 0):
        if folder is not None and number is not None:
            found = read_document(folder / trial_key(number) / PROVENANCE, dict)
            if found:
                return found
    return {}


THIS_MACHINE: Final = socket.gethostname()
"""Where a trial ran that says no machine: studies on SQLite have one."""
