"""``cricketgnn tune`` as a user meets it: searching, handing on, going on after all kinds of stops."""

from __future__ import annotations

import datetime as dt
import json
import signal
from pathlib import Path

import optuna
import pytest
from optuna.trial import TrialState

from console import Run, Start
from cricketgnn.config import RunConfig
from cricketgnn.training.checkpoint import load_checkpoint
from small_league import STUDIES, load_study, same_weights, tiny_toml

FIGURES = ("param_importance", "history", "parallel")
STUDY = Path("checkpoints/optuna/first")


@pytest.fixture
def settings(one_epoch: Path) -> Path:
    return one_epoch


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
    study = load_study("first")
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
    assert same_weights(best.members, its_own.members)
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
    more = tune("phase3-training", "--n-trials", 2, "--study-name", "first")
    assert more.code == 0
    assert "study 'first' goes on: 1 of 2 trials are finished" in more.err
    study = load_study("first")
    assert len(study.trials) == 2
    assert len({json.dumps(trial.params, sort_keys=True) for trial in study.trials}) == 2
    enough = tune("phase3-training", "--n-trials", 2, "--study-name", "first")
    assert enough.code == 0
    assert len(json.loads(enough.out)["trials"]) == len(load_study("first").trials) == 2


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


def test_people_see_the_trials_the_best_one_and_the_next_command(
    console: Run, league: Path, settings: Path
) -> None:
    done = console(
        "tune", "phase1_coarse", "--data", league, "--config", settings, "--n-trials", 2, "--seeds", 1
    )
    assert done.code == 0
    assert "Best trial:\n  Value: 0." in done.out
    assert "\n    lr: 0." in done.out
    assert "Trained again on fresh seeds" in done.out
    assert "winner: trial " in done.out
    assert "test, scored once for trial " in done.out
    (folder,) = Path("checkpoints/optuna").glob("phase1_coarse_*")
    assert (
        f"next: cricketgnn tune phase2-architecture --best-params {folder}/best_params.json --n-trials 2 "
        f"--seeds 1 --epochs 1 --batch-size 8 --device cpu --data " in done.out
    )
    assert optuna.get_all_study_names("sqlite:///optuna_studies.db") == [folder.name]


