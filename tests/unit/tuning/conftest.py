"""What the tests of tuning share: a storage of their own, and the small league as ready graphs."""

from __future__ import annotations

from pathlib import Path

import optuna
import pytest

from cricketgnn.graph.store import GraphStore
from cricketgnn.tuning.database import open_storage
from small_league import load_league, make_league


@pytest.fixture
def storage() -> optuna.storages.RDBStorage:
    return open_storage("sqlite://")


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_league(tmp_path_factory.mktemp("league"))


@pytest.fixture(scope="session")
def store(archive: Path) -> GraphStore:
    return load_league(archive)
