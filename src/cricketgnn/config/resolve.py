"""From defaults, files, environment and command line to one configuration that says where it came from.

Later sources win: defaults < ``--config`` file < environment < ``--best-params`` < command line. The
search's best parameters stand above the file because naming them on the command line is the more recent
wish; a value typed as an option stands above both.

Every setting has a flat name that is unique over all groups (``hidden_dim``, ``lr``, ``val_from``), used
by the command line (``--hidden-dim``), the environment (``CRICKETGNN_HIDDEN_DIM``) and
``best_params.json`` alike. A TOML file may write it flat or in its group (``[model] hidden_dim = 64``).
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from cricketgnn.config.models import Frozen, RunConfig
from cricketgnn.errors import ConfigError, UnknownNameError

ENVIRONMENT_PREFIX: Final = "CRICKETGNN_"
RESERVED_ENVIRONMENT: Final = frozenset({"CACHE_DIR", "REAL_DATA"})
"""Variables with our prefix that are no settings of a run."""

_GROUPS: Final[dict[str, type[Frozen]]] = {
    name: field.annotation
    for name, field in RunConfig.model_fields.items()
    if isinstance(field.annotation, type)
}
SETTINGS: Final[dict[str, str]] = {
    setting: group for group, model in _GROUPS.items() for setting in model.model_fields
}
"""Flat name of every setting, to the group it lives in."""


@dataclass(frozen=True)
class Origin:
    """Where a value came from, as a person would say it: ``default``, ``--lr``, ``best.json (phase1)``."""

    source: str


@dataclass(frozen=True)
class ResolvedConfig:
    """A run's configuration and the origin of each of its settings, by flat name."""

    config: RunConfig
    origins: Mapping[str, Origin]

    def to_toml(self) -> str:
        """Write the configuration as TOML that ``--config`` reads back, origins as comments."""
        lines: list[str] = []
        for group, model in _GROUPS.items():
            lines.append(f"[{group}]")
            values = getattr(self.config, group).model_dump(mode="json")
            for setting in model.model_fields:
                shown = _toml_value(values[setting])
                origin = self.origins[setting].source
                if shown is None:
                    lines.append(f"# {setting} is not set  ({origin})")
                else:
                    lines.append(f"{setting} = {shown}  # {origin}")
            lines.append("")
        return "\n".join(lines)

    def to_json(self) -> dict[str, Any]:
        """Give the configuration and its origins as plain values."""
        return {
            "config": self.config.model_dump(mode="json"),
            "origins": {name: origin.source for name, origin in self.origins.items()},
        }


def resolve_run_config(
    command_line: Mapping[str, Any],
    config_file: Path | None = None,
    best_params: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> ResolvedConfig:
    """Put the sources together.

    Args:
        command_line: flat settings typed as options; None means "not typed".
        config_file: a TOML file.
        best_params: what ``tune`` wrote as ``best_params.json``.
        environment: normally ``os.environ``.

    Raises:
        UnknownNameError: a key no setting has, with the closest one.
        ConfigError: a value that does not hold, a file that cannot be read.
    """
    values: dict[str, Any] = {}
    origins = {name: Origin("default") for name in SETTINGS}

    def take(settings: Mapping[str, Any], source: str) -> None:
        for name, value in settings.items():
            values[name] = value
            origins[name] = Origin(source)

    if config_file is not None:
        take(_read_toml(config_file), str(config_file))
    for name, value in _from_environment(environment or {}).items():
        take({name: value}, ENVIRONMENT_PREFIX + name.upper())
    if best_params is not None:
        for name, value, phase in read_best_params(best_params):
            take({name: value}, f"{best_params} ({phase})")
    for name, value in command_line.items():
        if value is not None:
            _check_known([name], "on the command line")
            take({name: value}, "--" + name.replace("_", "-"))
    return ResolvedConfig(_validated(values, origins), origins)


def read_best_params(path: Path) -> list[tuple[str, Any, str]]:
    """Read ``best_params.json``: each parameter's flat name, value and the phase that chose it.

    Raises:
        ConfigError: the file is missing, no JSON, or not of the tuner's form.
    """
    text = _read_text(path, "best parameters")
    try:
        document = json.loads(text)
        parameters = document["parameters"]
        found = [(str(name), entry["value"], str(entry["phase"])) for name, entry in parameters.items()]
    except json.JSONDecodeError as error:
        raise ConfigError(f"{path}: not JSON ({error}); expected the best_params.json of a search") from error
    except (KeyError, TypeError, AttributeError) as error:
        raise ConfigError(
            f"{path}: no 'parameters' with a value and a phase each; expected a search's best_params.json"
        ) from error
    _check_known((name for name, _, _ in found), f"in {path}")
    return found


def _validated(values: Mapping[str, Any], origins: Mapping[str, Origin]) -> RunConfig:
    grouped: dict[str, dict[str, Any]] = {group: {} for group in _GROUPS}
    for name, value in values.items():
        grouped[SETTINGS[name]][name] = value
    try:
        return RunConfig.model_validate(grouped)
    except ValidationError as error:
        raise ConfigError("; ".join(_explain(problem, origins) for problem in error.errors())) from error


def _explain(problem: Any, origins: Mapping[str, Origin]) -> str:
    message = str(problem["msg"]).removeprefix("Value error, ")
    if len(problem["loc"]) < 2:  # a check across the settings of a group: the message names them
        return message
    setting = str(problem["loc"][1])
    return f"{setting} = {problem['input']!r} ({origins[setting].source}): {message}"


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        document = tomllib.loads(_read_text(path, "configuration"))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not TOML: {error}") from error
    flat: dict[str, Any] = {}
    for key, value in document.items():
        if key in _GROUPS and isinstance(value, dict):
            _check_known(value, f"in {path} [{key}]", _GROUPS[key].model_fields)
            flat.update(value)
        else:
            _check_known([key], f"in {path}", [*SETTINGS, *_GROUPS])
            flat[key] = value
    return flat


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    settings: dict[str, Any] = {}
    for variable, text in environment.items():
        if not variable.startswith(ENVIRONMENT_PREFIX):
            continue
        name = variable.removeprefix(ENVIRONMENT_PREFIX)
        if name in RESERVED_ENVIRONMENT:
            continue
        known = [ENVIRONMENT_PREFIX + setting.upper() for setting in SETTINGS]
        _check_known([variable], "in the environment", known)
        settings[name.lower()] = (text,) if name == "DATA" else text
    return settings


def _check_known(names: Iterable[str], where: str, known: Iterable[str] = SETTINGS) -> None:
    accepted = list(known)
    for name in names:
        if name not in accepted:
            raise UnknownNameError("setting", name, accepted, where)


def _read_text(path: Path, what: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot read the {what} file: {error}") from error


def _toml_value(value: Any) -> str | None:
    """Write one plain value as TOML; None has no form there."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "[" + ", ".join(str(_toml_value(item)) for item in value) + "]"
    return json.dumps(value) if isinstance(value, str) else repr(value)
