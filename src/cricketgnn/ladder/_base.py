"""What a rung gives, whatever it is made of."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol

from cricketgnn.entries import Log
from cricketgnn.features.grouped import Floats
from cricketgnn.ladder.task import Task

FORECASTS: Final = "forecasts.npz"
"""What a rung leaves in its folder once it has come to its end."""


def place_of(name: str) -> str:
    """Name the folder of a model below that of its ladder."""
    return name.replace(" ", "_")


class Forecasts(NamedTuple):
    """One model's probabilities of the bat outcome.

    Attributes:
        validation: of every delivery of the validation matches, ``[Dv, 7]``.
        test: of every delivery of the test matches, ``[Dt, 7]``.
        fit_seconds: to make the model, its choices on validation included.
        predict_seconds: to forecast both parts.
        chosen: what was chosen on validation, plain values.
        validation_kinds, test_kinds: the same of the delivery kind, ``[D, 3]``; None where it says nothing.
    """

    validation: Floats
    test: Floats
    fit_seconds: float
    predict_seconds: float
    chosen: dict[str, Any]
    validation_kinds: Floats | None = None
    test_kinds: Floats | None = None


class Rung(Protocol):
    """One model of the ladder."""

    name: str

    def settings(self, task: Task) -> dict[str, Any]:
        """Give what decides the forecasts beside the task's matches, as plain values."""

    def forecast(self, task: Task, folder: Path, say: Log) -> Forecasts:
        """Fit on training, choose on validation, forecast validation and test.

        Args:
            task: the deliveries.
            folder: a place of its own, which is there, for what takes long to make again.
            say: told what is going on, a line each.
        """
