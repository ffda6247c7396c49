"""What the tests of tuning share: a storage of their own, and the small league as ready graphs."""

from __future__ import annotations

import optuna
import pytest

from cricketgnn.graph.store import GraphStore
from cricketgnn.tuning.study import open_storage
from small_league import load_league, make_league


@pytest.fixture
def storage() -> optuna.storages.RDBStorage:
    return open_storage("sqlite://")


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> GraphStore:
    return load_league(make_league(tmp_path_factory.mktemp("league")))
