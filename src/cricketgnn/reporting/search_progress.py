"""A search while it runs: a table that keeps up on a terminal, a line an event anywhere else."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live
from rich.table import Table
from rich.text import Text

from cricketgnn.reporting.sentences import duration
from cricketgnn.training.observing import EpochReport
from cricketgnn.tuning.observer import SearchObserver, Unobserved
from cricketgnn.tuning.parameters import shown

_MOST_ROWS: Final = 12
_COLUMNS: Final[tuple[str, ...]] = ("trial", "state", "epoch", "log loss", "macro-F1", "elapsed", "left")
_NUMBERS_WIDTH: Final = 66
"""Width of these columns with the space between them; a narrower terminal gets the first five."""
_NARROW: Final = 5
_WORTH_SHOWING: Final = 12
"""Least room in which parameters say something."""


class PlainLines(Unobserved):
    """One line an event, for pipes, logs and terminals that cannot redraw."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def say(self, line: str) -> None:
        """Print the line."""
        self._console.print(line, soft_wrap=True, markup=False)

    def on_epoch(self, number: int, report: EpochReport) -> None:
        """Print the epoch."""
        self._epoch(f"trial {number}", report)

    def on_retraining(self, key: str, share: float, report: EpochReport | None) -> None:
        """Print the epoch, where one is whole."""
        if report is not None:
            self._epoch(key, report)

    def _epoch(self, name: str, report: EpochReport) -> None:
        self.say(
            f"{name}: epoch {report.epoch}, val log loss {report.val_log_loss:.4f}, "
            f"macro-F1 by argmax {report.val_macro_f1:.3f}"
        )


@dataclass
class _Row:
    """What the table knows of a trial, or of a training that confirms one.

    ``share`` is how many epochs are done, as a fraction; ``first`` how many were when it went on here.
    """

    words: str
    began: float
    state: str = "starting"
    epoch: int = 0
    share: float = 0.0
    first: float | None = None
    log_loss: float | None = None
    macro_f1: float | None = None
    ended: float | None = None


class LiveTable:
    """The running and the latest trials in a table, each event in a line above it.

    Args:
        console: a terminal.
        epochs: most epochs of a trial.
        n_trials: finished trials the study shall have.
        best: number and value of the best trial of a study that goes on; None for a new one.
    """

    def __init__(
        self, console: Console, epochs: int, n_trials: int, best: tuple[int, float] | None = None
    ) -> None:
        self._console, self._epochs, self._n_trials = console, epochs, n_trials
        self._rows: dict[int | str, _Row] = {}
        self._best, self._goes_on = best, best is not None
        self._began, self._ended = time.monotonic(), 0

    def say(self, line: str) -> None:
        """Print the line above the table."""
        self._console.print(line, soft_wrap=True, markup=False)

    def on_start(self, number: int, parameters: dict[str, Any]) -> None:
        """Add a row."""
        words = ", ".join(f"{name} {shown(value)}" for name, value in parameters.items())
        self._rows.pop(number, None)
        self._rows[number] = _Row(words, time.monotonic())

    def on_progress(self, number: int, epoch: int, done: int, total: int) -> None:
        """Move a row's epoch on."""
        self._move(number, epoch - 1 + done / total, None)

    def on_epoch(self, number: int, report: EpochReport) -> None:
        """Show a finished epoch."""
        self._move(number, report.epoch, report)

    def on_end(self, number: int, state: str, value: float | None) -> None:
        """Show how a trial ended."""
        self._end(number, state, value)
        self._ended += state in ("complete", "pruned")
        if value is not None and (self._best is None or value > self._best[1]):
            self._best = number, value

    def on_retraining(self, key: str, share: float, report: EpochReport | None) -> None:
        """Add a row for a training of the winner protocol, or move its epoch on."""
        if key not in self._rows or self._rows[key].ended is not None:
            self._rows.pop(key, None)
            self._rows[key] = _Row("on a fresh seed", time.monotonic())
        else:
            self._move(key, share, report)

    def on_retrained(self, key: str, state: str, value: float | None) -> None:
        """Show how a training of the winner protocol ended."""
        self._end(key, state, value)

    def _move(self, key: int | str, share: float, report: EpochReport | None) -> None:
        row = self._rows.get(key)
        if row is None:
            return
        row.state, row.share = "running", share
        row.epoch = max(row.epoch, int(share))
        if row.first is None:
            row.first = max(0.0, math.ceil(share) - 1.0)
        if report is not None:
            row.log_loss = min(report.val_log_loss, row.log_loss or report.val_log_loss)
            row.macro_f1 = report.val_macro_f1

    def _end(self, key: int | str, state: str, value: float | None) -> None:
        row = self._rows.get(key)
        if row is not None:
            row.state, row.ended = state, time.monotonic()
            row.macro_f1 = value if value is not None else row.macro_f1

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw the table as things stand, in as many columns as the terminal is wide."""
        columns, room = _COLUMNS, options.max_width - _NUMBERS_WIDTH
        if room < 0:
            columns, room = _COLUMNS[:_NARROW], 0
        table = Table(box=None, expand=False)
        for column in columns:
            table.add_column(column, justify="right", no_wrap=True)
        if room >= _WORTH_SHOWING:
            table.add_column("parameters", no_wrap=True)
        for number, row in list(self._rows.items())[-_MOST_ROWS:]:
            best = self._best is not None and self._best[0] == number
            style = "bold green" if best else "dim" if row.state in ("pruned", "fail", "waiting") else ""
            words = row.words if len(row.words) <= room else row.words[: room - 1] + "…"
            cells = (*self._cells(number, row)[: len(columns)], words)
            table.add_row(*cells[: len(table.columns)], style=style)
        yield table
        yield Text(self._summary(), style="dim")

    def _cells(self, key: int | str, row: _Row) -> tuple[str, ...]:
        until = row.ended if row.ended is not None else time.monotonic()
        elapsed = until - row.began
        left = ""
        if row.ended is None and row.first is not None and row.share > row.first:
            # at most: early stopping and pruning may end it sooner
            left = duration(elapsed / (row.share - row.first) * (self._epochs - row.share))
        return (
            _name(key),
            row.state,
            f"{row.epoch}/{self._epochs}",
            "" if row.log_loss is None else f"{row.log_loss:.4f}",
            "" if row.macro_f1 is None else f"{'' if row.state == 'complete' else '~'}{row.macro_f1:.4f}",
            duration(elapsed),
            left,
        )

    def _summary(self) -> str:
        best = f", best macro-F1 {self._best[1]:.4f} by trial {self._best[0]}" if self._best else ""
        more = " more" if self._goes_on else ""
        took = duration(time.monotonic() - self._began)
        return f"{self._ended}{more} of {self._n_trials} trials here in {took}{best}"


def _name(key: int | str) -> str:
    """Name a row so that it fits: a trial by its number, ``trial_0003_seed_1`` as ``3, seed 1``."""
    if isinstance(key, int):
        return str(key)
    number, _, seed = key.removeprefix("trial_").partition("_seed_")
    return f"{int(number)}, seed {seed}"


@contextmanager
def watching_search(
    console: Console, epochs: int, n_trials: int, best: tuple[int, float] | None = None
) -> Iterator[SearchObserver]:
    """Show a search while inside: a live table on a terminal, plain lines anywhere else.

    See :class:`LiveTable` for the arguments.
    """
    if not console.is_interactive:
        yield PlainLines(console)
        return
    table = LiveTable(console, epochs, n_trials, best)
    with Live(table, console=console, refresh_per_second=4, transient=True):
        yield table
