"""The coordinator on a real study and real trainings, where the command line cannot look."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.trial import TrialState

from cricketgnn.config.search_space import Choice, IntRange, Phase, SearchSpace
from cricketgnn.errors import ArtifactError
from cricketgnn.graph.store import GraphStore
from cricketgnn.training.checkpoint import load_checkpoint
from cricketgnn.tuning.search import Search
from cricketgnn.tuning.study import open_study
from small_league import tiny

Make = Callable[..., Search]
LOSS = SearchSpace(parameters={"use_class_weights": Choice(choices=(False, True))})


@pytest.fixture
def search(storage: optuna.storages.RDBStorage, store: GraphStore, tmp_path: Path) -> Make:
    def make(space: SearchSpace = LOSS, tell: Any = lambda line: None, **settings: Any) -> Search:
        study = open_study(storage, "s", 0, {"phase": "phase4-loss"})
        folder = tmp_path / "s"
        folder.mkdir(exist_ok=True)
        base = tiny(**{"epochs": 1} | settings)
        return Search(study, Phase.LOSS, space, base, store, folder, tell)

    return make


def test_ctrl_c_in_a_trials_last_epoch_stops_the_search_and_keeps_the_trial(search: Make) -> None:
    said: list[str] = []

    def tell(line: str) -> None:
        said.append(line)
        if line.startswith("trial 0:"):
            signal.raise_signal(signal.SIGINT)

    result = search(tell=tell).run(3)
    assert result.interrupted
    assert [trial.state for trial in result.study.trials] == [TrialState.COMPLETE]
    assert any("press Ctrl-C again" in line for line in said)


def test_ctrl_c_after_the_last_trial_is_no_interruption(search: Make) -> None:
    result = search(tell=lambda line: signal.raise_signal(signal.SIGINT) if "trial 0:" in line else None).run(
        1
    )
    assert not result.interrupted
    assert not result.gave_up


def test_a_second_ctrl_c_queues_the_trial_again(search: Make) -> None:
    def tell(line: str) -> None:
        if line.startswith("trial 0:") or line.startswith("stopping when epoch"):
            signal.raise_signal(signal.SIGINT)

    searching = search(tell=tell)
    with pytest.raises(KeyboardInterrupt):
        searching.run(2)
    states = [trial.state for trial in searching.study.trials]
    assert states == [TrialState.FAIL, TrialState.WAITING]
    assert searching.study.trials[0].user_attrs["failure"] == "stopped at once by the user"
    result = search().run(1)
    assert result.study.trials[1].params == result.study.trials[0].params


def test_trouble_of_the_search_itself_leaves_no_trial_running(search: Make, tmp_path: Path) -> None:
    searching = search()
    (tmp_path / "s" / "trial_0000").write_text("in the way")
    with pytest.raises(FileExistsError):
        searching.run(1)
    assert [trial.state for trial in searching.study.trials] == [TrialState.FAIL]
    assert searching.study.trials[0].user_attrs["failure"].startswith("FileExistsError: ")


def test_a_search_gives_up_when_only_failures_come(search: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cricketgnn.tuning.search.MAX_FAILURES", 3)
    # Two heads divide the width of 16; 3, 5 and 7 do not.
    space = SearchSpace(parameters={"num_heads": Choice(choices=(2, 3, 5, 7))})
    said: list[str] = []
    searching = search(space, said.append, hidden_dim=16)
    for heads in (2, 3, 5, 7, 3):
        searching.study.enqueue_trial({"num_heads": heads})
    result = searching.run(5)
    assert result.gave_up
    assert not result.interrupted
    assert [trial.state.name for trial in result.study.trials] == [
        "COMPLETE",
        "FAIL",
        "FAIL",
        "FAIL",
        "WAITING",
    ]
    assert said[-1] == "the last 3 trials failed; stopping"


def test_the_best_files_follow_the_best_trial(search: Make, tmp_path: Path) -> None:
    space = SearchSpace(parameters={"num_layers": IntRange(low=1, high=2)})
    searching = search(space)
    searching.run(1)
    before = (tmp_path / "s/best_params.json").read_text()
    better = searching.study.ask()
    better.suggest_int("num_layers", 2, 2)
    folder = tmp_path / "s" / f"trial_{better.number:04d}"
    folder.mkdir()
    (folder / "best_model.pt").write_bytes((tmp_path / "s/trial_0000/best_model.pt").read_bytes())
    searching.study.tell(better, 0.99)
    searching.write_results()
    chosen = json.loads((tmp_path / "s/best_params.json").read_text())
    assert (chosen["trial"], chosen["value"]) == (better.number, 0.99)
    assert chosen["parameters"]["num_layers"] == {"value": 2, "phase": "phase4-loss"}
    assert before != (tmp_path / "s/best_params.json").read_text()
    (tmp_path / "s/best_params.json").write_text("{ torn")
    searching.write_results()
    assert json.loads((tmp_path / "s/best_params.json").read_text()) == chosen
    assert load_checkpoint(tmp_path / "s/best_model.pt").config.model.hidden_dim == 16
    (folder / "best_model.pt").unlink()
    (tmp_path / "s/best_params.json").unlink()
    with pytest.raises(ArtifactError, match=r"trial_0001/best_model\.pt is gone"):
        searching.write_results()
