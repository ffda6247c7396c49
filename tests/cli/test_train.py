"""``cricketgnn train`` as a user meets it."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from console import Run
from cricketgnn.training.checkpoint import Checkpoint, load_checkpoint
from small_league import DIVERGING, same_weights, tiny_toml


def _same(one: Checkpoint, other: Checkpoint) -> bool:
    return one.rule == other.rule and same_weights(one.members, other.members)


def test_a_training_leaves_a_folder_that_explains_itself(
    console: Run, league: Path, settings: Path, tmp_path: Path
) -> None:
    done = console("train", "--data", league, "--config", settings, "--out", "run", "--json")
    assert done.code == 0, done.err
    document = json.loads(done.out)
    assert document["run"] == "run"
    assert document["interrupted"] is False
    assert document["epochs"] == 2
    assert {path.name for path in (tmp_path / "run").iterdir()} == {
        *("best_model.pt", "last.pt", "config.toml", "provenance.json", "metrics.json", ".lock")
    }
    config = tomllib.loads((tmp_path / "run/config.toml").read_text())
    assert config["data"]["data"] == [str(league)]
    assert config["model"]["hidden_dim"] == 16
    provenance = json.loads((tmp_path / "run/provenance.json").read_text())
    assert provenance["command"].startswith(f"cricketgnn train --data {league}")
    assert provenance["innings"] == load_checkpoint(tmp_path / "run/best_model.pt").split["innings"]
    metrics = json.loads((tmp_path / "run/metrics.json").read_text())
    assert metrics == document["history"]
    assert [entry["epoch"] for entry in metrics] == [1, 2]
    best = min(metrics, key=lambda entry: entry["val_log_loss"])
    assert document["best_epoch"] == best["epoch"]
    assert document["validation"]["log_loss"] == best["val_log_loss"]


def test_people_see_a_line_an_epoch_and_what_to_do_next(console: Run, league: Path, settings: Path) -> None:
    done = console("train", "--data", league, "--config", settings, "--out", "run")
    assert done.code == 0
    said = done.err.splitlines()
    assert said[0] == "run folder: run"
    assert said[1].startswith("epoch 1/2  train ")
    assert said[2].startswith("epoch 2/2  train ")
    assert "next: cricketgnn test run\n" in done.out
    assert "\x1b" not in done.out + done.err


def test_the_same_seed_gives_the_same_bits_and_another_seed_others(
    console: Run, league: Path, settings: Path, trained: Path
) -> None:
    again, other = "again", "other"
    assert console("train", "--data", league, "--config", settings, "--out", again).code == 0
    assert console("train", "--data", league, "--config", settings, "--seed", 1, "--out", other).code == 0
    first, second, third = (load_checkpoint(Path(run) / "best_model.pt") for run in (trained, again, other))
    assert _same(first, second)
    assert not _same(first, third)
    timeless = [
        [
            {name: value for name, value in entry.items() if "second" not in name}
            for entry in json.loads((Path(run) / "metrics.json").read_text())
        ]
        for run in (trained, again, other)
    ]
    assert timeless[0] == timeless[1] != timeless[2]


def test_a_run_folder_is_never_written_over(console: Run, league: Path, tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.mkdir()
    (taken / "notes.txt").write_text("mine")
    done = console("train", "--data", league, "--out", "taken", "--json")
    assert done.code == 5
    assert json.loads(done.out)["error"]["type"] == "ArtifactError"
    assert "already exists and is not empty" in done.err
    assert [path.name for path in taken.iterdir()] == ["notes.txt"]
    (tmp_path / "file").write_text("mine")
    assert console("train", "--data", league, "--out", "file").code == 5


def test_runs_without_a_folder_get_a_fresh_one(console: Run, league: Path, settings: Path) -> None:
    folders = [
        json.loads(console("train", "--data", league, "--config", settings, "--epochs", 1, "--json").out)[
            "run"
        ]
        for _ in range(2)
    ]
    assert len(set(folders)) == 2
    assert all(Path(folder, "best_model.pt").is_file() for folder in folders)
    assert all(folder.startswith("checkpoints/train_") for folder in folders)


@pytest.mark.parametrize("columns", ["40", "80"])
def test_print_config_reads_back_at_any_width(
    console: Run, settings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setenv("CRICKETGNN_FOCAL_GAMMA", "0.5")
    place = "a folder with a long name :100: [x]/\N{CRICKET BAT AND BALL} matches\\"
    typed = ("--data", place, "--val-from", "2020-01-01", "--test-from", "2021-01-01", "--no-class-weights")
    printed = console("train", "--config", settings, *typed, "--print-config")
    assert printed.code == 0
    copy = tmp_path / "copy.toml"
    copy.write_text(printed.out, encoding="utf-8")
    monkeypatch.delenv("CRICKETGNN_FOCAL_GAMMA")
    one = json.loads(console("train", "--config", copy, "--print-config", "--json").out)
    dates = {"val_from": "2020-01-01", "test_from": "2021-01-01"}
    assert one["config"]["data"] == {"data": [place], **dates, "people": None, "data_fraction": 1.0}
    assert one["config"]["training"]["focal_gamma"] == 0.5
    assert one["origins"]["hidden_dim"] == str(copy)
    two = console("train", "--config", copy, "--print-config")
    assert tomllib.loads(two.out) == tomllib.loads(printed.out)
    assert f"hidden_dim = 16  # {settings}\n" in printed.out
    assert "focal_gamma = 0.5  # CRICKETGNN_FOCAL_GAMMA\n" in printed.out
    assert "use_class_weights = false  # --class-weights\n" in printed.out
    assert "patience = 5  # default\n" in printed.out


def test_an_innings_too_few_for_validation_is_told_before_training(
    console: Run, league: Path, settings: Path, tmp_path: Path
) -> None:
    done = console(
        "train", "--data", league, "--config", settings, "--out", "run",
        "--val-from", "2030-01-01", "--test-from", "2031-01-01",
    )  # fmt: skip
    assert done.code == 4
    assert "got 0 matches for validation with val_from 2030-01-01" in done.err
    assert not (tmp_path / "run").exists()


def test_a_diverging_training_says_what_to_lower(console: Run, league: Path, tmp_path: Path) -> None:
    hot = tiny_toml(tmp_path, **DIVERGING)
    done = console("train", "--data", league, "--config", hot, "--out", "run", "--json")
    assert done.code == 3
    error = json.loads(done.out)["error"]
    assert error["type"] == "DivergedError"
    assert error["message"].endswith("; try a lower --lr")
    assert load_checkpoint(tmp_path / "run/last.pt").resume is not None


def test_the_embedded_league_is_used_and_announced(
    console: Run, settings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = console("train", "--config", settings, "--epochs", 1, "--out", "run")
    assert done.code == 0
    assert done.err.startswith("no --data given: using the embedded synthetic league (160 simulated matches")
    scored = console("test", "run", "--json", "--resamples", 0)
    assert scored.code == 0
    assert json.loads(scored.out)["truth"]["reached"] < 1
