"""``cricketgnn tune`` as a user meets it: searching, going on, handing on, failing, stopping."""

from __future__ import annotations

import json
import signal
import sqlite3
from pathlib import Path
from typing import Any

import optuna
import pytest
import torch

from console import Run, Start
from cricketgnn.config import RunConfig
from cricketgnn.training.checkpoint import load_checkpoint
from small_league import DIVERGING, tiny_toml

STORAGE = "sqlite:///studies.db"
FIGURES = ("param_importance", "history", "parallel")
STUDY = Path("checkpoints/optuna/first")


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_toml(tmp_path_factory.mktemp("settings"), epochs=1)


@pytest.fixture
def tune(console: Run, league: Path, settings: Path) -> Run:
    """Run a tiny search."""

    def run(phase: str, *more: object, config: Path = settings) -> Any:
        return console(
            "tune", phase, "--data", league, "--config", config, "--storage", STORAGE, "--json", *more
        )

    return run


def _study(name: str) -> optuna.Study:
    return optuna.load_study(study_name=name, storage=STORAGE)


def test_a_search_leaves_parameters_results_model_and_figures_that_fit_together(
    tune: Run, console: Run, league: Path, settings: Path
) -> None:
    done = tune("phase3_training", "--n-trials", 2, "--study-name", "first")
    assert done.code == 0, done.err
    document = json.loads(done.out)
    assert (document["study"], document["phase"], document["folder"]) == (
        "first",
        "phase3-training",
        str(STUDY),
    )
    study = _study("first")
    assert [trial["state"] for trial in document["trials"]] == ["complete", "complete"]
    assert study.direction == optuna.study.StudyDirection.MAXIMIZE
    assert set(study.best_params) == {"lr", "dropout", "weight_decay"}
    # Trial 0 is the configuration as it is.
    base = RunConfig()
    assert study.trials[0].params == {
        "lr": base.training.lr,
        "dropout": base.model.dropout,
        "weight_decay": base.training.weight_decay,
    }

    results = json.loads((STUDY / "study_results.json").read_text())
    assert results["best_trial"] == study.best_trial.number == document["best"]["number"]
    assert [trial["value"] for trial in results["trials"]] == [trial.value for trial in study.trials]
    for trial in results["trials"]:
        metrics = json.loads((STUDY / f"trial_{trial['number']:04d}" / "metrics.json").read_text())
        assert trial["val_log_loss_by_epoch"] == [entry["val_log_loss"] for entry in metrics]
        assert trial["epochs"] == 1  # the file's, since none was typed

    best = load_checkpoint(STUDY / "best_model.pt")
    its_own = load_checkpoint(STUDY / f"trial_{study.best_trial.number:04d}" / "best_model.pt")
    assert all(torch.equal(value, its_own.weights[name]) for name, value in best.weights.items())
    assert best.config.training.lr == study.best_params["lr"]
    for model in (STUDY, STUDY / "trial_0001", STUDY / "trial_0000" / "best_model.pt"):
        assert console("test", model, "--resamples", 0, "--json").code == 0

    folder = Path("checkpoints/optuna/visualizations")
    pages = [folder / f"phase3_training_{name}.html" for name in FIGURES]
    pages += [STUDY / "figures" / f"{name}.html" for name in FIGURES]
    assert sorted(document["figures"]) == sorted(map(str, pages))
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert "Plotly.newPlot(" in text
        assert "study first, 2 completed trials" in text
        assert '<script src="http' not in text

    handed = STUDY / "best_params.json"
    parameters = json.loads(handed.read_text())["parameters"]
    assert parameters["lr"] == {"value": study.best_params["lr"], "phase": "phase3-training"}
    assert parameters["num_layers"] == {"value": 1, "phase": str(settings)}
    shown = console("train", "--best-params", handed, "--print-config", "--json")
    config = json.loads(shown.out)
    assert config["config"]["training"]["lr"] == study.best_params["lr"]
    assert config["config"]["model"]["hidden_dim"] == 16
    assert config["origins"]["lr"] == f"{handed} (phase3-training)"
    assert config["config"]["training"]["epochs"] == RunConfig().training.epochs
    trained = console("train", "--data", league, "--best-params", handed, "--epochs", 1, "--out", "run")
    assert trained.code == 0
    assert load_checkpoint(Path("run") / "best_model.pt").config.training.lr == study.best_params["lr"]


