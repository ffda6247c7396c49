"""``--wandb`` as a user meets it: real runs kept offline, read back from W&B's own files."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import filelock
import pytest

from console import Run
from cricketgnn.config.tracking import TrackingConfig, TrackingMode
from cricketgnn.entries import silent
from cricketgnn.tracking import TrackedRun
from cricketgnn.tracking.wandb import WandbTracker
from cricketgnn.tuning.trials import OVERRIDES
from small_league import STUDIES, load_study, tiny_toml
from wandb_files import WandbRun, runs_below

NOBODY = "http://127.0.0.1:9"
"""Where no service listens."""
KEY = "a" * 40


@pytest.fixture(autouse=True)
def _own_account(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep the user's W&B account and settings out of it."""
    monkeypatch.setenv("NETRC", str(tmp_path / "no_netrc"))
    monkeypatch.setenv("WANDB_CONFIG_DIR", str(tmp_path / "no_settings"))
    monkeypatch.delenv("WANDB_API_KEY", raising=False)


class _Refusing(BaseHTTPRequestHandler):
    """A service that knows nobody's key."""

    def do_HEAD(self) -> None:
        self.send_response(401)
        self.end_headers()

    do_GET = do_POST = do_HEAD

    def log_message(self, *about: object) -> None:
        """Say nothing."""


