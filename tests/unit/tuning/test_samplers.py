"""Who proposes: the stream of a trial is a function of seed, study, number and what was found before it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from itertools import product
from typing import Any

import optuna
import pytest
from optuna.trial import TrialState

from cricketgnn.config.search_space import PRESETS, Choice, FloatRange, IntRange, Phase, SearchSpace
from cricketgnn.config.tuning import SamplerName
from cricketgnn.tuning.database import open_storage
from cricketgnn.tuning.parameters import suggest
from cricketgnn.tuning.samplers import GRID_POINTS, STARTUP_TRIALS, Grid, grid_of, make_sampler
from cricketgnn.tuning.study import open_study
from cricketgnn.tuning.trials import put_back

SPACE = SearchSpace(
    parameters={
        "lr": FloatRange(low=1e-4, high=1e-1, log=True),
        "dropout": FloatRange(low=0.0, high=0.4),
        "num_layers": IntRange(low=1, high=9),
    }
)
MIXED = SearchSpace(
    parameters={
        **SPACE.parameters,
        "hidden_dim": Choice(choices=(16, 32, 64)),
        "id_dim": Choice(choices=(0, 8)),
    }
)
LEARNING = (SamplerName.TPE, SamplerName.RANDOM, SamplerName.GP, SamplerName.CMAES)
ENDLESS = (*LEARNING, SamplerName.QMC)
NOP = optuna.pruners.NopPruner()
LEARNED = STARTUP_TRIALS + 2
"""Trials after which samplers have begun to learn; CMA-ES does after a generation of seven."""


def enough(sampler: SamplerName) -> int:
    return LEARNED + 6 if sampler is SamplerName.CMAES else LEARNED


def value_of(values: dict[str, Any]) -> float:
    """An objective with its best at dropout 0.1 and few layers."""
    return float(-abs(values["dropout"] - 0.1) - values["num_layers"] / 10)


def study_of(
    sampler: SamplerName, space: SearchSpace = SPACE, seed: int = 0, name: str = "s"
) -> optuna.Study:
    return open_study(open_storage("sqlite://"), name, {}, make_sampler(sampler, space, seed, name), NOP)


def remake(study: optuna.Study, sampler: SamplerName, space: SearchSpace, seed: int = 0) -> None:
    """Forget whatever the sampler remembers, as a process does that goes on with a study."""
    study.sampler = make_sampler(sampler, space, seed, study.study_name)


def propose(study: optuna.Study, space: SearchSpace) -> dict[str, Any]:
    """Ask for a trial's parameters and tell its value."""
    trial = study.ask()
    values = suggest(trial, space)
    study.tell(trial, value_of(values))
    return values


@lru_cache
def undisturbed(sampler: SamplerName, mixed: bool = False) -> list[dict[str, Any]]:
    space = MIXED if mixed else SPACE
    study = study_of(sampler, space)
    return [propose(study, space) for _ in range(enough(sampler))]


def different(proposals: Iterable[dict[str, Any]]) -> int:
    return len({tuple(sorted(values.items())) for values in proposals})


@pytest.mark.parametrize("mixed", [False, True])
@pytest.mark.parametrize("sampler", ENDLESS)
def test_a_sampler_made_anew_before_every_trial_proposes_the_same(sampler: SamplerName, mixed: bool) -> None:
    space = MIXED if mixed else SPACE
    study, proposed = study_of(sampler, space), []
    for _ in range(enough(sampler)):
        remake(study, sampler, space)
        proposed.append(propose(study, space))
    assert proposed == undisturbed(sampler, mixed)
    assert different(proposed) == enough(sampler)


@pytest.mark.parametrize("sampler", ENDLESS)
def test_another_seed_and_another_name_propose_something_else(sampler: SamplerName) -> None:
    def first(**changed: Any) -> list[dict[str, Any]]:
        study = study_of(sampler, **changed)
        return [propose(study, SPACE) for _ in range(3)]

    assert first() == first()
    assert different([*first(), *first(seed=1), *first(name="t")]) == 9


