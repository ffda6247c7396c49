"""What a storage holds, in numbers: its studies, their trials, one trial, and its tables as they stand."""

from __future__ import annotations

import datetime as dt
import json
import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any, Final

import optuna
from optuna.distributions import distribution_to_json
from optuna.storages import BaseStorage
from optuna.study._frozen import FrozenStudy
from optuna.trial import FrozenTrial, TrialState

from cricketgnn.entries import Log
from cricketgnn.errors import ConfigError, StorageError, UnknownNameError
from cricketgnn.storages.working import workers_on
from cricketgnn.tuning import trials
from cricketgnn.tuning.folders import folder_of
from cricketgnn.tuning.study import is_ours, load_study

STATES: Final = tuple(state.name.lower() for state in TrialState)


@dataclass(frozen=True)
class StudyRow:
    """A study at a glance.

    Attributes:
        name: of the study.
        phase: what it searches; None for another program's.
        trials: how many are in each state.
        best_value, best_trial: of the winner, or else of the best completed trial; None before there is one.
        began, changed: when its first trial began, and when a trial last began or ended; local time.
        workers: who works on it, in words.
        possible_workers: who may, in words: only their own machines could tell.
        dead_workers: who has died working on it, in words.
        folder: where its files are on this machine; None where they are not.
    """

    name: str
    phase: str | None
    trials: Mapping[str, int]
    best_value: float | None
    best_trial: int | None
    began: dt.datetime | None
    changed: dt.datetime | None
    workers: tuple[str, ...]
    possible_workers: tuple[str, ...]
    dead_workers: tuple[str, ...]
    folder: str | None

    def to_json(self) -> dict[str, Any]:
        """Give it as plain values."""
        times = {"began": _iso(self.began), "changed": _iso(self.changed)}
        lists = {name: [*getattr(self, name)] for name in ("workers", "possible_workers", "dead_workers")}
        return {**asdict(self), **times, **lists}


def study_rows(storage: BaseStorage) -> list[StudyRow]:
    """Describe every study, the one that changed last first."""
    rows = [study_row(load_study(storage, name)) for name in optuna.get_all_study_names(storage)]
    return sorted(rows, key=lambda row: row.changed.timestamp() if row.changed else 0.0, reverse=True)


def chosen_study(storage: BaseStorage, name: str | None, log: Log) -> optuna.Study:
    """Load a study by its name, or the one that changed last.

    Args:
        storage: the storage.
        name: of the study; None for the latest.
        log: told which one was taken where none was named.

    Raises:
        UnknownNameError: there is none of that name; carries the closest.
        StorageError: there is none at all.
    """
    if name is not None:
        return load_study(storage, name)
    rows = study_rows(storage)
    if not rows:
        raise StorageError("the storage holds no study yet; begin one with: cricketgnn tune")
    log(f"study {rows[0].name}, the one that changed last")
    return load_study(storage, rows[0].name)


def study_row(study: optuna.Study) -> StudyRow:
    """Describe one study."""
    studied = study.get_trials(deepcopy=False)
    states = Counter(trial.state.name.lower() for trial in studied)
    best = None if len(study.directions) > 1 else _best(study)
    began = [trial.datetime_start for trial in studied if trial.datetime_start is not None]
    ended = [trial.datetime_complete for trial in studied if trial.datetime_complete is not None]
    identity = study.user_attrs.get("identity")
    workers, folder = workers_on(study), folder_of(study)
    return StudyRow(
        name=study.study_name,
        phase=identity.get("phase") if isinstance(identity, dict) else None,
        trials={state: states.get(state, 0) for state in STATES},
        best_value=None if best is None else plain(best.value),
        best_trial=None if best is None else best.number,
        began=local(min(began, default=None)),
        changed=local(max((*began, *ended), default=None)),
        workers=workers.alive,
        possible_workers=workers.possible,
        dead_workers=workers.dead,
        folder=None if folder is None else str(folder),
    )


def _best(study: optuna.Study) -> FrozenTrial | None:
    if is_ours(study):
        return trials.winning_trial(study)
    sign = -1 if study.direction is optuna.study.StudyDirection.MAXIMIZE else 1
    done = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    return min(done, key=lambda trial: (sign * trial.values[0], trial.number), default=None)


def trial_rows(study: optuna.Study) -> list[dict[str, Any]]:
    """Describe every trial of a study as plain values, in the order of their numbers."""
    return [plain(row) for row in raw_trial_rows(study)]


def raw_trial_rows(study: optuna.Study) -> list[dict[str, Any]]:
    """Describe every trial of a study with its numbers as they are, also those that JSON does not have."""
    ours = is_ours(study)
    return [_trial_row(trial, ours) for trial in study.get_trials(deepcopy=False)]