@pytest.fixture
def refusing(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have W&B's service run here, and know nobody."""
    monkeypatch.delenv("WANDB_MODE")
    with ThreadingHTTPServer(("127.0.0.1", 0), _Refusing) as service:
        monkeypatch.setenv("WANDB_BASE_URL", f"http://127.0.0.1:{service.server_port}")
        Thread(target=service.serve_forever, daemon=True).start()
        yield
        service.shutdown()


def values_of(run: WandbRun, name: str) -> list[float]:
    return [point[name] for point in run.history if name in point]


def shows_what_the_model_does(folder: str) -> None:
    for media in ("confusion matrix", "confusion by", "reliability", "skill", "parts", "outcomes"):
        assert list(Path(folder).rglob(f"wandb/**/media/*/{media}*.json")), media


def test_a_training_shows_settings_curves_and_result(console: Run, league: Path, settings: Path) -> None:
    done = console("train", "--data", league, "--config", settings, "--out", "run", "--wandb", "--json",
                   "--wandb-tag", "first", "--wandb-tag", "small")  # fmt: skip
    assert done.code == 0, done.err
    assert "W&B: 1 run is kept offline; send with: wandb sync run/wandb/offline-run-*" in done.err
    document = json.loads(done.out)
    (run,) = runs_below(Path("run"))
    assert (run.project, run.name, run.kind, run.exit_code) == ("cricket-gnn", "run", "train", 0)
    assert run.config["model"]["hidden_dim"] == 16
    assert run.config["provenance"]["made_by"].startswith("cricketgnn")
    told = [epoch["val_log_loss"] for epoch in document["history"]]
    assert values_of(run, "val_log_loss") == told
    assert values_of(run, "epoch") == [1, 2]
    assert run.summary["best_val_log_loss"] == document["validation"]["log_loss"]
    assert run.summary["val_macro_f1_rule"] == document["validation"]["macro_f1_rule"]
    assert set(run.models) == {"run-model"}
    assert run.models["run-model"]["provenance"]["made_by"].startswith("cricketgnn")
    shows_what_the_model_does("run")


def test_a_test_shows_its_scores_in_the_group_of_its_run(console: Run, trained: Path) -> None:
    shutil.copytree(trained, "run")
    done = console("test", "run", "--wandb", "--json", "--wandb-project", "mine", "--resamples", 20,
                   "--wandb-group", "ours")  # fmt: skip
    assert done.code == 0, done.err
    document = json.loads(done.out)
    (run,) = runs_below(Path("run"))
    assert (run.project, run.group, run.kind) == ("mine", "ours", "test")
    assert run.summary["log_loss"] == document["log_loss"]["value"]
    assert run.summary["log_loss_low"] == document["log_loss"]["low"]
    assert run.summary["log_loss_prior"] == document["log_loss_prior"]["value"]
    shows_what_the_model_does("run")


def test_a_search_shows_the_guides_figures_and_a_run_a_trial(tune: Run, tmp_path: Path) -> None:
    config = tiny_toml(tmp_path, epochs=2)
    done = tune("phase1-coarse", "--n-trials", 2, "--study-name", "s", "--wandb", config=config)
    assert done.code == 0, done.err
    document = json.loads(done.out)
    study, *trials = sorted(runs_below(Path("checkpoints")), key=lambda run: run.kind != "study")
    assert (study.project, study.name, study.group, study.exit_code) == ("cricket-gnn-optuna", "s", "s", 0)
    assert study.summary["best_trial"] == document["best"]["number"]
    for figure in ("history", "param_importance", "parallel"):
        assert study.summary[f"{figure}/_type"] == "plotly-file"
    assert study.summary["trials/nrows"] == 2
    assert study.summary["test_log_loss"] == document["test"]["log_loss"]["value"]
    (model,) = study.models.items()
    assert model[0] == "s-model"
    assert model[1]["best_trial"] == document["best"]["number"]
    assert model[1]["provenance"]["study"] == "s"
    assert len(trials) == 2
    for run, trial in zip(
        sorted(trials, key=lambda run: run.config["trial"]), document["trials"], strict=True
    ):
        assert (run.group, run.kind, run.exit_code) == ("s", "phase1-coarse", 0)
        assert {name: run.config[name] for name in trial["parameters"]} == trial["parameters"]
        assert values_of(run, "val_log_loss") == trial["val_log_loss_by_epoch"]
        assert run.summary["test_macro_f1"] == trial["test_macro_f1"]
        assert (run.summary["pruned"], run.summary["epochs"]) == (False, trial["epochs"])


def test_who_is_refused_a_study_leaves_its_run_alone(tune: Run) -> None:
    assert tune("phase4-loss", "--n-trials", 1, "--study-name", "s").code == 0
    with filelock.FileLock("checkpoints/optuna/s/coordinator.lock"):
        done = tune("phase4-loss", "--n-trials", 2, "--study-name", "s", "--wandb")
    assert (done.code, "is being worked on" in done.err) == (5, True)
    assert not runs_below(Path("checkpoints"))


def test_a_study_that_goes_on_goes_on_being_shown_under_the_same_keys(tune: Run, console: Run) -> None:
    assert tune("phase4-loss", "--n-trials", 1, "--study-name", "s", "--wandb").code == 0
    first = {run.key for run in runs_below(Path("checkpoints"))}
    done = console("resume", "s", "--n-trials", 2, "--storage", STUDIES)
    assert done.code == 0, done.err
    runs = runs_below(Path("checkpoints"))
    stem = next(iter(first)).split("-")[0]
    assert {run.key for run in runs} == {f"{stem}-{name}" for name in ("study", "0", "1")}
    assert len(runs) == 4  # the study twice, to be joined by its key


def test_a_trial_is_shown_with_the_settings_it_was_really_trained_with(tune: Run, console: Run) -> None:
    assert tune("phase4-loss", "--n-trials", 1, "--study-name", "s", "--wandb").code == 0
    parameters = {"focal_gamma": 1.0, "use_class_weights": False}
    load_study("s").enqueue_trial(parameters, user_attrs={OVERRIDES: {"batch_size": 4}})
    assert console("resume", "s", "--n-trials", 2, "--storage", STUDIES).code == 0
    sizes = {run.config.get("trial"): run.config.get("batch_size") for run in runs_below(Path("checkpoints"))}
    assert (sizes[0], sizes[1]) == (8, 4)


def test_an_option_that_is_wrong_is_told_before_anything_is_scored(console: Run, trained: Path) -> None:
    done = console("test", trained, "--data", "nowhere.zip", "--wandb", "--wandb-mode", "onlin")
    assert done.code == 3
    assert "did you mean 'online'?" in done.err


@pytest.mark.usefixtures("refusing")
def test_without_an_account_runs_are_kept_offline_and_it_says_what_to_do(tune: Run) -> None:
    done = tune("phase4-loss", "--n-trials", 1, "--study-name", "s", "--wandb")
    assert done.code == 0, done.err
    said = [line for line in done.err.splitlines() if line.startswith("W&B")]
    assert said == [
        "W&B: not logged in: log in once with 'wandb login', or set WANDB_API_KEY; runs are kept offline",
        "W&B: 2 runs are kept offline; send with: wandb sync checkpoints/optuna/s/wandb/offline-run-*",
    ]
    assert len(runs_below(Path("checkpoints"))) == 2


@pytest.mark.usefixtures("refusing")
@pytest.mark.parametrize("key", [KEY, f"{KEY}\n"])
def test_a_wrong_key_costs_no_trial(key: str, tune: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANDB_API_KEY", key)
    done = tune("phase4-loss", "--n-trials", 1, "--study-name", "s", "--wandb")
    assert done.code == 0, done.err
    refused, kept = (line for line in done.err.splitlines() if line.startswith("W&B"))
    assert refused.startswith("W&B: Failed to authenticate with http://127.0.0.1:"), refused
    assert kept.startswith("W&B: 2 runs are kept offline")
    assert len(runs_below(Path("checkpoints"))) == 2


def test_a_dead_service_costs_no_trial(tune: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WANDB_MODE")
    monkeypatch.setenv("WANDB_API_KEY", KEY)
    monkeypatch.setenv("WANDB_BASE_URL", NOBODY)
    done = tune("phase4-loss", "--n-trials", 1, "--study-name", "s", "--wandb")
    assert done.code == 0, done.err
    assert json.loads(done.out)["trials"][0]["state"] == "complete"
    assert f"W&B: nobody answers at {NOBODY}" in done.err
    assert done.err.count(NOBODY) == 1, done.err
    assert "W&B: 2 runs are kept offline; send with: wandb sync" in done.err
    assert len(runs_below(Path("checkpoints"))) == 2


def test_the_summary_that_ends_a_run_stands(tmp_path: Path) -> None:
    tracker = WandbTracker(TrackingConfig(project="p", mode=TrackingMode.OFFLINE), tmp_path, silent)
    tracker.begin(TrackedRun("key", "name", "train"))
    for epoch, loss in enumerate((0.5, 0.7), start=1):
        tracker.log("key", {"val_log_loss": loss}, epoch)
    tracker.end("key", {"val_log_loss": 0.5}, succeeded=True)
    tracker.close()
    (run,) = runs_below(tmp_path)
    assert values_of(run, "val_log_loss") == [0.5, 0.7]
    assert run.summary["val_log_loss"] == 0.5  # the lowest, and not the last


def test_an_option_of_wandb_alone_is_refused(console: Run, league: Path) -> None:
    done = console("train", "--data", league, "--wandb-project", "mine")
    assert done.code == 2
    assert "add --wandb" in done.err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--wandb-mode", "offlin"), "did you mean 'offline'?"),
        (("--wandb-project", "a/b"), "W&B project 'a/b' cannot name one"),
    ],
)
def test_a_wrong_value_is_refused(console: Run, league: Path, options: tuple[str, str], words: str) -> None:
    done = console("train", "--data", league, "--wandb", *options)
    assert done.code == 3
    assert words in done.err
    assert not Path("checkpoints").exists()


def test_disabled_tracks_nothing(console: Run, league: Path, one_epoch: Path) -> None:
    done = console("train", "--data", league, "--config", one_epoch, "--out", "run", "--wandb",
                   "--wandb-mode", "disabled")  # fmt: skip
    assert done.code == 0, done.err
    assert not runs_below(Path("run"))
    assert not Path("run/tracking.json").exists()
