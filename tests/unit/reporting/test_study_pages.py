"""Figures and tables of a study, from one trial to many."""

from __future__ import annotations

import io
import json
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.trial import TrialState
from rich.console import Console

from cricketgnn.config import resolve_run_config
from cricketgnn.config.search_space import PRESETS, Phase
from cricketgnn.config.tracking import SEARCHES_PROJECT, TrackingConfig, TrackingMode
from cricketgnn.config.tuning import EPOCHS, TuningConfig
from cricketgnn.evaluation import Lead, Score
from cricketgnn.reporting.figures import FIGURES, study_figures, write_figures
from cricketgnn.reporting.search import MOST_ROWS, describe_search, search_document
from cricketgnn.reporting.sentences import duration, verdict
from cricketgnn.reporting.study_files import write_study_figures
from cricketgnn.tuning.confirmation import Candidate, Confirmation
from cricketgnn.tuning.request import SearchRequest
from cricketgnn.tuning.resources import Resources
from cricketgnn.tuning.run import SearchResult
from cricketgnn.tuning.search import Ending, Search
from cricketgnn.tuning.trials import trial_document
from cricketgnn.words import counted

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
        assert f"study s, {counted(trials, 'completed trial')}" in figure.layout.title.subtitle.text


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
        assert re.search(r"<head><title>[^<]+: (param importance|history|parallel)</title>", page[:200])
        assert not re.search(r"<(script|link)[^>]+(src|href)=.http", page)
        drawn = re.search(r"Plotly\.newPlot\(\s*\"[^\"]+\",\s*(\[.*?\]),\s*\{", page, re.DOTALL)
        assert drawn is not None
        assert isinstance(json.loads(drawn.group(1)), list)
    assert len({path.read_text() for path in written if "param_importance" in path.name}) == 1


def test_a_study_without_a_completed_trial_has_no_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert write_study_figures(result_of(optuna.create_study(), ending=Ending.INTERRUPTED)) == []
    assert list(tmp_path.iterdir()) == []


def result_of(
    study: optuna.Study,
    phase: Phase = Phase.COARSE,
    ending: Ending = Ending.FINISHED,
    confirmation: Confirmation | None = None,
    tracking: TrackingConfig | None = None,
    **settings: Any,
) -> SearchResult:
    base = resolve_run_config({"epochs": EPOCHS} | settings)
    request = SearchRequest.of(phase, PRESETS[phase], base, TuningConfig(), tracking=tracking)
    search = Search(study, request, Path("store"), Path("s"), Resources(1, 1, (), "one trial at a time"))
    return SearchResult(search, ending, confirmation)


def shown(result: SearchResult, width: int = 80) -> str:
    text = io.StringIO()
    describe_search(Console(file=text, width=width, emoji=False, highlight=False), result, [Path("a.html")])
    return text.getvalue()


@pytest.mark.parametrize("width", [40, 80])
def test_people_see_the_best_trials_of_a_long_study(width: int) -> None:
    study = study_of(MOST_ROWS + 5)
    text = shown(result_of(study), width)
    assert f"Best {MOST_ROWS} of {MOST_ROWS + 5} trials" in " ".join(text.split())
    assert "Best trial:\n  Value: 0.00" in text
    assert f"    lr: {study.best_params['lr']}\n" in text
    assert "next: cricketgnn tune phase2-architecture --best-params s/best_params.json\n" in text


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
    text = shown(result_of(study_of(1), phase))
    epochs = " --epochs 30" if command == "train" else ""  # which has another default
    assert f"next: cricketgnn {command} --best-params s/best_params.json{epochs}\n" in text


@pytest.mark.parametrize("ending", [Ending.INTERRUPTED, Ending.GAVE_UP, Ending.TIMED_OUT])
def test_a_search_that_is_not_finished_names_no_next_step(ending: Ending) -> None:
    """The command ends with the line that says how to go on."""
    assert "next:" not in shown(result_of(study_of(1), ending=ending))


def test_the_next_command_can_be_pasted_and_means_the_same_matches_and_training() -> None:
    settings = {
        "data": ("/a b/c.zip", "/d"), "val_from": "2021-01-01", "test_from": "2022-01-01",
        "data_fraction": 0.5, "epochs": 12, "batch_size": 32, "seed": 7,
    }  # fmt: skip
    text = shown(result_of(study_of(1), **settings))
    assert (
        "next: cricketgnn tune phase2-architecture --best-params s/best_params.json --epochs 12 "
        "--batch-size 32 --seed 7 --data '/a b/c.zip' --data /d --val-from 2021-01-01 "
        "--test-from 2022-01-01 --data-fraction 0.5\n"
    ) in text


@pytest.mark.parametrize(
    ("tracking", "words"),
    [
        (TrackingConfig(project=SEARCHES_PROJECT), "--wandb"),
        (
            TrackingConfig(project="mine", mode=TrackingMode.OFFLINE, entity="us", tags=("a", "b c")),
            "--wandb --wandb-project mine --wandb-mode offline --wandb-entity us --wandb-tag a "
            "--wandb-tag 'b c'",
        ),
    ],
)
def test_the_next_command_is_shown_where_this_one_was(tracking: TrackingConfig, words: str) -> None:
    assert f"s/best_params.json {words}\n" in shown(result_of(study_of(1), tracking=tracking))


