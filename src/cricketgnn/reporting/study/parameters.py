"""What the parameters did: importance, slices, pairs, and all of them side by side."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import numpy as np
import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.importance import FanovaImportanceEvaluator, get_param_importances
from scipy.interpolate import griddata

from cricketgnn.reporting.study.record import StudyRecord, TrialRecord

MIN_TRIALS: Final = 4
"""With fewer completed trials an importance is noise."""
TRUSTWORTHY: Final = 50
"""Completed trials from which importances stop changing much from one to the next."""
_MOST_TRIALS: Final = 200
"""Trials an importance is computed from, the latest: more take long and change nothing."""
DRAWS: Final = 12
_FOREST: Final = {"n_trees": 32, "max_depth": 16}
_FOREST_OF_A_DRAW: Final = {"n_trees": 8, "max_depth": 8}
"""Trees of fANOVA: what they say of 200 trials changes by less than .01 with more, and a draw needs less."""
_CONFIDENCE: Final = 0.9
_GRID: Final = 30


class ImportanceInfo(NamedTuple):
    """Which share of the variance of the value each parameter explains.

    Attributes:
        evaluator: of Optuna's.
        trials: it was computed from.
        shares: by parameter, the largest first; they sum to 1.
        intervals: 90 % of the draws of trials lie within, by parameter; empty where none were drawn.
        words: why there is none, or how far it can be trusted; empty where nothing is to be said.
    """

    evaluator: str
    trials: int
    shares: dict[str, float]
    intervals: dict[str, tuple[float, float]]
    words: str


def importance(record: StudyRecord, draws: int = DRAWS) -> ImportanceInfo:
    """Tell how much each parameter matters, with an interval from drawing the trials again.

    Args:
        record: of the study.
        draws: of the trials; 0 leaves the intervals out, which take most of the time.
    """
    done = [trial for trial in record.completed if trial.same_as is None][-_MOST_TRIALS:]
    varied = {name for trial in done for name in trial.parameters if _varies(name, done)}
    if len(done) < MIN_TRIALS or not varied:
        return _none(
            len(done),
            f"{len(done)} completed trials are too few to tell importances apart; at least {MIN_TRIALS} are "
            f"needed, {TRUSTWORTHY} or more to trust them",
        )
    if len({trial.value for trial in done}) == 1:
        return _none(
            len(done), f"all {len(done)} completed trials have the same value: no parameter made a difference"
        )
    shares = _shares(record.space, done, 0, _FOREST)
    words = "" if len(done) >= TRUSTWORTHY else f"a first hint: {TRUSTWORTHY} or more trials can be trusted"
    return ImportanceInfo("fANOVA", len(done), shares, _intervals(record.space, done, shares, draws), words)


def _intervals(
    space: Mapping[str, BaseDistribution], done: list[TrialRecord], shares: Mapping[str, float], draws: int
) -> dict[str, tuple[float, float]]:
    if not draws:
        return {}
    places = np.random.default_rng(0).integers(len(done), size=(draws, len(done)))
    drawn = [
        _shares(space, [done[place] for place in row], number + 1, _FOREST_OF_A_DRAW)
        for number, row in enumerate(places)
    ]
    tail = (1 - _CONFIDENCE) / 2
    ends = {
        name: np.quantile([one.get(name, 0.0) for one in drawn], [tail, 1 - tail]).tolist() for name in shares
    }
    return {name: (low, high) for name, (low, high) in ends.items()}


def _none(trials: int, words: str) -> ImportanceInfo:
    return ImportanceInfo("fANOVA", trials, {}, {}, words)


def _varies(name: str, trials: list[TrialRecord]) -> bool:
    return len({trial.parameters.get(name) for trial in trials}) > 1


def _shares(
    space: Mapping[str, BaseDistribution], done: list[TrialRecord], seed: int, forest: Mapping[str, int]
) -> dict[str, float]:
    """Ask Optuna for the importances of some trials; equal ones may be among them."""
    study = optuna.create_study(direction="maximize")
    study.add_trials(
        [
            optuna.trial.create_trial(
                params=dict(trial.parameters),
                distributions={name: space[name] for name in trial.parameters},
                value=trial.value,
            )
            for trial in done
        ]
    )
    if len({trial.value for trial in done}) == 1 or not any(_varies(name, done) for name in space):
        return {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        found = get_param_importances(study, evaluator=FanovaImportanceEvaluator(seed=seed, **forest))
    return {name: float(share) for name, share in found.items()}


class SliceInfo(NamedTuple):
    """The value of the trials by one parameter.

    Attributes:
        name: of the parameter.
        places: its value in each trial, in words where it is a choice.
        values: macro-F1 on validation.
        numbers: of the trials.
        log: whether it was searched on a logarithmic scale.
        choices: it may be, in words, in their order; empty where it is a number.
        ticks: numbers that are labelled, and their labels; empty where there are choices.
    """

    name: str
    places: list[Any]
    values: list[float]
    numbers: list[int]
    log: bool
    choices: list[str]
    ticks: tuple[list[float], list[str]]


def slices(record: StudyRecord) -> list[SliceInfo]:
    """Give the completed trials once for each parameter."""
    found = []
    for name, dimension in record.space.items():
        done = [trial for trial in record.completed if name in trial.parameters]
        choices = [*map(str, dimension.choices)] if isinstance(dimension, CategoricalDistribution) else []
        found.append(
            SliceInfo(
                name=name,
                places=[str(t.parameters[name]) if choices else t.parameters[name] for t in done],
                values=[trial.value for trial in done if trial.value is not None],
                numbers=[trial.number for trial in done],
                log=is_log(dimension),
                choices=choices,
                ticks=([], []) if choices else _ticks(dimension),
            )
        )
    return found


def is_log(dimension: BaseDistribution) -> bool:
    """Tell whether a parameter was searched on a logarithmic scale."""
    return isinstance(dimension, FloatDistribution | IntDistribution) and dimension.log


class PairInfo(NamedTuple):
    """The value over two parameters together, between the trials as a plane through its neighbours would be.

    Attributes:
        across, up: names of the parameters.
        points: (across, up, value) of the trials.
        grid_across, grid_up: where the surface is known.
        surface: value on the grid, ``[up][across]``; None outside what the trials span.
        log_across, log_up: whether they were searched on a logarithmic scale.
    """

    across: str
    up: str
    points: list[tuple[float, float, float]]
    grid_across: list[float]
    grid_up: list[float]
    surface: list[list[float | None]]
    log_across: bool
    log_up: bool


def pair(record: StudyRecord, names: list[str]) -> PairInfo | None:
    """Draw a surface over the first two of some parameters that are numbers; None where it has no area."""
    numeric = [name for name in names if isinstance(record.space[name], FloatDistribution | IntDistribution)]
    if len(numeric) < 2:
        return None
    across, up = numeric[:2]
    done = [t for t in record.completed if across in t.parameters and up in t.parameters]
    points = np.array([(t.parameters[across], t.parameters[up], t.value) for t in done], dtype=float)
    log = [is_log(record.space[name]) for name in (across, up)]
    if len(points) < MIN_TRIALS or any(len(np.unique(points[:, axis])) < 2 for axis in range(2)):
        return None
    scaled = np.stack([np.log(points[:, i]) if log[i] else points[:, i] for i in range(2)], axis=1)
    low, high = scaled.min(axis=0), scaled.max(axis=0)
    unit = (scaled - low) / (high - low)
    if np.linalg.matrix_rank(unit - unit.mean(axis=0), tol=1e-6) < 2:
        return None  # all on one line
    steps = np.linspace(0, 1, _GRID)
    surface = griddata(unit, points[:, 2], tuple(np.meshgrid(steps, steps)), method="linear")
    axes = [low[i] + steps * (high[i] - low[i]) for i in range(2)]
    grids = [np.exp(axis) if log[i] else axis for i, axis in enumerate(axes)]
    return PairInfo(
        across=across,
        up=up,
        points=[(float(x), float(y), float(value)) for x, y, value in points],
        grid_across=grids[0].tolist(),
        grid_up=grids[1].tolist(),
        surface=[[None if np.isnan(value) else float(value) for value in row] for row in surface],
        log_across=log[0],
        log_up=log[1],
    )


class ParallelInfo(NamedTuple):
    """All parameters side by side, a line a completed trial.

    Attributes:
        names: of the parameters.
        columns: of each parameter, the place of each trial: the logarithm where it was searched so, the
            number of the choice where it is one.
        ticks: places that are labelled, and their labels, by parameter.
        values: macro-F1 on validation.
        numbers: of the trials.
    """

    names: list[str]
    columns: list[list[float]]
    ticks: list[tuple[list[float], list[str]]]
    values: list[float]
    numbers: list[int]


def parallel(record: StudyRecord) -> ParallelInfo:
    """Lay out the trials that have every parameter."""
    names = list(record.space)
    done = [trial for trial in record.completed if set(names) <= set(trial.parameters)]
    columns, ticks = [], []
    for name in names:
        column, marks = _axis(record.space[name], [trial.parameters[name] for trial in done])
        columns.append(column)
        ticks.append(marks)
    values = [trial.value for trial in done if trial.value is not None]
    return ParallelInfo(names, columns, ticks, values, [trial.number for trial in done])


def _axis(
    dimension: BaseDistribution, places: list[Any]
) -> tuple[list[float], tuple[list[float], list[str]]]:
    if isinstance(dimension, CategoricalDistribution):
        choices = list(dimension.choices)
        marks = [float(number) for number in range(len(choices))], [str(choice) for choice in choices]
        return [float(choices.index(place)) for place in places], marks
    numbers, labels = _ticks(dimension)
    if is_log(dimension):
        return np.log10(np.asarray(places, dtype=float)).tolist(), (np.log10(numbers).tolist(), labels)
    return [float(place) for place in places], (numbers, labels)


def _ticks(dimension: BaseDistribution) -> tuple[list[float], list[str]]:
    """Choose a few numbers of a range to label, whole ones where only these may be."""
    assert isinstance(dimension, FloatDistribution | IntDistribution)  # Optuna has no other
    low, high = float(dimension.low), float(dimension.high)
    steps = np.geomspace(low, high, 4) if is_log(dimension) else np.linspace(low, high, 4)
    if isinstance(dimension, IntDistribution):
        whole = np.unique(np.round(steps))
        return whole.tolist(), [f"{value:.0f}" for value in whole]
    return steps.tolist(), [f"{value:.3g}" for value in steps]
