"""Search spaces: typed, cross-checked, one a phase."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from cricketgnn.config import resolve_run_config
from cricketgnn.config.models import SETTINGS
from cricketgnn.config.search_space import PRESETS, Choice, FloatRange, IntRange, Phase, SearchSpace
from cricketgnn.errors import UnknownNameError

GUIDE = {
    "phase1_coarse": {"hidden_dim", "lr"},
    "phase2_architecture": {"num_layers", "num_heads"},
    "phase3_training": {"lr", "dropout", "weight_decay"},
    "phase4_loss": {"focal_gamma", "use_class_weights"},
    "model_variants": {"model_class"},
}


@pytest.mark.parametrize("name", GUIDE)
def test_every_phase_searches_what_the_guide_says(name: str) -> None:
    phase = Phase.named(name)
    assert phase.file_stem == name
    assert set(PRESETS[phase].parameters) == GUIDE[name]


def test_the_joint_phases_search_everything() -> None:
    everything = set().union(*GUIDE.values())
    assert set(PRESETS[Phase.named("full")].parameters) == everything - {"model_class"}
    assert set(PRESETS[Phase.named("full_with_model")].parameters) == everything


@pytest.mark.parametrize("phase", Phase)
def test_hyphens_and_underscores_name_the_same_phase(phase: Phase) -> None:
    assert Phase.named(phase.value) is Phase.named(phase.file_stem) is phase


@pytest.mark.parametrize("phase", Phase)
def test_both_ends_of_every_range_are_settings_that_hold(phase: Phase) -> None:
    for name, dimension in PRESETS[phase].parameters.items():
        ends = dimension.choices if isinstance(dimension, Choice) else (dimension.low, dimension.high)
        for value in ends:
            assert name in SETTINGS
            assert resolve_run_config({name: value}).origins[name].source.startswith("--")


def test_a_phase_misspelt_is_met_with_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="unknown phase 'phase1_coars'; did you mean 'phase1-coarse'"):
        Phase.named("phase1_coars")


@pytest.mark.parametrize(
    ("dimension", "message"),
    [
        ({"kind": "float", "low": 1, "high": 1}, "low 1.0 must be below high 1.0"),
        ({"kind": "float", "low": 0, "high": 1, "log": True}, "a logarithmic range needs low above 0"),
        ({"kind": "float", "low": 0, "high": float("inf")}, "finite number"),
        ({"kind": "int", "low": 5, "high": 2}, "low 5 must be below high 2"),
        ({"kind": "choice", "choices": []}, "different and at least one"),
        ({"kind": "choice", "choices": [1, 1]}, "different and at least one"),
        ({"kind": "int", "low": 0, "high": 8, "log": True}, "a logarithmic range needs low above 0, got 0"),
        ({"kind": "float", "low": 1, "high": 2, "step": 0.5, "log": True}, "a logarithmic range has no step"),
        ({"kind": "int", "low": 1, "high": 9, "step": 2, "log": True}, "a logarithmic range has no step"),
        ({"kind": "float", "low": 0, "high": 1, "step": 0.3}, "step 0.3 must be above 0 and lead from low 0"),
        ({"kind": "float", "low": 0, "high": 1, "step": 2}, "step 2.0 must be above 0 and lead from low 0"),
        ({"kind": "float", "low": 0, "high": 1, "step": 0}, "step 0.0 must be above 0"),
        ({"kind": "float", "low": 0, "high": 1, "step": -0.5}, "step -0.5 must be above 0"),
        ({"kind": "int", "low": 1, "high": 4, "step": 2}, "step 2 must be above 0 and lead from low 1 to"),
        ({"kind": "int", "low": 1, "high": 4, "step": 0}, "step 0 must be above 0"),
        ({"kind": "int", "low": 1, "high": 4, "step": 1.5}, "valid integer"),
        ({"kind": "choice", "choices": [1, True]}, "different and at least one"),
        ({"kind": "choice", "choices": [1], "step": 1}, "Extra inputs"),
        ({"kind": "gauss", "low": 1}, "'float', 'int', 'choice'"),
    ],
)
def test_a_dimension_that_does_not_hold_is_refused(dimension: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        SearchSpace.model_validate({"parameters": {"lr": dimension}})


@pytest.mark.parametrize(
    "dimension",
    [
        FloatRange(low=0.1, high=0.7, step=0.1),  # in floating point, six steps lead past the end
        FloatRange(low=0.0, high=0.3, step=0.1),
        FloatRange(low=0.05, high=0.95, step=0.15),
        FloatRange(low=0.0, high=1.0, step=1.0),
        FloatRange(low=0.0, high=1.0, step=1e-4),
        IntRange(low=2, high=8, step=3),
        IntRange(low=16, high=1024, step=16),
        IntRange(low=1, high=1024, log=True),
    ],
)
def test_a_step_that_leads_from_one_end_to_the_other_is_accepted(dimension: FloatRange | IntRange) -> None:
    assert dimension.ends() == (dimension.low, dimension.high)
    space = SearchSpace(parameters={"lr": dimension})
    assert SearchSpace.model_validate_json(space.model_dump_json()) == space


def test_a_choice_must_hold_in_each_of_its_values() -> None:
    assert Choice(choices=("a", "b", "c")).ends() == ("a", "b", "c")


def test_an_unknown_parameter_is_met_with_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="'hiden_dim' in the search space; did you mean 'hidden_dim'"):
        SearchSpace(parameters={"hiden_dim": IntRange(low=1, high=2)})


def test_a_space_survives_json() -> None:
    space = SearchSpace(
        parameters={
            "lr": FloatRange(low=1e-4, high=1, log=True),
            "num_layers": IntRange(low=1, high=2),
            "use_class_weights": Choice(choices=(False, True)),
        }
    )
    assert SearchSpace.model_validate_json(space.model_dump_json()) == space
