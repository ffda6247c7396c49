"""What a search would do and what it would cost, without doing it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import optuna
import torch

from cricketgnn.graph.store import GraphStore
from cricketgnn.training.choice import check_choice
from cricketgnn.training.inference import predict
from cricketgnn.training.loss import TwoHeadLoss
from cricketgnn.training.seeding import epoch_batches
from cricketgnn.training.setup import RunSetup, set_up
from cricketgnn.training.sources import open_matches
from cricketgnn.training.split import split_of
from cricketgnn.training.step import accumulate_gradients
from cricketgnn.tuning.parameters import check_space, in_force, known_good, suggest, with_parameters
from cricketgnn.tuning.request import SearchRequest
from cricketgnn.tuning.resources import Resources, plan
from cricketgnn.tuning.samplers import Grid, make_sampler, most_trials

SAMPLES: Final = 5
_BATCHES: Final = 2


@dataclass(frozen=True)
class SearchPlan:
    """A search as it would be.

    Attributes:
        request: what was asked for.
        resources: what trials would run on.
        samples: some configurations the sampler would begin with, the first as it stands.
        epoch_seconds: measured seconds an epoch of each sample would take.
        seconds: of the whole search at the most: every trial with all its epochs, none pruned or stopped.
        innings: sizes of the parts.
        n_trials: finished trials the study would have.
        points: of the grid, which is tried no further; None for another sampler.
    """

    request: SearchRequest
    resources: Resources
    samples: tuple[dict[str, Any], ...]
    epoch_seconds: tuple[float, ...]
    seconds: float
    innings: dict[str, int]
    n_trials: int
    points: int | None = None

    @property
    def fixed(self) -> dict[str, Any]:
        """Every setting that is not searched, with where it came from."""
        base, searched = self.request.base, self.request.space.parameters
        listed = in_force(base, {}, self.request.phase.value)
        return {name: entry for name, entry in listed.items() if name not in searched}

    def to_json(self) -> dict[str, Any]:
        """Give the plan as plain values."""
        return {
            "phase": self.request.phase.value,
            "space": self.request.space.model_dump(mode="json")["parameters"],
            "fixed": self.fixed,
            "tuning": self.request.tuning.model_dump(mode="json"),
            "workers": self.resources.workers,
            "threads": self.resources.threads,
            "innings": self.innings,
            "grid_points": self.points,
            "samples": [
                {"parameters": sample, "epoch_seconds": seconds}
                for sample, seconds in zip(self.samples, self.epoch_seconds, strict=True)
            ],
            "at_most_seconds": self.seconds,
        }


def plan_search(request: SearchRequest, tell: Callable[[str], None]) -> SearchPlan:
    """Draw some configurations and measure what they cost, on a few batches of the real matches.

    Raises:
        ConfigError: the space does not hold together.
        DataError: no matches to search on.
    """
    base, tuning = request.base, request.tuning
    check_space(base, request.space)
    resources = plan(base.config.training.device, tuning.workers, tuning.n_trials)
    store, _ = open_matches(base.config.data, tell)
    check_choice(base.chosen_on, split_of(store, base.config.data), store, tell)
    sampler = make_sampler(tuning.sampler, request.space, base.config.training.seed, request.phase.value)
    optuna.logging.disable_default_handler()
    study = optuna.create_study(sampler=sampler, direction="maximize")
    n_trials = most_trials(study, tuning.n_trials)
    samples = _draw(request, study, min(SAMPLES, n_trials))
    torch.set_num_threads(resources.threads)
    measured = [_epoch_seconds(request, sample, store) for sample in samples]
    points = sampler.points if isinstance(sampler, Grid) else None
    trainings = n_trials + min(tuning.confirm, n_trials) * tuning.seeds
    most = float(np.mean([seconds for seconds, _ in measured])) * base.config.training.epochs * trainings
    return SearchPlan(
        request,
        resources,
        tuple(samples),
        tuple(seconds for seconds, _ in measured),
        most / resources.workers,
        measured[0][1],
        n_trials,
        points,
    )


def _draw(request: SearchRequest, study: optuna.Study, count: int) -> list[dict[str, Any]]:
    first = known_good(request.base, request.space)
    if not isinstance(study.sampler, Grid):
        study.enqueue_trial(first)
    return [suggest(study.ask(), request.space) for _ in range(count)]


def _epoch_seconds(
    request: SearchRequest, sample: dict[str, Any], store: GraphStore
) -> tuple[float, dict[str, int]]:
    setup = set_up(with_parameters(request.base, sample, "sample").config, store)
    training = setup.config.training
    batches = epoch_batches(setup.split.training, training.batch_size, training.seed, 1)
    some = batches[: _BATCHES + 1]
    _step(setup, some[0])  # the first batch pays for buffers and caches
    began = time.perf_counter()
    for innings in some[1:] or some:
        _step(setup, innings)
    a_step = (time.perf_counter() - began) / len(some[1:] or some)
    part = setup.split.validation[: training.batch_size]
    began = time.perf_counter()
    predict(setup.state.network, setup.graphs, part, training.batch_size)
    an_innings = (time.perf_counter() - began) / len(part)
    sizes = {name: len(setup.split.part(name)) for name in ("train", "val", "test")}
    return a_step * len(batches) + an_innings * sizes["val"], sizes


def _step(setup: RunSetup, innings: Any) -> None:
    setup.state.network.train()
    config = setup.config.training
    loss_of = TwoHeadLoss(config.focal_gamma, None, config.kind_weight)
    accumulate_gradients(setup.state.network, setup.graphs, innings, loss_of, precision=config.precision)
    setup.state.optimizer.step()
