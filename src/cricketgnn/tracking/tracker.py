"""What a service for tracking experiments must be able to do; one file for each service stands beside it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import plotly.graph_objects as go


@dataclass(frozen=True)
class TrackedRun:
    """A run as a service shows it.

    Attributes:
        key: stable and unique in the project: a run that is continued has the key it had.
        name: for people.
        kind: ``train``, ``test``, ``study``, or the phase a trial belongs to.
        group: name of the study it belongs to; None for a run by itself.
        config: settings, as plain values.
        watch_machine: whether the load of this process says something about the run.
    """

    key: str
    name: str
    kind: str
    group: str | None = None
    config: Mapping[str, Any] = field(default_factory=dict)
    watch_machine: bool = False


def model_name(of: str) -> str:
    """Name the best model of a run or study: up to 128 letters, digits and ``-_.``, which W&B takes."""
    return re.sub(r"[^\w.-]", "-", f"{of[:100]}-model", flags=re.ASCII)


@dataclass(frozen=True)
class TrackedTable:
    """Rows for people."""

    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]


Media: TypeAlias = Mapping[str, go.Figure | TrackedTable]


class Tracker(Protocol):
    """Shows runs elsewhere. Whatever it raises ends the tracking, never the run."""

    def begin(self, run: TrackedRun) -> None:
        """Show a run, or go on with one of the same key."""

    def log(self, key: str, values: Mapping[str, float], step: int) -> None:
        """Add one point to curves of a run."""

    def show(self, key: str, make: Callable[[], Media]) -> None:
        """Put what is made, figures and tables by name, beside a run; the latest of a name counts."""

    def keep(self, key: str, file: Path, name: str, facts: Mapping[str, Any]) -> None:
        """Keep a model beside a run, under a name of its own, with what is known of it."""

    def end(self, key: str, summary: Mapping[str, Any], succeeded: bool) -> None:
        """Say what a run came to."""

    def close(self) -> None:
        """Send what is left, within a limited time."""

    def abandon(self) -> None:
        """Let go of what is left at once, also while another thread waits for it: the program ends now."""


class Untracked:
    """Shows nothing anywhere."""

    def begin(self, run: TrackedRun) -> None:
        """Do nothing."""

    def log(self, key: str, values: Mapping[str, float], step: int) -> None:
        """Do nothing."""

    def show(self, key: str, make: Callable[[], Media]) -> None:
        """Do nothing."""

    def keep(self, key: str, file: Path, name: str, facts: Mapping[str, Any]) -> None:
        """Do nothing."""

    def end(self, key: str, summary: Mapping[str, Any], succeeded: bool) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""

    def abandon(self) -> None:
        """Do nothing."""
