"""A user's own search space: a TOML file with a table for each setting that shall vary.

::

    [lr]
    low = 1e-4
    high = 3e-3
    log = true

    [hidden_dim]
    choices = [64, 96, 128]
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from cricketgnn.config.explaining import expected_of
from cricketgnn.config.models import GROUPS, SETTINGS
from cricketgnn.config.readers import read_text
from cricketgnn.config.search_space import Choice, FloatRange, IntRange, SearchSpace
from cricketgnn.errors import ConfigError, UnknownNameError, closest

FIXED: Final = frozenset(
    {*GROUPS["data"].model_fields, *("seed", "seeds", "device", "precision", "epochs", "patience")}
)
"""Settings of a search that trials, single networks, must share to be compared."""
SEARCHABLE: Final = tuple(name for name in SETTINGS if name not in FIXED)


def read_space(path: Path) -> SearchSpace:
    """Read a search space from a TOML file.

    Raises:
        UnknownNameError: a setting or key nobody knows, with the closest one.
        ConfigError: a file that cannot be read, a range that does not hold together.
    """
    try:
        document = tomllib.loads(read_text(path, "search space"))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not TOML: {error}; expected a table a setting: [lr]") from error
    if not document:
        raise ConfigError(f"{path}: an empty search space; expected a table a setting: [lr]")
    return SearchSpace(parameters={name: _dimension(path, name, entry) for name, entry in document.items()})


def _dimension(path: Path, name: str, entry: Any) -> FloatRange | IntRange | Choice:
    if name in FIXED:
        raise ConfigError(
            f"{path}: {name} cannot be searched: trials must share it to be compared; set it for all of them"
        )
    if name not in SEARCHABLE:
        raise UnknownNameError("setting", name, SEARCHABLE, f"in {path}")
    if not isinstance(entry, dict):
        raise ConfigError(f"{path}: {name} is {entry!r}, expected a table with choices, or low and high")
    kind = _kind(name, entry)
    for key in entry:
        if key not in kind.model_fields:
            known = [field for field in kind.model_fields if field != "kind"]
            raise UnknownNameError("key", key, known, f"in {path} [{name}]")
    try:
        return kind.model_validate(entry)
    except ValidationError as error:
        raise ConfigError("; ".join(_explain(path, name, problem) for problem in error.errors())) from error


def _kind(name: str, entry: dict[str, Any]) -> type[FloatRange | IntRange | Choice]:
    near = closest("choices", (key for key in entry if key not in ("low", "high", "log", "step")))
    if "choices" in entry or near:
        return Choice
    whole = _setting_type(GROUPS[SETTINGS[name]], name) is int
    return IntRange if whole else FloatRange


def _setting_type(group: type[BaseModel], name: str) -> Any:
    return group.model_fields[name].annotation


def _explain(path: Path, name: str, problem: Any) -> str:
    message = expected_of(problem)
    place = ".".join(str(part) for part in (name, *problem["loc"]))
    got = "" if problem["type"] in ("missing", "value_error") else f" (got {problem['input']!r})"
    return f"{path}: {place}: {message}{got}"
