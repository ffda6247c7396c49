"""A search on the console: the trials, the best one, and what to do next."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from cricketgnn.config import TrainingConfig
from cricketgnn.config.best_params import BEST_PARAMS
from cricketgnn.config.models import Frozen
from cricketgnn.config.tracking import SEARCHES_PROJECT, TrackingConfig
from cricketgnn.config.tuning import EPOCHS, TuningConfig
from cricketgnn.reporting.sentences import duration, interval, tested, verdict
from cricketgnn.tuning.accounting import SECONDS_IN_WORDS, account
from cricketgnn.tuning.confirmation import Confirmation
from cricketgnn.tuning.database import option_of
from cricketgnn.tuning.parameters import shown
from cricketgnn.tuning.phased import is_followed, left_off, next_phase
from cricketgnn.tuning.run import SearchResult
from cricketgnn.tuning.search import Ending
from cricketgnn.tuning.trials import OVERRIDES, trial_document
from cricketgnn.words import rate_in_words

MOST_ROWS: Final = 20
"""Trials shown; a longer study shows its best ones and says so."""
_OF_TRAINING: Final = ("epochs", "patience", "batch_size", "seed", "device", "precision")
"""Settings of a training that ``best_params.json`` does not hand on unless they were searched."""
_WIDE_ENOUGH: Final = 60
"""Width from which parameters have a column of their own."""


def search_document(result: SearchResult, figures: list[Path]) -> dict[str, Any]:
    """Give a search as a JSON document."""
    studied = result.study.get_trials(deepcopy=False)
    winner = result.winner
    return {
        "study": result.study.study_name,
        "phase": result.search.phase.value,
        "folder": str(result.search.folder),
        "ending": result.ending.value,
        "interrupted": left_off(result) is Ending.INTERRUPTED,
        "best": None if winner is None else trial_document(winner),
        "confirmation": None if result.confirmation is None else result.confirmation.to_json(),
        "test": result.test,
        "accounting": account(studied, result.search.base.config.training.epochs),
        "trials": [trial_document(trial) for trial in studied],
        "figures": [str(path) for path in figures],
    }


def describe_search(screen: Console, result: SearchResult, figures: list[Path]) -> None:
    """Print the trials, the best one, where everything lies, and the next command.

    Args:
        screen: where.
        result: of the search.
        figures: that were written.
    """
    studied = result.study.get_trials(deepcopy=False)
    screen.print(f"{result.search.phase.value}, study {result.study.study_name}", soft_wrap=True)
    screen.print(_trial_table([trial_document(trial) for trial in studied], screen.width))
    winner = result.winner
    if winner is not None:
        screen.print("Best trial:")
        fresh = result.confirmation
        again = f", {fresh.winner.macro_f1.value:.4f} on fresh seeds" if fresh is not None else ""
        screen.print(f"  Value: {winner.value:.4f}{again}  (trial {winner.number})")
        screen.print("  Params:")
        for name, value in (winner.params | winner.user_attrs.get(OVERRIDES, {})).items():
            screen.print(f"    {name}: {value}", markup=False)
    if result.confirmation is not None:
        _describe_confirmation(screen, result.confirmation)
    if result.test is not None:
        screen.print(tested(result.test), soft_wrap=True)
    screen.print(_where_time_went(result), soft_wrap=True, markup=False)
    screen.print(f"results: {result.search.folder}", soft_wrap=True, markup=False)
    if figures:
        folders = " and ".join(dict.fromkeys(str(path.parent) for path in figures))
        screen.print(f"figures: {folders}", soft_wrap=True, markup=False)
    if winner is not None and result.ending is Ending.FINISHED and not is_followed(result.search.request):
        screen.print(f"next: {_next_command(result)}", soft_wrap=True, markup=False)


def _describe_confirmation(screen: Console, confirmed: Confirmation) -> None:
    table = Table(title="Trained again on fresh seeds", title_justify="left", box=None)
    behind = ("behind the first by",) if confirmed.leads else ()
    for column in ("trial", "macro-F1", "95 % interval", "in the search", "log loss", *behind):
        table.add_column(column, justify="right")
    for candidate in confirmed.candidates:
        f1 = candidate.macro_f1
        lead = confirmed.leads.get(candidate.trial)
        ahead = "" if lead is None else interval(lead.difference, "+.4f")
        table.add_row(
            str(candidate.trial),
            f"{f1.value:.4f}",
            interval(f1, ".4f"),
            f"{candidate.first_value:.4f}",
            f"{candidate.log_loss.value:.4f}",
            *([ahead] if behind else []),
        )
    screen.print(table)
    screen.print(verdict(confirmed), soft_wrap=True)


def _where_time_went(result: SearchResult) -> str:
    sums = account(result.study.get_trials(deepcopy=False), result.search.base.config.training.epochs)
    words: list[str] = []
    for name, what in SECONDS_IN_WORDS.items():
        if sums[name]:
            words.append(f"{duration(sums[name])} {what}")
    if sums["trials_per_hour"]:
        words.append(f"{rate_in_words(sums['trials_per_hour'])} trials an hour while training")
    now = f"time: {duration(result.seconds)} now"
    return f"{now}; of the whole study {', '.join(words)}" if words else now


def _next_command(result: SearchResult) -> str:
    """Give the command as it can be pasted: the same matches, dates and way of training."""
    following, config = next_phase(result.search.phase), result.search.base.config
    words = ["cricketgnn", *(["tune", following.value] if following else ["train"])]
    words += ["--best-params", str(result.search.folder / BEST_PARAMS)]
    if following:  # goes about it as this one did
        way = ("n_trials", "confirm", "seeds", "sampler", "pruner", "workers", "executor")
        words += _unusual(result.search.tuning, TuningConfig(), way)
        words += shlex.split(option_of(result.study))
    usual = TrainingConfig(epochs=EPOCHS) if following else TrainingConfig()
    fixed = [name for name in _OF_TRAINING if name not in result.search.space.parameters]
    words += _unusual(config.training, usual, fixed)
    data = config.data
    for path in data.data:
        words += ["--data", path]
    if data.people is not None:
        words += ["--people", data.people]
    if data.val_from is not None and data.test_from is not None:
        words += ["--val-from", data.val_from.isoformat(), "--test-from", data.test_from.isoformat()]
    if data.data_fraction < 1:
        words += ["--data-fraction", str(data.data_fraction)]
    return shlex.join([*words, *_shown_in(result.search.request.tracking)])


def _shown_in(tracking: TrackingConfig | None) -> list[str]:
    if tracking is None:
        return []
    usual, named = TrackingConfig(project=SEARCHES_PROJECT), ("project", "mode", "entity", "group")
    tags = [word for tag in tracking.tags for word in ("--wandb-tag", tag)]
    return ["--wandb", *_unusual(tracking, usual, named, "wandb-"), *tags]


def _unusual(config: Frozen, usual: Frozen, names: Sequence[str], prefix: str = "") -> list[str]:
    """Give the options for those settings that are not as usual."""
    changed = [name for name in names if getattr(config, name) != getattr(usual, name)]
    options = {f"--{prefix}{name.replace('_', '-')}": str(getattr(config, name)) for name in changed}
    return [word for option in options.items() for word in option]


def _trial_table(trials: list[dict[str, Any]], width: int) -> Table:
    """List the trials; on a narrow terminal without epochs and parameters rather than cut numbers."""
    listed, narrow = trials, width < _WIDE_ENOUGH
    title = "Trials"
    if len(trials) > MOST_ROWS:
        listed = sorted(
            trials, key=lambda trial: -1 if trial["value"] is None else trial["value"], reverse=True
        )[:MOST_ROWS]
        title = f"Best {MOST_ROWS} of {len(trials)} trials"
    table = Table(title=title, title_justify="left", box=None)
    for column in ("trial", "state", "macro-F1", "log loss", *(() if narrow else ("epochs",))):
        table.add_column(column, justify="right", no_wrap=True)
    if not narrow:
        table.add_column("parameters", overflow="fold")
    for trial in listed:
        words = ", ".join(f"{name} {shown(value)}" for name, value in trial["parameters"].items())
        if trial["same_as"] is not None:
            words += f" (as trial {trial['same_as']})"
        if trial["failure_kind"]:
            words += f" ({trial['failure_kind']})"
        numbers = (
            str(trial["number"]),
            trial["state"],
            _number(trial["value"]),
            _number(trial["val_log_loss"]),
        )
        table.add_row(*numbers, *(() if narrow else (str(trial["epochs"]), words)))
    if narrow:
        table.caption = "epochs and parameters: study_results.json, or a wider terminal"
        table.caption_justify = "left"
    return table


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"
