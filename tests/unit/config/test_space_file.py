"""A user's own search space: what is read, and what is said of what cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest

from cricketgnn.config.models import SETTINGS
from cricketgnn.config.search_space import Choice, FloatRange, IntRange, SearchSpace
from cricketgnn.config.space_file import FIXED, SEARCHABLE, read_space
from cricketgnn.errors import ConfigError, UnknownNameError


def written(folder: Path, text: str) -> Path:
    path = folder / "space.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_ranges_and_choices_become_what_their_settings_are(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        """
        [lr]
        low = 1e-4
        high = 3e-3
        log = true

        [dropout]
        low = 0
        high = 0.4
        step = 0.1

        [num_layers]
        low = 2
        high = 6
        step = 2

        [id_dim]
        low = 1
        high = 64
        log = true

        [hidden_dim]
        choices = [64, 96, 128]

        [use_class_weights]
        choices = [true, false]

        [model_class]
        choices = ["mlp", "hetero-gnn"]

        [weight_decay]
        kind = "float"
        low = 0.0
        high = 1.0
        """,
    )
    assert read_space(path) == SearchSpace(
        parameters={
            "lr": FloatRange(low=1e-4, high=3e-3, log=True),
            "dropout": FloatRange(low=0.0, high=0.4, step=0.1),
            "num_layers": IntRange(low=2, high=6, step=2),
            "id_dim": IntRange(low=1, high=64, log=True),
            "hidden_dim": Choice(choices=(64, 96, 128)),
            "use_class_weights": Choice(choices=(True, False)),
            "model_class": Choice(choices=("mlp", "hetero-gnn")),
            "weight_decay": FloatRange(low=0.0, high=1.0),
        }
    )


def test_the_order_of_the_file_is_kept(tmp_path: Path) -> None:
    path = written(tmp_path, "[num_layers]\nlow = 1\nhigh = 2\n[dropout]\nlow = 0.0\nhigh = 0.1\n")
    assert list(read_space(path).parameters) == ["num_layers", "dropout"]


def test_tables_may_be_written_in_one_line(tmp_path: Path) -> None:
    path = written(tmp_path, "lr = { low = 0.1, high = 0.2 }")
    assert read_space(path).parameters == {"lr": FloatRange(low=0.1, high=0.2)}


def test_choices_keep_their_types(tmp_path: Path) -> None:
    path = written(tmp_path, "[use_class_weights]\nchoices = [false, true]\n[num_heads]\nchoices = [1, 2]\n")
    parameters = read_space(path).parameters
    assert [type(value) for value in parameters["use_class_weights"].ends()] == [bool, bool]
    assert [type(value) for value in parameters["num_heads"].ends()] == [int, int]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[lr\nlow = 1", ": not TOML: "),
        ("", ": an empty search space; expected a table a setting: [lr]"),
        ("# nothing\n", ": an empty search space; expected a table a setting: [lr]"),
        ("lr = 0.1", ": lr is 0.1, expected a table with choices, or low and high"),
        ("lr = [0.1, 0.2]", ": lr is [0.1, 0.2], expected a table with choices, or low and high"),
        ("[lr]\nlow = 1e-2\nhigh = 1e-4", ": lr: low 0.01 must be below high 0.0001"),
        ("[lr]\nlow = 0.1\nhigh = 0.1", ": lr: low 0.1 must be below high 0.1"),
        ("[lr]\nlow = 0.0\nhigh = 0.1\nlog = true", ": lr: a logarithmic range needs low above 0, got 0.0"),
        ("[id_dim]\nlow = 0\nhigh = 8\nlog = true", ": id_dim: a logarithmic range needs low above 0, got 0"),
        (
            "[dropout]\nlow = 0.0\nhigh = 0.4\nstep = 0.15",
            ": dropout: step 0.15 must be above 0 and lead from low 0.0 to high 0.4 exactly",
        ),
        (
            "[num_layers]\nlow = 1\nhigh = 4\nstep = 2",
            ": num_layers: step 2 must be above 0 and lead from low 1 to high 4 exactly",
        ),
        ("[num_layers]\nlow = 1\nhigh = 4\nstep = 0", ": num_layers: step 0 must be above 0 and lead from"),
        ("[num_layers]\nlow = 1\nhigh = 4\nstep = -1", ": num_layers: step -1 must be above 0"),
        (
            "[lr]\nlow = 0.1\nhigh = 0.3\nstep = 0.1\nlog = true",
            ": lr: a logarithmic range has no step; leave out one of log and step",
        ),
        ("[lr]\nlow = 0.1", ": lr.high: is missing"),
        ("[lr]\nhigh = 0.1", ": lr.low: is missing"),
        ("[lr]", ": lr.low: is missing"),
        ("[lr]\nlow = 'small'\nhigh = 0.1", ": lr.low: expected a number"),
        ("[lr]\nlow = 0.1\nhigh = inf", ": lr.high: expected a finite number (got inf)"),
        ("[num_layers]\nlow = 1.5\nhigh = 3", ": num_layers.low: expected a whole number"),
        ("[num_heads]\nchoices = []", ": num_heads.choices: choices must be different and at least one"),
        ("[num_heads]\nchoices = [2, 2]", ": num_heads.choices: choices must be different and at least one"),
        (
            "[num_heads]\nchoices = [2, [3]]",
            ": num_heads.choices: expected truth values, numbers or texts, got [3]",
        ),
        ("[num_heads]\nchoices = 2", ": num_heads.choices: expected a list (got 2)"),
    ],
)
def test_a_space_that_does_not_hold_is_told_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(ConfigError) as refused:
        read_space(path)
    told = str(refused.value)
    assert told.startswith(f"{path}{message}")
    assert "\n" not in told


def test_all_that_is_wrong_with_a_setting_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"lr\.low: is missing; .*lr\.high: is missing$"):
        read_space(written(tmp_path, "[lr]\nlog = true"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[learning_rate]\nlow = 1", "unknown setting 'learning_rate' in {path}; "),
        ("[droput]\nlow = 0.1\nhigh = 0.2", "unknown setting 'droput' in {path}; did you mean 'dropout'?"),
        (
            "[hidden-dim]\nchoices = [8]",
            "unknown setting 'hidden-dim' in {path}; did you mean 'hidden_dim'?",
        ),
        ("[lr]\nlow = 0.1\nhihg = 1", "unknown key 'hihg' in {path} [lr]; did you mean 'high'?"),
        ("[lr]\nlow = 0.1\nhigh = 1\nlogg = true", "unknown key 'logg' in {path} [lr]; did you mean 'log'?"),
        ("[lr]\nchoises = [0.1, 0.2]", "unknown key 'choises' in {path} [lr]; did you mean 'choices'?"),
        ("[lr]\nchoices = [0.1]\nlow = 1", "unknown key 'low' in {path} [lr]; known: choices"),
        (
            "[lr]\nlow = 0.1\nhigh = 1\nxyz = 2",
            "unknown key 'xyz' in {path} [lr]; known: high, log, low, step",
        ),
        ("[model.dropout]\nlow = 0.1", "unknown setting 'model' in {path}"),
    ],
)
def test_an_unknown_name_is_met_with_the_nearest(tmp_path: Path, text: str, message: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(UnknownNameError) as refused:
        read_space(path)
    assert str(refused.value).startswith(message.format(path=path))


@pytest.mark.parametrize("name", sorted(FIXED))
def test_what_trials_must_share_cannot_be_searched(tmp_path: Path, name: str) -> None:
    path = written(tmp_path, f"[{name}]\nlow = 1\nhigh = 2")
    with pytest.raises(ConfigError) as refused:
        read_space(path)
    assert str(refused.value).startswith(f"{path}: {name} cannot be searched: trials must share it")


def test_what_trials_must_share_is_the_data_and_how_long_and_where_they_train() -> None:
    assert set(FIXED) == {
        "data", "people", "val_from", "test_from", "data_fraction", "seed", "seeds", "device", "precision",
        "epochs", "patience",
    }  # fmt: skip
    assert set(SEARCHABLE) == set(SETTINGS) - FIXED


def test_a_file_that_is_not_there_is_met_with_the_nearest(tmp_path: Path) -> None:
    path = written(tmp_path, "[lr]\nlow = 0.1\nhigh = 0.2")
    with pytest.raises(ConfigError, match=r"cannot read the search space file .*did you mean") as refused:
        read_space(tmp_path / "spaces.toml")
    assert str(path) in str(refused.value)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "space.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="not text in UTF-8; expected a search space file"):
        read_space(path)