@pytest.mark.parametrize("sampler", LEARNING)
def test_what_was_found_before_decides_what_is_proposed(sampler: SamplerName) -> None:
    """Turned about, the same trials lead elsewhere; only the random sampler looks at none of them."""
    proposals = []
    for sign in (1, -1):
        study = study_of(sampler)
        for _ in range(enough(sampler)):
            trial = study.ask()
            study.tell(trial, sign * value_of(suggest(trial, SPACE)))
        proposals.append(suggest(study.ask(), SPACE))
    assert (proposals[0] == proposals[1]) == (sampler is SamplerName.RANDOM)


@pytest.mark.parametrize("given", [1, 2])
@pytest.mark.parametrize("same_process", [True, False])
@pytest.mark.parametrize("finished", [0, LEARNED - 2])
@pytest.mark.parametrize("sampler", ENDLESS)
def test_a_trial_put_back_before_it_had_all_its_parameters_gets_the_same_ones(
    sampler: SamplerName, finished: int, same_process: bool, given: int
) -> None:
    expected = undisturbed(sampler)[: finished + 2]
    study = study_of(sampler)
    assert [propose(study, SPACE) for _ in range(finished)] == expected[:finished]
    trial = study.ask()
    some = dict(list(SPACE.parameters.items())[:given])
    suggest(trial, SearchSpace(parameters=some))
    put_back(study, trial)
    if not same_process:
        remake(study, sampler, SPACE)
    assert [propose(study, SPACE) for _ in range(2)] == expected[finished:]
    assert [trial.number for trial in study.trials] == list(range(finished + 2))


@pytest.mark.parametrize("sampler", ENDLESS)
def test_parameters_of_one_trial_are_drawn_independently(sampler: SamplerName) -> None:
    """One draw used twice would put both parameters at the same place of their ranges."""
    study = study_of(sampler, twins := SearchSpace(parameters={
        "dropout": FloatRange(low=0.0, high=0.5), "warmup_share": FloatRange(low=0.0, high=0.5),
    }))  # fmt: skip
    for _ in range(3):
        values = suggest(trial := study.ask(), twins)
        assert values["dropout"] != values["warmup_share"]
        study.tell(trial, 0.5)


@pytest.mark.parametrize("sampler", ENDLESS)
def test_a_first_trial_that_was_queued_changes_nothing_for_the_second(sampler: SamplerName) -> None:
    known = {"lr": 1e-3, "dropout": 0.2, "num_layers": 3}
    study, other = study_of(sampler), study_of(sampler)
    study.enqueue_trial(known)
    assert propose(study, SPACE) == known
    propose(other, SPACE)
    assert propose(study, SPACE) == propose(other, SPACE)


@pytest.mark.parametrize("sampler", ENDLESS)
def test_trials_that_run_at_the_same_time_are_proposed_different_things(sampler: SamplerName) -> None:
    study = study_of(sampler)
    for _ in range(LEARNED):
        propose(study, SPACE)
    assert different([suggest(study.ask(), SPACE) for _ in range(4)]) == 4


@pytest.mark.parametrize("sampler", [SamplerName.TPE, SamplerName.GP])
def test_what_is_being_tried_counts_for_what_is_tried_beside_it(sampler: SamplerName) -> None:
    proposals = []
    for fails in (False, True):
        study = study_of(sampler)
        for _ in range(LEARNED):
            propose(study, SPACE)
        beside = study.ask()
        suggest(beside, SPACE)
        if fails:
            study.tell(beside, state=TrialState.FAIL)
        proposals.append(suggest(study.ask(), SPACE))
    assert proposals[0] != proposals[1]


@pytest.mark.parametrize("phase", Phase)
@pytest.mark.parametrize("sampler", SamplerName)
def test_every_sampler_copes_with_every_phase(sampler: SamplerName, phase: Phase) -> None:
    space = PRESETS[phase]
    study = study_of(sampler, space)
    points = study.sampler.points if isinstance(study.sampler, Grid) else LEARNED
    for number in range(min(points, LEARNED)):
        trial = study.ask()
        assert set(suggest(trial, space)) == set(space.parameters)
        study.tell(trial, number / 10)
    assert [trial.state for trial in study.trials] == [TrialState.COMPLETE] * min(points, LEARNED)


SMALL_GRID = SearchSpace(
    parameters={"hidden_dim": Choice(choices=(16, 32)), "num_layers": IntRange(low=1, high=5, step=2)}
)


