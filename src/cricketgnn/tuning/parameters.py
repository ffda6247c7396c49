"""From a search space to the parameters of one trial, and from there to a configuration."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from enum import EnumType
from itertools import product
from pathlib import Path
from typing import Annotated, Any, Final

import optuna
from pydantic import TypeAdapter, ValidationError

from cricketgnn.config import ModelConfig, Origin, ResolvedConfig, RunConfig, TrainingConfig
from cricketgnn.config.explaining import expected_of
from cricketgnn.config.models import GROUPS, SETTINGS
from cricketgnn.config.readers import read_best_params
from cricketgnn.config.search_space import Choice, Dimension, FloatRange, SearchSpace
from cricketgnn.errors import ConfigError, closest
from cricketgnn.words import either

_OF_THE_SEARCH: Final = frozenset(
    {"seed", "seeds", "device", "precision", "epochs", "patience", "batch_size"}
)
"""Settings of the search itself, not of the model it finds; listed for the next phase if searched."""
_TOGETHER: Final = ("hidden_dim", "num_heads")
"""Settings that constrain each other."""


def shown(value: Any) -> str:
    """Show a parameter's value in few characters."""
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def suggest(trial: optuna.Trial, space: SearchSpace) -> dict[str, Any]:
    """Ask the sampler for a value of every dimension."""
    values: dict[str, Any] = {}
    for name, dim in space.parameters.items():
        if isinstance(dim, Choice):
            values[name] = trial.suggest_categorical(name, dim.choices)
        elif isinstance(dim, FloatRange):
            values[name] = trial.suggest_float(name, dim.low, dim.high, log=dim.log, step=dim.step)
        else:
            values[name] = trial.suggest_int(name, dim.low, dim.high, log=dim.log, step=dim.step)
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
    return replace(base, config=RunConfig.model_validate(document), origins=origins)


def with_best_params(base: ResolvedConfig, path: Path) -> ResolvedConfig:
    """Put what an earlier phase chose into a configuration, every setting with the phase it came from.

    Raises:
        ConfigError: the file cannot be read, or is none of ours.
    """
    parameters, chosen_on = read_best_params(path)
    resolved = with_parameters(base, {name: value for name, value, _ in parameters}, str(path))
    origins = {name: Origin(f"{path} ({phase})", phase) for name, _, phase in parameters}
    return replace(resolved, origins={**resolved.origins, **origins}, chosen_on=chosen_on)


def check_space(base: ResolvedConfig, space: SearchSpace) -> None:
    """Make sure that every trial of a space has a configuration that holds together.

    Raises:
        ConfigError: a value that its setting does not take, or heads that do not divide a width.
    """
    for name, dim in space.parameters.items():
        for value in dim.ends():
            _check_value(name, value)
    widths, heads = (_all_values(base, space, name) for name in _TOGETHER)
    for width, count in product(widths, heads):
        if width % count:
            raise ConfigError(
                f"the search space combines hidden_dim {width} with num_heads {count}, which does not divide "
                "it; leave out one of them"
            )


def _check_value(name: str, value: Any) -> None:
    field = GROUPS[SETTINGS[name]].model_fields[name]
    is_enum = isinstance(field.annotation, EnumType)
    known = [str(member.value) for member in field.annotation] if is_enum else []  # type: ignore[union-attr]
    accepted = TypeAdapter[Any](Annotated[field.annotation, field])  # type: ignore[arg-type]
    try:
        accepted.validate_python(value, strict=not known)
    except ValidationError as error:
        reason = expected_of(error.errors()[0])
        if known:
            near = closest(str(value), known)
            reason = f"expected {either(known)}" + (f"; did you mean '{near}'?" if near else "")
        raise ConfigError(f"the search space has {name} {value!r}: {reason}") from error


def _all_values(base: ResolvedConfig, space: SearchSpace, name: str) -> list[int]:
    dim = space.parameters.get(name)
    if dim is None:
        return [int(getattr(base.config.model, name))]
    return [int(value) for value in _values(dim)]


def _values(dim: Dimension) -> Iterator[Any]:
    if isinstance(dim, Choice):
        yield from dim.choices
    elif isinstance(dim, FloatRange):
        yield from dim.ends()
    else:
        yield from range(dim.low, dim.high + 1, dim.step)


def known_good(base: ResolvedConfig, space: SearchSpace) -> dict[str, Any]:
    """Give the base configuration's own values of the dimensions, for trial 0; those outside are left out."""
    values = {}
    for name, dim in space.parameters.items():
        value = getattr(getattr(base.config, SETTINGS[name]), name)
        if _holds(dim, value):
            values[name] = value
    return values


def _holds(dim: Dimension, value: Any) -> bool:
    if isinstance(dim, Choice):
        return value in dim.choices
    if not dim.low <= value <= dim.high:
        return False
    return not dim.step or abs((value - dim.low) / dim.step - round((value - dim.low) / dim.step)) < 1e-9


def in_force(resolved: ResolvedConfig, chosen: Mapping[str, Any], phase: str) -> dict[str, Any]:
    """List every model and training parameter of the winner with the phase that chose it.

    Parameters that this phase did not search keep the phase that did, or ``default``, so that handing the
    file from phase to phase never loses one.
    """
    document: dict[str, Any] = {}
    for group, model in (("model", ModelConfig), ("training", TrainingConfig)):
        values = getattr(resolved.config, group).model_dump(mode="json")
        for name in model.model_fields:
            origin = resolved.origins[name]
            if name in _OF_THE_SEARCH and name not in chosen and origin.phase is None:
                continue
            by = phase if name in chosen else origin.phase or origin.source
            document[name] = {"value": values[name], "phase": by}
    return document