def test_ctrl_c_saves_queues_the_trial_again_and_the_search_goes_on(
    background: Start, league: Path, console: Run, tmp_path: Path
) -> None:
    slow = tiny_toml(tmp_path, epochs=200, patience=200, batch_size=2)
    arguments = (
        "tune", "phase4-loss", "--data", league, "--config", slow, "--storage", STUDIES,
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
    assert [trial["state"] for trial in document["trials"]] == ["waiting"]
    epochs = document["trials"][0]["epochs"]
    assert epochs >= 1
    assert "press Ctrl-C again to stop at once" in done.err
    assert f"trial 0: stopped and saved after epoch {epochs}; it can go on" in done.err
    assert f"stopped with 0 of 1 trials; go on with: cricketgnn resume first --storage {STUDIES}" in done.err
    assert "Traceback" not in done.err
    listed = console("resume", "--list", "--storage", STUDIES, "--json")
    assert [(entry["kind"], entry["name"]) for entry in json.loads(listed.out)["unfinished"]] == [
        ("study", "first")
    ]
    resumed = background("resume", "--storage", STUDIES, "--json")
    resumed.wait_for(f"going on after epoch {epochs}")
    resumed.wait_for("trial 0: epoch ")
    resumed.send(signal.SIGTERM)
    assert resumed.finish().code == 130
    assert load_study("first").trials[0].user_attrs["epochs"] > epochs


def test_a_killed_search_is_picked_up_where_it_was(
    background: Start, tune: Run, league: Path, settings: Path
) -> None:
    assert tune("phase4-loss", "--n-trials", 1, "--study-name", "first").code == 0
    before = load_study("first").trials[0]
    lost: list[optuna.trial.FrozenTrial] = []
    while not lost:  # it may be killed between two trials: then it loses nothing
        search = background(
            "tune", "phase4-loss", "--data", league, "--config", settings, "--storage", STUDIES,
            "--study-name", "first", "--n-trials", 1000,
        )  # fmt: skip
        search.wait_for(": focal_gamma=")
        search.send(signal.SIGKILL)
        assert search.finish().code == -signal.SIGKILL
        lost = load_study("first").get_trials(states=[TrialState.RUNNING])
    finished = len(load_study("first").get_trials(states=[TrialState.COMPLETE]))
    done = tune("phase4-loss", "--n-trials", finished + 1, "--study-name", "first")
    assert done.code == 0
    assert f"trial {lost[0].number} was lost with the process that ran it; it goes on" in done.err
    study = load_study("first")
    assert study.trials[0] == before
    assert study.trials[-1].number == lost[0].number
    assert study.trials[-1].state == TrialState.COMPLETE
    assert study.trials[-1].params == lost[0].params


def test_a_study_goes_on_by_its_folder_from_anywhere(
    tune: Run, console: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert tune("phase4-loss", "--n-trials", 1, "--study-name", "s").code == 0
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    done = console("resume", tmp_path / "checkpoints/optuna/s", "--n-trials", 2, "--json")
    assert done.code == 0, done.err
    assert len(json.loads(done.out)["trials"]) == 2
    assert not list(elsewhere.glob("*.db"))
    monkeypatch.chdir(tmp_path)
    Path("studies.db").rename("moved.db")
    done = console("resume", "checkpoints/optuna/s", "--n-trials", 3)
    assert done.code == 5
    assert "name its --storage" in done.err
    assert not Path("studies.db").exists()
    done = console("resume", "checkpoints/optuna/s", "--n-trials", 3, "--storage", "sqlite:///moved.db")
    assert done.code == 0, done.err


def test_a_total_below_what_is_finished_is_refused(tune: Run, console: Run) -> None:
    assert tune("phase4-loss", "--n-trials", 2, "--study-name", "s").code == 0
    done = console("resume", "s", "--n-trials", 1, "--storage", STUDIES)
    assert done.code == 2
    assert "has 2 finished trials, more than --n-trials 1" in done.err
    assert [trial.state for trial in load_study("s").trials] == [TrialState.COMPLETE] * 2


def test_what_was_chosen_on_test_matches_is_refused(tune: Run, console: Run, league: Path) -> None:
    assert tune("phase4-loss", "--n-trials", 1, "--study-name", "first").code == 0
    best = json.loads((STUDY / "best_params.json").read_text())
    identity = json.loads((STUDY / "study_results.json").read_text())["identity"]
    matches = best["chosen_on"].pop("matches")
    assert best["chosen_on"] == {"data": identity["data"], "test_from": identity["test_from"]}
    assert matches == load_study("first").user_attrs["validation_matches"]
    seen = dt.date.fromisoformat(identity["test_from"])
    before, earlier = (str(seen - dt.timedelta(days=days)) for days in (1, 1000))
    dates = ("--val-from", earlier, "--test-from", before)
    commands: tuple[tuple[str, ...], ...] = (
        *(("train",), ("tune", "phase1-coarse"), ("tune", "phase1-coarse", "--dry-run")),
        ("benchmark", "--models", "class-prior"),
    )
    for command in commands:
        done = console(*command, "--data", league, "--best-params", "latest", *dates)
        assert done.code == 3, done.err
        assert f"was chosen on matches before {seen} and the test part begins on {before}" in done.err
    assert not list(Path("checkpoints").glob("train_*"))


def test_the_same_seed_gives_the_same_study_under_another_name(tune: Run) -> None:
    proposed = [
        [
            trial["parameters"]
            for trial in json.loads(tune("phase3-training", "--n-trials", 3, "--study-name", name).out)[
                "trials"
            ]
        ]
        for name in ("one", "two")
    ]
    assert proposed[0] == proposed[1]
    assert proposed[0][1] != proposed[0][2]


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        (("tune", "--phase", "phase1_coarse"), "cricketgnn tune phase1-coarse"),
        (("train", "--test-only"), "cricketgnn test [RUN]"),
    ],
)
def test_options_of_the_guides_scripts_are_met_with_their_new_spelling(
    console: Run, typed: tuple[str, ...], words: str
) -> None:
    done = console(*typed)
    assert done.code == 2
    assert words in done.err
