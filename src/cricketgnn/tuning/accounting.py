"""Where the time of a study went: spent, saved, lost."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import Any, Final

from optuna.trial import FrozenTrial, TrialState

from cricketgnn.tuning import trials

SECONDS_IN_WORDS: Final[Mapping[str, str]] = {
    "spent_seconds": "training trials that ended",
    "saved_by_pruning_seconds": "saved by pruning",
    "saved_by_early_stopping_seconds": "saved by early stopping",
    "saved_by_reuse_seconds": "saved by taking results over",
    "lost_to_failures_seconds": "lost to failures",
}
"""What each sum of seconds in :func:`account` is of."""


def account(studied: Sequence[FrozenTrial], epochs: int) -> dict[str, Any]:
    """Add up the training time of a study's trials.

    Seconds are those of the epochs, as measured in the trials' own processes.

    * spent: by completed and pruned trials.
    * saved by pruning: had each pruned trial run as many epochs as a completed one does in the median.
    * saved by early stopping: had each completed trial run all its epochs.
    * saved by reuse: had the configurations that came up again been trained again.
    * lost to failures: by failed trials.

    Args:
        studied: all trials of the study.
        epochs: most epochs of a trial.
    """
    done = [t for t in studied if t.state is TrialState.COMPLETE and trials.TWIN not in t.user_attrs]
    pruned = [t for t in studied if t.state is TrialState.PRUNED and trials.TWIN not in t.user_attrs]
    failed = [t for t in studied if t.state is TrialState.FAIL]
    usual = median(_epochs(trial) for trial in done) if done else 0
    seconds = {trial.number: _seconds(trial) for trial in studied}
    twins = [trial.user_attrs[trials.TWIN] for trial in studied if trials.TWIN in trial.user_attrs]
    return {
        "spent_seconds": sum(_seconds(trial) for trial in (*done, *pruned)),
        "saved_by_pruning_seconds": sum(_per_epoch(t) * max(0, usual - _epochs(t)) for t in pruned),
        "saved_by_early_stopping_seconds": sum(_per_epoch(t) * (epochs - _epochs(t)) for t in done),
        "saved_by_reuse_seconds": sum(seconds.get(number, 0.0) for number in twins),
        "lost_to_failures_seconds": sum(_seconds(trial) for trial in failed),
        "failures": dict(Counter(str(t.user_attrs.get(trials.FAILURE_KIND, "unknown")) for t in failed)),
        "trials_per_hour": _per_hour(studied),
        "best_over_time": best_over_time(studied),
    }


def best_over_time(studied: Sequence[FrozenTrial]) -> list[dict[str, Any]]:
    """List each improvement of the best value: when, by which trial, to what."""
    done = (
        (t.datetime_complete.astimezone(), t.number, t.value or 0.0)
        for t in studied
        if t.state is TrialState.COMPLETE and t.datetime_complete is not None
    )
    return [
        {"at": at.isoformat(timespec="seconds"), "trial": number, "value": value}
        for at, number, value in improvements(done)
    ]


def improvements(
    done: Iterable[tuple[dt.datetime, int, float]],
) -> list[tuple[dt.datetime, int, float]]:
    """Pick, of the ends, numbers and values of trials, those that were better than all before them."""
    better: list[tuple[dt.datetime, int, float]] = []
    for one in sorted(done):
        if not better or one[2] > better[-1][2]:
            better.append(one)
    return better


def _per_hour(studied: Sequence[FrozenTrial]) -> float | None:
    """Count the trained trials an hour in which one was being trained, so that a pause costs nothing."""
    spans = sorted(
        (trial.datetime_complete.timestamp() - _seconds(trial), trial.datetime_complete.timestamp())
        for trial in studied
        if trial.state in (TrialState.COMPLETE, TrialState.PRUNED)
        and trial.datetime_complete is not None
        and trials.TWIN not in trial.user_attrs
    )
    busy, until = 0.0, float("-inf")
    for begin, end in spans:
        busy += max(0.0, end - max(begin, until))
        until = max(until, end)
    return len(spans) / busy * 3600 if busy > 0 else None


def _epochs(trial: FrozenTrial) -> int:
    return int(trial.user_attrs.get(trials.EPOCHS, 0))


def _seconds(trial: FrozenTrial) -> float:
    return float(trial.user_attrs.get(trials.SECONDS, 0.0))


def _per_epoch(trial: FrozenTrial) -> float:
    return _seconds(trial) / max(1, _epochs(trial))
