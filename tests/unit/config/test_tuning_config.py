"""How a search goes about it: numbers, names, durations."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from cricketgnn.config.tuning import (
    ExecutorName,
    PrunerName,
    SamplerName,
    TuningConfig,
    named,
    parse_duration,
    tuning_config,
)
from cricketgnn.errors import ConfigError, UnknownNameError


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90", 90),
        ("30s", 30),
        ("10m", 600),
        ("1.5h", 5400),
        ("2d", 172_800),
        (".5m", 30),
        ("0.25", 0.25),
        (" 3 H ", 10_800),
        ("10M", 600),
    ],
)
def test_a_duration_is_a_number_with_a_unit(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "text",
    [
        *("", "0", "0.0h", "-5m", "5x", "m", "1h30m", "1.5.2", "5 m s", "nan", "inf", "1e3", "5.", "ten"),
        pytest.param("9" * 400, id="too long for a number"),
        pytest.param("9" * 306 + "d", id="too long in seconds"),
    ],
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ConfigError) as refused:
        parse_duration(text)
    assert str(refused.value) == (
        f"got duration '{text}', expected a number above 0 with s, m, h or d: 10m, 1.5h"
    )


@pytest.mark.parametrize("sampler", SamplerName)
def test_samplers_are_named_as_they_are_written(sampler: SamplerName) -> None:
    assert named("sampler", SamplerName, sampler.value) is sampler


@pytest.mark.parametrize("name", ["successive-halving", "successive_halving"])
def test_hyphens_and_underscores_name_the_same_pruner(name: str) -> None:
    assert named("pruner", PrunerName, name) is PrunerName.SUCCESSIVE_HALVING


def test_a_misspelt_name_is_met_with_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="unknown sampler 'cmaess'; did you mean 'cmaes'"):
        named("sampler", SamplerName, "cmaess")
    with pytest.raises(UnknownNameError, match="unknown pruner 'zzz'; known: hyperband, median, none, succ"):
        named("pruner", PrunerName, "zzz")


def test_the_defaults_are_those_of_the_guide() -> None:
    assert TuningConfig().model_dump(mode="json") == {
        "n_trials": 20,
        "workers": None,
        "sampler": "tpe",
        "pruner": "median",
        "trial_timeout": None,
        "confirm": 2,
        "seeds": 3,
        "executor": "local",
    }


@pytest.mark.parametrize(
    "setting",
    [
        {"n_trials": 0},
        {"n_trials": 1.5},
        {"workers": 0},
        {"workers": 257},
        {"trial_timeout": 0},
        {"trial_timeout": -1},
        {"trial_timeout": float("inf")},
        {"trial_timeout": float("nan")},
        {"confirm": -1},
        {"confirm": 101},
        {"seeds": 0},
        {"seeds": 101},
        {"executor": "slurm"},
        {"timeout": 90.0},  # a deadline is of one run, not of the search
        {"sampler": "tpee"},
        {"pruner": "mean"},
        {"trials": 3},
    ],
)
def test_a_search_that_cannot_be_meant_is_refused(setting: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as refused:
        TuningConfig.model_validate(setting)
    assert [error["loc"][0] for error in refused.value.errors()] == list(setting)


def test_a_tuning_survives_json() -> None:
    tuning = TuningConfig(
        n_trials=3,
        workers=2,
        sampler=SamplerName.QMC,
        pruner=PrunerName.NONE,
        trial_timeout=1.5,
        confirm=0,
        seeds=5,
        executor=ExecutorName.RAY,
    )
    assert TuningConfig.model_validate_json(tuning.model_dump_json()) == tuning


def test_settings_of_a_search_come_by_the_names_of_its_fields() -> None:
    values = {"n_trials": 3, "trial_timeout": 1.5, "sampler": "gp", "seeds": 4}
    assert tuning_config(values) == TuningConfig(
        n_trials=3, trial_timeout=1.5, sampler=SamplerName.GP, seeds=4
    )
    assert tuning_config({}) == TuningConfig()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"workers": 1000}, "--workers 1000: expected 256 or less"),
        ({"confirm": 500}, "--confirm 500: expected 100 or less"),
        ({"trial_timeout": float("inf")}, "--trial-timeout inf: expected a finite number"),
        ({"n_trials": 0}, "--n-trials 0: expected 1 or more"),
        (
            {"n_trials": 5, "seeds": 101, "trial_timeout": -2.0},
            "--trial-timeout -2.0: expected more than 0; --seeds 101: expected 100 or less",
        ),
        ({"trials": 3}, "--trials 3: is no setting"),
    ],
)
def test_a_setting_that_does_not_hold_is_refused_by_its_option(values: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as refused:
        tuning_config(values)
    assert str(refused.value) == message
