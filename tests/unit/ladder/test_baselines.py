"""The baselines: shares counted by hand, tables that hold what the network sees, trees that learn."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cricketgnn.cricket.outcomes import OUTCOME_NAMES
from cricketgnn.cricket.overs import twentieths
from cricketgnn.errors import ArtifactError, ConfigError, DataError, UnknownNameError
from cricketgnn.features import names
from cricketgnn.graph import schema
from cricketgnn.ladder import eb_logistic
from cricketgnn.ladder._base import Rung
from cricketgnn.ladder.boosted_trees import KNOWN_GOOD, TRIALS_FILE, BoostedTrees
from cricketgnn.ladder.eb_logistic import _FLAGS, _WHOSE, EBLogistic, _design
from cricketgnn.ladder.models import DEFAULT, rungs_named
from cricketgnn.ladder.simple import ClassPrior, LookupTable, _keys, _shrunk
from cricketgnn.ladder.tabular import COLUMNS, tabular
from cricketgnn.ladder.task import Task, counts

RUNGS: dict[str, Callable[[], Rung]] = {
    "class-prior": ClassPrior,
    "lookup": LookupTable,
    "eb-logistic": EBLogistic,
    "lightgbm": lambda: BoostedTrees(n_trials=2, share=0.5, seed=1),
}


@pytest.mark.parametrize("name", RUNGS)
def test_every_baseline_forecasts_every_delivery(task: Task, folder: Path, name: str) -> None:
    said: list[str] = []
    rung = RUNGS[name]()
    assert rung.name == name
    forecasts = rung.forecast(task, folder, said.append)
    for part, probabilities in (("val", forecasts.validation), ("test", forecasts.test)):
        assert probabilities.shape == (len(task.part(part).rows), 7)
        assert (probabilities >= 0).all()
        np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)
        task.predictions(part, probabilities, forecasts.test_kinds)  # it checks shapes and sums
    json.dumps(forecasts.chosen)


def test_the_class_prior_counts_each_sex(task: Task, folder: Path) -> None:
    training, test = task.part("train"), task.part("test")
    forecast = ClassPrior().forecast(task, folder, print).test
    for sex in (False, True):
        came = training.outcome[(training.female == sex) & (training.outcome >= 0)]
        share = (np.bincount(came, minlength=7) + 1) / (len(came) + 7)
        said = forecast[test.female == sex]
        np.testing.assert_allclose(said, np.tile(share, (len(said), 1)), rtol=1e-5, atol=1e-7)


def test_a_cell_without_a_delivery_says_what_its_parent_says() -> None:
    top, below = np.zeros((2, 7)), np.zeros((4, 7))
    top[0, 0], below[0, 0] = 30, 30
    shares = _shrunk([top, below], strength=10)
    root = np.full(7, 1 / 7)
    parent = (top[0] + 10 * root) / 40
    np.testing.assert_allclose(shares[1], parent, rtol=1e-6)
    np.testing.assert_allclose(shares[0], (below[0] + 10 * parent) / 40, rtol=1e-6)
    np.testing.assert_allclose(shares[2:], np.tile(root, (2, 1)), rtol=1e-6)


def test_the_levels_of_the_table_split_each_other(task: Task) -> None:
    part = task.part("train")
    levels = _keys(task, part)
    assert [size for _, size in levels] == [2, 4, 80, 880]
    for (above, size), (below, finer) in itertools.pairwise(levels):
        np.testing.assert_array_equal(below // (finer // size), above)
    counted = counts(levels[-1][0], part.outcome, 880)
    assert counted.sum() == (part.outcome >= 0).sum()


def test_a_row_of_the_table_is_what_the_graph_holds(task: Task) -> None:
    part = task.part("test")
    table = tabular(task, part)
    assert table.shape == (len(part.rows), len(COLUMNS))
    assert len(set(COLUMNS)) == len(COLUMNS)
    graph = task.graphs.batch(task.split.test)

    def of(source: str, relation: str) -> Any:
        edges = graph[source, relation, schema.DELIVERY].edge_index
        return graph[source].x[edges[0]].numpy()

    def columns(prefix: str, features: tuple[names.Feature, ...]) -> Any:
        return table[:, [COLUMNS.index(f"{prefix}{feature.name}") for feature in features]]

    np.testing.assert_array_equal(columns("", names.DELIVERY), graph[schema.DELIVERY].x.numpy())
    for person, relation in (("striker", "faces"), ("non_striker", "partners"), ("bowler", "bowls")):
        np.testing.assert_array_equal(columns(f"{person}_as_", names.PLAYER), of(schema.PLAYER, relation))
    np.testing.assert_array_equal(columns("", names.VENUE), of(schema.VENUE, "hosts"))
    np.testing.assert_array_equal(columns("batting_side_", names.TEAM), of(schema.TEAM, "bats"))
    np.testing.assert_array_equal(columns("bowling_side_", names.TEAM), of(schema.TEAM, "fields"))
    np.testing.assert_array_equal(columns("", names.COMPETITION), of(schema.COMPETITION, "frames"))


def test_boosted_trees_go_on_with_the_trials_of_before(task: Task, folder: Path) -> None:
    said: list[str] = []
    trees = BoostedTrees(n_trials=2, share=0.5, seed=1)
    first = trees.forecast(task, folder, said.append)
    tried = json.loads((folder / TRIALS_FILE).read_text())
    assert len(tried["trials"]) == 2
    assert sum("trial" in line for line in said) == 2
    said.clear()
    again = trees.forecast(task, folder, said.append)
    assert not any("trial" in line for line in said)
    np.testing.assert_array_equal(again.test, first.test)
    more = BoostedTrees(n_trials=3, share=0.5, seed=1).forecast(task, folder, said.append)
    assert sum("trial" in line for line in said) == 1
    assert json.loads((folder / TRIALS_FILE).read_text())["trials"][:2] == tried["trials"]
    assert again.fit_seconds > sum(trial["seconds"] for trial in tried["trials"])
    assert more.chosen["trials"] == 3


def test_a_finalist_is_fitted_once(task: Task, folder: Path) -> None:
    said: list[str] = []
    trees = BoostedTrees(n_trials=1, share=0.5, seed=1)
    first = trees.forecast(task, folder, said.append)
    (finalist,) = folder.glob("finalist_*.json")
    kept = json.loads(finalist.read_text())
    kept["fit"]["seconds"] = 1000.0
    finalist.write_text(json.dumps(kept))
    again = trees.forecast(task, folder, said.append)
    assert said[0] == said[1]
    np.testing.assert_array_equal(again.test, first.test)
    assert again.fit_seconds > 1000
    other = BoostedTrees(n_trials=1, share=0.5, seed=2).forecast(task, folder, print)
    assert not np.array_equal(other.test, first.test)
    finalist.write_text("{")
    with pytest.raises(ArtifactError, match=r"finalist_.*\.json: damaged .*; remove it to fit anew"):
        trees.forecast(task, folder, print)


def test_a_single_trial_is_the_known_good_on_all_matches(task: Task, folder: Path) -> None:
    said: list[str] = []
    forecasts = BoostedTrees(n_trials=1, share=0.5, seed=1).forecast(task, folder, said.append)
    assert [line.partition(",")[0] for line in said] == ["lightgbm: all training matches"]
    assert {name: forecasts.chosen[name] for name in KNOWN_GOOD} == KNOWN_GOOD


@pytest.mark.parametrize(("share", "seed"), [(0.5, 2), (0.4, 1)])
def test_trials_of_another_search_are_not_passed_off_as_this_ones(
    task: Task, folder: Path, share: float, seed: int
) -> None:
    BoostedTrees(n_trials=2, share=0.5, seed=1).forecast(task, folder, print)
    with pytest.raises(ArtifactError, match=r"is of a search with .*; give another --out, or remove"):
        BoostedTrees(n_trials=2, share=share, seed=seed).forecast(task, folder, print)
    kept = json.loads((folder / TRIALS_FILE).read_text())
    kept["trials"][0]["parameters"]["num_leaves"] = 9
    (folder / TRIALS_FILE).write_text(json.dumps(kept))
    with pytest.raises(ArtifactError, match="is of another search"):
        BoostedTrees(n_trials=2, share=0.5, seed=1).forecast(task, folder, print)


def test_the_best_trials_and_the_known_good_meet_on_all_matches(task: Task, folder: Path) -> None:
    said: list[str] = []
    forecasts = BoostedTrees(n_trials=4, share=0.3, seed=1).forecast(task, folder, said.append)
    tried = json.loads((folder / TRIALS_FILE).read_text())["trials"]
    best = sorted(tried, key=lambda trial: trial["loss"])[:2]
    finalists = [trial["parameters"] for trial in best]
    finalists += [] if KNOWN_GOOD in finalists else [KNOWN_GOOD]
    fits = [line for line in said if "all training matches" in line]
    assert len(fits) == len(finalists)
    losses = [float(line.split("log loss ")[1].split()[0]) for line in fits]
    chosen = finalists[losses.index(min(losses))]
    assert {name: forecasts.chosen[name] for name in chosen} == chosen


def test_every_over_is_a_step_of_its_own(task: Task) -> None:
    part = task.part("val")
    over = twentieths(
        *(task.column(part, name).astype(np.int64) for name in ("balls_bowled", "scheduled_balls"))
    )
    first = len(_WHOSE) * 7 + len(_FLAGS)
    steps = _design(task, part)[:, first : first + 19]
    assert set(over[over > 0]) <= set(range(1, 20))
    np.testing.assert_array_equal(steps.argmax(axis=1)[over > 0] + 1, over[over > 0])
    assert not steps[over == 0].any()


def test_the_smallest_share_still_is_a_match(task: Task, folder: Path) -> None:
    assert BoostedTrees(n_trials=1, share=0.001, seed=1).forecast(task, folder, print).test.shape[1] == 7


class Mislabelled(BoostedTrees):
    """Calls the outcomes what no outcome is."""

    def _boost(self, parameters: Any, x: Any, y: Any, came_x: Any, came: Any) -> tuple[Any, float]:
        return super()._boost(parameters, x, y + len(OUTCOME_NAMES), came_x, came)


def test_what_lightgbm_refuses_is_one_line_of_ours(task: Task, folder: Path) -> None:
    with pytest.raises(DataError, match=r"^lightgbm cannot learn from these deliveries: Label must be.*\S$"):
        Mislabelled(n_trials=1, share=0.5, seed=0).forecast(task, folder, print)


def test_a_fit_that_ran_out_of_steps_says_so(
    task: Task, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(eb_logistic, "_MOST_STEPS", 2)
    said: list[str] = []
    forecasts = EBLogistic().forecast(task, folder, said.append)
    assert forecasts.chosen["converged"] is False
    assert len(said) == 3
    assert all(line.endswith(", not converged") for line in said)


def test_one_outcome_alone_is_no_regression(task: Task, folder: Path) -> None:
    dots = replace(task.store, outcome=np.minimum(task.store.outcome, 0))
    with pytest.raises(DataError, match="training deliveries ended alike, expected two outcomes at least"):
        EBLogistic().forecast(replace(task, store=dots), folder, print)


def test_models_are_named_and_an_ensemble_follows_the_last_network() -> None:
    assert [rung.name for rung in rungs_named(None, 1, 5, 0.5, 0)] == list(DEFAULT)
    named = rungs_named("Lookup, mlp,mlp,class-prior", 3, 5, 0.5, 0)
    assert [rung.name for rung in named] == ["lookup", "mlp", "class-prior", "mlp x 3"]
    with pytest.raises(ConfigError, match="got --seeds 3 and no network in --models"):
        rungs_named("lookup", 3, 5, 0.5, 0)
    with pytest.raises(ConfigError, match="got no model in --models ' , '"):
        rungs_named(" , ", 1, 5, 0.5, 0)
    with pytest.raises(UnknownNameError, match="unknown model 'lightgmb'; did you mean 'lightgbm'"):
        rungs_named("lightgmb", 1, 5, 0.5, 0)