def test_the_next_phase_keeps_what_the_phase_before_chose(tune: Run) -> None:
    assert tune("phase3-training", "--n-trials", 1, "--study-name", "one").code == 0
    first = Path("checkpoints/optuna/one/best_params.json")
    assert tune("phase4-loss", "--n-trials", 1, "--study-name", "two", "--best-params", first).code == 0
    second = json.loads(Path("checkpoints/optuna/two/best_params.json").read_text())["parameters"]
    assert second["lr"] == json.loads(first.read_text())["parameters"]["lr"]
    assert second["lr"]["phase"] == "phase3-training"
    assert second["focal_gamma"]["phase"] == "phase4-loss"
    assert second["hidden_dim"]["value"] == 16


def test_a_study_goes_on_to_the_total_and_never_repeats_itself(tune: Run) -> None:
    assert tune("phase3-training", "--n-trials", 1, "--study-name", "first").code == 0
    more = tune("phase3-training", "--n-trials", 3, "--study-name", "first")
    assert more.code == 0
    assert "study 'first' goes on: 1 of 3 trials are finished" in more.err
    study = _study("first")
    assert len(study.trials) == 3
    assert len({json.dumps(trial.params, sort_keys=True) for trial in study.trials}) == 3
    enough = tune("phase3-training", "--n-trials", 3, "--study-name", "first")
    assert enough.code == 0
    assert len(json.loads(enough.out)["trials"]) == len(_study("first").trials) == 3


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
        STORAGE,
        "--json",
        *again,
    )
    stored = _study("first").user_attrs["identity"]["data"]
    assert f"was made with data {stored}, this search has " in refusal(done)
    assert len(_study("first").trials) == 1


def test_failing_trials_are_failures_and_the_search_goes_on(tune: Run, tmp_path: Path) -> None:
    # 4 and 8 heads do not divide a width of 10; 2 do.
    narrow = tiny_toml(tmp_path, epochs=1, hidden_dim=10)
    done = tune("phase2-architecture", "--n-trials", 2, "--study-name", "first", config=narrow)
    assert done.code == 0, done.err
    study = _study("first")
    states = [trial.state for trial in study.trials]
    assert states.count(optuna.trial.TrialState.COMPLETE) == 2
    failed = [trial for trial in study.trials if trial.state == optuna.trial.TrialState.FAIL]
    assert failed, "seed 0 is known to try 4 or 8 heads early"
    for trial in failed:
        assert trial.value is None
        assert trial.params["num_heads"] in (4, 8)
        assert (
            f"num_heads {trial.params['num_heads']} does not divide hidden_dim 10"
            in trial.user_attrs["failure"]
        )
    shown = json.loads(done.out)["trials"]
    assert [trial["failure"] is not None for trial in shown] == [state.name == "FAIL" for state in states]


def test_a_search_in_which_nothing_works_ends_with_6(tune: Run, tmp_path: Path) -> None:
    broken = tiny_toml(tmp_path, epochs=1, hidden_dim=9, num_heads=1)
    done = tune("phase2-architecture", "--n-trials", 5, "--study-name", "first", config=broken)
    assert done.code == 6
    error = json.loads(done.out)["error"]
    assert error["type"] == "NothingSucceeded"
    assert error["message"].startswith("none of 3 trials of study 'first' completed (0 pruned, 3 failed)")
    assert "does not divide hidden_dim 9" in error["message"]
    results = json.loads((STUDY / "study_results.json").read_text())
    assert [trial["state"] for trial in results["trials"]] == ["fail"] * 3
    assert not (STUDY / "best_params.json").exists()


def test_diverging_trials_are_failures(tune: Run, tmp_path: Path) -> None:
    broken = tiny_toml(tmp_path, **DIVERGING)
    done = tune("phase4-loss", "--n-trials", 1, "--study-name", "first", config=broken)
    assert done.code == 6
    trials = _study("first").trials
    assert [trial.value for trial in trials] == [None] * 3
    assert all(trial.user_attrs["failure"].startswith("DivergedError: ") for trial in trials)


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
    assert optuna.get_all_study_names(STORAGE) == []


