"""Settings written in files and variables: every name known, every file readable, or an error that helps."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from cricketgnn.config.readers import read_best_params, read_environment, read_toml
from cricketgnn.config.resolve import resolve_run_config
from cricketgnn.errors import ConfigError, UnknownNameError


@pytest.fixture
def toml(tmp_path: Path) -> Path:
    return tmp_path / "run.toml"


def test_flat_and_grouped_mean_the_same(toml: Path, tmp_path: Path) -> None:
    toml.write_text(
        'data = "a.zip"\nval_from = 2020-01-01\ntest_from = "2021-01-01"\nhidden_dim = 64\nlr = 0.01\n'
    )
    grouped = tmp_path / "grouped.toml"
    grouped.write_text(
        '[data]\ndata = ["a.zip"]\nval_from = "2020-01-01"\ntest_from = 2021-01-01\n'
        "[model]\nhidden_dim = 64\n[training]\nlr = 0.01\n"
    )
    one, two = resolve_run_config({}, toml).config, resolve_run_config({}, grouped).config
    assert one == two
    assert one.data.data == ("a.zip",)
    assert one.data.val_from == dt.date(2020, 1, 1)


def test_flat_settings_and_a_group_may_stand_together(toml: Path) -> None:
    toml.write_text("lr = 0.5\n[model]\nhidden_dim = 64\n")
    assert read_toml(toml) == {"lr": 0.5, "hidden_dim": 64}


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("hiden_dim = 1", UnknownNameError, "unknown setting 'hiden_dim' in {}; did you mean 'hidden_dim'?"),
        ("[model]\nhiden_dim = 1", UnknownNameError, "'hiden_dim' in {} [model]; did you mean 'hidden_dim'?"),
        ("[modle]\nhidden_dim = 1", UnknownNameError, "unknown setting 'modle' in {}; did you mean 'model'?"),
        ("zzzz = 1", UnknownNameError, "unknown setting 'zzzz' in {}; known: batch_size, "),
        (
            "[training]\nhidden_dim = 1",
            ConfigError,
            "{}: 'hidden_dim' stands in [training] and belongs in [model]",
        ),
        ("model = 3", ConfigError, "{}: 'model' is 3, expected a table of settings: [model]"),
        ("lr = 1\n[training]\nlr = 2", ConfigError, "{}: lr is set twice, once in [training]; keep one"),
        ("lr = ", ConfigError, "{}: not TOML: "),
    ],
)
def test_a_file_that_does_not_hold_is_refused(
    toml: Path, text: str, error: type[ConfigError], message: str
) -> None:
    toml.write_text(text)
    with pytest.raises(error) as refused:
        read_toml(toml)
    assert message.format(toml) in str(refused.value)


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "run.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match=r"run\.toml: not text in UTF-8"):
        read_toml(tmp_path / "run.toml")
    with pytest.raises(ConfigError, match=r"\(No such file or directory\); did you mean '.*/run\.toml'\?"):
        read_toml(tmp_path / "rum.toml")
    with pytest.raises(ConfigError, match=r"nothing/run\.toml: cannot read"):
        read_toml(tmp_path / "nothing" / "run.toml")
    with pytest.raises(ConfigError, match=r"\(Is a directory\)$"):
        read_toml(tmp_path)


def test_best_parameters_carry_their_phase(tmp_path: Path) -> None:
    path = tmp_path / "best_params.json"
    path.write_text('{"parameters": {"lr": {"value": 0.1, "phase": "phase3-training"}}, "study": "x"}')
    assert read_best_params(path).parameters == [("lr", 0.1, "phase3-training")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not JSON"),
        ("[]", "expected a search's best_params.json"),
        ("{}", "expected a search's best_params.json"),
        ('{"parameters": []}', "expected a search's best_params.json"),
        ('{"parameters": {"lr": 0.1}}', "expected a search's best_params.json"),
        ('{"parameters": {"lr": {"value": 0.1}}}', "expected a search's best_params.json"),
        ('{"parameters": {"lrr": {"value": 0.1, "phase": "x"}}}', "unknown setting 'lrr' in "),
    ],
)
def test_best_parameters_of_another_form_are_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "best_params.json"
    path.write_text(text)
    with pytest.raises(ConfigError, match=message):
        read_best_params(path)


def test_only_our_variables_are_read() -> None:
    environment = {
        "CRICKETGNN_USE_CLASS_WEIGHTS": "true",
        "CRICKETGNN_DATA": "a.zip",
        "CRICKETGNN_CACHE_DIR": "/cache",
        "CRICKETGNN_REAL_DATA": "/data",
        "HIDDEN_DIM": "3",
        "cricketgnn_lr": "3",
    }
    assert read_environment(environment) == {"use_class_weights": "true", "data": "a.zip"}
    config = resolve_run_config({}, environment=environment).config
    assert config.training.use_class_weights is True
    assert config.data.data == ("a.zip",)


@pytest.mark.parametrize(
    ("variable", "meant"),
    [
        ("CRICKETGNN_HIDEN_DIM", "CRICKETGNN_HIDDEN_DIM"),
        ("CRICKETGNN_lr", "CRICKETGNN_LR"),
        ("CRICKETGNN_CACHE", "CRICKETGNN_CACHE_DIR"),
    ],
)
def test_a_misspelt_variable_is_met_with_the_nearest(variable: str, meant: str) -> None:
    with pytest.raises(UnknownNameError, match=f"'{variable}' in the environment; did you mean '{meant}'"):
        read_environment({variable: "1"})
