"""From a search space to the parameters of one trial, and from there to a configuration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import optuna

from cricketgnn.config import ModelConfig, Origin, ResolvedConfig, RunConfig, TrainingConfig
from cricketgnn.config.models import SETTINGS
from cricketgnn.config.search_space import Choice, FloatRange, SearchSpace


def suggest(trial: optuna.Trial, space: SearchSpace) -> dict[str, Any]:
    """Ask the sampler for a value of every dimension."""
    values: dict[str, Any] = {}
    for name, dimension in space.parameters.items():
        if isinstance(dimension, Choice):
            values[name] = trial.suggest_categorical(name, dimension.choices)
        elif isinstance(dimension, FloatRange):
            values[name] = trial.suggest_float(name, dimension.low, dimension.high, log=dimension.log)
        else:
            values[name] = trial.suggest_int(name, dimension.low, dimension.high)
    return values


def with_parameters(base: ResolvedConfig, values: Mapping[str, Any], source: str) -> ResolvedConfig:
    """Put a trial's parameters into the base configuration, checked as a whole.

    Raises:
        pydantic.ValidationError: the combination does not hold together (heads that do not divide a width).
    """
    document = base.config.model_dump()
    for name, value in values.items():
        document[SETTINGS[name]][name] = value
    origins = {**base.origins, **{name: Origin(source) for name in values}}
    return ResolvedConfig(RunConfig.model_validate(document), origins)


def known_good(base: ResolvedConfig, space: SearchSpace) -> dict[str, Any]:
    """Give the base configuration's own values of the dimensions, for trial 0; those outside are left out."""
    values = {}
    for name, dimension in space.parameters.items():
        value = getattr(getattr(base.config, SETTINGS[name]), name)
        inside = (
            value in dimension.choices
            if isinstance(dimension, Choice)
            else dimension.low <= value <= dimension.high
        )
        if inside:
            values[name] = value
    return values


def in_force(resolved: ResolvedConfig, chosen: Mapping[str, Any], phase: str) -> dict[str, Any]:
    """List every model and training parameter of the winner with the phase that chose it.

    Parameters that this phase did not search keep the phase that did, or ``default``, so that handing the
    file from phase to phase never loses one.
    """
    document: dict[str, Any] = {}
    for group, model in (("model", ModelConfig), ("training", TrainingConfig)):
        values = getattr(resolved.config, group).model_dump(mode="json")
        for name in model.model_fields:
            if name in _NOT_TUNED:
                continue
            origin = resolved.origins[name]
            by = phase if name in chosen else origin.phase or origin.source
            document[name] = {"value": values[name], "phase": by}
    return document


_NOT_TUNED = frozenset({"seed", "device", "epochs", "patience", "batch_size"})
"""Settings of the search itself, not of the model it finds."""
