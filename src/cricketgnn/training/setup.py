"""A run made ready to train: matches split, statistics fitted, network built, or all that taken up again."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from cricketgnn.config import RunConfig
from cricketgnn.config.models import Device
from cricketgnn.errors import CheckpointError, OtherTrainingError
from cricketgnn.graph.batch import InningsGraphs
from cricketgnn.graph.fitted import Fitted
from cricketgnn.graph.fitted import fit as fit_statistics
from cricketgnn.graph.store import GraphStore
from cricketgnn.models.network import build_network
from cricketgnn.training.checkpoint import Checkpoint, load_checkpoint, network_inputs
from cricketgnn.training.device import graphs_on, memory_explained
from cricketgnn.training.fit import FitState, start
from cricketgnn.training.group import ALONE, Group, own_device
from cricketgnn.training.run_folder import LAST, clear_torn
from cricketgnn.training.seeding import derived_seed, member_seed
from cricketgnn.training.split import Split, split_of
from cricketgnn.words import in_one_line

_WEIGHTS = 0


@dataclass(frozen=True)
class RunSetup:
    """A run ready to train: data split, statistics fitted, network built.

    Attributes:
        config: everything that decides the run.
        graphs: graphs of all innings, under statistics fitted on the training innings, where to compute.
        split: who trains, validates and tests.
        state: network, average, optimiser, history.
        group: the processes that train it together.
    """

    config: RunConfig
    graphs: InningsGraphs
    split: Split
    state: FitState
    group: Group = ALONE

    @property
    def device(self) -> torch.device:
        """Tell where to compute."""
        return self.graphs.device

    @property
    def unfinished(self) -> bool:
        """Tell whether there is anything left to train."""
        return self._network_unfinished or self.state.member < self.config.training.seeds

    def check_same_in_group(self) -> None:
        """Make sure that every process of the group is about to train the same.

        Raises:
            GroupError: they are not, or one has ended.
        """
        if self.group.size > 1:
            config = self.config.model_dump(mode="json", exclude={"training": {"device"}})
            weights = [value.double().sum().item() for value in self.state.network.state_dict().values()]
            about = config, self.facts(), self.state.member, self.state.epoch, weights
            self.group.check_same(json.dumps(about, default=str))

    @property
    def _network_unfinished(self) -> bool:
        """Tell whether epochs and patience are both left for the network at hand."""
        return self.state.epoch < self.config.training.epochs and not self.state.stopping.exhausted

    def begin_next_network(self) -> bool:
        """Go on to the next network of the ensemble; False where this one or the ensemble is not done."""
        if self._network_unfinished or not self.unfinished:
            return False
        self.state.begin(_fresh(self.config, self.graphs.fitted, self.device, self.state.member + 1))
        return True

    def facts(self) -> dict[str, Any]:
        """Describe data and split for provenance and checkpoints."""
        return _facts(self.split, self.graphs.store)


def _facts(split: Split, store: GraphStore) -> dict[str, Any]:
    return {**split.to_json(), "data_fingerprint": store.fingerprint}


def set_up(config: RunConfig, store: GraphStore, group: Group = ALONE) -> RunSetup:
    """Split the innings, fit what may be fitted, and build the network from the seed.

    Raises:
        DataError: nothing to train or validate on.
        ConfigError: the device is not there, or has not enough memory.
    """
    split = split_of(store, config.data)
    fitted = fit_statistics(store, split.training, config.model.num_bins)
    return _set_up(config, store, split, fitted, group)


def _set_up(config: RunConfig, store: GraphStore, split: Split, fitted: Fitted, group: Group) -> RunSetup:
    """Build the network from the seed and what was fitted."""
    device = own_device(config.training.device, group)
    graphs = graphs_on(device, store, fitted, config.model.history)
    return RunSetup(config, graphs, split, _fresh(config, fitted, device, member=1), group)


def _fresh(config: RunConfig, fitted: Fitted, device: torch.device, member: int) -> FitState:
    """Build one network of the run with the weights of its seed."""
    torch.manual_seed(derived_seed(member_seed(config.training.seed, member), _WEIGHTS))
    network = build_network(config.model, network_inputs(fitted))
    with memory_explained(config.training.batch_size):
        return start(network, config.training, device)


def check_same_training(last: Path, checkpoint: Checkpoint, wanted: RunConfig) -> None:
    """Make sure that a run which is to be continued is the training that is wanted, on whatever device.

    Raises:
        OtherTrainingError: it was trained with other settings; names the first.
    """
    for group in ("model", "training"):
        was, now = (getattr(config, group).model_dump(mode="json") for config in (checkpoint.config, wanted))
        for name in now:
            if name != "device" and was[name] != now[name]:
                raise OtherTrainingError(
                    f"{last}: was trained with {name} {was[name]}, and {now[name]} is wanted: it is another "
                    "training; move the folder away"
                )


def set_up_in(folder: Path, config: RunConfig, store: GraphStore) -> tuple[RunSetup, dict[str, Any] | None]:
    """Set a run up as its folder left it, or from the start where it holds none.

    Returns:
        The run, and the provenance it began with; None where it begins now.

    Raises:
        OtherTrainingError: the folder holds another training.
        CheckpointError: what it holds is damaged, or of other matches.
    """
    clear_torn(folder)
    last = folder / LAST
    if not last.is_file():
        return set_up(config, store), None
    checkpoint = load_checkpoint(last)
    check_same_training(last, checkpoint, config)
    return set_up_again(last, checkpoint, store, config.training.device), checkpoint.provenance


def set_up_again(
    last: Path,
    checkpoint: Checkpoint,
    store: GraphStore,
    device: Device | None = None,
    group: Group = ALONE,
) -> RunSetup:
    """Set a run up as its last complete epoch left it, with the statistics it was trained under.

    Args:
        last: where the checkpoint was read from, for messages.
        checkpoint: a run's ``last.pt``.
        store: the innings of the run.
        device: where to go on, if elsewhere than it began.
        group: the processes that go on together, however many began.

    Raises:
        CheckpointError: it is no checkpoint to resume, or was made from other matches.
    """
    if checkpoint.resume is None:
        raise CheckpointError(
            f"{last}: holds a finished model, nothing to resume; give a run folder's {LAST}"
        )
    config = checkpoint.config
    if device is not None:
        training = config.training.model_copy(update={"device": device})
        config = config.model_copy(update={"training": training})
    split = split_of(store, config.data)
    ours = _facts(split, store)
    for name, value in checkpoint.split.items():
        if value != ours.get(name):
            raise CheckpointError(
                f"{last}: {name} was {value} and is {ours.get(name)} now; name the same --data and --people"
            )
    setup = _set_up(config, store, split, checkpoint.fitted, group)
    try:
        with memory_explained(config.training.batch_size):
            setup.state.restore(checkpoint.resume)
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        reason = in_one_line(f"{type(error).__name__}: {error}")
        raise CheckpointError(f"{last}: damaged checkpoint ({reason}); train again") from error
    return setup
