"""Who stops a trial that is not worth finishing: Optuna's pruners by name."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Final

import optuna
from optuna.pruners import BasePruner
from optuna.trial import FrozenTrial

from cricketgnn.config.tuning import PrunerName

STARTUP_TRIALS: Final = 5
"""Trials that complete before the median rule prunes any."""
WARMUP_EPOCHS: Final = 5
"""Epochs of every trial in which the median rule does not prune it."""


def make_pruner(name: PrunerName, epochs: int) -> BasePruner:
    """Make a pruner for trials of at most ``epochs`` epochs."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return _MAKERS[name](epochs)


class Wilcoxon(optuna.pruners.WilcoxonPruner):
    """Optuna's, silent about epochs that the best trial, which may have stopped early, does not have."""

    def prune(self, study: optuna.Study, trial: FrozenTrial) -> bool:
        """Tell whether a trial is worse than the best one at the epochs both have."""
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="WilcoxonPruner finds steps existing")
            return super().prune(study, trial)


_MAKERS: Final[Mapping[PrunerName, Callable[[int], BasePruner]]] = {
    PrunerName.MEDIAN: lambda epochs: optuna.pruners.MedianPruner(
        n_startup_trials=STARTUP_TRIALS, n_warmup_steps=WARMUP_EPOCHS
    ),
    PrunerName.HYPERBAND: lambda epochs: optuna.pruners.HyperbandPruner(max_resource=epochs),
    PrunerName.WILCOXON: lambda epochs: Wilcoxon(n_startup_steps=WARMUP_EPOCHS),
    PrunerName.SUCCESSIVE_HALVING: lambda epochs: optuna.pruners.SuccessiveHalvingPruner(),
    PrunerName.NONE: lambda epochs: optuna.pruners.NopPruner(),
}
