"""How the best value grew, and how the values are spread."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from cricketgnn.reporting.study.record import StudyRecord
from cricketgnn.tuning.accounting import improvements


class HistoryInfo(NamedTuple):
    """Values of the completed trials in the order of their numbers.

    Attributes:
        numbers: of the trials.
        values: macro-F1 on validation.
        best: the best value up to and including each.
        pruned: numbers of the pruned trials.
    """

    numbers: list[int]
    values: list[float]
    best: list[float]
    pruned: list[int]


def history(record: StudyRecord) -> HistoryInfo:
    """Follow the best value from trial to trial."""
    done = [(trial.number, trial.value) for trial in record.completed if trial.value is not None]
    best: list[float] = []
    for _, value in done:
        best.append(max(value, best[-1]) if best else value)
    pruned = [trial.number for trial in record.trials if trial.state == "pruned"]
    return HistoryInfo([number for number, _ in done], [value for _, value in done], best, pruned)


class OverTimeInfo(NamedTuple):
    """When the best value grew.

    Attributes:
        hours: since the first trial began.
        values: the best value from then on.
        numbers: of the trials that brought it.
        until: when the last trial ended, in hours.
    """

    hours: list[float]
    values: list[float]
    numbers: list[int]
    until: float


def best_over_time(record: StudyRecord) -> OverTimeInfo:
    """Follow the best value through the hours; trials that took a result over are there at once."""
    began = min((trial.began for trial in record.trials if trial.began is not None), default=None)
    if began is None:
        return OverTimeInfo([], [], [], 0.0)
    last = max((trial.ended for trial in record.trials if trial.ended is not None), default=began)
    better = improvements(
        (trial.ended, trial.number, trial.value)
        for trial in record.completed
        if trial.ended is not None and trial.value is not None
    )
    hours = [hours_between(began, ended) for ended, _, _ in better]
    return OverTimeInfo(
        hours, [value for _, _, value in better], [n for _, n, _ in better], hours_between(began, last)
    )


class SpreadInfo(NamedTuple):
    """Empirical distribution of the values: the share of completed trials at or below each.

    Attributes:
        values: ascending.
        shares: between 0 and 1.
    """

    values: list[float]
    shares: list[float]


def spread(record: StudyRecord) -> SpreadInfo:
    """Sort the values of the trials that were trained."""
    own = sorted(
        trial.value for trial in record.completed if trial.value is not None and trial.same_as is None
    )
    return SpreadInfo(own, [(place + 1) / len(own) for place in range(len(own))])


def hours_between(first: dt.datetime, second: dt.datetime) -> float:
    """Count the hours from one time to another."""
    return (second - first).total_seconds() / 3600
