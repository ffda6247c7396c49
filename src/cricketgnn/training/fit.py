"""The training loop: a function on built objects, one epoch at a time, that can stop and go on exactly."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor

from cricketgnn.config import TrainingConfig
from cricketgnn.cricket.outcomes import N_OUTCOMES, NO_OUTCOME
from cricketgnn.errors import DataError
from cricketgnn.evaluation import ARGMAX, Predictions, cross_scaled, evaluate
from cricketgnn.features.grouped import Ints
from cricketgnn.graph.batch import InningsGraphs
from cricketgnn.graph.store import GraphStore
from cricketgnn.models.network import InningsNetwork
from cricketgnn.training.device import OutOfMemoryError as OutOfMemoryError  # a fit ends with it
from cricketgnn.training.device import memory_explained
from cricketgnn.training.early_stopping import EarlyStopping
from cricketgnn.training.group import ALONE, Group
from cricketgnn.training.inference import predict
from cricketgnn.training.loss import TwoHeadLoss, balanced_weights
from cricketgnn.training.observing import EpochReport, TrainingObserver
from cricketgnn.training.schedule import WeightAverage, learning_rate_factor
from cricketgnn.training.seeding import deterministic, epoch_batches, member_seed, seed_epoch
from cricketgnn.training.split import Split
from cricketgnn.training.step import DivergedError as DivergedError  # a fit ends with it
from cricketgnn.training.step import accumulate_gradients

_FUSED: Final = ("cpu", "cuda")
"""Devices on which AdamW steps all weights at once."""


@dataclass
class FitState:
    """Everything that moves while training; captured after each epoch, so that nothing else is needed.

    Attributes:
        network: the weights being trained.
        average: their moving average, which is what is evaluated and kept.
        optimizer: AdamW.
        stopping: best value so far.
        best_weights: averaged weights of the best epoch.
        best_predictions: what they say of the validation innings; not captured, None after :meth:`restore`.
        members: the same of the networks of an ensemble that are finished.
        history: one report an epoch, those of finished networks first.
    """

    network: InningsNetwork
    average: WeightAverage
    optimizer: torch.optim.Optimizer
    stopping: EarlyStopping
    best_weights: dict[str, Tensor] = field(default_factory=dict)
    best_predictions: Predictions | None = None
    members: list[dict[str, Tensor]] = field(default_factory=list)
    history: list[EpochReport] = field(default_factory=list)

    @property
    def member(self) -> int:
        """Number the network that is being trained, from 1."""
        return len(self.members) + 1

    @property
    def epoch(self) -> int:
        """Count the finished epochs of this network."""
        return sum(report.member == self.member for report in self.history)

    @property
    def kept(self) -> list[dict[str, Tensor]]:
        """List the weights to forecast with, as far as there are any."""
        return [*self.members, self.best_weights] if self.best_weights else list(self.members)

    def begin(self, other: FitState) -> None:
        """Put this network among the finished ones and go on with another, as :func:`start` gave it."""
        self.members.append(self.best_weights)
        self.network, self.average, self.optimizer = other.network, other.average, other.optimizer
        self.stopping, self.best_weights = other.stopping, other.best_weights
        self.best_predictions = other.best_predictions

    def capture(self) -> dict[str, Any]:
        """Give the state as tensors and plain values for ``last.pt``."""
        return {
            "network": self.network.state_dict(),
            "average": self.average.weights,
            "optimizer": self.optimizer.state_dict(),
            "stopping": asdict(self.stopping),
            "best_weights": self.best_weights,
            "members": self.members,
            "history": [report.to_json() for report in self.history],
        }

    def restore(self, captured: dict[str, Any]) -> None:
        """Continue from what :meth:`capture` gave."""
        self.network.load_state_dict(captured["network"])
        self.average.weights = {
            name: value.to(self.average.weights[name].device) for name, value in captured["average"].items()
        }
        self.optimizer.load_state_dict(self._as_here(captured["optimizer"]))
        self.stopping = EarlyStopping(**captured["stopping"])
        self.best_weights = captured["best_weights"]
        self.members = list(captured["members"])
        self.history = [EpochReport(**report) for report in captured["history"]]

    def _as_here(self, optimizer: dict[str, Any]) -> dict[str, Any]:
        """Keep to this device's way of stepping, where the state is of another device."""
        groups = [
            {**kept, "fused": ours["fused"]}
            for kept, ours in zip(optimizer["param_groups"], self.optimizer.param_groups, strict=True)
        ]
        return {**optimizer, "param_groups": groups}


def start(network: InningsNetwork, config: TrainingConfig, device: torch.device) -> FitState:
    """Set up a training from fresh weights."""
    network.to(device)
    return FitState(
        network=network,
        average=WeightAverage(network, config.ema_decay),
        optimizer=torch.optim.AdamW(
            _decayed_groups(network, config.weight_decay), lr=config.lr, fused=device.type in _FUSED
        ),
        stopping=EarlyStopping(config.patience),
    )


