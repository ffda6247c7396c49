"""From a search space to a trial's parameters and on to a configuration."""

from __future__ import annotations

import json
from pathlib import Path

import optuna
import pytest
from pydantic import ValidationError

from cricketgnn.config import Origin, resolve_run_config
from cricketgnn.config.models import ModelClass
from cricketgnn.config.search_space import (
    PRESETS,
    Choice,
    Dimension,
    FloatRange,
    IntRange,
    Phase,
    SearchSpace,
)
from cricketgnn.errors import ConfigError
from cricketgnn.tuning.parameters import check_space, in_force, known_good, suggest, with_parameters
from cricketgnn.words import either
from small_league import write_best_params


@pytest.mark.parametrize("phase", Phase)
def test_every_suggestion_lies_in_its_range_and_makes_a_configuration(phase: Phase) -> None:
    space = PRESETS[phase]
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    base = resolve_run_config({"hidden_dim": 64, "num_heads": 4})
    for _ in range(20):
        trial = study.ask()
        values = suggest(trial, space)
        assert values == trial.params
        assert set(values) == set(space.parameters)
        for name, dimension in space.parameters.items():
            if isinstance(dimension, Choice):
                assert values[name] in dimension.choices
            else:
                assert isinstance(dimension, FloatRange | IntRange)
                assert dimension.low <= values[name] <= dimension.high
        resolved = with_parameters(base, values, "trial 3")
        flat = {**resolved.config.model.model_dump(), **resolved.config.training.model_dump()}
        assert {name: flat[name] for name in values} == values
        assert {resolved.origins[name] for name in values} == {Origin("trial 3")}


def test_a_combination_that_does_not_hold_is_refused() -> None:
    base = resolve_run_config({"hidden_dim": 12})
    with pytest.raises(ValidationError, match="num_heads 8 does not divide hidden_dim 12"):
        with_parameters(base, {"num_heads": 8}, "trial 0")


@pytest.mark.parametrize("phase", Phase)
def test_the_known_good_start_is_accepted_as_it_is(phase: Phase, recwarn: pytest.WarningsRecorder) -> None:
    study = optuna.create_study()
    values = known_good(resolve_run_config({}), PRESETS[phase])
    assert set(values) == set(PRESETS[phase].parameters)
    study.enqueue_trial(values)
    assert suggest(study.ask(), PRESETS[phase]) == values
    assert not recwarn.list


def test_the_known_good_start_leaves_out_what_lies_outside() -> None:
    base = resolve_run_config({"hidden_dim": 100, "lr": 0.5, "num_layers": 3, "model_class": "mlp"})
    values = known_good(base, PRESETS[Phase.FULL_WITH_MODEL])
    assert "hidden_dim" not in values
    assert "lr" not in values
    assert values["num_layers"] == 3
    assert values["model_class"] == ModelClass.MLP


@pytest.mark.parametrize(
    ("dimension", "inside", "outside"),
    [
        (FloatRange(low=0.1, high=0.7, step=0.2), [0.1, 0.3, 0.5, 0.7], [0.2, 0.4, 0.0, 0.9]),
        (FloatRange(low=0.1, high=0.7), [0.1, 0.123, 0.7], [0.09, 0.71]),
        (IntRange(low=1, high=7, step=3), [1, 4, 7], [2, 3, 8]),
        (IntRange(low=1, high=7), [1, 2, 7], [8]),
        (IntRange(low=1, high=8, log=True), [1, 3, 8], [9]),
        (Choice(choices=(1, 4)), [1, 4], [2]),
    ],
)
def test_the_known_good_start_has_values_that_can_be_proposed(
    dimension: Dimension, inside: list[float], outside: list[float], recwarn: pytest.WarningsRecorder
) -> None:
    name = "dropout" if isinstance(dimension, FloatRange) else "num_layers"
    space = SearchSpace(parameters={name: dimension})
    for value in inside:
        base = resolve_run_config({name: value})
        assert known_good(base, space) == {name: value}
        study = optuna.create_study()
        study.enqueue_trial({name: value})
        assert suggest(study.ask(), space) == {name: value}
    for value in outside:
        assert known_good(resolve_run_config({name: value}), space) == {}
    assert not recwarn.list


