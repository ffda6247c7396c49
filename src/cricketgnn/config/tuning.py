"""How a search goes about it: how many trials, with what, for how long, and how the winner is confirmed."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Final, TypeVar

from pydantic import Field, ValidationError

from cricketgnn.config.explaining import expected_of
from cricketgnn.config.models import Frozen
from cricketgnn.errors import ConfigError, UnknownNameError

EPOCHS: Final = 30
"""Most epochs of a trial, where nobody says otherwise."""
_Name = TypeVar("_Name", bound=StrEnum)
_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class SamplerName(StrEnum):
    """Who proposes the parameters of a trial."""

    TPE = "tpe"
    RANDOM = "random"
    GP = "gp"
    CMAES = "cmaes"
    GRID = "grid"
    QMC = "qmc"


class PrunerName(StrEnum):
    """Who stops trials that are not worth finishing."""

    MEDIAN = "median"
    HYPERBAND = "hyperband"
    WILCOXON = "wilcoxon"
    SUCCESSIVE_HALVING = "successive-halving"
    NONE = "none"


class ExecutorName(StrEnum):
    """Where trials are trained."""

    LOCAL = "local"
    RAY = "ray"


class TuningConfig(Frozen):
    """The search itself, beside what is searched.

    Attributes:
        n_trials: finished trials (completed or pruned) the study shall have in all.
        workers: trials at the same time; None takes what the machine carries.
        sampler: who proposes.
        pruner: who stops early.
        trial_timeout: seconds after which one trial fails; None for no limit.
        confirm: how many of the best configurations are trained again on fresh seeds; 0 leaves it out.
        seeds: how many fresh seeds each of them gets.
        executor: where trials are trained: processes of this machine, or a Ray cluster.
    """

    n_trials: Annotated[int, Field(ge=1, le=1_000_000)] = 20
    workers: Annotated[int, Field(ge=1, le=256)] | None = None
    sampler: SamplerName = SamplerName.TPE
    pruner: PrunerName = PrunerName.MEDIAN
    trial_timeout: Annotated[float, Field(gt=0)] | None = None
    confirm: Annotated[int, Field(ge=0, le=100)] = 2
    seeds: Annotated[int, Field(ge=1, le=100)] = 3
    executor: ExecutorName = ExecutorName.LOCAL


def tuning_config(values: Mapping[str, Any]) -> TuningConfig:
    """Check how a search is to go about it.

    Raises:
        ConfigError: a value that does not hold, by the name of its option.
    """
    try:
        return TuningConfig.model_validate(values)
    except ValidationError as error:
        problems = (
            f"--{str(problem['loc'][0]).replace('_', '-')} {problem['input']}: {expected_of(problem)}"
            for problem in error.errors()
        )
        raise ConfigError("; ".join(problems)) from error


def parse_duration(text: str) -> float:
    """Read a duration such as ``90``, ``30s``, ``10m``, ``1.5h`` or ``2d`` as seconds.

    Raises:
        ConfigError: it is none, or not above 0.
    """
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?|\.\d+)\s*([smhd]?)\s*", text.lower())
    seconds = float(found[1]) * _UNITS[found[2] or "s"] if found else 0.0
    if not 0 < seconds < math.inf:
        raise ConfigError(f"got duration '{text}', expected a number above 0 with s, m, h or d: 10m, 1.5h")
    return seconds


def named(kind: str, known: type[_Name], name: str) -> _Name:
    """Find the member of an enumeration by its value, underscores or hyphens.

    Args:
        kind: what is being named, for the message.
        known: the enumeration.
        name: what was got.

    Raises:
        UnknownNameError: there is none; carries the closest.
    """
    try:
        return known(name.replace("_", "-"))
    except ValueError as error:
        raise UnknownNameError(kind, name, [member.value for member in known]) from error
