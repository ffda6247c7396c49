"""Precedence, origins and cross-checks of a run's settings."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from cricketgnn.config import (
    DataConfig,
    ModelConfig,
    Origin,
    ResolvedConfig,
    RunConfig,
    TrainingConfig,
    resolve_run_config,
)
from cricketgnn.config.models import GROUPS, SETTINGS, ModelClass
from cricketgnn.errors import ConfigError, UnknownNameError
from cricketgnn.words import either
from small_league import write_best_params


def test_nothing_said_gives_the_defaults_of_the_models() -> None:
    resolved = resolve_run_config({})
    assert resolved.config == RunConfig(data=DataConfig(), model=ModelConfig(), training=TrainingConfig())
    assert {origin.source for origin in resolved.origins.values()} == {"default"}


def test_every_setting_has_one_flat_name() -> None:
    assert sum(len(model.model_fields) for model in GROUPS.values()) == len(SETTINGS)
    assert set(RunConfig.model_fields) == set(GROUPS)


def test_later_sources_win_and_say_so(tmp_path: Path) -> None:
    """Each of five settings is given by one source more than the one before; the last source wins."""
    names = ["hidden_dim", "num_layers", "num_heads", "id_dim", "num_bins"]
    toml = tmp_path / "run.toml"
    toml.write_text("".join(f"{name} = 2\n" for name in names[1:]).replace("hidden_dim = 2", ""))
    environment = {f"CRICKETGNN_{name.upper()}": "4" for name in names[2:]}
    best = write_best_params(tmp_path / "best.json", **dict.fromkeys(names[3:], 8))
    resolved = resolve_run_config({"num_bins": 16, "lr": None}, toml, best, environment)
    model = resolved.config.model
    assert [getattr(model, name) for name in names] == [128, 2, 4, 8, 16]
    assert [resolved.origins[name].source for name in names] == [
        "default",
        str(toml),
        "CRICKETGNN_NUM_HEADS",
        f"{best} (phase1-coarse)",
        "--num-bins",
    ]
    assert resolved.origins["id_dim"].phase == "phase1-coarse"
    assert resolved.origins["num_bins"].phase is None
    assert resolved.origins["lr"].source == "default"


def test_a_commands_own_defaults_stand_below_everything(tmp_path: Path) -> None:
    own = {"epochs": 30}
    assert resolve_run_config({}, defaults=own).config.training.epochs == 30
    assert resolve_run_config({}, defaults=own).origins["epochs"].source == "default"
    assert resolve_run_config({"epochs": 3}, defaults=own).config.training.epochs == 3
    variable = {"CRICKETGNN_EPOCHS": "7"}
    assert resolve_run_config({}, environment=variable, defaults=own).config.training.epochs == 7


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"num_heads": 3}, "num_heads 3 does not divide hidden_dim 128"),
        ({"val_from": "2020-01-01"}, "val_from and test_from go together"),
        (
            {"val_from": "2020-01-02", "test_from": "2020-01-02"},
            "val_from 2020-01-02 must be before test_from",
        ),
        ({"lr": 0}, "lr = 0 (--lr): expected more than 0"),
        ({"lr": "fast"}, 'lr = "fast" (--lr): expected a number'),
        ({"lr": float("nan")}, "(--lr): expected"),
        ({"clip_norm": float("inf")}, "(--clip-norm): expected a finite number"),
        ({"dropout": 1}, "dropout = 1 (--dropout): expected less than 1"),
        (
            {"device": "gpu"},
            "device = \"gpu\" (--device): expected auto, cpu, cuda or mps; did you mean 'cpu'?",
        ),
        ({"model_class": "?"}, f'model_class = "?" (--model-class): expected {either(list(ModelClass))}'),
        ({"seed": -1}, "seed = -1 (--seed): expected 0 or more"),
        ({"val_from": "soon", "test_from": "later"}, 'val_from = "soon" (--val-from): '),
    ],
)
def test_what_does_not_hold_is_refused_with_value_origin_and_reason(
    settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        resolve_run_config(settings)
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)


def test_every_problem_is_told_at_once() -> None:
    with pytest.raises(ConfigError) as refused:
        resolve_run_config({"lr": -1, "epochs": 0})
    assert "lr = -1 (--lr)" in str(refused.value)
    assert "epochs = 0 (--epochs)" in str(refused.value)


def test_an_unknown_name_on_the_command_line_is_met_with_the_nearest() -> None:
    with pytest.raises(
        UnknownNameError, match="unknown setting 'hiden_dim' on the command line; did you mean 'hidden_dim'"
    ):
        resolve_run_config({"hiden_dim": 3})


def test_a_configuration_cannot_be_changed() -> None:
    config = resolve_run_config({}).config
    with pytest.raises(ValidationError, match="frozen"):
        config.model.hidden_dim = 3  # type: ignore[misc]


def test_the_json_form_has_every_setting_and_its_origin() -> None:
    document = resolve_run_config({"lr": 0.5, "val_from": "2020-01-01", "test_from": "2021-01-01"}).to_json()
    assert json.loads(json.dumps(document)) == document
    assert document["config"]["training"]["lr"] == 0.5
    assert document["config"]["data"] == {
        "data": [],
        "val_from": "2020-01-01",
        "test_from": "2021-01-01",
        "people": None,
        "data_fraction": 1.0,
    }
    assert set(document["origins"]) == set(SETTINGS)
    assert document["origins"]["lr"] == "--lr"


texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


@given(
    paths=st.lists(texts, max_size=3),
    lr=st.floats(1e-12, 1),
    seed=st.integers(0, 2**63 - 1),
    weights=st.booleans(),
    source=texts,
)
def test_the_toml_form_reads_back_whatever_it_holds(
    tmp_path_factory: pytest.TempPathFactory,
    paths: list[str],
    lr: float,
    seed: int,
    weights: bool,
    source: str,
) -> None:
    resolved = resolve_run_config(
        {"data": tuple(paths), "lr": lr, "seed": seed, "use_class_weights": weights}
    )
    text = ResolvedConfig(resolved.config, dict.fromkeys(SETTINGS, Origin(source))).to_toml()
    path = tmp_path_factory.getbasetemp() / "read_back.toml"
    path.write_text(text, encoding="utf-8", newline="\n")
    again = resolve_run_config({}, path)
    assert again.config == resolved.config
    assert set(tomllib.loads(text)) == set(GROUPS)