def test_figures_are_named_by_their_folders() -> None:
    text = io.StringIO()
    figures = [Path("a/x.html"), Path("b/x.html"), Path("a/y.html")]
    describe_search(Console(file=text, width=80), result_of(study_of(1)), figures)
    assert "figures: a and b\n" in text.getvalue()


def score(value: float, spread: float) -> Score:
    return Score(value, value - spread, value + spread)


def confirmation_of(*ahead: float) -> Confirmation:
    """Trial 0 won, ahead of the others by so much, give or take .01."""
    candidates = [
        Candidate(number, 0.25, score(0.2 - lead, 0.01), score(1.4, 0.01), (0.19, 0.21))
        for number, lead in enumerate((0.0, *ahead))
    ]
    leads = {number + 1: Lead(score(lead, 0.01), score(-0.01, 0.02)) for number, lead in enumerate(ahead)}
    return Confirmation(tuple(candidates), leads, (1, 2))


@pytest.mark.parametrize(
    ("ahead", "words"),
    [
        ((), "winner: trial 0, macro-F1 0.2000 on fresh seeds"),
        (
            (0.02,),
            "winner: trial 0, macro-F1 0.2000 on fresh seeds; clearly ahead of trial 1, trained again as "
            "well",
        ),
        ((0.02, 0.005), "winner: trial 0, macro-F1 0.2000 on fresh seeds; not distinguishable from trial 2"),
        (
            (0.004, 0.005),
            "winner: trial 0, macro-F1 0.2000 on fresh seeds; not distinguishable from trial 1 and trial 2",
        ),
    ],
)
def test_a_winner_is_declared_with_those_it_cannot_be_told_from(ahead: tuple[float, ...], words: str) -> None:
    confirmed = confirmation_of(*ahead)
    assert verdict(confirmed) == words
    text = shown(result_of(study_of(4), confirmation=confirmed), 200)
    assert words in text
    assert "0.1900 to 0.2100" in text
    for lead in ahead:
        assert f"{lead - 0.01:+.4f} to {lead + 0.01:+.4f}" in text
    document = json.loads(json.dumps(confirmed.to_json(), allow_nan=False))
    assert document["winner"] == 0
    assert document["not_distinguishable_from"] == [
        number for number, lead in enumerate(ahead, start=1) if lead < 0.01
    ]
    assert [lead["clear"] for lead in document["leads"].values()] == [lead > 0.01 for lead in ahead]
    assert all(
        lead["log_loss_difference"] == pytest.approx({"value": -0.01, "low": -0.03, "high": 0.01})
        for lead in document["leads"].values()
    )


def test_on_one_fresh_seed_no_interval_is_told_and_nobody_is_clearly_ahead() -> None:
    def unsure(value: float) -> Score:
        return Score(value, math.nan, math.nan)

    candidates = tuple(
        Candidate(number, 0.25, unsure(value), unsure(1.4), (value,))
        for number, value in ((0, 0.3), (1, 0.1))
    )
    confirmed = Confirmation(candidates, {1: Lead(unsure(0.2), unsure(-0.1))}, (1,))
    assert verdict(confirmed) == (
        "winner: trial 0, macro-F1 0.3000 on fresh seeds; not distinguishable from trial 1"
    )
    text = shown(result_of(study_of(4), confirmation=confirmed), 200)
    assert "0.3000" in text
    assert "nan" not in text
    assert text.count("unknown") == 3  # of either score, and of the lead
    document = json.loads(json.dumps(confirmed.to_json(), allow_nan=False))
    assert document["leads"]["1"]["difference"] == {"value": 0.2, "low": None, "high": None}


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.4, "0 s"), (89, "89 s"), (90, "2 min"), (3600, "60 min"), (5400, "1.5 h")]
)
def test_durations_are_read_at_a_glance(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_without_a_completed_trial_nothing_is_promised() -> None:
    study = optuna.create_study(study_name="s")
    trial = study.ask()
    trial.set_user_attr("failure", "stopped by the user after epoch 1")
    study.tell(trial, state=TrialState.FAIL)
    result = result_of(study, ending=Ending.INTERRUPTED)
    text = shown(result)
    assert "fail" in text
    assert "next:" not in text
    assert "Best trial" not in text
    document = search_document(result, [])
    assert document["best"] is None
    assert document["trials"][0]["failure"] == "stopped by the user after epoch 1"


def test_a_trial_as_a_document() -> None:
    study = study_of(1)
    document = trial_document(study.trials[0])
    assert json.loads(json.dumps(document)) == document
    assert document == {
        "number": 0,
        "state": "complete",
        "value": study.best_value,
        "parameters": study.best_params,
        "val_log_loss": 1.4,
        "val_log_loss_by_epoch": [1.4],
        "epochs": 1,
        "seconds": None,
        "test_macro_f1": None,
        "peak_bytes": None,
        "failure": None,
        "failure_kind": None,
        "same_as": None,
        "retry_of": None,
        "overrides": {},
    }
