"""What the tests of the commands share: the small league, a trained run, and the console script."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from console import Finished, Run, Running, Start, run_here, start
from cricketgnn.training.observing import Unobserved
from cricketgnn.training.run import train_new
from small_league import STUDIES, make_league, tiny, tiny_toml


@pytest.fixture(scope="session")
def league(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archive of the small league."""
    return make_league(tmp_path_factory.mktemp("league"))


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny network as a file for ``--config``."""
    return tiny_toml(tmp_path_factory.mktemp("settings"))


@pytest.fixture(scope="session")
def trained(league: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run folder of a tiny training on the league."""
    resolved = tiny(data=(str(league),))
    out = tmp_path_factory.mktemp("runs") / "trained"
    return train_new(resolved, out, Unobserved(), lambda line: None).folder


@pytest.fixture
def console(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Run a command in this process, in an empty folder, 80 columns wide."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object) -> Finished:
        capfd.readouterr()
        return Finished(run_here(arguments), *capfd.readouterr())

    return run


@pytest.fixture
def background(tmp_path: Path) -> Iterator[Start]:
    """Start a command in a process of its own, in an empty folder; it does not outlive the test."""
    started: list[Running] = []

    def run(*arguments: object, largest_file: int | None = None, **environment: str) -> Running:
        here = {"CRICKETGNN_CACHE_DIR": os.environ["CRICKETGNN_CACHE_DIR"]}
        started.append(start(tmp_path, arguments, here | environment, largest_file))
        return started[-1]

    yield run
    for running in started:
        running.process.kill()


@pytest.fixture(scope="session")
def one_epoch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny network, one epoch a training."""
    return tiny_toml(tmp_path_factory.mktemp("settings"), epochs=1)


@pytest.fixture
def tune(console: Run, league: Path, one_epoch: Path) -> Run:
    """Run a tiny search of a phase: one trial at a time, the winner not confirmed unless ``more`` says so."""

    def run(phase: str, *more: object, config: Path = one_epoch) -> Finished:
        common = ("--data", league, "--config", config, "--storage", STUDIES, "--json")
        return console("tune", phase, *common, "--workers", 1, "--confirm", 0, *more)

    return run
