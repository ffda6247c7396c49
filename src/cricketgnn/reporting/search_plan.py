"""A search that was not run, on the console: what it would search and cost."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cricketgnn.config.search_space import Choice, Dimension
from cricketgnn.reporting.sentences import duration
from cricketgnn.tuning.dry_run import SearchPlan
from cricketgnn.tuning.parameters import shown
from cricketgnn.words import counted


def describe_plan(screen: Console, plan: SearchPlan) -> None:
    """Print the space, what is fixed and by whom, some configurations, and the cost."""
    screen.print(f"Search space of {plan.request.phase.value}")
    space = _table("parameter", "values")
    for name, dim in plan.request.space.parameters.items():
        space.add_row(name, Text(range_words(dim)))
    screen.print(space)
    screen.print("Fixed")
    fixed = _table("setting", "value", "from")
    for name, entry in plan.fixed.items():
        fixed.add_row(name, Text(str(entry["value"])), Text(str(entry["phase"])))
    screen.print(fixed)
    screen.print(
        f"Sample configurations, of {plan.points:,} points of the grid"
        if plan.points
        else "Sample configurations, the first as it stands where the ranges allow",
        soft_wrap=True,
    )
    samples = _table("an epoch", "parameters")
    for sample, seconds in zip(plan.samples, plan.epoch_seconds, strict=True):
        words = ", ".join(f"{name} {shown(value)}" for name, value in sample.items())
        samples.add_row(duration(seconds), Text(words))
    screen.print(samples)
    tuning, sizes = plan.request.tuning, plan.innings
    screen.print(
        f"innings: {sizes['train']:,} training, {sizes['val']:,} validation, {sizes['test']:,} test",
        soft_wrap=True,
    )
    epochs = plan.request.config.training.epochs
    confirmed = min(tuning.confirm, plan.n_trials)
    screen.print(
        f"{counted(plan.n_trials, 'trial')} of at most {counted(epochs, 'epoch')}, {tuning.sampler} "
        f"sampler, {tuning.pruner} pruner; {plan.resources.words}; then {confirmed} confirmed on "
        f"{counted(tuning.seeds, 'fresh seed')}",
        soft_wrap=True,
    )
    screen.print(
        f"at most {duration(plan.seconds)} of training; pruning and early stopping end most trials sooner",
        soft_wrap=True,
    )


def describe_row(screen: Console, phases: int, seconds: float) -> None:
    """Print what phases in a row cost together; nothing of a phase by itself."""
    if phases > 1:
        words = (
            f"{phases} phases in a row: at most {duration(seconds)}; each starts from the best of the last"
        )
        screen.print(words, soft_wrap=True)


def range_words(dim: Dimension) -> str:
    """Put a dimension into words: ``64, 128 or 256``; ``1e-4 to 3e-3, logarithmic``."""
    if isinstance(dim, Choice):
        *front, last = (str(choice) for choice in dim.choices)
        return f"{', '.join(front)} or {last}" if front else last
    words = f"{dim.low:g} to {dim.high:g}"
    if dim.log:
        return f"{words}, logarithmic"
    return words if dim.step in (None, 1) else f"{words} in steps of {dim.step:g}"


def _table(*columns: str) -> Table:
    table = Table(box=None)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table
