"""Who proposes parameters: Optuna's samplers by name, each trial with a stream of its own.

A sampler's state is in no storage. One that is made anew when a study goes on would repeat its first
proposals, and so would two that share a seed. Here the stream of a trial follows from (seed, phase, trial
number) and nothing else: an interrupted study proposes what an undisturbed one would have, and the same
search begun anew, under whatever name, proposes the same.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.trial import FrozenTrial, TrialState

from cricketgnn.config.search_space import Choice, FloatRange, SearchSpace
from cricketgnn.config.tuning import SamplerName
from cricketgnn.training.seeding import derived_seed

STARTUP_TRIALS: Final = 5
"""Trials that a sampler draws at random before it learns from them."""
GRID_POINTS: Final = 5
"""Values a grid takes from a continuous range that has no step."""


def make_sampler(name: SamplerName, space: SearchSpace, seed: int, phase: str) -> BaseSampler:
    """Make the sampler of a study.

    Args:
        name: which.
        space: what is searched; a grid is made of it.
        seed: base seed.
        phase: what is searched; phases in a row that share a seed and a parameter shall not propose the same.
    """

    def seed_of(*purpose: int) -> int:
        return derived_seed(seed, _number_of(phase), *purpose) % 2**32

    if name is SamplerName.GRID:
        return Grid(grid_of(space), seed=seed_of())
    if name is SamplerName.QMC:
        return _quietly(
            lambda: QuasiRandom(
                scramble=True,
                seed=seed_of(),
                warn_independent_sampling=False,
                independent_sampler=PerTrial(_MAKERS[SamplerName.RANDOM], seed_of),
            )
        )
    return PerTrial(_MAKERS[name], seed_of)


def _number_of(name: str) -> int:
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=4).digest(), "big")


def _quietly(make: Callable[[], BaseSampler]) -> BaseSampler:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return make()


_MAKERS: Final[Mapping[SamplerName, Callable[[int], BaseSampler]]] = {
    SamplerName.TPE: lambda seed: optuna.samplers.TPESampler(
        seed=seed, n_startup_trials=STARTUP_TRIALS, multivariate=True, group=True, constant_liar=True
    ),
    SamplerName.RANDOM: lambda seed: optuna.samplers.RandomSampler(seed=seed),
    SamplerName.GP: lambda seed: optuna.samplers.GPSampler(seed=seed, n_startup_trials=STARTUP_TRIALS),
    SamplerName.CMAES: lambda seed: optuna.samplers.CmaEsSampler(
        seed=seed, n_startup_trials=STARTUP_TRIALS, warn_independent_sampling=False
    ),
}


class PerTrial(BaseSampler):
    """Gives each trial a sampler of its own, seeded by the trial's number.

    A trial that was put back before it had all its parameters gets the rest as it would have: a parameter
    that is drawn by itself has a stream of its own, those drawn together do not see what the trial has.

    Args:
        make: makes a sampler from a seed.
        seed_of: gives a trial number, or a trial number and a number for a parameter, its seed.
    """

    def __init__(self, make: Callable[[int], BaseSampler], seed_of: Callable[..., int]) -> None:
        self._make, self._seed_of = make, seed_of
        self._last: tuple[int, BaseSampler] | None = None

    def _of(self, trial: FrozenTrial) -> BaseSampler:
        if self._last is None or self._last[0] != trial.number:
            self._last = trial.number, _quietly(lambda: self._make(self._seed_of(trial.number)))
        return self._last[1]

    def infer_relative_search_space(
        self, study: optuna.Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """Pass on."""
        return self._of(trial).infer_relative_search_space(study, trial)

    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Pass on."""
        others: Any = _OtherTrials(study, trial.number)
        return self._of(trial).sample_relative(others, trial, search_space)

    def sample_independent(
        self, study: optuna.Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """Pass on to a sampler of the parameter's own."""
        sampler = _quietly(lambda: self._make(self._seed_of(trial.number, _number_of(param_name))))
        return sampler.sample_independent(study, trial, param_name, param_distribution)

    def before_trial(self, study: optuna.Study, trial: FrozenTrial) -> None:
        """Begin a trial's stream, from its start also where the trial is asked for again."""
        self._last = None
        self._of(trial).before_trial(study, trial)

    def after_trial(
        self, study: optuna.Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None
    ) -> None:
        """Pass on."""
        self._of(trial).after_trial(study, trial, state, values)


class _OtherTrials:
    """A study as it looks to a sampler that shall not see one of its trials."""

    def __init__(self, study: optuna.Study, number: int) -> None:
        self._study, self._number = study, number

    def __getattr__(self, name: str) -> Any:
        return getattr(self._study, name)

    def _get_trials(self, *args: Any, **options: Any) -> list[FrozenTrial]:
        found = self._study._get_trials(*args, **options)
        return [trial for trial in found if trial.number != self._number]


class QuasiRandom(optuna.samplers.QMCSampler):
    """Optuna's quasi-random sequence; the place of a trial in it is its number, whoever asks how often.

    Optuna counts what was asked for, so that a trial that is asked for again would move all later ones on.
    """

    _place = 0

    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Give the point of a trial's number; the first trial is none of the sequence."""
        self._place = max(0, trial.number - 1)
        return super().sample_relative(study, trial, search_space)

    def _find_sample_id(self, study: optuna.Study, search_space: dict[str, BaseDistribution]) -> int:
        return self._place


class Grid(optuna.samplers.GridSampler):
    """Optuna's grid, which would stop a study by itself; here the coordinator counts its points."""

    @property
    def points(self) -> int:
        """Count the points of the grid."""
        return len(self._all_grids)

    def after_trial(
        self, study: optuna.Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None
    ) -> None:
        """Do not stop the study, which is not in ``optimize``."""


def most_trials(study: optuna.Study, wanted: int) -> int:
    """Tell how many finished trials a search can have: a grid has its points, less those that fail."""
    sampler = study.sampler
    return min(wanted, sampler.points - _failed_points(study)) if isinstance(sampler, Grid) else wanted


def _failed_points(study: optuna.Study) -> int:
    """Count the configurations that failed and that no other trial has tried, is trying or will try."""
    known = study.get_trials(deepcopy=False)
    failed = [trial.params for trial in known if trial.state is TrialState.FAIL]
    tried = [
        trial.system_attrs.get("fixed_params", trial.params)
        for trial in known
        if trial.state is not TrialState.FAIL
    ]
    return len({tuple(sorted(params.items())) for params in failed if params not in tried})


def grid_of(space: SearchSpace) -> dict[str, list[Any]]:
    """List the values a grid search takes of each dimension.

    A continuous range without a step gives :data:`GRID_POINTS` values, evenly spaced on its scale.
    """
    grid: dict[str, list[Any]] = {}
    for name, dimension in space.parameters.items():
        if isinstance(dimension, Choice):
            grid[name] = list(dimension.choices)
        elif isinstance(dimension, FloatRange):
            grid[name] = _float_points(dimension)
        else:
            grid[name] = list(range(dimension.low, dimension.high + 1, dimension.step))
    return grid


def _float_points(dimension: FloatRange) -> list[float]:
    low, high = dimension.low, dimension.high
    if dimension.step is not None:
        count = int(np.floor((high - low) / dimension.step + 1e-9)) + 1
        points = [low + number * dimension.step for number in range(count)]
    else:
        spaced = np.geomspace if dimension.log else np.linspace
        points = [float(value) for value in spaced(low, high, GRID_POINTS)]
    return [low, *points[1:-1], high]  # the ends exactly, which rounding may have moved outside
