"""The ladder as a whole: kept forecasts, one protocol a folder, slices, failures."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cricketgnn.config.models import ModelClass
from cricketgnn.entries import Log
from cricketgnn.errors import ArtifactError, ConfigError, DataError, NothingSucceeded
from cricketgnn.graph.batch import InningsGraphs
from cricketgnn.graph.store import GraphStore
from cricketgnn.ladder._base import Forecasts
from cricketgnn.ladder.folder import PROTOCOL, RESULTS
from cricketgnn.ladder.networks import Network
from cricketgnn.ladder.run import COMPARED, CONTROL, REFERENCE, run_ladder
from cricketgnn.ladder.simple import ClassPrior, LookupTable
from cricketgnn.ladder.task import Task
from cricketgnn.reporting.ladder import MARKDOWN, PAGE, write_ladder
from cricketgnn.training.run_folder import LAST
from cricketgnn.training.slices import slices
from small_league import tiny


class Counted(LookupTable):
    """A lookup table that counts how often it was made."""

    def __init__(self, name: str = "lookup") -> None:
        self.name, self.made = name, 0

    def forecast(self, task: Task, folder: Path, say: Log) -> Forecasts:
        self.made += 1
        return super().forecast(task, folder, say)


class Broken(ClassPrior):
    """Always fails."""

    name = "broken"

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error or DataError("no such thing")

    def forecast(self, task: Task, folder: Path, say: Log) -> Forecasts:
        raise self.error


def quiet(line: str) -> None:
    pass


def test_models_are_made_once_and_scored_beside_the_reference(task: Task, folder: Path) -> None:
    table, reference = Counted(), Counted(REFERENCE)
    rungs = [ClassPrior(), table, reference]
    first = run_ladder(task, rungs, folder / "l", quiet, resamples=50)
    again = run_ladder(task, rungs, folder / "l", quiet, resamples=50)
    assert (table.made, reference.made) == (1, 1)
    assert first.to_json() == again.to_json()
    by_name = {rung.model: rung for rung in first.rungs}
    assert by_name["class-prior"].evaluation["skill"].value == pytest.approx(0, abs=1e-7)
    same = by_name["lookup"].against[REFERENCE]["log_loss"]
    assert same.difference.value == same.difference.low == same.difference.high == 0
    assert by_name["lookup"].against[REFERENCE]["skill"].ratio.value == 1
    assert set(by_name["class-prior"].against[REFERENCE]) == set(COMPARED)
    assert not by_name[REFERENCE].against[REFERENCE]
    assert not by_name["lookup"].against[CONTROL]  # there is none
    kept = json.loads((folder / "l" / RESULTS).read_text())
    assert [row["model"] for row in kept["ladder"]] == ["class-prior", "lookup", REFERENCE]
    assert kept["protocol"]["digest"] == task.protocol["digest"]
    assert kept["provenance"]["command"]


def test_a_damaged_forecast_is_named(task: Task, folder: Path) -> None:
    run_ladder(task, [ClassPrior()], folder / "l", quiet, resamples=0)
    (folder / "l" / "class-prior" / "forecasts.npz").write_bytes(b"PK")
    with pytest.raises(ArtifactError, match=r"damaged .*; remove .*class-prior to make it again"):
        run_ladder(task, [ClassPrior()], folder / "l", quiet, resamples=0)


def test_other_settings_are_noticed_before_anything_is_fitted(task: Task, folder: Path) -> None:
    run_ladder(task, [Network(ModelClass.MLP)], folder / "l", quiet, resamples=0)
    longer, table = Task.of(tiny(epochs=3).config, task.store), Counted()
    with pytest.raises(ArtifactError, match="was made with epochs 2, and 3 is wanted"):
        run_ladder(longer, [table, Network(ModelClass.MLP)], folder / "l", quiet, resamples=0)
    assert table.made == 0


def test_a_model_of_other_settings_is_not_passed_off_as_this_one(task: Task, folder: Path) -> None:
    run_ladder(task, [Network(ModelClass.MLP)], folder / "l", quiet, resamples=0)
    longer = replace(task, config=tiny(epochs=3).config)
    with pytest.raises(
        ArtifactError, match=r"mlp was made with epochs 2, and 3 is wanted: ask for the same as"
    ):
        run_ladder(longer, [Network(ModelClass.MLP)], folder / "l", quiet, resamples=0)
    elsewhere = replace(task, config=tiny(device="auto").config)
    run_ladder(elsewhere, [Network(ModelClass.MLP)], folder / "l", quiet, resamples=0)


def test_without_a_test_match_nothing_begins(task: Task) -> None:
    config = tiny(val_from="2024-03-01", test_from="2031-01-01").config
    with pytest.raises(DataError, match=r"no test match: .* 2031-01-01 or later; give an earlier"):
        Task.of(config, task.store)
    with pytest.raises(ConfigError, match="got the setting seeds 2, expected 1"):
        Task.of(tiny(seeds=2).config, task.store)


def test_a_folder_of_something_else_is_left_alone(task: Task, folder: Path) -> None:
    (folder / "notes.txt").write_text("mine")
    with pytest.raises(ArtifactError, match="is not empty and holds no ladder; give another --out"):
        run_ladder(task, [ClassPrior()], folder, quiet, resamples=0)


def test_a_ladder_that_was_killed_at_any_moment_goes_on(task: Task, folder: Path) -> None:
    place = folder / "l"
    place.mkdir()
    (place / f".{PROTOCOL}.abc123.tmp").write_text("{")
    (place / ".lock").touch()
    run_ladder(task, [ClassPrior()], place, quiet, resamples=0)
    (place / ".ladder.json.abc123.tmp").write_text("{")
    (place / "lookup").mkdir()
    (place / "lookup" / ".forecasts.npz.abc123.tmp").write_bytes(b"PK")
    ladder = run_ladder(task, [ClassPrior(), LookupTable()], place, quiet, resamples=0)
    assert [rung.model for rung in ladder.rungs] == ["class-prior", "lookup"]
    assert not list(folder.rglob("*.tmp"))


def test_a_protocol_that_is_damaged_is_named(task: Task, folder: Path) -> None:
    (folder / PROTOCOL).write_text("[1]")
    with pytest.raises(ArtifactError, match=r"protocol.json: damaged \(.*\); give another --out"):
        run_ladder(task, [ClassPrior()], folder, quiet, resamples=0)


def test_another_question_is_another_ladder(task: Task, folder: Path) -> None:
    run_ladder(task, [ClassPrior()], folder / "l", quiet, resamples=0)
    half = Task.of(tiny(data_fraction=0.9).config, task.store)
    with pytest.raises(ArtifactError, match=r"whose .* is .*: its models answered another question"):
        run_ladder(half, [ClassPrior()], folder / "l", quiet, resamples=0)
    assert half.protocol["digest"] != task.protocol["digest"]


def test_a_model_that_fails_has_no_row_and_the_others_go_on(task: Task, folder: Path) -> None:
    ladder = run_ladder(task, [Broken(), ClassPrior()], folder / "l", quiet, resamples=0)
    assert [rung.model for rung in ladder.rungs] == ["class-prior"]
    assert ladder.failed == {"broken": "DataError: no such thing"}
    write_ladder(ladder, quiet)
    assert "broken has no row: DataError: no such thing" in (ladder.folder / MARKDOWN).read_text()
    with pytest.raises(NothingSucceeded, match="no model came to its end: DataError: no such thing"):
        run_ladder(task, [Broken()], folder / "m", quiet, resamples=0)


def test_a_model_that_is_too_large_leaves_the_others_their_rows(task: Task, folder: Path) -> None:
    ladder = run_ladder(task, [Broken(MemoryError()), ClassPrior()], folder / "l", quiet, resamples=0)
    assert ladder.failed == {"broken": "MemoryError: not enough memory"}


def test_a_network_is_trained_once_and_resumed(task: Task, folder: Path) -> None:
    said: list[str] = []
    network = Network(ModelClass.MLP, seeds=2)
    ladder = run_ladder(task, [network], folder / "l", said.append, resamples=0)
    assert sum("epoch" in line for line in said) == 4
    assert ladder.rungs[0].model == "mlp x 2"
    assert ladder.rungs[0].evaluation["kind_skill"].value != 0
    assert ladder.rungs[0].chosen["epochs"]
    (folder / "l" / "mlp_x_2" / "forecasts.npz").unlink()
    said.clear()
    again = run_ladder(task, [network], folder / "l", said.append, resamples=0)
    assert not any("epoch" in line for line in said)
    assert again.rungs[0].evaluation["log_loss"] == ladder.rungs[0].evaluation["log_loss"]


def test_an_ensemble_begins_with_the_network_of_the_row_before(task: Task, folder: Path) -> None:
    said: list[str] = []
    two = Network(ModelClass.MLP, seeds=2)
    by_itself = run_ladder(task, [two], folder / "a", quiet, resamples=0)
    after_one = run_ladder(task, [Network(ModelClass.MLP), two], folder / "b", said.append, resamples=0)
    assert sum(line.startswith("mlp: epoch") for line in said) == 2
    assert sum(line.startswith("mlp x 2: epoch") for line in said) == 2
    one, other = by_itself.rungs[0], after_one.rungs[1]
    assert one.evaluation.to_json() == other.evaluation.to_json()
    assert one.chosen == other.chosen


def test_an_ensemble_whose_first_network_is_gone_begins_anew(task: Task, folder: Path) -> None:
    one, two = Network(ModelClass.MLP), Network(ModelClass.MLP, seeds=2)
    run_ladder(task, [one], folder / "b", quiet, resamples=0)
    (folder / "b" / "mlp" / LAST).unlink()
    said: list[str] = []
    run_ladder(task, [one, two], folder / "b", said.append, resamples=0)
    assert sum(line.startswith("mlp x 2: epoch") for line in said) == 4


def test_slices_part_the_test_matches(task: Task) -> None:
    part = task.part("test")
    masks = slices(task.graphs, part.rows)
    for whole in (("powerplay", "middle", "death"), ("first innings", "chase"), ("men", "women")):
        marked = np.sum([masks[name] for name in whole if name in masks], axis=0)
        assert (marked == 1).all()
    both = [masks[name] for name in ("internationals", "leagues") if name in masks]
    assert (np.sum(both, axis=0) == 1).all()
    known = set(task.store.person[np.isin(task.store.person, [])].tolist())
    entries = [
        slice(task.store.player_pointers[one], task.store.player_pointers[one + 1])
        for one in task.split.training
    ]
    for entry in entries:
        known |= set(task.store.person[entry].tolist())
    for place in range(0, len(part.rows), 37):
        first = task.store.player_pointers[part.innings[place]]
        people = [
            task.store.person[first + getattr(task.store, role)[part.rows[place]]]
            for role in ("striker", "bowler")
        ]
        assert masks.get("unseen player", np.zeros(len(part.rows), dtype=bool))[place] == (
            not set(people) <= known
        )


def test_an_associate_is_in_the_match_or_not(task: Task) -> None:
    names = np.char.replace(task.store.team_names, task.store.team_names[0], "india|male")
    international = task.store.delivery_x.copy()
    international[:, 2] = 1
    store = replace(task.store, team_names=names, delivery_x=international)
    rows = task.part("test").rows
    assert slices(_graphs_of(task, store), rows)["associates"].all()
    everybody = np.array([f"india|{name}" for name in ("male",) * len(names)])
    store = replace(store, team_names=everybody)
    assert "associates" not in slices(_graphs_of(task, store), rows)


def _graphs_of(task: Task, store: GraphStore) -> InningsGraphs:
    return InningsGraphs(store, task.graphs.fitted, task.graphs.history)


def test_the_tables_and_the_page_say_the_same(task: Task, folder: Path) -> None:
    ladder = run_ladder(
        task, [ClassPrior(), Counted(REFERENCE), LookupTable()], folder / "l", quiet, resamples=20
    )
    write_ladder(ladder, quiet)
    markdown, page = ((ladder.folder / name).read_text() for name in (MARKDOWN, PAGE))
    for rung in ladder.rungs:
        shown = f"{rung.evaluation['log_loss'].value:.4f}"
        assert f"| {rung.model} | {shown} |" in markdown
        assert f"<td>{rung.model}</td><td>{shown}</td>" in page
    assert "Against lightgbm" in markdown
    assert page.count("plotly.js v") == 1
    assert "<script src=" not in page