def fit(
    state: FitState,
    graphs: InningsGraphs,
    split: Split,
    config: TrainingConfig,
    observer: TrainingObserver,
    after_epoch: Callable[[FitState], bool],
    group: Group = ALONE,
) -> None:
    """Train one network until the epochs or the patience run out.

    Args:
        state: from :func:`start`, or restored; changed in place.
        graphs: graphs of the store, on the network's device.
        split: training and validation innings.
        config: the optimisation.
        observer: hears of every batch and epoch.
        after_epoch: called when an epoch is complete and ``state`` consistent; True asks to stop, and every
            process of the group has to say the same.
        group: the processes that train the network together.

    Raises:
        DivergedError: the loss or a prediction is not a number.
        OutOfMemoryError: the device has not enough memory.
        GroupError: another process of the group has ended.
    """
    class_weights = _class_weights(graphs.store, split.training) if config.use_class_weights else None
    with deterministic(graphs.device), memory_explained(config.batch_size):
        loss = TwoHeadLoss(config.focal_gamma, class_weights, config.kind_weight).to(graphs.device)
        evaluated = copy.deepcopy(state.network)
        while state.epoch < config.epochs and not state.stopping.exhausted:
            began = time.perf_counter()
            train_loss, deliveries = _train_epoch(state, graphs, split, config, loss, observer, group)
            trained = time.perf_counter() - began
            evaluated.load_state_dict(state.average.weights)
            with _divergence_explained(state.epoch + 1):
                validation = predict(evaluated, graphs, split.validation, config.batch_size, group)
            report = _report(state, train_loss, validation, config, began, deliveries / trained)
            state.history.append(report)
            state.stopping = state.stopping.after(report.epoch, report.val_log_loss)
            if state.stopping.improved:
                state.best_weights = {name: value.clone() for name, value in state.average.weights.items()}
                state.best_predictions = validation
            observer.on_epoch(report, best=state.stopping.improved)
            if after_epoch(state):
                return


def _class_weights(store: GraphStore, training: Ints) -> Tensor:
    """Balance the bat outcomes (``[7]``) over the deliveries that are trained on, both sexes as they come."""
    outcomes = store.outcome[store.rows_of(training)]
    counts = np.bincount(outcomes[outcomes != NO_OUTCOME], minlength=N_OUTCOMES)
    return balanced_weights(torch.from_numpy(counts))


def _train_epoch(
    state: FitState,
    graphs: InningsGraphs,
    split: Split,
    config: TrainingConfig,
    loss_of: TwoHeadLoss,
    observer: TrainingObserver,
    group: Group,
) -> tuple[float, int]:
    """Pass once over the training innings; give the mean loss and the deliveries seen."""
    epoch = state.epoch + 1
    seed = member_seed(config.seed, state.member)
    batches = epoch_batches(split.training, config.batch_size, seed, epoch)
    seed_epoch(seed, epoch, group.rank)
    state.network.train()
    total, deliveries = 0.0, 0
    for number, innings in enumerate(batches):
        step = (epoch - 1) * len(batches) + number
        for parameters in state.optimizer.param_groups:
            factor = learning_rate_factor(step, config.epochs * len(batches), config.warmup_share)
            parameters["lr"] = config.lr * factor
        state.optimizer.zero_grad(set_to_none=True)
        try:
            value, size = accumulate_gradients(
                state.network, graphs, innings, loss_of, group, config.precision
            )
        except DivergedError as error:
            raise DivergedError(f"{error} in epoch {epoch}, batch {number + 1}; try a lower --lr") from error
        torch.nn.utils.clip_grad_norm_(state.network.parameters(), config.clip_norm)
        state.optimizer.step()
        state.average.update(state.network, step)
        total, deliveries = total + value * size, deliveries + size
        observer.on_batch(epoch, number + 1, len(batches), value)
    return total / deliveries, deliveries


def _report(
    state: FitState,
    train_loss: float,
    validation: Predictions,
    config: TrainingConfig,
    began: float,
    speed: float,
) -> EpochReport:
    # What is compared between epochs, trials and losses must not depend on how far a loss bends.
    sound = cross_scaled(validation) if config.bends else validation
    scores = evaluate(sound, ARGMAX, resamples=0).scores
    return EpochReport(
        epoch=state.epoch + 1,
        train_loss=train_loss,
        val_log_loss=scores["log_loss"].value,
        val_skill=scores["skill"].value,
        val_macro_f1=scores["macro_f1"].value,
        learning_rate=float(state.optimizer.param_groups[0]["lr"]),
        seconds=time.perf_counter() - began,
        deliveries_per_second=speed,
        member=state.member,
    )


def _decayed_groups(network: InningsNetwork, weight_decay: float) -> list[dict[str, Any]]:
    """Decay matrices only: biases, norms and temperatures are no size to keep small."""
    matrices = [p for p in network.parameters() if p.ndim >= 2]
    others = [p for p in network.parameters() if p.ndim < 2]
    return [{"params": matrices, "weight_decay": weight_decay}, {"params": others, "weight_decay": 0.0}]


@contextmanager
def _divergence_explained(epoch: int) -> Iterator[None]:
    """Broken weights show in the predictions: after the last batch of an epoch no loss would tell."""
    try:
        yield
    except DataError as error:
        raise DivergedError(f"no valid prediction after epoch {epoch} ({error}); try a lower --lr") from error
