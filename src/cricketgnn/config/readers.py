"""Settings as they are written down: TOML files, ``best_params.json``, environment; every name is checked."""

from __future__ import annotations

import datetime as dt
import json
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from pydantic import BaseModel, ConfigDict, ValidationError

from cricketgnn.config.models import GROUPS, SETTINGS
from cricketgnn.errors import ConfigError, UnknownNameError
from cricketgnn.files import nearest_file

ENVIRONMENT_PREFIX: Final = "CRICKETGNN_"
RESERVED_ENVIRONMENT: Final = frozenset({"CACHE_DIR", "REAL_DATA", "RENDEZVOUS"})
"""Variables with our prefix that are no settings of a run: for users, tests, processes of one training."""


def read_toml(path: Path) -> dict[str, Any]:
    """Read a configuration file, flat or in groups, to values by flat name.

    Raises:
        UnknownNameError: a key no setting has, with the closest one.
        ConfigError: a file that cannot be read, a group that is no table, a setting written twice.
    """
    try:
        document = tomllib.loads(read_text(path, "configuration"))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not TOML: {error}; see --print-config for an example") from error
    flat: dict[str, Any] = {}
    for key, value in document.items():
        if key in GROUPS and isinstance(value, dict):
            _check_group(path, key, value)
            settings = value
        elif key in GROUPS and key not in SETTINGS:
            raise ConfigError(f"{path}: '{key}' is {value!r}, expected a table of settings: [{key}]")
        else:
            check_known([key], f"in {path}", [*SETTINGS, *GROUPS])
            settings = {key: value}
        for name in settings:
            if name in flat:
                raise ConfigError(f"{path}: {name} is set twice, once in [{SETTINGS[name]}]; keep one")
        flat.update(settings)
    return flat


class ChosenOn(BaseModel):
    """The matches that parameters were chosen on; a later test on any of them would flatter.

    Attributes:
        file: the ``best_params.json`` that says so.
        data: fingerprint of the search's matches.
        test_from: the search saw results of matches before this day.
        matches: id and day of some of them, "1381212@2023-05-28", separated by spaces; empty where unknown.
    """

    model_config = ConfigDict(frozen=True)

    file: str
    data: str
    test_from: dt.date
    matches: str = ""


class BestParams(NamedTuple):
    """What a ``best_params.json`` holds.

    Attributes:
        parameters: each parameter's flat name, value and the phase that chose it.
        chosen_on: the matches; None in a file that does not say.
    """

    parameters: list[tuple[str, Any, str]]
    chosen_on: ChosenOn | None


def read_best_params(path: Path) -> BestParams:
    """Read ``best_params.json``.

    Raises:
        UnknownNameError: a parameter no setting has, with the closest one.
        ConfigError: the file is missing, no JSON, or not of the tuner's form.
    """
    text = read_text(path, "best parameters")
    try:
        document = json.loads(text)
        parameters = document["parameters"]
        found = [(str(name), entry["value"], str(entry["phase"])) for name, entry in parameters.items()]
        on = document.get("chosen_on")
        chosen_on = None if on is None else ChosenOn(file=str(path), **on)
    except json.JSONDecodeError as error:
        raise ConfigError(f"{path}: not JSON ({error}); expected the best_params.json of a search") from error
    except (KeyError, TypeError, AttributeError, ValidationError) as error:
        raise ConfigError(
            f"{path}: no 'parameters' with a value and a phase each, or a 'chosen_on' without matches and "
            "dates; expected a search's best_params.json"
        ) from error
    check_known((name for name, _, _ in found), f"in {path}")
    return BestParams(found, chosen_on)


def read_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    """Read the settings among environment variables, ``CRICKETGNN_HIDDEN_DIM=64``, by flat name.

    Raises:
        UnknownNameError: a variable with our prefix that is no setting, with the closest one.
    """
    known = [ENVIRONMENT_PREFIX + name for name in (*map(str.upper, SETTINGS), *RESERVED_ENVIRONMENT)]
    settings: dict[str, Any] = {}
    for variable, text in environment.items():
        if not variable.startswith(ENVIRONMENT_PREFIX):
            continue
        check_known([variable], "in the environment", known)
        name = variable.removeprefix(ENVIRONMENT_PREFIX)
        if name not in RESERVED_ENVIRONMENT:
            settings[name.lower()] = text
    return settings


def check_known(names: Iterable[str], where: str, known: Iterable[str] = SETTINGS) -> None:
    """Raise :class:`UnknownNameError` for the first name that is not known."""
    accepted = list(known)
    for name in names:
        if name not in accepted:
            raise UnknownNameError("setting", name, accepted, where)


def _check_group(path: Path, group: str, settings: Mapping[str, Any]) -> None:
    for name in settings:
        if SETTINGS.get(name, group) != group:
            raise ConfigError(f"{path}: '{name}' stands in [{group}] and belongs in [{SETTINGS[name]}]")
    check_known(settings, f"in {path} [{group}]", GROUPS[group].model_fields)


def read_text(path: Path, what: str) -> str:
    """Read a file a user named.

    Args:
        path: the file.
        what: what it should be, for the message.

    Raises:
        ConfigError: it cannot be read; names the nearest file where there is none.
    """
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not text in UTF-8; expected a {what} file") from error
    except OSError as error:
        raise ConfigError(
            f"{path}: cannot read the {what} file ({error.strerror}){_nearest(path)}"
        ) from error


def _nearest(path: Path) -> str:
    """Suggest a file beside a path that does not exist."""
    near = None if path.exists() else nearest_file(path)
    return f"; did you mean '{near}'?" if near else ""
