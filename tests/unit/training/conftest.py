"""What the tests of training share: the small league as ready graphs, and a trained run."""

from __future__ import annotations

from pathlib import Path

import pytest

from cricketgnn.graph.store import GraphStore
from cricketgnn.training.observing import Unobserved
from cricketgnn.training.run import train_new
from small_league import load_league, make_league, tiny


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_league(tmp_path_factory.mktemp("league"))


@pytest.fixture(scope="session")
def store(archive: Path) -> GraphStore:
    return load_league(archive)


@pytest.fixture(scope="session")
def run(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished tiny run."""
    out = tmp_path_factory.mktemp("runs") / "run"
    return train_new(tiny(data=(str(archive),)), out, Unobserved(), lambda line: None).folder
