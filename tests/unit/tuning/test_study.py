"""A study in its storage: identity, direction, seeds, pruning, and the trials of the dead."""

from __future__ import annotations

import multiprocessing
import os
import socket
import sqlite3
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.trial import TrialState

from cricketgnn.errors import StorageError, UnknownNameError
from cricketgnn.training.fit import EpochReport
from cricketgnn.tuning.search import PRUNED, report_epoch
from cricketgnn.tuning.study import (
    STARTUP_TRIALS,
    WARMUP_EPOCHS,
    completed,
    finished,
    load_study,
    open_storage,
    open_study,
    storage_errors,
    study_exists,
)
from cricketgnn.tuning.workers import FAILURE, KILLED, fail, reclaim_lost, sign

Storage = optuna.storages.RDBStorage
IDENTITY: dict[str, Any] = {
    "phase": "phase1-coarse",
    "data": "abc",
    "val_from": "2020-01-01",
    "space": {"lr": {"kind": "float", "low": 0.1, "high": 1.0}},
    "fixed": {"epochs": 3, "seed": 0},
}


def report(epoch: int, log_loss: float) -> EpochReport:
    return EpochReport(epoch, 1.5, log_loss, 0.0, 0.1, 1e-3, 1.0, 1000.0)


def run_trial(study: optuna.Study, log_loss: float, epochs: int, value: float | None) -> int | None:
    """Report epochs of one validation log loss as a search does; give the epoch it was pruned after."""
    trial = study.ask()
    trial.suggest_float("lr", 0.1, 1.0)
    for epoch in range(1, epochs + 1):
        if report_epoch(trial, report(epoch, log_loss)):
            study.tell(trial, state=TrialState.PRUNED)
            return epoch
    if value is not None:
        study.tell(trial, value)
    return None


def test_worse_losses_are_pruned_and_better_ones_live(storage: Storage) -> None:
    study = open_study(storage, "s", 0, IDENTITY)
    assert study.direction == optuna.study.StudyDirection.MAXIMIZE
    for number in range(STARTUP_TRIALS):
        # The objective is turned against the loss: it must play no part in pruning.
        assert run_trial(study, 1.40 + number / 100, 8, value=number / 10) is None
    assert run_trial(study, 1.50, 8, value=0.9) == WARMUP_EPOCHS + 1
    assert study.trials[-1].user_attrs[PRUNED] is True
    assert study.trials[-1].user_attrs["epochs"] == 6
    assert run_trial(study, 1.30, 8, value=0.1) is None
    assert PRUNED not in study.trials[-1].user_attrs
    assert study.trials[-1].intermediate_values == {step: -1.30 for step in range(8)}


def test_before_five_trials_are_complete_nothing_is_pruned(storage: Storage) -> None:
    study = open_study(storage, "s", 0, IDENTITY)
    for _ in range(STARTUP_TRIALS - 1):
        run_trial(study, 1.40, 8, value=0.2)
    assert run_trial(study, 9.0, 8, value=0.1) is None
    assert run_trial(study, 9.5, 8, value=0.1) == WARMUP_EPOCHS + 1


def test_during_the_warm_up_nothing_is_pruned(storage: Storage) -> None:
    study = open_study(storage, "s", 0, IDENTITY)
    for _ in range(STARTUP_TRIALS):
        run_trial(study, 1.40, WARMUP_EPOCHS, value=0.2)
    assert run_trial(study, 9.0, WARMUP_EPOCHS, value=0.1) is None


def test_the_loss_counts_plain_for_people(storage: Storage) -> None:
    study = open_study(storage, "s", 0, IDENTITY)
    run_trial(study, 1.25, 2, value=0.5)
    assert study.trials[0].user_attrs == {"val_log_loss": 1.25, "epochs": 2}


def test_finished_are_complete_and_pruned_trials(storage: Storage) -> None:
    study = open_study(storage, "s", 0, IDENTITY)
    for state, value in ((TrialState.COMPLETE, 0.1), (TrialState.PRUNED, None), (TrialState.FAIL, None)):
        study.tell(study.ask(), value, state=state)
    study.ask()
    study.enqueue_trial({"lr": 0.1})
    assert [trial.number for trial in finished(study)] == [0, 1]
    assert [trial.number for trial in completed(study)] == [0]


def test_a_study_opened_again_is_the_same_one(storage: Storage) -> None:
    open_study(storage, "s", 0, IDENTITY).tell(open_study(storage, "s", 0, IDENTITY).ask(), 0.3)
    assert open_study(storage, "s", 0, dict(IDENTITY)).best_value == 0.3
    assert study_exists(storage, "s")
    assert not study_exists(storage, "t")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"phase": "full"}, "made with phase phase1-coarse, this search has full"),
        ({"data": "xyz"}, "made with data abc, this search has xyz"),
        ({"val_from": "2021-01-01"}, "made with val_from 2020-01-01, this search has 2021-01-01"),
        ({"fixed": {"epochs": 4, "seed": 0}}, "made with epochs 3, this search has 4"),
        ({"fixed": {"epochs": 3, "seed": 1}}, "made with seed 0, this search has 1"),
        ({"fixed": {"epochs": 3, "seed": 0, "lr": 0.5}}, "made with lr not set, this search has 0.5"),
        (
            {"space": {"lr": {"kind": "float", "low": 0.2, "high": 1.0}}},
            'made with range of lr {"kind": "float", "low": 0.1, "high": 1.0}, this search has '
            '{"kind": "float", "low": 0.2, "high": 1.0}',
        ),
        (
            {"space": {}},
            'made with range of lr {"kind": "float", "low": 0.1, "high": 1.0}, this search has not set',
        ),
    ],
)
def test_another_search_under_the_same_name_is_refused(
    storage: Storage, change: dict[str, Any], message: str
) -> None:
    open_study(storage, "s", 0, IDENTITY)
    with pytest.raises(StorageError) as refused:
        open_study(storage, "s", 0, {**IDENTITY, **change})
    assert message in str(refused.value)
    assert "give another --study-name" in str(refused.value)


