"""How the trials trained: their learning curves, when and where they ran, what failed, what came twice."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from cricketgnn.reporting.study.record import THIS_MACHINE, StudyRecord, TrialRecord
from cricketgnn.storages.working import Working


class CurveInfo(NamedTuple):
    """The validation log loss of a trial, epoch by epoch.

    Attributes:
        number: of the trial.
        state: of the trial.
        epochs: from 1.
        log_losses: nats a delivery.
    """

    number: int
    state: str
    epochs: list[int]
    log_losses: list[float]


def curves(record: StudyRecord) -> list[CurveInfo]:
    """Give the learning curve of every trial that got through an epoch."""
    return [
        CurveInfo(trial.number, trial.state, list(range(1, len(trial.curve) + 1)), list(trial.curve))
        for trial in record.trials
        if trial.curve
    ]


class SpanInfo(NamedTuple):
    """When and where a trial ran.

    Attributes:
        number: of the trial.
        state: of the trial.
        lane: the worker it ran on, as far as it can be told: one of several side by side on a machine.
        began, ended: local time; a trial that runs has run until the study was read. One that waits does not
            run, and is left out; one that was lost ran about as long as its epochs took.
    """

    number: int
    state: str
    lane: str
    began: dt.datetime
    ended: dt.datetime


def timeline(record: StudyRecord) -> list[SpanInfo]:
    """Lay the trials out by worker.

    Nothing says which of several workers of a machine ran a trial, so each takes the first lane that is
    free: as many lanes as ran side by side.
    """
    free: dict[str, list[dt.datetime]] = defaultdict(list)
    spans = []
    for trial in sorted(_that_ran(record.trials), key=lambda trial: (trial.began, trial.number)):
        if trial.began is None:
            continue
        ended, host = trial.ended or _until(record, trial, trial.began), trial.host or THIS_MACHINE
        lanes = free[host]
        lane = next((place for place, until in enumerate(lanes) if until <= trial.began), len(lanes))
        lanes[lane : lane + 1] = [ended]
        spans.append(SpanInfo(trial.number, trial.state, f"{host} {lane + 1}", trial.began, ended))
    return spans


def _that_ran(trials: Iterable[TrialRecord]) -> list[TrialRecord]:
    return [t for t in trials if t.began is not None and t.same_as is None and t.state != "waiting"]


def _until(record: StudyRecord, trial: TrialRecord, began: dt.datetime) -> dt.datetime:
    lost = record.workers.state is Working.NOBODY
    return began + dt.timedelta(seconds=trial.seconds) if lost else record.read_at


class FailureInfo(NamedTuple):
    """Trials that failed for one cause.

    Attributes:
        kind: of failure.
        numbers: of the trials.
        message: of the latest of them.
    """

    kind: str
    numbers: list[int]
    message: str


def failures(record: StudyRecord) -> list[FailureInfo]:
    """Group the failed trials by cause, the most frequent first."""
    by_kind: dict[str, list[TrialRecord]] = defaultdict(list)
    for trial in record.trials:
        if trial.state == "fail":
            by_kind[trial.failure_kind or "unknown"].append(trial)
    found = [
        FailureInfo(kind, [trial.number for trial in failed], failed[-1].failure or "no message was kept")
        for kind, failed in by_kind.items()
    ]
    return sorted(found, key=lambda info: (-len(info.numbers), info.kind))


def duplicates(record: StudyRecord) -> list[tuple[int, int]]:
    """List the trials whose configuration had been tried, each with the trial whose result it took over."""
    return [(trial.number, trial.same_as) for trial in record.trials if trial.same_as is not None]
