"""A training on the console: progress while it runs, a summary when it is done."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.progress import TimeRemainingColumn as TimeLeft
from rich.table import Table

from cricketgnn.training.fit import EpochReport, TrainingObserver, Unobserved
from cricketgnn.training.run import RunResult


class PlainLines(Unobserved):
    """One line an epoch, for pipes, logs and terminals that cannot redraw."""

    def __init__(self, console: Console, epochs: int) -> None:
        self.console = console
        self.epochs = epochs

    def say(self, line: str) -> None:
        """Print the line."""
        self.console.print(line, soft_wrap=True, markup=False)

    def on_epoch(self, report: EpochReport, best: bool) -> None:
        """Print the epoch's line."""
        self.say(epoch_line(report, self.epochs, best))

    def on_stop_request(self, epoch: int) -> None:
        """Say what will happen."""
        self.say(stop_line(epoch))


class LiveProgress(Unobserved):
    """A bar for the batches of the running epoch, a line for every finished one."""

    def __init__(self, progress: Progress, epochs: int) -> None:
        self.progress = progress
        self.epochs = epochs
        self.task = progress.add_task("epoch 1", total=None)

    def say(self, line: str) -> None:
        """Print the line above the bar."""
        self.progress.console.print(line, soft_wrap=True, markup=False)

    def on_batch(self, epoch: int, done: int, total: int, loss: float) -> None:
        """Move the bar."""
        words = f"epoch {epoch}/{self.epochs}  loss {loss:.4f}"
        self.progress.update(self.task, completed=done, total=total, description=words)

    def on_epoch(self, report: EpochReport, best: bool) -> None:
        """Print the epoch's line above the bar and start the next."""
        self.say(epoch_line(report, self.epochs, best))
        if report.epoch < self.epochs:
            self.progress.reset(self.task, description=f"epoch {report.epoch + 1}/{self.epochs}")
        else:
            self.progress.update(self.task, description="fitting the decision rule", refresh=True)

    def on_stop_request(self, epoch: int) -> None:
        """Say what will happen above the bar."""
        self.say(stop_line(epoch))


@contextmanager
def watching(console: Console, epochs: int) -> Iterator[TrainingObserver]:
    """Show a training while inside: a live bar on a terminal, plain lines anywhere else."""
    if not console.is_terminal:
        yield PlainLines(console, epochs)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeLeft(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        yield LiveProgress(progress, epochs)


def epoch_line(report: EpochReport, epochs: int, best: bool) -> str:
    """Put an epoch into one line."""
    return (
        f"epoch {report.epoch:>{len(str(epochs))}}/{epochs}  train {report.train_loss:.4f}  "
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
        "best_epoch": result.best.epoch,
        "validation": {
            "log_loss": result.best.val_log_loss,
            "skill": result.best.val_skill,
            "macro_f1": result.best.val_macro_f1,
            "macro_f1_rule": result.val_macro_f1_rule,
        },
        "seconds": sum(report.seconds for report in result.history),
        "history": [report.to_json() for report in result.history],
    }


def describe_run(screen: Console, result: RunResult) -> None:
    """Print what a training ended with and what to do next."""
    table = Table(title="Best epoch on validation", title_justify="left", box=None, show_header=False)
    table.add_row("epoch", f"{result.best.epoch} of {len(result.history)}")
    table.add_row("log loss", f"{result.best.val_log_loss:.4f}")
    table.add_row("skill over the class prior", f"{result.best.val_skill:+.2%}")
    table.add_row("macro-F1 by argmax", f"{result.best.val_macro_f1:.3f}")
    table.add_row("macro-F1 by decision rule", f"{result.val_macro_f1_rule:.3f}")
    screen.print(table)
    screen.print(f"run folder: {result.folder}", soft_wrap=True, markup=False)
    screen.print(f"next: cricketgnn test {result.folder}", soft_wrap=True, markup=False)