def _trial_row(trial: FrozenTrial, ours: bool) -> dict[str, Any]:
    return {
        **trials.trial_document(trial, ours),
        "began": _iso(local(trial.datetime_start)),
        "ended": _iso(local(trial.datetime_complete)),
    }


def trial_numbered(study: optuna.Study, number: int) -> FrozenTrial:
    """Give a trial by its number.

    Raises:
        ConfigError: the study has none of that number.
    """
    studied = study.get_trials(deepcopy=False)
    if not 0 <= number < len(studied):
        has = f"it has {len(studied)}, numbered from 0" if studied else "it has none"
        raise ConfigError(f"study '{study.study_name}' has no trial {number}; {has}")
    return studied[number]


def whole_trial(trial: FrozenTrial, ours: bool) -> dict[str, Any]:
    """Give everything that is kept of a trial as plain values.

    Args:
        trial: which.
        ours: whether its study is a search of this program's.
    """
    return {
        **plain(_trial_row(trial, ours)),
        "values": plain(trial.values),
        "intermediate_values": [
            [step, plain(one)] for step, one in sorted(trial.intermediate_values.items())
        ],
        "distributions": {
            name: plain(json.loads(distribution_to_json(one))) for name, one in trial.distributions.items()
        },
        "user_attributes": plain(trial.user_attrs),
        "system_attributes": plain(trial.system_attrs),
    }


def plain(value: Any) -> Any:
    """Put numbers that JSON does not have (``nan``, ``inf``) into words, however deep they lie."""
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items()}
    return [plain(one) for one in value] if isinstance(value, list | tuple) else value


def table_rows(storage: BaseStorage, table: str, limit: int) -> list[dict[str, Any]]:
    """Give the first rows of one of Optuna's tables, through its API: right about time and type.

    Args:
        storage: the storage.
        table: a name in :data:`TABLES`.
        limit: most rows.

    Raises:
        UnknownNameError: there is no such table; carries the closest.
    """
    if table not in TABLES:
        raise UnknownNameError("table", table, TABLES)
    return [plain(row) for row in islice(TABLES[table](storage), limit)]


def _studies(storage: BaseStorage) -> Iterator[dict[str, Any]]:
    for study in storage.get_all_studies():
        yield {"study_id": study._study_id, "study_name": study.study_name}


def _study_attributes(storage: BaseStorage) -> Iterator[dict[str, Any]]:
    for study in storage.get_all_studies():
        for key, value in study.user_attrs.items():
            yield {"study_id": study._study_id, "key": key, "value": value}


def _trials(storage: BaseStorage) -> Iterator[dict[str, Any]]:
    for study, trial in _every_trial(storage):
        yield {
            "trial_id": trial._trial_id,
            "number": trial.number,
            "study_id": study._study_id,
            "state": trial.state.name,
            "datetime_start": _iso(local(trial.datetime_start)),
            "datetime_complete": _iso(local(trial.datetime_complete)),
        }


def _of_each_trial(
    columns: Sequence[str], items: Callable[[FrozenTrial], Iterator[tuple[Any, Any]]]
) -> Callable[[BaseStorage], Iterator[dict[str, Any]]]:
    """Make the rows of a table that has a name and a value for each of several things of a trial."""

    def rows(storage: BaseStorage) -> Iterator[dict[str, Any]]:
        for _, trial in _every_trial(storage):
            for item in items(trial):
                yield {"trial_id": trial._trial_id, **dict(zip(columns, item, strict=True))}

    return rows


def _every_trial(storage: BaseStorage) -> Iterator[tuple[FrozenStudy, FrozenTrial]]:
    for study in storage.get_all_studies():
        for trial in storage.get_all_trials(study._study_id, deepcopy=False):
            yield study, trial


TABLES: Final[Mapping[str, Callable[[BaseStorage], Iterator[dict[str, Any]]]]] = {
    "studies": _studies,
    "study_user_attributes": _study_attributes,
    "trials": _trials,
    "trial_params": _of_each_trial(("param_name", "param_value"), lambda trial: iter(trial.params.items())),
    "trial_values": _of_each_trial(("objective", "value"), lambda trial: enumerate(trial.values or ())),
    "trial_intermediate_values": _of_each_trial(
        ("step", "intermediate_value"), lambda trial: iter(sorted(trial.intermediate_values.items()))
    ),
    "trial_user_attributes": _of_each_trial(("key", "value"), lambda trial: iter(trial.user_attrs.items())),
}
"""Optuna's tables by name, as in ``SELECT * FROM trials LIMIT 10``."""


def local(time: dt.datetime | None) -> dt.datetime | None:
    """Give a time of Optuna's, which means local time without saying so, with its zone."""
    return None if time is None else time.astimezone()


def _iso(time: dt.datetime | None) -> str | None:
    return None if time is None else time.isoformat(timespec="seconds")
