"""Several processes train one network: to the weights one would have had, stopped and lost as one is."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from console import Run, Running, Start, run_here
from cricketgnn.training.checkpoint import load_checkpoint
from cricketgnn.training.split import split_of
from small_league import load_league, tiny, tiny_toml

BATCH = 31
"""Leaves one innings for the last batch of an epoch: nothing of it is the second process's."""
LONG = {"epochs": 5000, "patience": 5000}


@pytest.fixture(scope="module")
def no_dropout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny network without chance in its steps, for processes each draw their own."""
    return tiny_toml(tmp_path_factory.mktemp("settings"), dropout=0.0, batch_size=BATCH, focal_gamma=1.0)


@pytest.fixture(scope="module")
def alone(league: Path, no_dropout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run folder of the same training in one process."""
    out = tmp_path_factory.mktemp("alone") / "run"
    assert run_here(("train", "--data", league, "--config", no_dropout, "--out", out)) == 0
    return out


def _numbers(run: Path) -> list[float]:
    history = json.loads((run / "metrics.json").read_text(encoding="utf-8"))
    return [value for entry in history for name, value in entry.items() if "second" not in name]


def _assert_close(run: Path, other: Path) -> None:
    """Everything within float error: sums are added up in another order."""
    one, two = load_checkpoint(run / "best_model.pt"), load_checkpoint(other / "best_model.pt")
    for ours, theirs in zip(one.members, two.members, strict=True):
        for name, value in theirs.items():
            assert ours[name].numpy() == pytest.approx(value.numpy(), rel=1e-3, abs=1e-5), name
    assert one.rule.weights == pytest.approx(two.rule.weights, rel=1e-3)
    assert one.scaling.scale == pytest.approx(two.scaling.scale, abs=1e-4)
    assert _numbers(run) == pytest.approx(_numbers(other), rel=1e-5, abs=1e-7)


def test_a_batch_is_left_that_the_second_process_has_no_share_of(league: Path) -> None:
    training = split_of(load_league(league), tiny().config.data).training
    assert len(training) % BATCH == 1


