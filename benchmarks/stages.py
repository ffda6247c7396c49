"""Where a training step spends its time, beside the limits of this machine measured in the same run.

Operations are counted by torch (matrix products, forward and backward), bytes as what every operation reads
and writes: as if nothing were found in a cache, so that the share of the copy rate can exceed 1.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
import torch
from torch.profiler import ProfilerActivity, profile
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import FlopCounterMode

from cricketgnn.config import ModelConfig, TrainingConfig
from cricketgnn.config.models import ModelClass
from cricketgnn.graph.batch import InningsGraphs
from cricketgnn.graph.fitted import fit as fit_statistics
from cricketgnn.graph.load import load_graphs
from cricketgnn.graph.store import GraphStore
from cricketgnn.models.network import InningsNetwork, build_network
from cricketgnn.training.checkpoint import network_inputs
from cricketgnn.training.fit import start
from cricketgnn.training.inference import predict
from cricketgnn.training.loss import BatchCounts, TwoHeadLoss
from cricketgnn.training.seeding import epoch_batches
from cricketgnn.training.step import innings_at_once, of_like_length
from measured import copy_gb_per_second, keep, matrix_product_gflops, peak_memory_gb

STAGES = ("batch", "forward and loss", "backward", "clip and step", "weight average")
STEPS = 12


class Traffic(TorchDispatchMode):
    """Adds up the bytes of all tensors that operations read and write; views cost nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.bytes = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Run an operation and count."""
        result = func(*args, **(kwargs or {}))
        if not func.is_view:
            touched = tree_leaves((args, kwargs, result))
            self.bytes += sum(one.numel() * one.element_size() for one in touched if torch.is_tensor(one))
        return result


class Step:
    """One step of the default optimisation as training takes it, the batch in parts, stage by stage."""

    def __init__(self, network: InningsNetwork, graphs: InningsGraphs) -> None:
        self.config = TrainingConfig()
        self.state = start(network, self.config, graphs.device)
        self.network, self.graphs = network.train(), graphs
        self.loss_of = TwoHeadLoss(0.0, None, self.config.kind_weight)
        self.seconds = dict.fromkeys(STAGES, 0.0)

    def __call__(self, innings: np.ndarray) -> int:
        """Train on a batch; give its deliveries."""
        lengths = np.diff(self.graphs.store.pointers)[innings]
        whole = BatchCounts(int(lengths.sum()), int(lengths.sum()))  # who counts as faced changes no time
        self.state.optimizer.zero_grad(set_to_none=True)
        for part in of_like_length(lengths, innings_at_once(len(innings), self.graphs.device)):
            with self._timed("batch"):
                graph = self.graphs.batch(innings[part])
            with self._timed("forward and loss"):
                delivery = graph["delivery"]
                loss = self.loss_of(self.network(graph), delivery.outcome, delivery.kind, whole)
            with self._timed("backward"):
                loss.backward()
        with self._timed("clip and step"):
            torch.nn.utils.clip_grad_norm_(self.network.parameters(), self.config.clip_norm)
            self.state.optimizer.step()
        with self._timed("weight average"):
            self.state.average.update(self.network, 1000)
        return whole.deliveries

    @contextmanager
    def _timed(self, stage: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self.seconds[stage] += time.perf_counter() - began


def stage_seconds(step: Step, batches: list[np.ndarray]) -> tuple[dict[str, float], float]:
    """Time the stages over some batches; give seconds by stage, and deliveries a second over all."""
    step(batches[0])
    step.seconds = dict.fromkeys(STAGES, 0.0)
    began = time.perf_counter()
    deliveries = sum(step(innings) for innings in batches[1:])
    return step.seconds, deliveries / (time.perf_counter() - began)


def latest(store: GraphStore) -> np.ndarray:
    """Name the innings that are measured on."""
    return np.arange(len(store))[-1500:]


def prepare(store: GraphStore, config: ModelConfig) -> tuple[Step, list[np.ndarray]]:
    """Give a step of a fresh network, and batches of the latest innings to take it with."""
    training = latest(store)
    fitted = fit_statistics(store, training, config.num_bins)
    torch.manual_seed(0)
    network = build_network(config, network_inputs(fitted))
    graphs = InningsGraphs(store, fitted, config.history)
    batches = epoch_batches(training, TrainingConfig().batch_size, seed=0, epoch=1)[: 1 + STEPS]
    return Step(network, graphs), batches


def gflop_a_delivery(step: Step, innings: np.ndarray) -> float:
    """Count the operations of a step, forward and backward, by the deliveries of its batch."""
    with FlopCounterMode(display=False) as operations:
        deliveries = step(innings)
    return float(operations.get_total_flops()) / deliveries / 1e9


def main() -> None:
    """Measure one model class on the archives named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("archives", nargs="+")
    parser.add_argument("--model-class", default=ModelClass.HETERO_GNN.value)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--profile", action="store_true", help="print the costliest operations as well")
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    config = ModelConfig(model_class=ModelClass(asked.model_class))
    store = load_graphs(asked.archives).store
    step, batches = prepare(store, config)
    network, graphs = step.network, step.graphs
    products, copies = matrix_product_gflops(), copy_gb_per_second()
    seconds, speed = stage_seconds(step, batches)
    with Traffic() as traffic:
        counted = step(batches[1])
    gigabytes = traffic.bytes / counted / 1e9
    gflops = gflop_a_delivery(step, batches[1])
    asked_for = latest(store)[:300]
    predict(network, graphs, asked_for[:64], 64)
    began = time.perf_counter()
    predict(network, graphs, asked_for, 64)
    evaluated = len(store.rows_of(asked_for)) / (time.perf_counter() - began)
    whole = sum(seconds.values())
    keep(
        f"stages ({asked.model_class}): " + ", ".join(Path(path).name for path in asked.archives),
        {
            "threads": asked.threads,
            "innings at once": innings_at_once(len(batches[0]), graphs.device),
            "training, deliveries/s": speed,
            **{f"{name}, share": value / whole for name, value in seconds.items()},
            "prediction, deliveries/s": evaluated,
            "limit: matrix product, GFLOP/s": products,
            "limit: memory copy, GB/s": copies,
            "MFLOP a delivery, forward and backward": 1e3 * gflops,
            "MB read and written a delivery": 1e3 * gigabytes,
            "share of the matrix product rate": gflops * speed / products,
            "share of the copy rate": gigabytes * speed / copies,
            "peak memory, GB": peak_memory_gb(),
        },
    )
    if asked.profile:
        network.train()
        with profile(activities=[ProfilerActivity.CPU]) as profiled:
            for innings in batches[:4]:
                step(innings)
        print(profiled.key_averages().table(sort_by="self_cpu_time_total", row_limit=28))


if __name__ == "__main__":
    main()
