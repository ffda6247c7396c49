"""Stopped, killed, resumed: the result is the one an undisturbed training has."""

from __future__ import annotations

import json
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest

from console import Run, Start, run_here
from cricketgnn.training.checkpoint import load_checkpoint
from small_league import load_league, same_weights, tiny_toml

EPOCHS = 5


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_toml(tmp_path_factory.mktemp("settings"), epochs=EPOCHS, patience=EPOCHS, batch_size=4)


@pytest.fixture(scope="module")
def undisturbed(league: Path, settings: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run folder of the same training, never stopped."""
    out = tmp_path_factory.mktemp("undisturbed") / "run"
    assert run_here(("train", "--data", league, "--config", settings, "--out", out)) == 0
    return out


def _metrics(run: Path) -> list[dict[str, Any]]:
    """The metrics by epoch, times left out."""
    history = json.loads((run / "metrics.json").read_text(encoding="utf-8"))
    return [{name: value for name, value in entry.items() if "second" not in name} for entry in history]


def _assert_same(run: Path, other: Path) -> None:
    one, two = load_checkpoint(run / "best_model.pt"), load_checkpoint(other / "best_model.pt")
    assert one.rule == two.rule
    assert one.config == two.config
    assert same_weights(one.members, two.members)
    assert _metrics(run) == _metrics(other)


def test_ctrl_c_finishes_the_epoch_and_resuming_gives_the_same_bits(
    background: Start, console: Run, league: Path, settings: Path, undisturbed: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    training = background("train", "--data", league, "--config", settings, "--out", run, "--json")
    training.wait_for("epoch 1/5")
    training.send(signal.SIGINT)
    done = training.finish()
    assert done.code == 130
    document = json.loads(done.out)
    assert document["interrupted"] is True
    epochs = document["epochs"]
    assert 1 <= epochs < EPOCHS
    assert f"stopped after epoch {epochs}; go on with: cricketgnn resume {run}\n" in done.err
    assert "Traceback" not in done.err
    assert _metrics(run) == _metrics(undisturbed)[:epochs]
    assert console("test", run, "--resamples", 0, "--json").code == 0
    resumed = console("resume", run, "--json")
    assert resumed.code == 0
    assert json.loads(resumed.out)["epochs"] == EPOCHS
    assert f"{run}: continuing after epoch {epochs} of {EPOCHS}\n" in resumed.err
    _assert_same(run, undisturbed)


@pytest.mark.parametrize("after", ["run folder:", "epoch 2/5"])
def test_a_killed_training_loses_the_running_epoch_at_most(
    background: Start,
    console: Run,
    league: Path,
    settings: Path,
    undisturbed: Path,
    tmp_path: Path,
    after: str,
) -> None:
    run = tmp_path / "run"
    training = background("train", "--data", league, "--config", settings, "--out", run)
    training.wait_for(after)
    if after == "run folder:":
        while not (run / "last.pt").exists():
            assert training.process.is_alive()
    training.send(signal.SIGKILL)
    assert training.finish().code == -signal.SIGKILL
    assert not list(run.glob("*.json.tmp"))
    assert console("resume", run).code == 0
    _assert_same(run, undisturbed)


def test_a_second_ctrl_c_stops_at_once_and_keeps_what_was_saved(
    background: Start, console: Run, league: Path, tmp_path: Path
) -> None:
    slow = tiny_toml(tmp_path, hidden_dim=128, num_layers=3, num_heads=4, batch_size=1, epochs=2)
    training = background("train", "--data", league, "--config", slow, "--out", "run", "--json")
    training.wait_for("run folder: run")
    while not (tmp_path / "run/last.pt").exists():
        assert training.process.is_alive()
    training.send(signal.SIGINT)
    assert "press Ctrl-C again to stop at once" in training.wait_for("stopping when epoch 1")
    training.send(signal.SIGINT)
    done = training.finish()
    assert done.code == 130
    assert "Traceback" not in done.err
    assert json.loads(done.out)["error"] == {
        "type": "Interrupted",
        "code": 130,
        "message": "stopped at once; what was finished before is saved; what can go on: "
        "cricketgnn resume --list",
    }
    last = load_checkpoint(tmp_path / "run/last.pt")
    assert last.resume is not None
    assert last.resume["history"] == []


def test_sigterm_is_like_ctrl_c(background: Start, league: Path, settings: Path, tmp_path: Path) -> None:
    training = background("train", "--data", league, "--config", settings, "--out", "run")
    training.wait_for("epoch 1/5")
    training.send(signal.SIGTERM)
    done = training.finish()
    assert done.code == 130
    assert "go on with: cricketgnn resume run" in done.err


def test_resuming_a_finished_run_changes_nothing(console: Run, undisturbed: Path, tmp_path: Path) -> None:
    run = shutil.copytree(undisturbed, tmp_path / "copy")
    done = console("resume", run, "--json")
    assert done.code == 0
    assert json.loads(done.out)["epochs"] == EPOCHS
    _assert_same(run, undisturbed)


def test_other_matches_are_refused_with_both_values(
    console: Run, undisturbed: Path, league: Path, tmp_path: Path
) -> None:
    run = shutil.copytree(undisturbed, tmp_path / "copy")
    other = tmp_path / "other.zip"
    assert console("data", "sample", "--matches", 20, "--seed", 6, "--out", other).code == 0
    done = console("resume", run, "--data", other)
    assert done.code == 5
    before = load_checkpoint(run / "last.pt").split["data_fingerprint"]
    now = load_league(other).fingerprint
    assert f"last.pt: data_fingerprint was {before} and is {now} now; name the same --data" in done.err


def test_matches_that_moved_can_be_named(console: Run, league: Path, settings: Path, tmp_path: Path) -> None:
    before, after = tmp_path / "before.zip", tmp_path / "after.zip"
    shutil.copyfile(league, before)
    assert console("train", "--data", before, "--config", settings, "--epochs", 1, "--out", "run").code == 0
    before.rename(after)
    lost = console("resume", "run")
    assert lost.code == 4
    assert f"'{before}' does not exist" in lost.err
    assert "name it with --data" in lost.err
    assert console("resume", "run", "--data", after).code == 0


def test_what_cannot_be_resumed_is_refused(console: Run, trained: Path, tmp_path: Path) -> None:
    finished = console("resume", trained / "best_model.pt")
    assert finished.code == 5
    assert "holds a finished model, nothing to resume; give a run folder's last.pt" in finished.err
    (tmp_path / "empty").mkdir()
    empty = console("resume", "empty")
    assert empty.code == 5
    assert "empty: this folder holds no last.pt" in empty.err
    typo = console("resume", "empti", "--json")
    assert typo.code == 3
    assert "did you mean 'empty'?" in json.loads(typo.out)["error"]["message"]


def test_a_training_that_somebody_works_on_is_refused_and_said_to_be_busy(
    background: Start, console: Run, league: Path, tmp_path: Path
) -> None:
    slow = tiny_toml(tmp_path, epochs=5000, patience=5000)
    training = background("train", "--data", league, "--config", slow)
    run = training.wait_for("run folder: ").split("run folder: ")[1].strip()
    training.wait_for("1/5000")
    listed = console("resume", "--list")
    assert f" {run} " in listed.out
    assert ", worked on" in listed.out
    for arguments in (("resume", run), ("resume",)):
        refused = console(*arguments)
        assert refused.code == 5
        assert f"{run}: another process works in this run folder; wait for it or stop it first" in refused.err
    training.send(signal.SIGINT)
    assert training.finish().code == 130
    assert ", worked on" not in console("resume", "--list").out


@pytest.mark.parametrize("option", [("--n-trials", 5), ("--workers", 2), ("--timeout", "1h")])
def test_options_of_a_search_are_refused_for_a_training(
    console: Run, trained: Path, option: tuple[str, object]
) -> None:
    done = console("resume", trained, *option)
    assert done.code == 2
    assert f"{trained} is a training: {option[0]} is for studies; leave it out" in " ".join(done.err.split())


def test_a_training_goes_on_where_it_is_told_to(console: Run, undisturbed: Path, tmp_path: Path) -> None:
    shutil.copytree(undisturbed, tmp_path / "run")
    assert console("resume", "run", "--device", "cpu").code == 0
    wrong = console("resume", "run", "--device", "cpuu")
    assert wrong.code == 3
    assert "did you mean 'cpu'?" in wrong.err


@pytest.mark.parametrize("text", ["{", "{}", "[1]", '{"best": 3}'])
def test_results_of_another_program_are_no_study(console: Run, tmp_path: Path, text: str) -> None:
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "study_results.json").write_text(text)
    done = console("resume", "old")
    assert done.code == 5
    assert "old/study_results.json does not say which study it is of" in done.err


def test_a_folder_whose_storage_needs_a_password_asks_for_it(console: Run, tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    kept = {"study": "s", "storage": "postgresql+psycopg://me:***@there/studies"}
    (tmp_path / "old" / "study_results.json").write_text(json.dumps(kept))
    done = console("resume", "old")
    assert done.code == 5
    assert "give its address and password with --storage" in done.err
