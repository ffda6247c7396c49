"""What a training tells of itself: a report an epoch, and whoever watches."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

from cricketgnn.config import RunConfig


@dataclass(frozen=True)
class EpochReport:
    """What one epoch brought. Losses are nats a delivery; speed counts training deliveries only.

    Where the loss bends probabilities, the validation scores are those of probabilities set right, each
    match by a scaling fitted on others: comparable whatever was trained on.

    ``epoch`` counts from 1 within each network of an ensemble, ``member`` the networks.
    """

    epoch: int
    train_loss: float
    val_log_loss: float
    val_skill: float
    val_macro_f1: float
    learning_rate: float
    seconds: float
    deliveries_per_second: float
    member: int = 1

    def to_json(self) -> dict[str, Any]:
        """Give the report as plain values."""
        return asdict(self)


class TrainingObserver(Protocol):
    """Somebody who watches a training; the null object is :class:`Unobserved`."""

    def say(self, line: str) -> None:
        """Hear a line for people."""

    def on_run(self, folder: Path, config: RunConfig, facts: dict[str, Any]) -> None:
        """Hear that a run begins or goes on: its folder, its settings, its provenance."""

    def on_batch(self, epoch: int, done: int, total: int, loss: float) -> None:
        """Hear of every batch."""

    def on_epoch(self, report: EpochReport, best: bool) -> None:
        """Hear of every epoch."""

    def on_stop_request(self, epoch: int) -> None:
        """Hear once that the user asked to stop, which will happen at the end of this epoch."""


class Unobserved:
    """Nobody watches."""

    def say(self, line: str) -> None:
        """Do nothing."""

    def on_run(self, folder: Path, config: RunConfig, facts: dict[str, Any]) -> None:
        """Do nothing."""

    def on_batch(self, epoch: int, done: int, total: int, loss: float) -> None:
        """Do nothing."""

    def on_epoch(self, report: EpochReport, best: bool) -> None:
        """Do nothing."""

    def on_stop_request(self, epoch: int) -> None:
        """Do nothing."""
