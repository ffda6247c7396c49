"""How a search goes about it: numbers, names, durations."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from cricketgnn.config.tuning import PrunerName, SamplerName, TuningConfig, named, parse_duration
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
    "text", ["", "0", "0.0h", "-5m", "5x", "m", "1h30m", "1.5.2", "5 m s", "nan", "inf", "1e3", "5.", "ten"]
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
        "timeout": None,
        "trial_timeout": None,
        "confirm": 2,
        "seeds": 2,
    }


@pytest.mark.parametrize(
    "setting",
    [
        {"n_trials": 0},
        {"n_trials": 1.5},
        {"workers": 0},
        {"workers": 257},
        {"timeout": 0},
        {"timeout": float("inf")},
        {"trial_timeout": -1},
        {"confirm": -1},
        {"seeds": 0},
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
        n_trials=3, workers=2, sampler=SamplerName.QMC, pruner=PrunerName.NONE, timeout=1.5, confirm=0
    )
    assert TuningConfig.model_validate_json(tuning.model_dump_json()) == tuning
