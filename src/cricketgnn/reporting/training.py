"""A training on the console: progress while it runs, a summary when it is done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.progress import TimeRemainingColumn as TimeLeft
from rich.table import Table

from cricketgnn.config import RunConfig, TrainingConfig
from cricketgnn.training.finish import RunResult
from cricketgnn.training.observing import EpochReport, TrainingObserver, Unobserved


class _Watcher(Unobserved):
    """Knows from a run's settings how much there is to come."""

    training = TrainingConfig()

    def on_run(self, folder: Path, config: RunConfig, facts: dict[str, Any]) -> None:
        """Take note of the settings."""
        self.training = config.training


class PlainLines(_Watcher):
    """One line an epoch, for pipes, logs and terminals that cannot redraw."""

    def __init__(self, console: Console) -> None:
        self.console = console

    def say(self, line: str) -> None:
        """Print the line."""
        self.console.print(line, soft_wrap=True, markup=False)

    def on_epoch(self, report: EpochReport, best: bool) -> None:
        """Print the epoch's line."""
        self.say(epoch_line(report, self.training, best))

    def on_stop_request(self, epoch: int) -> None:
        """Say what will happen."""
        self.say(stop_line(epoch))


class LiveProgress(_Watcher):
    """A bar for the batches of the running epoch, a line for every finished one."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self.task = progress.add_task("epoch 1", total=None)

    def say(self, line: str) -> None:
        """Print the line above the bar."""
        self.progress.console.print(line, soft_wrap=True, markup=False)

    def on_batch(self, epoch: int, done: int, total: int, loss: float) -> None:
        """Move the bar."""
        words = f"epoch {epoch}/{self.training.epochs}  loss {loss:.4f}"
        self.progress.update(self.task, completed=done, total=total, description=words)

    def on_epoch(self, report: EpochReport, best: bool) -> None:
        """Print the epoch's line above the bar and start the next."""
        self.say(epoch_line(report, self.training, best))
        if report.epoch < self.training.epochs:
            self.progress.reset(self.task, description=f"epoch {report.epoch + 1}/{self.training.epochs}")
        elif report.member < self.training.seeds:
            self.progress.reset(self.task, description="the next network")
        else:
            self.progress.update(self.task, description="fitting the decision rule", refresh=True)

    def on_stop_request(self, epoch: int) -> None:
        """Say what will happen above the bar."""
        self.say(stop_line(epoch))


@contextmanager
def watching(console: Console) -> Iterator[TrainingObserver]:
    """Show a training while inside: a live bar on a terminal, plain lines anywhere else."""
    if not console.is_interactive:
        yield PlainLines(console)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeLeft(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        yield LiveProgress(progress)


def epoch_line(report: EpochReport, training: TrainingConfig, best: bool) -> str:
    """Put an epoch into one line."""
    epochs, seeds = training.epochs, training.seeds
    network = f"network {report.member:>{len(str(seeds))}}/{seeds}  " if seeds > 1 else ""
    return (
        f"{network}epoch {report.epoch:>{len(str(epochs))}}/{epochs}  train {report.train_loss:.4f}  "
        f"val log loss {report.val_log_loss:.4f}  skill {report.val_skill:+.2%}  "
        f"macro-F1 {report.val_macro_f1:.3f}  {report.deliveries_per_second:,.0f} deliveries/s"
        f"{'  best' if best else ''}"
    )


def stop_line(epoch: int) -> str:
    """Put into one line that a training will stop, and how to stop it sooner."""
    return f"stopping when epoch {epoch} is finished and saved; press Ctrl-C again to stop at once"


def run_document(result: RunResult) -> dict[str, Any]:
    """Give a run as a JSON document."""
    return {
        "run": str(result.folder),
        "interrupted": result.interrupted,
        "epochs": len(result.history),
        "best_epoch": result.best[-1].epoch,
        "best_epochs": [report.epoch for report in result.best],
        "validation": result.validation._asdict(),
        "seconds": sum(report.seconds for report in result.history),
        "history": [report.to_json() for report in result.history],
    }


def describe_run(screen: Console, result: RunResult) -> None:
    """Print what a training ended with, or came to before it was stopped, and what to do next."""
    title = f"{len(result.best)} networks, averaged," if len(result.best) > 1 else "Best epoch"
    if result.interrupted:
        title += " so far"
    table = Table(title=f"{title} on validation", title_justify="left", box=None, show_header=False)
    counted = Counter(report.member for report in result.history)
    table.add_row("epoch", ", ".join(f"{one.epoch} of {counted[one.member]}" for one in result.best))
    table.add_row("log loss", f"{result.validation.log_loss:.4f}")
    table.add_row("skill over the class prior", f"{result.validation.skill:+.2%}")
    table.add_row("macro-F1 by argmax", f"{result.validation.macro_f1:.3f}")
    table.add_row("macro-F1 by decision rule", f"{result.validation.macro_f1_rule:.3f}")
    screen.print(table)
    screen.print(f"run folder: {result.folder}", soft_wrap=True, markup=False)
    command = "resume" if result.interrupted else "test"
    screen.print(f"next: cricketgnn {command} {result.folder}", soft_wrap=True, markup=False)
