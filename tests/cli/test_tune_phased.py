"""Phases in a row, interrupted and gone on with; plans that are shown and not run."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import optuna
import pytest

from console import Run, Start
from cricketgnn.config.search_space import PRESETS, Phase
from small_league import STUDIES, load_study, tiny_toml

CHAIN = ("phase1_coarse", "phase2_architecture", "phase3_training", "phase4_loss")


def arguments(league: Path, settings: Path) -> tuple[object, ...]:
    return (
        "tune", "phased", "--data", league, "--config", settings, "--storage", STUDIES, "--study-name", "c",
        "--n-trials", 1, "--workers", 1, "--confirm", 0, "--json",
    )  # fmt: skip


def test_each_phase_starts_from_the_best_of_the_last_and_an_interruption_loses_nothing(
    background: Start, console: Run, league: Path, one_epoch: Path
) -> None:
    searching = background(*arguments(league, one_epoch))
    searching.wait_for("trial 0: num_layers=")  # in the second phase
    searching.send(signal.SIGKILL)
    assert searching.finish().code == -signal.SIGKILL
    listed = json.loads(console("resume", "--list", "--storage", STUDIES, "--json").out)["unfinished"]
    assert [entry["name"] for entry in listed] == ["c_phase2_architecture"]
    done = console("resume", "c", "--storage", STUDIES, "--json")  # by the name of the row
    assert done.code == 0, done.err
    document = json.loads(done.out)
    assert document["chain"] == "c"
    assert [phase["phase"] for phase in document["phases"]] == [
        "phase2-architecture", "phase3-training", "phase4-loss",
    ]  # fmt: skip
    assert [phase["test"] is None for phase in document["phases"]] == [True, True, False]
    assert optuna.get_all_study_names(STUDIES) == [f"c_{phase}" for phase in CHAIN]
    for phase in CHAIN:
        states = [trial.state.name for trial in load_study(f"c_{phase}").trials]
        assert states == ["COMPLETE"], phase
    last = json.loads(Path("checkpoints/optuna/c_phase4_loss/best_params.json").read_text())["parameters"]
    chosen_by = {name: entry["phase"] for name, entry in last.items()}
    for phase in (Phase.COARSE, Phase.ARCHITECTURE, Phase.TRAINING, Phase.LOSS):
        later = [following for following in PRESETS if following.value > phase.value and "phase" in following]
        again = {name for following in later for name in PRESETS[following].parameters}
        for name in set(PRESETS[phase].parameters) - again:
            assert chosen_by[name] == phase.value, name
    assert json.loads(console("resume", "--list", "--storage", STUDIES, "--json").out)["unfinished"] == []


def test_ctrl_c_in_the_last_trial_of_a_phase_stops_the_row(
    background: Start, console: Run, league: Path, tmp_path: Path
) -> None:
    # One epoch, slow enough to be met in it: the trial and with it the phase finish all the same.
    settings = tiny_toml(tmp_path, epochs=1, batch_size=1, hidden_dim=64)
    searching = background(*arguments(league, settings))
    searching.wait_for("trial 0: ")
    searching.send(signal.SIGINT)
    done = searching.finish()
    assert done.code == 130
    assert optuna.get_all_study_names(STUDIES) == ["c_phase1_coarse"]
    assert "go on with: cricketgnn resume c_phase1_coarse" in done.err
    listed = json.loads(console("resume", "--list", "--storage", STUDIES, "--json").out)["unfinished"]
    assert [entry["name"] for entry in listed] == ["c_phase1_coarse"]


def test_a_row_of_phases_out_of_time_opens_no_further_study(
    console: Run, league: Path, one_epoch: Path
) -> None:
    done = console(*arguments(league, one_epoch), "--timeout", "0.001s")
    assert done.code == 6
    assert "time is up with 0 of 1 trials of this phase; go on with: cricketgnn resume" in done.err
    assert optuna.get_all_study_names(STUDIES) == ["c_phase1_coarse"]
    (entry,) = json.loads(console("resume", "--list", "--storage", STUDIES, "--json").out)["unfinished"]
    assert not entry["changed"].startswith("1970")


def test_the_plan_of_a_row_counts_every_phase(console: Run, league: Path, one_epoch: Path) -> None:
    common = ("tune", "phased", "--data", league, "--config", one_epoch, "--n-trials", 1, "--dry-run")
    plan = json.loads(console(*common, "--json").out)
    assert [phase["phase"].replace("-", "_") for phase in plan["phases"]] == list(CHAIN)
    assert plan["at_most_seconds"] == pytest.approx(sum(p["at_most_seconds"] for p in plan["phases"]))
    assert "4 phases in a row" in console(*common).out


def test_best_params_takes_what_a_shell_made_of_a_pattern(
    tune: Run, console: Run, league: Path, one_epoch: Path
) -> None:
    for name in ("one", "two"):
        assert tune("phase4-loss", "--n-trials", 1, "--study-name", name).code == 0
    files = [f"checkpoints/optuna/{name}/best_params.json" for name in ("one", "two")]
    done = tune("phase3-training", "--n-trials", 1, "--study-name", "three", "--best-params", *files)
    assert done.code == 0, done.err
    assert f"best parameters: {files[1]}, the newest of 2" in done.err
    # Without a phase the first of the files stands where the phase would.
    done = console(
        "tune", "--best-params", *files, "--data", league, "--config", one_epoch, "--dry-run", "--json",
        "--n-trials", 1,
    )  # fmt: skip
    assert done.code == 0, done.err
    assert json.loads(done.out)["phase"] == "full"
    shown = console("train", "--best-params", *files, "--print-config", "--json")
    assert json.loads(shown.out)["origins"]["focal_gamma"] == f"{files[1]} (phase4-loss)"
    lost = console("train", "somewhere", "--print-config", "--json")
    assert lost.code == 2
    assert "meant only behind --best-params" in lost.err


def test_a_dry_run_shows_space_origins_samples_and_cost_and_leaves_nothing(
    console: Run, league: Path, tmp_path: Path
) -> None:
    settings = tiny_toml(tmp_path, epochs=3)
    common = ("tune", "phase2-architecture", "--data", league, "--config", settings, "--dry-run")
    plan = json.loads(console(*common, "--json").out)
    assert plan["space"]["num_heads"] == {"kind": "choice", "choices": [2, 4, 8]}
    assert plan["fixed"]["hidden_dim"] == {"value": 16, "phase": str(settings)}
    assert plan["fixed"]["lr"] == {"value": 0.001, "phase": "default"}
    assert "num_layers" not in plan["fixed"]
    assert len(plan["samples"]) == 5
    assert all(sample["epoch_seconds"] > 0 for sample in plan["samples"])
    mean = sum(sample["epoch_seconds"] for sample in plan["samples"]) / 5
    trainings = 20 + 2 * 3
    assert plan["at_most_seconds"] == pytest.approx(mean * 3 * trainings / plan["workers"])
    shown = console(*common).out
    for words in ("Search space of phase2-architecture", "2, 4 or 8", "Fixed", "Sample configurations"):
        assert words in shown
    assert "at most" in shown
    assert not Path("optuna_studies.db").exists()
    assert not Path("checkpoints").exists()
