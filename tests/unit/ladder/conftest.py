"""The small league as a task for all models."""

from __future__ import annotations

from pathlib import Path

import pytest

from cricketgnn.graph.store import GraphStore
from cricketgnn.ladder.task import Task
from small_league import load_league, make_league, tiny


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> GraphStore:
    return load_league(make_league(tmp_path_factory.mktemp("league")))


@pytest.fixture(scope="session")
def task(store: GraphStore) -> Task:
    return Task.of(tiny().config, store)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path
