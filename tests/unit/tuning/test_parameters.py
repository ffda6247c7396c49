"""From a search space to a trial's parameters and on to a configuration."""

from __future__ import annotations

from pathlib import Path

import optuna
import pytest
from pydantic import ValidationError

from cricketgnn.config import Origin, resolve_run_config
from cricketgnn.config.models import ModelClass
from cricketgnn.config.search_space import PRESETS, Choice, FloatRange, IntRange, Phase
from cricketgnn.tuning.parameters import in_force, known_good, suggest, with_parameters
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
    assert not {"seed", "device", "epochs", "patience", "batch_size", "data"} & set(listed)
