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
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from cricketgnn.config.explaining import expected_of
from cricketgnn.config.models import GROUPS, SETTINGS, RunConfig
from cricketgnn.config.readers import (
    ENVIRONMENT_PREFIX,
    ChosenOn,
    check_known,
    read_best_params,
    read_environment,
    read_toml,
)
from cricketgnn.errors import ConfigError, closest
from cricketgnn.words import either

_OPTIONS: Final = {"use_class_weights": "--class-weights"}
"""Options that are not called like their setting."""


@dataclass(frozen=True)
class Origin:
    """Where a value came from, as a person would say it: ``default``, ``--lr``, ``best.json (phase1)``.

    Attributes:
        source: the words.
        phase: the phase of a search that chose the value, where one did.
    """

    source: str
    phase: str | None = None


@dataclass(frozen=True)
class ResolvedConfig:
    """A run's configuration and where it came from.

    Attributes:
        config: the settings.
        origins: of each setting, by flat name.
        chosen_on: the matches that a search chose some of them on; None without ``--best-params``.
    """

    config: RunConfig
    origins: Mapping[str, Origin]
    chosen_on: ChosenOn | None = None

    def to_toml(self) -> str:
        """Write the configuration as TOML that ``--config`` reads back, origins as comments."""
        lines: list[str] = []
        for group, model in GROUPS.items():
            lines.append(f"[{group}]")
            values = getattr(self.config, group).model_dump(mode="json")
            for setting in model.model_fields:
                shown = _toml_value(values[setting])
                origin = _comment(self.origins[setting].source)
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
    defaults: Mapping[str, Any] | None = None,
) -> ResolvedConfig:
    """Put the sources together.

    Args:
        command_line: flat settings typed as options; None means "not typed".
        config_file: a TOML file.
        best_params: what ``tune`` wrote as ``best_params.json``.
        environment: normally ``os.environ``.
        defaults: the command's own defaults, where they are not those of a training.

    Raises:
        UnknownNameError: a key no setting has, with the closest one.
        ConfigError: a value that does not hold, a file that cannot be read.
    """
    values: dict[str, Any] = dict(defaults or {})
    origins = {name: Origin("default") for name in SETTINGS}

    def take(name: str, value: Any, source: str, phase: str | None = None) -> None:
        values[name] = value
        origins[name] = Origin(source, phase)

    if config_file is not None:
        for name, value in read_toml(config_file).items():
            take(name, value, str(config_file))
    for name, value in read_environment(environment or {}).items():
        take(name, value, ENVIRONMENT_PREFIX + name.upper())
    chosen_on = None
    if best_params is not None:
        parameters, chosen_on = read_best_params(best_params)
        for name, value, phase in parameters:
            take(name, value, f"{best_params} ({phase})", phase)
    typed = {name: value for name, value in command_line.items() if value is not None}
    check_known(typed, "on the command line")
    for name, value in typed.items():
        take(name, value, _OPTIONS.get(name, "--" + name.replace("_", "-")))
    return ResolvedConfig(_validated(values, origins), origins, chosen_on)


def _validated(values: Mapping[str, Any], origins: Mapping[str, Origin]) -> RunConfig:
    grouped: dict[str, dict[str, Any]] = {group: {} for group in GROUPS}
    for name, value in values.items():
        grouped[SETTINGS[name]][name] = value
    try:
        return RunConfig.model_validate(grouped)
    except ValidationError as error:
        raise ConfigError("; ".join(_explain(problem, origins) for problem in error.errors())) from error


def _explain(problem: Any, origins: Mapping[str, Origin]) -> str:
    message = expected_of(problem)
    if len(problem["loc"]) < 2:  # a check across the settings of a group: the message names them
        return message
    setting = str(problem["loc"][1])
    if problem["type"] == "enum":
        known = [str(value) for value in _choices(setting)]
        near = closest(str(problem["input"]), known)
        message = f"expected {either(known)}" + (f"; did you mean '{near}'?" if near else "")
    shown = json.dumps(problem["input"], default=str, ensure_ascii=False)
    return f"{setting} = {shown} ({origins[setting].source}): {message}"


def _choices(setting: str) -> Any:
    return GROUPS[SETTINGS[setting]].model_fields[setting].annotation


def _comment(text: str) -> str:
    """Make a text fit for a TOML comment, which is one line of printable characters."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def _toml_value(value: Any) -> str | None:
    """Write one plain value as TOML; None has no form there."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "[" + ", ".join(str(_toml_value(item)) for item in value) + "]"
    if isinstance(value, str):
        # JSON's escapes are TOML's, but for pairs of surrogates (so no ASCII) and DEL.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return repr(value)
