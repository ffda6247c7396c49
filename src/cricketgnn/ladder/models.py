"""Which models stand on the ladder, by name."""

from __future__ import annotations

from typing import Final

from cricketgnn.config.models import ModelClass
from cricketgnn.errors import ConfigError, UnknownNameError
from cricketgnn.ladder._base import Rung
from cricketgnn.ladder.boosted_trees import BoostedTrees, lightgbm
from cricketgnn.ladder.eb_logistic import EBLogistic
from cricketgnn.ladder.networks import Network
from cricketgnn.ladder.simple import ClassPrior, LookupTable

BASELINES: Final = (ClassPrior.name, LookupTable.name, EBLogistic.name, BoostedTrees.name)
DEFAULT: Final = (*BASELINES, ModelClass.MLP.value, ModelClass.HETERO_GNN.value)


def rungs_named(names: str | None, seeds: int, n_trials: int, tuned_on: float, seed: int) -> list[Rung]:
    """Make the models of a ladder.

    Args:
        names: separated by commas; None for :data:`DEFAULT`.
        seeds: networks in a further ensemble of the last network named; 1 for none.
        n_trials: configurations of the boosted trees that are tried.
        tuned_on: share of the training matches these learn from.
        seed: of whatever is random in the baselines.

    Raises:
        UnknownNameError: there is no such model.
        ConfigError: no model, an ensemble of none, or boosted trees whose library is not installed.
    """
    asked = ",".join(DEFAULT) if names is None else names  # "" is no model: a variable not set, say
    wanted = [name.strip().lower() for name in asked.split(",") if name.strip()]
    if not wanted:
        raise ConfigError(f"got no model in --models '{names}'; name some, such as {','.join(DEFAULT)}")
    networks = {model.value: Network(model) for model in ModelClass}
    known: dict[str, Rung] = {
        ClassPrior.name: ClassPrior(),
        LookupTable.name: LookupTable(),
        EBLogistic.name: EBLogistic(),
        BoostedTrees.name: BoostedTrees(n_trials, tuned_on, seed),
        **networks,
    }
    for name in wanted:
        if name not in known:
            raise UnknownNameError("model", name, known)
    if BoostedTrees.name in wanted:
        lightgbm()
    rungs = [known[name] for name in dict.fromkeys(wanted)]
    last = next((name for name in reversed(wanted) if name in networks), None)
    if seeds > 1:
        if last is None:
            raise ConfigError(f"got --seeds {seeds} and no network in --models; name the one to average")
        rungs.append(Network(ModelClass(last), seeds))
    return rungs