def test_a_study_goes_on_from_another_folder(
    tune: Run, console: Run, league: Path, settings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert tune("phase4-loss", "--n-trials", 1, "--study-name", "first").code == 0
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    done = console(
        "tune", "phase4-loss", "--data", league, "--config", settings, "--n-trials", 2, "--json",
        "--storage", f"sqlite:///{tmp_path}/studies.db", "--study-name", "first",
    )  # fmt: skip
    assert done.code == 0
    assert json.loads(done.out)["folder"] == str(tmp_path / STUDY)
    assert (tmp_path / STUDY / "trial_0001" / "best_model.pt").is_file()


def test_a_lost_best_model_is_told(tune: Run) -> None:
    assert tune("phase4-loss", "--n-trials", 1, "--study-name", "first").code == 0
    (STUDY / "trial_0000" / "best_model.pt").unlink()
    (STUDY / "best_params.json").unlink()
    done = tune("phase4-loss", "--n-trials", 2, "--study-name", "first")
    assert done.code == 5
    assert f"{STUDY}/trial_0000/best_model.pt is gone" in done.err


def test_people_see_the_trials_the_best_one_and_the_next_command(
    console: Run, league: Path, settings: Path
) -> None:
    done = console("tune", "phase1_coarse", "--data", league, "--config", settings, "--n-trials", 1)
    assert done.code == 0
    assert "Best trial:\n  Value: 0." in done.out
    assert "\n    lr: 0.001\n" in done.out
    (folder,) = Path("checkpoints/optuna").glob("phase1_coarse_*")
    assert f"next: cricketgnn tune phase2-architecture --best-params {folder}/best_params.json\n" in done.out
    assert optuna.get_all_study_names("sqlite:///optuna_studies.db") == [folder.name]


def test_ctrl_c_saves_queues_the_trial_again_and_the_search_goes_on(
    background: Start, league: Path, console: Run, tmp_path: Path
) -> None:
    slow = tiny_toml(tmp_path, epochs=200, patience=200, batch_size=2)
    arguments = (
        "tune", "phase4-loss", "--data", league, "--config", slow, "--storage", STORAGE,
        "--study-name", "first", "--n-trials", 1,
    )  # fmt: skip
    search = background(*arguments, "--json")
    search.wait_for("trial 0:")
    while not (tmp_path / STUDY / "trial_0000" / "metrics.json").exists():
        assert search.process.is_alive()
    search.send(signal.SIGINT)
    done = search.finish()
    assert done.code == 130
    document = json.loads(done.out)
    assert document["interrupted"] is True
    assert [trial["state"] for trial in document["trials"]] == ["fail", "waiting"]
    assert document["trials"][0]["failure"].startswith("stopped by the user after epoch ")
    assert "stopped with 0 of 1 trials; go on with: cricketgnn tune phase4-loss" in done.err
    assert "Traceback" not in done.err


def test_a_killed_search_is_picked_up_where_it_was(
    background: Start, console: Run, tune: Run, league: Path, settings: Path, tmp_path: Path
) -> None:
    assert tune("phase4-loss", "--n-trials", 1, "--study-name", "first").code == 0
    before = _study("first").trials[0]
    search = background(
        "tune", "phase4-loss", "--data", league, "--config", settings, "--storage", STORAGE,
        "--study-name", "first", "--n-trials", 50,
    )  # fmt: skip
    search.wait_for("trial 1:")
    search.send(signal.SIGKILL)
    assert search.finish().code == -signal.SIGKILL
    lost = _study("first").trials[1]
    assert lost.state == optuna.trial.TrialState.RUNNING
    done = tune("phase4-loss", "--n-trials", 2, "--study-name", "first")
    assert done.code == 0
    assert "trial 1 was lost with the process that ran it; queued again" in done.err
    study = _study("first")
    assert [trial.state.name for trial in study.trials] == ["COMPLETE", "FAIL", "COMPLETE"]
    assert study.trials[0] == before
    assert study.trials[2].params == lost.params


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
