"""The two lowest rungs: the class prior, and a table of the moment."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, Final

import numpy as np

from cricketgnn.cricket.outcomes import N_OUTCOMES
from cricketgnn.cricket.overs import TWENTIETHS, twentieths
from cricketgnn.entries import Log
from cricketgnn.features.grouped import Floats, Ints
from cricketgnn.ladder._base import Forecasts
from cricketgnn.ladder.task import Part, Task, counts, log_loss

_WICKETS: Final = 11
_STRENGTHS: Final = (10.0, 30.0, 100.0, 300.0, 1e3, 3e3, 1e4, 1e5)


class ClassPrior:
    """The shares of the outcomes in training, by sex."""

    name = "class-prior"

    def settings(self, task: Task) -> dict[str, Any]:
        """There are none."""
        return {}

    def forecast(self, task: Task, folder: Path, say: Log) -> Forecasts:
        """Say the same of every delivery of a sex."""
        shares = task.graphs.fitted.priors.outcome.astype(np.float32)
        began = time.perf_counter()
        validation, test = (shares[task.part(name).female.astype(int)] for name in ("val", "test"))
        return Forecasts(validation, test, 0.0, time.perf_counter() - began, {})


class LookupTable:
    """Shares by sex, innings, over and wickets, each cell shrunk to the one without its last key."""

    name = "lookup"

    def settings(self, task: Task) -> dict[str, Any]:
        """There are none: everything is chosen on validation."""
        return {}

    def forecast(self, task: Task, folder: Path, say: Log) -> Forecasts:
        """Count the cells on training and choose on validation how strongly they are shrunk."""
        began = time.perf_counter()
        training, validated = task.part("train"), task.part("val")
        levels = [counts(cells, training.outcome, size) for cells, size in _keys(task, training)]
        cells, came = _keys(task, validated)[-1][0], validated.outcome
        tables = {strength: _shrunk(levels, strength) for strength in _STRENGTHS}
        strength = min(tables, key=lambda one: log_loss(tables[one][cells], came))
        fitted = time.perf_counter()
        validation, test = (tables[strength][_keys(task, task.part(name))[-1][0]] for name in ("val", "test"))
        return Forecasts(
            validation, test, fitted - began, time.perf_counter() - fitted, {"strength": strength}
        )


def _keys(task: Task, part: Part) -> list[tuple[Ints, int]]:
    """Number the cells of each level, from sex down, with how many there are: each splits the one before."""

    def of(name: str) -> Ints:
        return task.column(part, name).astype(np.int64)

    over = twentieths(of("balls_bowled"), of("scheduled_balls"))
    steps = ((part.female.astype(np.int64), 2), (of("is_chase"), 2), (over, TWENTIETHS))
    wickets = np.minimum(of("wickets_down"), _WICKETS - 1)
    levels: list[tuple[Ints, int]] = []
    cells, size = np.zeros(len(part.rows), dtype=np.int64), 1
    for values, step in (*steps, (wickets, _WICKETS)):
        cells, size = cells * step + values, size * step
        levels.append((cells, size))
    return levels


def _shrunk(levels: list[np.ndarray], strength: float) -> Floats:
    """Shrink each level's shares to its parent's, from the top, ``[cells of the last level, 7]``."""
    shares = np.full((1, N_OUTCOMES), 1 / N_OUTCOMES)
    for level in levels:
        parent = np.repeat(shares, len(level) // len(shares), axis=0)
        shares = (level + strength * parent) / (level.sum(axis=1, keepdims=True) + strength)
    return shares.astype(np.float32)
