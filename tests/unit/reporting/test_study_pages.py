"""Figures and tables of a study, from one trial to many."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from pathlib import Path

import optuna
import pytest
from optuna.trial import TrialState
from rich.console import Console

from cricketgnn.config.search_space import Phase
from cricketgnn.reporting.figures import FIGURES, study_figures, write_figures
from cricketgnn.reporting.search import MOST_ROWS, describe_search, search_document
from cricketgnn.reporting.study_files import write_study_figures
from cricketgnn.tuning.search import SearchResult, trial_document

Value = Callable[[int, float], float]


def study_of(trials: int, value: Value = lambda width, lr: lr) -> optuna.Study:
    study = optuna.create_study(
        study_name="s", direction="maximize", sampler=optuna.samplers.RandomSampler(seed=0)
    )
    for _ in range(trials):
        trial = study.ask()
        width = trial.suggest_categorical("hidden_dim", (64, 128, 256))
        lr = trial.suggest_float("lr", 1e-4, 3e-3, log=True)
        trial.report(-1.4, 0)
        trial.set_user_attr("val_log_loss", 1.4)
        trial.set_user_attr("epochs", 1)
        study.tell(trial, value(width, lr))
    return study


@pytest.mark.parametrize("trials", [1, 2, 5])
@pytest.mark.parametrize(
    "value", [lambda width, lr: lr, lambda width, lr: 0.2], ids=["different", "all the same"]
)
def test_every_figure_can_be_drawn_of_any_study(trials: int, value: Value) -> None:
    figures = study_figures(study_of(trials, value))
    assert tuple(figures) == FIGURES
    for figure in figures.values():
        assert f"study s, {trials} completed trials" in figure.layout.title.subtitle.text


def test_importance_is_drawn_where_it_can_be_told_and_explained_where_not() -> None:
    bars = study_figures(study_of(8, lambda width, lr: width / 1000))["param_importance"]
    assert set(bars.data[0].y) == {"hidden_dim", "lr"}
    assert sum(bars.data[0].x) == pytest.approx(1)
    assert bars.data[0].y[-1] == "hidden_dim"  # the longest bar on top
    few = study_figures(study_of(2))["param_importance"]
    assert not few.data
    assert "2 completed trials are too few" in few.layout.annotations[0].text
    equal = study_figures(study_of(5, lambda width, lr: 0.2))["param_importance"]
    assert not equal.data
    assert "all 5 completed trials have the same" in equal.layout.annotations[0].text


def test_failed_and_pruned_trials_are_no_obstacle() -> None:
    study = study_of(3)
    study.tell(study.ask(), state=TrialState.FAIL)
    pruned = study.ask()
    pruned.report(-2.0, 0)
    study.tell(pruned, state=TrialState.PRUNED)
    study.enqueue_trial({"lr": 1e-3})
    assert tuple(study_figures(study)) == FIGURES


def test_pages_are_whole_and_need_no_network(tmp_path: Path) -> None:
    written = write_figures(study_of(5), {tmp_path / "latest": "phase1_coarse_", tmp_path / "own": ""})
    names = {"latest/phase1_coarse_{}.html", "own/{}.html"}
    assert {path.relative_to(tmp_path).as_posix() for path in written} == {
        name.format(figure) for name in names for figure in FIGURES
    }
    for path in written:
        page = path.read_text(encoding="utf-8")
        assert page.rstrip().endswith("</html>")
        assert not re.search(r"<(script|link)[^>]+(src|href)=.http", page)
        drawn = re.search(r"Plotly\.newPlot\(\s*\"[^\"]+\",\s*(\[.*?\]),\s*\{", page, re.DOTALL)
        assert drawn is not None
        assert isinstance(json.loads(drawn.group(1)), list)
    assert {path.read_text() for path in written if "param_importance" in path.name}


def test_a_study_without_a_completed_trial_has_no_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = SearchResult(optuna.create_study(), Path("s"), interrupted=True, gave_up=False)
    assert write_study_figures(result, Phase.COARSE) == []
    assert list(tmp_path.iterdir()) == []


def shown(result: SearchResult, phase: Phase, width: int = 80) -> str:
    text = io.StringIO()
    describe_search(
        Console(file=text, width=width, emoji=False, highlight=False), result, phase, [Path("a.html")]
    )
    return text.getvalue()


@pytest.mark.parametrize("width", [40, 80])
def test_people_see_the_best_trials_of_a_long_study(width: int) -> None:
    study = study_of(MOST_ROWS + 5)
    text = shown(
        SearchResult(study, Path("checkpoints/s"), interrupted=False, gave_up=False), Phase.COARSE, width
    )
    assert f"Best {MOST_ROWS} of {MOST_ROWS + 5} trials" in " ".join(text.split())
    assert "Best trial:\n  Value: 0.00" in text
    assert f"    lr: {study.best_params['lr']}\n" in text
    assert "next: cricketgnn tune phase2-architecture --best-params checkpoints/s/best_params.json\n" in text


@pytest.mark.parametrize(
    ("phase", "command"),
    [
        (Phase.ARCHITECTURE, "tune phase3-training"),
        (Phase.TRAINING, "tune phase4-loss"),
        (Phase.LOSS, "train"),
        (Phase.FULL, "train"),
    ],
)
def test_the_next_command_follows_the_phases(phase: Phase, command: str) -> None:
    text = shown(SearchResult(study_of(1), Path("s"), interrupted=False, gave_up=False), phase)
    assert f"next: cricketgnn {command} --best-params s/best_params.json\n" in text


def test_without_a_completed_trial_nothing_is_promised() -> None:
    study = optuna.create_study(study_name="s")
    trial = study.ask()
    trial.set_user_attr("failure", "stopped by the user after epoch 1")
    study.tell(trial, state=TrialState.FAIL)
    result = SearchResult(study, Path("s"), interrupted=True, gave_up=False)
    text = shown(result, Phase.COARSE)
    assert "fail" in text
    assert "next:" not in text
    assert "Best trial" not in text
    document = search_document(result, Phase.COARSE, [])
    assert document["best"] is None
    assert document["trials"][0]["failure"] == "stopped by the user after epoch 1"


def test_a_trial_as_a_document() -> None:
    study = study_of(1)
    document = trial_document(study.trials[0])
    assert json.loads(json.dumps(document)) == document
    assert document.pop("seconds") >= 0
    assert document == {
        "number": 0,
        "state": "complete",
        "value": study.best_value,
        "parameters": study.best_params,
        "val_log_loss": 1.4,
        "val_log_loss_by_epoch": [1.4],
        "epochs": 1,
        "failure": None,
    }