def test_two_processes_come_to_the_weights_of_one(
    background: Start, league: Path, no_dropout: Path, alone: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    arguments = ("train", "--data", league, "--config", no_dropout, "--out", run, "--devices", 2, "--json")
    done = background(*arguments).finish()
    assert done.code == 0, done.err
    assert json.loads(done.out)["run"] == str(run)
    assert done.err.count("run folder: ") == 1
    assert f"2 processes train together on cpu: of the {BATCH} innings of a step each computes up to 16" in (
        done.err
    )
    assert json.loads((run / "provenance.json").read_text())["processes"] == 2
    _assert_close(run, alone)


def test_torchrun_gives_the_same(league: Path, no_dropout: Path, alone: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
    command += ["-m", "cricketgnn", "train", "--data", str(league), "--config", str(no_dropout)]
    done = subprocess.run([*command, "--out", "run"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("run folder: ") == 1
    _assert_close(tmp_path / "run", alone)


def _started(background: Start, league: Path, folder: Path, **settings: Any) -> Running:
    config = tiny_toml(folder, **settings)
    return background("train", "--data", league, "--config", config, "--out", "run", "--devices", 2, "--json")


def test_ctrl_c_saves_once_for_all_and_one_process_goes_on(
    background: Start, console: Run, league: Path, tmp_path: Path
) -> None:
    training = _started(background, league, tmp_path, **LONG)
    training.wait_for("epoch    1/5000")
    training.send(signal.SIGINT)
    done = training.finish()
    assert done.code == 130, done.err
    assert "Traceback" not in done.err
    epochs = json.loads(done.out)["epochs"]
    assert f"stopped after epoch {epochs}; go on with: cricketgnn resume run" in done.err
    resumed = background("resume", "run", "--devices", 1)
    resumed.wait_for("processes before: 2, now: 1; the result is as good, not the same to the last bit")
    resumed.wait_for(f"epoch {epochs + 1:>4}/5000")
    resumed.send(signal.SIGINT)
    assert resumed.finish().code == 130


def test_the_end_of_a_whole_group_is_asked_for_once_and_as_many_processes_go_on(
    background: Start, league: Path, tmp_path: Path
) -> None:
    training = _started(background, league, tmp_path, **LONG)
    training.wait_for("epoch    1/5000")
    for one in (*_ranks(training), psutil.Process(training.process.pid)):
        one.terminate()
    done = training.finish()
    assert done.code == 130, done.err
    assert f"stopped after epoch {json.loads(done.out)['epochs']}; go on with" in done.err
    resumed = background("resume", "run")
    resumed.wait_for("2 processes train together on cpu")
    resumed.send(signal.SIGTERM)
    done = resumed.finish()
    assert done.code == 130, done.err


def test_ctrl_z_halts_all_and_they_go_on_together(background: Start, league: Path, tmp_path: Path) -> None:
    training = _started(background, league, tmp_path, **LONG)
    training.wait_for("epoch    1/5000")
    processes = [psutil.Process(training.process.pid), *_ranks(training)]
    training.send(signal.SIGTSTP)
    _wait_until(lambda: all(one.status() == psutil.STATUS_STOPPED for one in processes))
    training.send(signal.SIGCONT)
    _wait_until(lambda: all(one.status() != psutil.STATUS_STOPPED for one in processes))
    training.send(signal.SIGINT)
    done = training.finish()
    assert done.code == 130, done.err
    assert "stopped after epoch" in done.err


@pytest.mark.skipif(os.getsid(1) == os.getsid(0), reason="who inherits processes here is of their session")
def test_halted_processes_do_not_outlive_the_one_that_started_them(
    background: Start, league: Path, tmp_path: Path
) -> None:
    training = _started(background, league, tmp_path, **LONG)
    training.wait_for("epoch    1/5000")
    ranks = _ranks(training)
    training.send(signal.SIGTSTP)
    _wait_until(lambda: all(one.status() == psutil.STATUS_STOPPED for one in ranks))
    training.send(signal.SIGKILL)
    assert training.finish().code == -signal.SIGKILL
    _, alive = psutil.wait_procs(ranks, timeout=30)
    assert not alive
    assert load_checkpoint(tmp_path / "run/last.pt").resume is not None


def _ranks(training: Running) -> list[psutil.Process]:
    children = psutil.Process(training.process.pid).children(recursive=True)
    return [one for one in children if "spawn_main" in " ".join(one.cmdline())]


def _wait_until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_lost_process_ends_all_and_says_which(background: Start, league: Path, tmp_path: Path) -> None:
    training = _started(background, league, tmp_path, **LONG)
    training.wait_for("epoch    1/5000")
    processes = psutil.Process(training.process.pid).children(recursive=True)
    max(_ranks(training), key=lambda one: one.pid).kill()
    done = training.finish()
    assert done.code == 7, done.err
    error = json.loads(done.out)["error"]
    assert error["type"] == "GroupError"
    assert error["message"] == (
        "process 2 of 2 was ended by SIGKILL; what was finished is saved, go on with: cricketgnn resume"
    )
    assert "Traceback" not in done.err
    assert load_checkpoint(tmp_path / "run/last.pt").resume is not None
    _, alive = psutil.wait_procs(processes, timeout=30)
    assert not alive


def test_ctrl_c_before_anything_is_loaded_stops_at_once(
    background: Start, league: Path, tmp_path: Path
) -> None:
    training = _started(background, league, tmp_path, **LONG)
    parent = psutil.Process(training.process.pid)
    while not any("spawn_main" in " ".join(one.cmdline()) for one in parent.children(recursive=True)):
        assert training.process.is_alive()
    training.send(signal.SIGINT)
    done = training.finish()
    assert done.code == 130, done.err
    assert "Traceback" not in done.err
    assert json.loads(done.out)["error"]["type"] == "Interrupted"
    assert not (tmp_path / "run").exists()


def test_an_error_of_all_is_told_once(background: Start, league: Path, tmp_path: Path) -> None:
    done = background("train", "--data", league, "--device", "cpu", "--epochs", 1, "--devices", 2, "--json",
                      "--val-from", "2099-01-01", "--test-from", "2100-01-01").finish()  # fmt: skip
    assert done.code == 4, done.err
    assert done.err.count("error: ") == 1
    assert json.loads(done.out)["error"]["type"] == "DataError"


def test_more_processes_than_the_machine_carries_are_refused(console: Run, league: Path) -> None:
    cores = os.cpu_count() or 1
    done = console("train", "--data", league, "--device", "cpu", "--devices", cores + 1)
    assert done.code == 3
    assert f"got --devices {cores + 1}, expected 1 to {cores}: here is room for {cores} on cpu" in (
        " ".join(done.err.split())
    )


def test_devices_are_not_for_a_search(console: Run, tune: Run) -> None:
    assert tune("phase1-coarse", "--n-trials", 1, "--study-name", "one").code == 0
    done = console("resume", "one", "--storage", "sqlite:///studies.db", "--devices", 2)
    assert done.code == 2
    assert "--devices is for a training" in " ".join(done.err.split())
