"""Who stops a trial that is not worth finishing: Optuna's pruners by name."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any, Final

import optuna
from optuna.pruners import BasePruner
from optuna.trial import FrozenTrial

from cricketgnn.config.tuning import PrunerName
from cricketgnn.tuning.trials import TWIN

STARTUP_TRIALS: Final = 5
"""Trials that complete before the median rule prunes any."""
WARMUP_EPOCHS: Final = 5
"""Epochs of every trial in which the median rule does not prune it."""


def make_pruner(name: PrunerName, epochs: int) -> BasePruner:
    """Make a pruner for trials of at most ``epochs`` epochs."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return _MAKERS[name](epochs)


class _Trained:
    """A study as it looks without the trials that only took the result of another over."""

    def __init__(self, study: optuna.Study) -> None:
        self._study = study

    def __getattr__(self, name: str) -> Any:
        return getattr(self._study, name)

    def get_trials(self, *args: Any, **options: Any) -> list[FrozenTrial]:
        found = self._study.get_trials(*args, **options)
        return [trial for trial in found if TWIN not in trial.user_attrs]


class Median(optuna.pruners.MedianPruner):
    """Optuna's, to which a configuration counts once, however often it comes up."""

    def prune(self, study: optuna.Study, trial: FrozenTrial) -> bool:
        """Tell whether a trial's best log loss so far is worse than the median at its epoch."""
        trained: Any = _Trained(study)
        return super().prune(trained, trial)


class Wilcoxon(optuna.pruners.WilcoxonPruner):
    """Optuna's, silent about epochs that the best trial, which may have stopped early, does not have."""

    def prune(self, study: optuna.Study, trial: FrozenTrial) -> bool:
        """Tell whether a trial is worse than the best one at the epochs both have."""
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="WilcoxonPruner finds steps existing")
            return super().prune(study, trial)


_MAKERS: Final[Mapping[PrunerName, Callable[[int], BasePruner]]] = {
    PrunerName.MEDIAN: lambda epochs: Median(n_startup_trials=STARTUP_TRIALS, n_warmup_steps=WARMUP_EPOCHS),
    PrunerName.HYPERBAND: lambda epochs: optuna.pruners.HyperbandPruner(max_resource=epochs),
    PrunerName.WILCOXON: lambda epochs: Wilcoxon(n_startup_steps=WARMUP_EPOCHS),
    PrunerName.SUCCESSIVE_HALVING: lambda epochs: optuna.pruners.SuccessiveHalvingPruner(),
    PrunerName.NONE: lambda epochs: optuna.pruners.NopPruner(),
}