def test_a_study_that_goes_on_never_repeats_its_first_samples(storage: Storage) -> None:
    def samples(study: optuna.Study, count: int) -> list[float]:
        values = []
        for _ in range(count):
            trial = study.ask()
            values.append(trial.suggest_float("lr", 0.0, 1.0))
            study.tell(trial, 0.5)
        return values

    first = samples(open_study(storage, "s", 0, IDENTITY), 3)
    again = samples(open_study(storage, "s", 0, IDENTITY), 3)
    assert len({*first, *again}) == 6
    # The same seed and name give the same search; another of either gives another.
    elsewhere = open_storage("sqlite://")
    assert samples(open_study(elsewhere, "s", 0, IDENTITY), 3) == first
    assert samples(open_study(elsewhere, "t", 0, IDENTITY), 3) != first
    assert samples(open_study(open_storage("sqlite://"), "s", 1, IDENTITY), 3) != first


def test_a_study_that_must_exist_is_met_with_the_nearest(storage: Storage) -> None:
    open_study(storage, "phase1_coarse_1", 0, IDENTITY)
    assert load_study(storage, "phase1_coarse_1").study_name == "phase1_coarse_1"
    with pytest.raises(
        UnknownNameError, match=r"unknown study 'phase1_coars_1' .*did you mean 'phase1_coarse_1'"
    ):
        load_study(storage, "phase1_coars_1")


@pytest.mark.parametrize("url", ["", "nothing", "mysql+none://x/y", "sqlite:////no/such/folder/x.db"])
def test_a_storage_that_cannot_be_opened_names_its_url(url: str) -> None:
    with pytest.raises(StorageError, match=r"such as sqlite:///optuna_studies\.db") as refused:
        open_storage(url)
    assert f"cannot open the study storage {url} (" in str(refused.value)


def test_what_a_storage_raises_becomes_our_error(tmp_path: Path) -> None:
    study = open_study(open_storage(f"sqlite:///{tmp_path}/studies.db"), "s", 0, IDENTITY)
    with sqlite3.connect(tmp_path / "studies.db") as database:
        database.execute(
            "create trigger full before insert on trials begin select raise(abort, 'no room'); end"
        )
    with pytest.raises(StorageError, match=r"the study storage failed .*no room"), storage_errors():
        study.ask()
    with pytest.raises(KeyError), storage_errors():
        raise KeyError  # ours are let through


def ended_process() -> int:
    """Number of a process that has ended and was waited for."""
    process = multiprocessing.get_context("spawn").Process(target=os.getpid)
    process.start()
    process.join()
    assert process.pid is not None
    return process.pid


def test_the_trials_of_dead_processes_fail_and_are_queued_again(storage: Storage) -> None:
    study = open_study(storage, "s", 0, IDENTITY)
    dead = ended_process()
    owners: list[dict[str, Any] | None] = [
        {"host": socket.gethostname(), "pid": dead},
        {"host": "somewhere else", "pid": dead},
        {"host": socket.gethostname(), "pid": os.getpid()},
        None,
    ]
    params = []
    for owner in owners:
        trial = study.ask()
        params.append({"lr": trial.suggest_float("lr", 0.1, 1.0)})
        if owner:
            trial.set_user_attr("worker", owner)
    assert reclaim_lost(study) == [0]
    states = [trial.state for trial in study.trials]
    assert states == [TrialState.FAIL, *[TrialState.RUNNING] * 3, TrialState.WAITING]
    assert study.trials[0].user_attrs[FAILURE] == KILLED
    again = study.ask()
    assert {"lr": again.suggest_float("lr", 0.1, 1.0)} == params[0]
    assert reclaim_lost(study) == []


def test_a_trial_killed_before_it_was_told_what_to_try_is_not_queued(storage: Storage) -> None:
    study = open_study(storage, "s", 0, IDENTITY)
    study.ask().set_user_attr("worker", {"host": socket.gethostname(), "pid": ended_process()})
    assert reclaim_lost(study) == [0]
    assert [trial.state for trial in study.trials] == [TrialState.FAIL]


def test_a_signed_trial_lives_with_its_process(storage: Storage) -> None:
    study = open_study(storage, "s", 0, IDENTITY)
    trial = study.ask()
    sign(trial)
    assert reclaim_lost(study) == []
    fail(study, trial, "ValueError: odd")
    assert study.trials[0].state == TrialState.FAIL
    assert study.trials[0].value is None
    assert study.trials[0].user_attrs[FAILURE] == "ValueError: odd"