def test_steps_and_logarithms_are_proposed_as_such() -> None:
    space = SearchSpace(
        parameters={
            "dropout": FloatRange(low=0.1, high=0.7, step=0.2),
            "lr": FloatRange(low=1e-4, high=1e-2, log=True),
            "hidden_dim": IntRange(low=16, high=64, step=16),
            "num_layers": IntRange(low=1, high=8, log=True),
        }
    )
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    proposed = [suggest(study.ask(), space) for _ in range(60)]
    assert {round(values["dropout"], 9) for values in proposed} == {0.1, 0.3, 0.5, 0.7}
    assert {values["hidden_dim"] for values in proposed} == {16, 32, 48, 64}
    # On a logarithmic scale about half lie below the geometric mean of the ends.
    assert 20 <= sum(values["lr"] < 1e-3 for values in proposed) <= 40
    assert {values["num_layers"] for values in proposed} == set(range(1, 9))


def space_of(**dimensions: Dimension) -> SearchSpace:
    return SearchSpace(parameters=dimensions)


@pytest.mark.parametrize("phase", Phase)
def test_every_preset_holds_for_the_defaults(phase: Phase) -> None:
    check_space(resolve_run_config({}), PRESETS[phase])


@pytest.mark.parametrize(
    ("space", "message"),
    [
        (space_of(lr=FloatRange(low=0.0, high=0.1)), r"lr 0\.0: expected more than 0"),
        (space_of(dropout=FloatRange(low=0.0, high=1.0)), r"dropout 1\.0: expected less than 1"),
        (space_of(num_layers=IntRange(low=1, high=13)), "num_layers 13: expected 12 or less"),
        (space_of(num_layers=Choice(choices=(2, 0))), "num_layers 0: expected 1 or more"),
        (space_of(num_layers=Choice(choices=("two",))), "num_layers 'two': expected a whole number"),
        (space_of(num_layers=FloatRange(low=1.5, high=2)), r"num_layers 1\.5: expected a whole number"),
        (space_of(lr=Choice(choices=("0.1",))), r"lr '0\.1': expected a number"),
        (
            space_of(use_class_weights=Choice(choices=(0, 1))),
            "use_class_weights 0: expected true or false",
        ),
        (
            space_of(model_class=Choice(choices=("mlp", "hetero_gn"))),
            f"model_class 'hetero_gn': expected {either(list(ModelClass))}; did you mean 'hetero-gnn'",
        ),
        (
            space_of(model_class=Choice(choices=("x",))),
            f"model_class 'x': expected {either(list(ModelClass))}$",
        ),
    ],
)
def test_a_value_that_its_setting_does_not_take_is_refused(space: SearchSpace, message: str) -> None:
    with pytest.raises(ConfigError, match=f"the search space has {message}"):
        check_space(resolve_run_config({}), space)


@pytest.mark.parametrize(
    ("space", "width", "heads"),
    [
        (space_of(num_heads=Choice(choices=(4, 3))), 64, 3),
        (space_of(hidden_dim=Choice(choices=(64, 66))), 66, 4),
        (space_of(hidden_dim=Choice(choices=(24, 64)), num_heads=Choice(choices=(8, 16))), 24, 16),
        (space_of(num_heads=IntRange(low=1, high=4)), 64, 3),  # both ends divide it
        (space_of(hidden_dim=IntRange(low=16, high=64, step=8), num_heads=Choice(choices=(16,))), 24, 16),
        (space_of(hidden_dim=IntRange(low=60, high=64)), 61, 4),
        (space_of(num_heads=IntRange(low=2, high=8, log=True)), 64, 3),
    ],
)
def test_heads_that_do_not_divide_a_width_are_refused(space: SearchSpace, width: int, heads: int) -> None:
    base = resolve_run_config({"hidden_dim": 64, "num_heads": 4})
    with pytest.raises(ConfigError) as refused:
        check_space(base, space)
    message = f"combines hidden_dim {width} with num_heads {heads}, which does not divide it"
    assert message in str(refused.value)


