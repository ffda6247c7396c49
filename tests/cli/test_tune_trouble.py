"""``cricketgnn tune`` where something is wrong: other searches, trials that fail, storages, names."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import optuna
import pytest

from console import Run
from small_league import DIVERGING, STUDIES, load_study, tiny_toml

STUDY = Path("checkpoints/optuna/first")


@pytest.fixture
def settings(one_epoch: Path) -> Path:
    return one_epoch


def test_a_study_of_another_search_is_refused_with_both_values(
    tune: Run, console: Run, settings: Path, tmp_path: Path
) -> None:
    assert tune("phase3-training", "--n-trials", 1, "--study-name", "first").code == 0

    def refusal(done: Any) -> str:
        assert done.code == 5
        return str(json.loads(done.out)["error"]["message"])

    again = ("--n-trials", 2, "--study-name", "first")
    assert "study 'first' was made with phase phase3-training, this search has phase4-loss" in refusal(
        tune("phase4-loss", *again)
    )
    wider = tiny_toml(tmp_path, epochs=1, hidden_dim=32)
    assert "was made with hidden_dim 16, this search has 32" in refusal(
        tune("phase3-training", *again, config=wider)
    )
    other = tmp_path / "other.zip"
    assert console("data", "sample", "--matches", 20, "--seed", 6, "--out", other).code == 0
    done = console(
        "tune",
        "phase3-training",
        "--data",
        other,
        "--config",
        settings,
        "--storage",
        STUDIES,
        "--json",
        *again,
    )
    beside = tune("phase4-loss", *again, "--or-new")
    assert beside.code == 0
    assert "study 'first' searched something else: this one is 'first_2'" in beside.err
    assert json.loads(beside.out)["study"] == "first_2"
    more = json.loads(tune("phase4-loss", "--n-trials", 3, "--study-name", "first", "--or-new").out)
    assert (more["study"], len(more["trials"])) == ("first_2", 3)
    stored = load_study("first").user_attrs["identity"]["data"]
    assert f"was made with data {stored}, this search has " in refusal(done)
    assert len(load_study("first").trials) == 1


def test_failing_trials_are_failures_and_the_search_goes_on(tune: Run, tmp_path: Path) -> None:
    space = tmp_path / "space.toml"
    space.write_text("[weight_decay]\nchoices = [0.0, 10.0]\n[dropout]\nlow = 0.0\nhigh = 0.4\n")
    settings = tiny_toml(tmp_path, **DIVERGING | {"weight_decay": 0.0, "epochs": 12})
    done = tune(
        "phase3-training", "--n-trials", 4, "--study-name", "first", "--space", space, config=settings
    )
    assert done.code == 0, done.err
    study = load_study("first")
    states = [trial.state for trial in study.trials]
    assert states.count(optuna.trial.TrialState.COMPLETE) == 4
    failed = [trial for trial in study.trials if trial.state == optuna.trial.TrialState.FAIL]
    assert failed, "seed 0 is known to try the decay of 10 early"
    for trial in failed:
        assert trial.value is None
        assert trial.params["weight_decay"] == 10.0
        assert trial.user_attrs["failure_kind"] == "diverged"
    document = json.loads(done.out)
    assert [trial["failure"] is not None for trial in document["trials"]] == [
        state.name == "FAIL" for state in states
    ]
    assert document["accounting"]["failures"] == {"diverged": len(failed)}


def test_a_space_in_which_a_trial_could_not_be_built_is_refused_before_any(tune: Run, tmp_path: Path) -> None:
    narrow = tiny_toml(tmp_path, epochs=1, hidden_dim=10)
    done = tune("phase2-architecture", "--n-trials", 2, "--study-name", "first", config=narrow)
    assert done.code == 3
    assert "hidden_dim 10 with num_heads 4, which does not divide it" in done.err
    assert not (tmp_path / "studies.db").exists()


def test_diverging_trials_are_failures(tune: Run, tmp_path: Path) -> None:
    broken = tiny_toml(tmp_path, **DIVERGING)
    done = tune("phase4-loss", "--n-trials", 1, "--study-name", "first", config=broken)
    assert done.code == 6
    error = json.loads(done.out)["error"]
    assert error["type"] == "NothingSucceeded"
    assert error["message"].startswith("none of 3 trials of study 'first' completed (0 pruned, 3 failed)")
    assert "try a lower --lr" in error["message"]
    trials = load_study("first").trials
    assert [trial.value for trial in trials] == [None] * 3
    assert all(trial.user_attrs["failure"].startswith("DivergedError: ") for trial in trials)
    results = json.loads((STUDY / "study_results.json").read_text())
    assert [trial["state"] for trial in results["trials"]] == ["fail"] * 3
    assert not (STUDY / "best_params.json").exists()


@pytest.mark.parametrize(
    ("typed", "meant"), [("phase1_corse", "phase1-coarse"), ("model_variant", "model-variants")]
)
def test_a_phase_misspelt_is_met_with_the_nearest(console: Run, typed: str, meant: str) -> None:
    done = console("tune", typed, "--json")
    assert done.code == 3
    message = json.loads(done.out)["error"]["message"]
    assert message == f"unknown phase '{typed}'; did you mean '{meant}'?"
    assert not Path("optuna_studies.db").exists()


@pytest.mark.parametrize("name", ["../out", "a/b", "", ".hidden", "x" * 101])
def test_a_study_name_that_is_no_folder_name_is_refused(tune: Run, name: str) -> None:
    done = tune("phase4-loss", "--n-trials", 1, "--study-name", name)
    assert done.code == 2
    assert "cannot name a folder" in done.err
    assert not Path("studies.db").exists()


@pytest.mark.parametrize("url", ["nonsense", "sqlite:///missing/folder/x.db", "sqlite:///no_database.db"])
def test_a_storage_that_cannot_be_opened_is_told(
    console: Run, league: Path, tmp_path: Path, url: str
) -> None:
    (tmp_path / "no_database.db").write_text("this is a text, and long enough to be read as a header" * 20)
    done = console("tune", "--data", league, "--storage", url, "--json")
    assert done.code == 5
    error = json.loads(done.out)["error"]
    assert error["type"] == "StorageError"
    assert url in error["message"]


def test_a_folder_that_is_in_the_way_is_kept(tune: Run) -> None:
    STUDY.mkdir(parents=True)
    (STUDY / "notes.txt").write_text("mine")
    done = tune("phase4-loss", "--n-trials", 1, "--study-name", "first")
    assert done.code == 5
    assert f"{STUDY} already exists, but study 'first' is new" in done.err
    assert optuna.get_all_study_names(STUDIES) == []


def test_a_storage_that_fails_on_the_way_is_told(tune: Run, tmp_path: Path) -> None:
    assert tune("phase4-loss", "--n-trials", 1, "--study-name", "first").code == 0
    with sqlite3.connect(tmp_path / "studies.db") as database:
        database.execute(
            "create trigger full before insert on trials begin select raise(abort, 'disk full'); end"
        )
    done = tune("phase4-loss", "--n-trials", 2, "--study-name", "first")
    assert done.code == 5
    error = json.loads(done.out)["error"]
    assert error["type"] == "StorageError"
    assert "disk full" in error["message"]


def test_figures_that_cannot_be_written_cost_no_result(tune: Run) -> None:
    Path("checkpoints/optuna").mkdir(parents=True)
    Path("checkpoints/optuna/visualizations").write_text("in the way")
    done = tune("phase4-loss", "--n-trials", 1, "--study-name", "s")
    assert done.code == 0, done.err
    assert json.loads(done.out)["figures"] == []
    assert "the figures cannot be written" in done.err
    assert "later: cricketgnn report s" in done.err