def test_a_grid_covers_every_point_once_also_when_it_goes_on() -> None:
    study = study_of(SamplerName.GRID, SMALL_GRID)
    proposed = []
    for _ in range(6):
        remake(study, SamplerName.GRID, SMALL_GRID)
        assert isinstance(study.sampler, Grid)
        assert study.sampler.points == 6
        trial = study.ask()
        proposed.append(suggest(trial, SMALL_GRID))
        study.tell(trial, 0.5)  # the last one must not stop a study that is not in `optimize`
    expected = [{"hidden_dim": width, "num_layers": layers} for width, layers in product((16, 32), (1, 3, 5))]
    assert sorted(proposed, key=lambda values: tuple(values.values())) == expected
    assert proposed != expected  # in an order of its own, so that few of them already say something


def test_a_point_of_a_grid_that_was_put_back_comes_again() -> None:
    study = study_of(SamplerName.GRID, SMALL_GRID)
    first = study.ask()
    width = first.suggest_categorical("hidden_dim", (16, 32))
    put_back(study, first)
    proposed = []
    for _ in range(6):
        remake(study, SamplerName.GRID, SMALL_GRID)
        trial = study.ask()
        proposed.append(suggest(trial, SMALL_GRID))
        study.tell(trial, 0.5)
    assert proposed[0]["hidden_dim"] == width
    assert different(proposed) == 6


def test_quasi_random_points_fill_the_space_evenly() -> None:
    """Of 8 consecutive points of the sequence after the first trial, each eighth of a range holds one."""
    space = SearchSpace(
        parameters={name: FloatRange(low=0.0, high=0.8) for name in ("dropout", "id_dropout")}
    )
    study, places = study_of(SamplerName.QMC, space), []
    for _ in range(9):
        remake(study, SamplerName.QMC, space)
        trial = study.ask()
        places.append(suggest(trial, space))
        study.tell(trial, 0.5)
    for name in space.parameters:
        assert sorted(int(values[name] * 10) for values in places[1:]) == list(range(8))


def test_a_grid_of_ranges() -> None:
    grid = grid_of(
        SearchSpace(
            parameters={
                "lr": FloatRange(low=1e-4, high=1.0, log=True),
                "dropout": FloatRange(low=0.0, high=0.4),
                "warmup_share": FloatRange(low=0.1, high=0.7, step=0.2),
                "num_layers": IntRange(low=2, high=5),
                "hidden_dim": IntRange(low=16, high=64, step=16),
                "use_class_weights": Choice(choices=(False, True)),
                "model_class": Choice(choices=("mlp", "hetero-gnn")),
            }
        )
    )
    assert GRID_POINTS == 5
    assert grid.pop("lr") == pytest.approx([1e-4, 1e-3, 1e-2, 1e-1, 1.0])
    assert grid.pop("dropout") == pytest.approx([0.0, 0.1, 0.2, 0.3, 0.4])
    assert grid.pop("warmup_share") == pytest.approx([0.1, 0.3, 0.5, 0.7])
    assert grid == {
        "num_layers": [2, 3, 4, 5],
        "hidden_dim": [16, 32, 48, 64],
        "use_class_weights": [False, True],
        "model_class": ["mlp", "hetero-gnn"],
    }


@pytest.mark.parametrize(
    "dimension",
    [
        FloatRange(low=1e-4, high=3e-3, log=True),
        FloatRange(low=0.1, high=0.3),
        FloatRange(low=0.1, high=0.7, step=0.1),
        FloatRange(low=0.05, high=0.95, step=0.15),
        IntRange(low=8, high=64, log=True),
    ],
)
def test_no_point_of_a_grid_lies_outside_its_range(dimension: FloatRange | IntRange) -> None:
    """Rounding would put the end of a range a little outside, of which the sampler warns."""
    name = "lr" if isinstance(dimension, FloatRange) else "hidden_dim"
    space = SearchSpace(parameters={name: dimension})
    points = grid_of(space)[name]
    assert all(dimension.low <= point <= dimension.high for point in points)
    assert points[0] == dimension.low
    assert points[-1] == dimension.high
    study = study_of(SamplerName.GRID, space)
    assert sorted(suggest(study.ask(), space)[name] for _ in points) == points
