"""What people see of a training: lines in a pipe, a bar on a terminal, a summary."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from cricketgnn.config import RunConfig, TrainingConfig
from cricketgnn.reporting.training import PlainLines, describe_run, epoch_line, run_document, watching
from cricketgnn.training.finish import RunResult, ValidationScores
from cricketgnn.training.observing import EpochReport

REPORT = EpochReport(3, 1.51234, 1.40456, 0.0123, 0.1444, 9e-4, 2.5, 12345.6)
LINE = "epoch  3/50  train 1.5123  val log loss 1.4046  skill +1.23%  macro-F1 0.144  12,346 deliveries/s"
SCORES = ValidationScores(1.40456, 0.0123, 0.1444, 0.21)
RESULT = RunResult(Path("runs/[x]/a:100:b"), [REPORT, REPORT], (REPORT,), SCORES, interrupted=True)


def of_epochs(epochs: int, seeds: int = 1) -> RunConfig:
    return RunConfig(training=TrainingConfig(epochs=epochs, seeds=seeds))


def screen(width: int = 80, *, terminal: bool = False) -> tuple[Console, io.StringIO]:
    text = io.StringIO()
    return Console(file=text, width=width, force_terminal=terminal, emoji=False, highlight=False), text


@pytest.mark.parametrize(("best", "line"), [(True, LINE + "  best"), (False, LINE)])
def test_an_epoch_is_one_line(best: bool, line: str) -> None:
    assert epoch_line(REPORT, TrainingConfig(epochs=50), best) == line


@pytest.mark.parametrize("width", [40, 80, 200])
def test_a_pipe_gets_one_line_an_epoch_at_any_width(width: int) -> None:
    console, text = screen(width)
    with watching(console) as observer:
        observer.on_run(Path("run"), of_epochs(50), {})
        assert isinstance(observer, PlainLines)
        observer.on_batch(3, 1, 2, 1.5)
        observer.on_epoch(REPORT, best=True)
        observer.on_stop_request(4)
    assert text.getvalue() == (
        f"{LINE}  best\nstopping when epoch 4 is finished and saved; press Ctrl-C again to stop at once\n"
    )


def test_a_terminal_gets_a_bar_and_the_same_lines() -> None:
    console, text = screen(120, terminal=True)
    with watching(console) as observer:
        observer.on_run(Path("run"), of_epochs(50), {})
        observer.on_batch(3, 1, 2, 1.5)
        observer.on_epoch(REPORT, best=False)
        observer.on_batch(4, 2, 2, 1.25)
        observer.on_stop_request(4)
    shown = text.getvalue()
    assert LINE in shown
    assert "stopping when epoch 4 is finished and saved" in shown
    assert "epoch 4/50  loss 1.2500" in shown
    assert "2/2" in shown


def test_the_bar_of_the_last_epoch_promises_no_other() -> None:
    console, text = screen(120, terminal=True)
    with watching(console) as observer:
        observer.on_run(Path("run"), of_epochs(3), {})
        observer.on_batch(3, 2, 2, 1.25)
        observer.on_epoch(REPORT, best=False)
    assert "epoch 4/3" not in text.getvalue()
    assert "fitting the decision rule" in text.getvalue()


def test_the_summary_names_the_folder_as_it_is_and_the_next_command() -> None:
    console, text = screen(40)
    describe_run(console, RESULT)
    assert "run folder: runs/[x]/a:100:b\nnext: cricketgnn resume runs/[x]/a:100:b\n" in text.getvalue()
    assert "Best epoch so far on validation" in text.getvalue()
    assert "3 of 2" in text.getvalue()
    assert "+1.23%" in text.getvalue()


def test_a_training_that_came_to_its_end_is_to_be_tested() -> None:
    console, text = screen(80)
    describe_run(console, replace(RESULT, interrupted=False))
    assert "next: cricketgnn test runs/[x]/a:100:b\n" in text.getvalue()
    assert "so far" not in text.getvalue()


def test_the_document_holds_the_numbers_unrounded() -> None:
    assert run_document(RESULT) == {
        "run": "runs/[x]/a:100:b",
        "interrupted": True,
        "epochs": 2,
        "best_epoch": 3,
        "best_epochs": [3],
        "validation": {"log_loss": 1.40456, "skill": 0.0123, "macro_f1": 0.1444, "macro_f1_rule": 0.21},
        "seconds": 5.0,
        "history": [REPORT.to_json(), REPORT.to_json()],
    }


def test_the_networks_of_an_ensemble_are_told_apart() -> None:
    reports = [replace(REPORT, member=member, epoch=epoch) for member in (1, 2) for epoch in (1, 2)]
    console, text = screen(120)
    with watching(console) as observer:
        observer.on_run(Path("run"), of_epochs(2, seeds=10), {})
        for report in reports:
            observer.on_epoch(report, best=False)
    lines = text.getvalue().splitlines()
    assert [line[:25] for line in lines[:3]] == [
        "network  1/10  epoch 1/2 ",
        "network  1/10  epoch 2/2 ",
        "network  2/10  epoch 1/2 ",
    ]
    console, text = screen(80)
    describe_run(
        console, RunResult(Path("run"), reports, (reports[1], reports[2]), SCORES, interrupted=False)
    )
    assert "2 networks, averaged, on validation" in text.getvalue()
    assert "2 of 2, 1 of 2" in text.getvalue()


def test_a_terminal_goes_on_to_the_next_network() -> None:
    console, text = screen(120, terminal=True)
    with watching(console) as observer:
        observer.on_run(Path("run"), of_epochs(3, seeds=2), {})
        observer.on_batch(3, 2, 2, 1.25)
        observer.on_epoch(REPORT, best=False)
        observer.on_batch(1, 1, 2, 1.5)
    assert "epoch 1/3  loss 1.5000" in text.getvalue()
    assert "fitting the decision rule" not in text.getvalue()
