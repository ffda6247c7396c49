"""A search on a local Ray cluster of two nodes, one of which is killed on the way."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from optuna.trial import TrialState

from cricketgnn.config.models import Device
from cricketgnn.config.search_space import PRESETS, Phase
from cricketgnn.config.tuning import ExecutorName, TuningConfig
from cricketgnn.errors import ConfigError
from cricketgnn.tuning.observer import Unobserved
from cricketgnn.tuning.request import SearchRequest
from cricketgnn.tuning.run import run_search
from cricketgnn.tuning.search import Ending
from cricketgnn.tuning.start import start_search
from small_league import make_league, tiny

ray = pytest.importorskip("ray", reason="the extra 'ray' is not installed")


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Two nodes with a CPU each."""
    from ray.cluster_utils import Cluster

    monkeypatch.setenv("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    made.add_node(num_cpus=1)
    ray.init(address=made.address, log_to_driver=False, logging_level="ERROR")
    yield made
    ray.shutdown()
    made.shutdown()


class KillsANode(Unobserved):
    """Takes the second node away when trials run on both."""

    def __init__(self, cluster: Any) -> None:
        self._cluster = cluster
        self.said: list[str] = []

    def say(self, line: str) -> None:
        self.said.append(line)

    def on_progress(self, number: int, epoch: int, done: int, total: int) -> None:
        workers = [node for node in self._cluster.list_all_nodes() if node is not self._cluster.head_node]
        if epoch >= 2 and workers:
            self._cluster.remove_node(workers[0], allow_graceful=False)
            self._cluster.add_node(num_cpus=1)
            self.on_progress = lambda *_: None  # type: ignore[method-assign]


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning", "ignore::FutureWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_search_survives_the_death_of_a_node(
    cluster: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cricketgnn.tuning.executors.ray import RayExecutor

    with pytest.raises(ConfigError, match="device cuda is not available in the Ray cluster"):
        RayExecutor().plan(Device.CUDA, None, 4)
    assert RayExecutor().plan(Device.AUTO, 1, 4).threads == 1  # a node has no more
    monkeypatch.chdir(tmp_path)
    base = tiny(epochs=12, patience=12, data=(str(make_league(tmp_path)),), batch_size=2)
    tuning = TuningConfig(n_trials=4, executor=ExecutorName.RAY, confirm=0)
    request = SearchRequest.of(Phase.TRAINING, PRESETS[Phase.TRAINING], base, tuning)
    search = start_search(request, "sqlite:///studies.db", "s", lambda line: None)
    observer = KillsANode(cluster)
    result = run_search(search, observer)
    assert "2 trials at a time on a Ray cluster, 1 CPU each" in observer.said
    assert result.ending is Ending.FINISHED
    trials = search.study.trials
    assert [trial.state for trial in trials] == [TrialState.COMPLETE] * 4
    deaths = [trial for trial in trials if trial.user_attrs.get("deaths")]
    assert deaths, observer.said
    assert any("its process was lost" in line for line in observer.said)
    assert all(len(trial.intermediate_values) == 12 for trial in trials)
    assert os.path.isdir(tmp_path / "checkpoints" / "optuna" / "s" / "trial_0003")  # noqa: PTH112
