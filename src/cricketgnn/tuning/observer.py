"""Somebody who watches a search; events in the order they happen."""

from __future__ import annotations

from typing import Any, Protocol

from cricketgnn.training.observing import EpochReport


class SearchObserver(Protocol):
    """Hears of everything a search does; the null object is :class:`Unobserved`."""

    def say(self, line: str) -> None:
        """Hear a line for people."""

    def on_start(self, number: int, parameters: dict[str, Any]) -> None:
        """Hear that a trial began or goes on."""

    def on_progress(self, number: int, epoch: int, done: int, total: int) -> None:
        """Hear how far a trial's epoch is."""

    def on_epoch(self, number: int, report: EpochReport) -> None:
        """Hear of a finished epoch."""

    def on_end(self, number: int, state: str, value: float | None) -> None:
        """Hear that a trial ended: ``complete``, ``pruned``, ``fail`` or ``waiting``."""

    def on_retraining(self, key: str, share: float, report: EpochReport | None) -> None:
        """Hear how many epochs one of the winner protocol's trainings has done; the report of a whole one."""

    def on_retrained(self, key: str, state: str, value: float | None) -> None:
        """Hear that such a training ended: ``complete`` with its macro-F1, ``fail`` or ``waiting``."""


class Unobserved:
    """Nobody watches, and nobody is told."""

    def say(self, line: str) -> None:
        """Do nothing."""

    def on_start(self, number: int, parameters: dict[str, Any]) -> None:
        """Do nothing."""

    def on_progress(self, number: int, epoch: int, done: int, total: int) -> None:
        """Do nothing."""

    def on_epoch(self, number: int, report: EpochReport) -> None:
        """Do nothing."""

    def on_end(self, number: int, state: str, value: float | None) -> None:
        """Do nothing."""

    def on_retraining(self, key: str, share: float, report: EpochReport | None) -> None:
        """Do nothing."""

    def on_retrained(self, key: str, state: str, value: float | None) -> None:
        """Do nothing."""
