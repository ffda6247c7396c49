"""A search on the console: the trials, the best one, and what to do next."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from cricketgnn.config.search_space import Phase
from cricketgnn.tuning.search import SearchResult, trial_document
from cricketgnn.tuning.study import completed

NEXT_PHASE: Final = {
    Phase.COARSE: Phase.ARCHITECTURE,
    Phase.ARCHITECTURE: Phase.TRAINING,
    Phase.TRAINING: Phase.LOSS,
}
MOST_ROWS: Final = 20
"""Trials shown; a longer study shows its best ones and says so."""


def search_document(result: SearchResult, phase: Phase, figures: list[Path]) -> dict[str, Any]:
    """Give a search as a JSON document."""
    trials = [trial_document(trial) for trial in result.study.get_trials(deepcopy=False)]
    best = result.study.best_trial if completed(result.study) else None
    return {
        "study": result.study.study_name,
        "phase": phase.value,
        "folder": str(result.folder),
        "interrupted": result.interrupted,
        "gave_up": result.gave_up,
        "best": None if best is None else trial_document(best),
        "trials": trials,
        "figures": [str(path) for path in figures],
    }


def describe_search(screen: Console, result: SearchResult, phase: Phase, figures: list[Path]) -> None:
    """Print the trials, the best one, where everything lies, and the next command."""
    trials = [trial_document(trial) for trial in result.study.get_trials(deepcopy=False)]
    screen.print(_trial_table(trials))
    if completed(result.study):
        best = result.study.best_trial
        screen.print("Best trial:")
        screen.print(f"  Value: {best.value:.4f}")
        screen.print("  Params:")
        for name, value in best.params.items():
            screen.print(f"    {name}: {value}", markup=False)
    screen.print(f"results: {result.folder}", soft_wrap=True, markup=False)
    for path in figures:
        screen.print(f"figure: {path}", soft_wrap=True, markup=False)
    if completed(result.study):
        screen.print(f"next: {_next_command(result, phase)}", soft_wrap=True, markup=False)


def _next_command(result: SearchResult, phase: Phase) -> str:
    parameters = result.folder / "best_params.json"
    following = NEXT_PHASE.get(phase)
    command = f"tune {following.value}" if following else "train"
    return f"cricketgnn {command} --best-params {parameters}"


def _trial_table(trials: list[dict[str, Any]]) -> Table:
    shown = trials
    title = "Trials"
    if len(trials) > MOST_ROWS:
        shown = sorted(
            trials, key=lambda trial: -1 if trial["value"] is None else trial["value"], reverse=True
        )[:MOST_ROWS]
        title = f"Best {MOST_ROWS} of {len(trials)} trials"
    table = Table(title=title, title_justify="left", box=None)
    for column in ("trial", "state", "macro-F1", "log loss", "epochs"):
        table.add_column(column, justify="right")
    table.add_column("parameters", overflow="fold")
    for trial in shown:
        words = ", ".join(f"{name} {_short(value)}" for name, value in trial["parameters"].items())
        table.add_row(
            str(trial["number"]),
            trial["state"],
            _number(trial["value"]),
            _number(trial["val_log_loss"]),
            str(trial["epochs"]),
            words,
        )
    return table


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


def _short(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