@pytest.mark.parametrize(
    "space",
    [
        space_of(num_heads=IntRange(low=2, high=4, step=2)),
        space_of(hidden_dim=IntRange(low=16, high=64, step=4)),
        space_of(hidden_dim=IntRange(low=32, high=64, step=16), num_heads=Choice(choices=(2, 4, 8, 16))),
        space_of(model_class=Choice(choices=("mlp", "hetero-gnn"))),
        space_of(use_class_weights=Choice(choices=(True, False)), lr=FloatRange(low=0.1, high=1)),
        space_of(weight_decay=Choice(choices=(0, 0.1))),
    ],
)
def test_a_space_that_holds_together_is_accepted(space: SearchSpace) -> None:
    base = resolve_run_config({"hidden_dim": 64, "num_heads": 4})
    check_space(base, space)
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    for number in range(20):  # every combination makes a configuration
        with_parameters(base, suggest(study.ask(), space), f"trial {number}")


def test_the_winner_lists_every_model_and_training_parameter_with_who_chose_it(tmp_path: Path) -> None:
    best = write_best_params(tmp_path / "best (1).json", hidden_dim=64)
    toml = tmp_path / "odd (name)"
    toml.write_text("dropout = 0.3\nnum_layers = 2\n")
    base = resolve_run_config({"seed": 3, "clip_norm": 2.0}, toml, best)
    chosen = {"lr": 0.01, "dropout": 0.1}
    listed = in_force(with_parameters(base, chosen, "trial 7"), chosen, "phase3-training")
    assert listed["lr"] == {"value": 0.01, "phase": "phase3-training"}
    assert listed["dropout"] == {"value": 0.1, "phase": "phase3-training"}
    assert listed["hidden_dim"] == {"value": 64, "phase": "phase1-coarse"}
    assert listed["num_layers"] == {"value": 2, "phase": str(toml)}
    assert listed["clip_norm"] == {"value": 2.0, "phase": "--clip-norm"}
    assert listed["num_heads"] == {"value": 4, "phase": "default"}
    assert not {"seed", "device", "precision", "epochs", "patience", "batch_size", "data"} & set(listed)


def test_settings_of_the_search_are_listed_where_it_chose_them(tmp_path: Path) -> None:
    base = resolve_run_config({"seed": 3})
    chosen = {"batch_size": 32}
    listed = in_force(with_parameters(base, chosen, "trial 7"), chosen, "full")
    assert listed["batch_size"] == {"value": 32, "phase": "full"}
    assert not {"seed", "device", "epochs", "patience"} & set(listed)
    best = write_best_params(tmp_path / "best.json", batch_size=16, lr=0.5)
    later = in_force(resolve_run_config({}, best_params=best), {}, "phase4-loss")
    assert later["batch_size"] == {"value": 16, "phase": "phase1-coarse"}  # no phase loses it
    assert later["lr"] == {"value": 0.5, "phase": "phase1-coarse"}


def test_what_is_listed_can_be_read_back(tmp_path: Path) -> None:
    base = resolve_run_config({"clip_norm": 2.0})
    chosen = {"model_class": "mlp", "use_class_weights": True, "hidden_dim": 64}
    resolved = with_parameters(base, chosen, "trial 1")
    path = tmp_path / "best_params.json"
    path.write_text(json.dumps({"parameters": in_force(resolved, chosen, "full")}))
    again = resolve_run_config({}, best_params=path)
    assert again.config.model == resolved.config.model
    assert again.config.training == resolved.config.training
