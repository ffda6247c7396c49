"""Where the time of a study went, added up by hand."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from optuna.trial import FrozenTrial, TrialState, create_trial

from cricketgnn.tuning.accounting import account, best_over_time

NOON = dt.datetime(2026, 3, 1, 12, 0, 0)
EPOCHS = 10


def trial(
    number: int, state: TrialState, value: float | None = None, start: int = 0, end: int = 0, **attrs: Any
) -> FrozenTrial:
    """A trial that started and ended so many minutes after noon."""
    made = create_trial(state=state, value=value, user_attrs=attrs)
    made.number = number
    made.datetime_start = NOON + dt.timedelta(minutes=start)
    ended = state.is_finished()
    made.datetime_complete = NOON + dt.timedelta(minutes=end) if ended else None
    return made


STUDY = [
    trial(0, TrialState.COMPLETE, 0.20, start=0, end=10, epochs=10, seconds=100.0),
    trial(1, TrialState.COMPLETE, 0.30, start=0, end=20, epochs=4, seconds=80.0),
    trial(2, TrialState.PRUNED, start=10, end=30, epochs=6, seconds=30.0),
    trial(3, TrialState.FAIL, start=20, end=30, epochs=3, seconds=33.0, failure_kind="killed"),
    trial(4, TrialState.FAIL, start=20, end=25, failure_kind="out-of-memory"),
    trial(5, TrialState.FAIL, start=20, end=25, epochs=1, seconds=7.0, failure_kind="killed"),
    trial(6, TrialState.COMPLETE, 0.30, start=30, end=30, epochs=0, same_as=1),
    trial(7, TrialState.PRUNED, start=30, end=30, epochs=0, same_as=2),
    trial(8, TrialState.COMPLETE, 0.25, start=30, end=60, epochs=8, seconds=40.0),
    trial(9, TrialState.RUNNING, start=60, epochs=2, seconds=11.0),
]


def test_time_is_spent_on_trials_that_completed_or_were_pruned() -> None:
    assert account(STUDY, EPOCHS)["spent_seconds"] == 100 + 80 + 30 + 40


def test_pruning_saves_the_epochs_a_completed_trial_has_in_the_median() -> None:
    """Completed trials had 10, 4 and 8 epochs; the pruned one stopped after 6, at 5 seconds each."""
    assert account(STUDY, EPOCHS)["saved_by_pruning_seconds"] == (8 - 6) * 5


def test_pruning_late_saves_nothing_rather_than_less() -> None:
    late = [STUDY[1], trial(2, TrialState.PRUNED, epochs=6, seconds=30.0)]
    assert account(late, EPOCHS)["saved_by_pruning_seconds"] == 0
    assert account(late[1:], EPOCHS)["saved_by_pruning_seconds"] == 0  # nothing to compare with


def test_early_stopping_saves_the_epochs_left() -> None:
    """Trial 1 left 6 epochs of 20 seconds, trial 8 left 2 of 5."""
    assert account(STUDY, EPOCHS)["saved_by_early_stopping_seconds"] == 6 * 20 + 2 * 5


def test_reuse_saves_what_the_earlier_trial_took() -> None:
    assert account(STUDY, EPOCHS)["saved_by_reuse_seconds"] == 80 + 30


def test_failures_cost_their_epochs_and_are_counted_by_kind() -> None:
    accounted = account(STUDY, EPOCHS)
    assert accounted["lost_to_failures_seconds"] == 33 + 7
    assert accounted["failures"] == {"killed": 2, "out-of-memory": 1}


def test_a_failure_of_another_program_is_unknown() -> None:
    assert account([trial(0, TrialState.FAIL)], EPOCHS)["failures"] == {"unknown": 1}


def test_trials_an_hour_are_the_trained_ones_while_one_was_being_trained() -> None:
    assert account([], EPOCHS)["trials_per_hour"] is None
    alone = trial(0, TrialState.COMPLETE, 0.2, end=60, epochs=4, seconds=600.0)
    assert account([alone], EPOCHS)["trials_per_hour"] == pytest.approx(6)
    beside = trial(1, TrialState.PRUNED, end=65, epochs=4, seconds=600.0)
    assert account([alone, beside], EPOCHS)["trials_per_hour"] == pytest.approx(2 / 0.25)
    # After a night's pause, and one whose result was taken over.
    late = trial(2, TrialState.COMPLETE, 0.1, end=600, epochs=4, seconds=900.0)
    copy = trial(3, TrialState.COMPLETE, 0.2, end=720, same_as=0)
    assert account([alone, beside, late, copy], EPOCHS)["trials_per_hour"] == pytest.approx(3 / 0.5)


def test_the_best_value_over_time_lists_improvements_only() -> None:
    improved = best_over_time(STUDY)
    assert [(one["trial"], one["value"]) for one in improved] == [(0, 0.20), (1, 0.30)]
    assert [dt.datetime.fromisoformat(one["at"]).replace(tzinfo=None) for one in improved] == [
        NOON + dt.timedelta(minutes=10),
        NOON + dt.timedelta(minutes=20),
    ]


def test_the_best_value_over_time_follows_the_clock_and_not_the_numbers() -> None:
    late_first = trial(0, TrialState.COMPLETE, 0.4, end=50)
    early_second = trial(1, TrialState.COMPLETE, 0.0, end=5)
    at_once = trial(2, TrialState.COMPLETE, 0.4, end=50)
    assert [one["trial"] for one in best_over_time([late_first, early_second, at_once])] == [1, 0]


def test_a_study_without_a_trial_costs_nothing() -> None:
    assert account([], EPOCHS) == {
        "spent_seconds": 0,
        "saved_by_pruning_seconds": 0,
        "saved_by_early_stopping_seconds": 0,
        "saved_by_reuse_seconds": 0,
        "lost_to_failures_seconds": 0,
        "failures": {},
        "trials_per_hour": None,
        "best_over_time": [],
    }


def test_trials_that_took_no_time_have_no_rate() -> None:
    assert account([trial(0, TrialState.COMPLETE, 0.2)], EPOCHS)["trials_per_hour"] is None
