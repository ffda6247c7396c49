"""Multinomial logistic regression on empirical-Bayes rates and the state of the innings."""

from __future__ import annotations

import time
import warnings
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from cricketgnn.cricket.outcomes import N_OUTCOMES, OUTCOME_NAMES
from cricketgnn.cricket.overs import TWENTIETHS, twentieths
from cricketgnn.entries import Log
from cricketgnn.errors import DataError
from cricketgnn.features.grouped import Floats, Ints
from cricketgnn.ladder._base import Forecasts
from cricketgnn.ladder.tabular import tabular
from cricketgnn.ladder.task import Part, Task, log_loss

_PENALTIES: Final = (1.0, 30.0, 1000.0)
"""Weights of the squared coefficients against the loss summed over training, tried on validation."""
_MOST_STEPS: Final = 300
_FLOOR: Final = 1e-4
_WHOSE: Final = (
    *("striker_as_batter", "bowler_as_bowler", "non_striker_as_batter", "venue"),
    *("batting_side_team", "bowling_side_team", "competition", "era"),
)
_RATES: Final = tuple(f"{who}_{name}_rate" for who in _WHOSE for name in OUTCOME_NAMES)
_STEPS: Final[dict[str, tuple[float, ...]]] = {
    "wickets_down": tuple(range(1, 10)),
    "required_rate": (0.01, 4.5, 6, 7, 8, 9, 10, 11.5, 13, 15, 18, 24),
    "striker_balls": (1, 2, 4, 7, 11, 16, 26, 41),
    "striker_order": tuple(range(1, 11)),
    "bowler_balls": (1, 7, 13, 19),
    "over_balls": tuple(range(1, 6)),
}
"""Where the numbers of the moment are cut into steps, each with a coefficient of its own; as overs are."""
_FLAGS: Final = ("is_chase", "is_female", "is_international", "is_hundred", "free_hit")


class EBLogistic:
    """Log rates of everybody who takes part, and the moment in steps, in one linear model."""

    name = "eb-logistic"

    def settings(self, task: Task) -> dict[str, Any]:
        """There are none: everything is chosen on validation."""
        return {}

    def forecast(self, task: Task, folder: Path, say: Log) -> Forecasts:
        """Fit one model for each penalty on training; keep the one that forecasts validation best.

        Raises:
            DataError: all training deliveries ended alike.
        """
        began = time.perf_counter()
        training = task.part("train")
        faced = training.faced
        scaler = StandardScaler()
        x = scaler.fit_transform(_design(task, training)[faced])
        y = training.outcome[faced]
        if len(np.unique(y)) < 2:
            raise DataError(f"all {len(y)} training deliveries ended alike, expected two outcomes at least")
        validated, came = scaler.transform(_design(task, task.part("val"))), task.part("val").outcome
        tried: dict[float, _Tried] = {}
        for penalty in _PENALTIES:
            model = LogisticRegression(C=1 / penalty, max_iter=_MOST_STEPS)
            converged = _fit(model, x, y)
            forecast = _all_classes(model, validated)
            tried[penalty] = _Tried(log_loss(forecast, came), model, converged)
            early = "" if converged else ", not converged"
            say(f"{self.name}: penalty {penalty:g}, validation log loss {tried[penalty].loss:.4f}{early}")
        penalty = min(tried, key=lambda one: tried[one].loss)
        fitted = time.perf_counter()
        best = tried[penalty]
        validation, test = (
            _all_classes(best.model, scaler.transform(_design(task, task.part(name))))
            for name in ("val", "test")
        )
        chosen = {"penalty": penalty, "converged": best.converged}
        return Forecasts(validation, test, fitted - began, time.perf_counter() - fitted, chosen)


class _Tried(NamedTuple):
    loss: float
    model: LogisticRegression
    converged: bool


def _fit(model: LogisticRegression, x: Floats, y: Ints) -> bool:
    """Fit a model; tell whether it converged. One that did not may be chosen on validation all the same."""
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always", ConvergenceWarning)
        model.fit(x, y)
    others = [one for one in warned if not issubclass(one.category, ConvergenceWarning)]
    for one in others:
        warnings.warn_explicit(one.message, one.category, one.filename, one.lineno)
    return len(others) == len(warned)


def _design(task: Task, part: Part) -> Floats:
    """Give log rates and steps, those of the over once more for chases and once for women, ``[D, F]``."""
    rates = np.log(np.maximum(tabular(task, part, _RATES), _FLOOR))
    flags = tabular(task, part, _FLAGS)
    moment = {name: task.column(part, name) for name in (*_STEPS, "balls_bowled", "scheduled_balls")}
    balls, scheduled = (moment[name].astype(np.int64) for name in ("balls_bowled", "scheduled_balls"))
    overs = twentieths(balls, scheduled)[:, None] == np.arange(1, TWENTIETHS)
    steps = [
        np.searchsorted(edges, moment[name], side="right")[:, None] == np.arange(1, len(edges) + 1)
        for name, edges in _STEPS.items()
    ]
    crossed = [overs * flags[:, number, None] for number in range(2)]
    return np.concatenate([rates, flags, overs, *steps, *crossed], axis=1, dtype=np.float32)


def _all_classes(model: LogisticRegression, x: Floats) -> Floats:
    """Forecast all seven outcomes, also those that training never saw, ``[D, 7]``."""
    probabilities = np.full((len(x), N_OUTCOMES), _FLOOR / N_OUTCOMES, dtype=np.float32)
    probabilities[:, model.classes_] += model.predict_proba(x)
    return probabilities / probabilities.sum(axis=1, keepdims=True)
