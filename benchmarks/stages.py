"""Where a training step spends its time, beside the limits of this machine measured in the same run.

The step is the product's own: its training loop is run over some innings, first as it is, for the speed,
then with the parts it calls timed, for the stages. Operations are counted by torch (matrix products, forward
and backward), bytes as what every operation reads and writes: as if nothing were found in a cache, so that
the share of the copy rate can exceed 1.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from unittest.mock import patch

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
import torch
from torch.profiler import ProfilerActivity, profile
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import FlopCounterMode

from cricketgnn.config import ModelConfig, TrainingConfig
from cricketgnn.config.models import Device, ModelClass, Precision
from cricketgnn.features.grouped import Ints
from cricketgnn.graph.batch import InningsGraphs
from cricketgnn.graph.fitted import fit as fit_statistics
from cricketgnn.graph.load import load_graphs
from cricketgnn.graph.store import GraphStore
from cricketgnn.models.network import InningsNetwork, build_network
from cricketgnn.training.checkpoint import network_inputs
from cricketgnn.training.device import graphs_on, resolve_device
from cricketgnn.training.fit import fit, start
from cricketgnn.training.inference import predict
from cricketgnn.training.loss import TwoHeadLoss
from cricketgnn.training.observing import EpochReport, Unobserved
from cricketgnn.training.schedule import WeightAverage
from cricketgnn.training.seeding import epoch_batches
from cricketgnn.training.split import Split
from cricketgnn.training.step import innings_at_once
from measured import copy_gb_per_second, keep, matrix_product_gflops, peak_memory_gb, wait_for

STAGES = ("batch", "forward and loss", "backward", "clip and step", "weight average", "rest")
STEPS = 12
AT_LEAST = 1500
"""The latest so many innings are measured on, or more where the steps need more."""
ON_AND_ON = {"epochs": 10_000, "patience": 10_000, "warmup_share": 0.0}
"""Settings under which a training neither ends by itself nor creeps at first."""
DAY = dt.date(2000, 1, 1)


class Traffic(TorchDispatchMode):
    """Adds up the bytes of all tensors that operations read and write; views cost nothing."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.bytes = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Run an operation and count."""
        result = func(*args, **(kwargs or {}))
        if not func.is_view:
            touched = tree_leaves((args, kwargs, result))
            self.bytes += sum(one.numel() * one.element_size() for one in touched if torch.is_tensor(one))
        return result


class Reading(Unobserved):
    """Reads a meter after every batch; what it read last leaves the validation of the epoch out."""

    def __init__(self, meter: Callable[[], Any]) -> None:
        self._meter = meter
        self.value: Any = None

    def on_batch(self, epoch: int, done: int, total: int, loss: float) -> None:
        """Read."""
        self.value = self._meter()


class Step:
    """The product's training step: its training loop, run over the innings of one step or of several."""

    def __init__(self, network: InningsNetwork, graphs: InningsGraphs, config: TrainingConfig) -> None:
        self.network, self.graphs = network, graphs
        self.config = config.model_copy(update=ON_AND_ON)
        self.state = start(network, self.config, graphs.device)

    def __call__(self, innings: Ints, observer: Unobserved | None = None) -> EpochReport:
        """Train on some innings as an epoch over them does; a few of them are its validation."""
        split = Split(DAY, DAY, innings, validation=innings[:8], test=innings[:0])
        fit(self.state, self.graphs, split, self.config, observer or Unobserved(), lambda state: True)
        return self.state.history[-1]

    def deliveries(self, innings: Ints) -> int:
        """Count the deliveries of some innings."""
        return int(np.diff(self.graphs.store.pointers)[innings].sum())


def prepare(
    store: GraphStore, model: ModelConfig, training: TrainingConfig, steps: int = STEPS
) -> tuple[Step, list[Ints]]:
    """Give the step of a fresh network, and batches of the latest innings to take it with, one to warm up."""
    latest = np.arange(len(store))[-max(AT_LEAST, (1 + steps) * training.batch_size) :]
    fitted = fit_statistics(store, latest, model.num_bins)
    torch.manual_seed(0)
    network = build_network(model, network_inputs(fitted))
    graphs = graphs_on(resolve_device(training.device), store, fitted, model.history)
    batches = epoch_batches(latest, training.batch_size, seed=0, epoch=1)[: 1 + steps]
    if len(batches) < 2:
        sys.exit(f"{len(store)} innings make no two steps of {training.batch_size}; name more archives")
    return Step(network, graphs, training), batches


def gflop_a_delivery(step: Step, batches: list[Ints]) -> float:
    """Count the operations of steps, forward and backward, by the deliveries of their batches."""
    operations = 0.0
    for innings in batches:
        with FlopCounterMode(display=False) as counter:
            reading = Reading(counter.get_total_flops)
            step(innings, reading)
        operations += reading.value
    return operations / step.deliveries(np.concatenate(batches)) / 1e9


def gigabytes_a_delivery(step: Step, innings: Ints) -> float:
    """Count the bytes that a step reads and writes, by the deliveries of its batch."""
    with Traffic() as traffic:
        reading = Reading(lambda: traffic.bytes)
        step(innings, reading)
    return float(reading.value) / step.deliveries(innings) / 1e9


def stage_seconds(step: Step, innings: Ints) -> dict[str, float]:
    """Time the stages of the steps over some innings; ``rest`` is what lies between them.

    A GPU is waited for at both ends of every stage, which makes the whole slower than it is untimed.
    """
    seconds = dict.fromkeys(STAGES, 0.0)

    def timed(stage: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def timing(*args: Any, **kwargs: Any) -> Any:
            wait_for(step.graphs.device.type)
            began = time.perf_counter()
            result = work(*args, **kwargs)
            wait_for(step.graphs.device.type)
            seconds[stage] += time.perf_counter() - began
            return result

        return timing

    reading = Reading(lambda: dict(seconds))
    with ExitStack() as patched:
        for stage, owner, name in parts_of(step):
            patched.enter_context(patch.object(owner, name, timed(stage, getattr(owner, name))))
        report = step(innings, reading)
    found: dict[str, float] = reading.value
    whole = step.deliveries(innings) / report.deliveries_per_second
    return {**found, "rest": whole - sum(found.values())}


def parts_of(step: Step) -> Iterator[tuple[str, Any, str]]:
    """Name what the training loop calls: its stage, and whose function it is."""
    yield "batch", type(step.graphs), "batch"
    yield "forward and loss", type(step.network), "forward"
    yield "forward and loss", TwoHeadLoss, "forward"
    yield "backward", torch.Tensor, "backward"
    yield "clip and step", torch.nn.utils, "clip_grad_norm_"
    yield "clip and step", type(step.state.optimizer), "step"
    yield "weight average", WeightAverage, "update"


def forecasts_per_second(step: Step) -> float:
    """Forecast innings without learning; give the deliveries forecast a second."""
    size = step.config.batch_size
    innings = np.arange(len(step.graphs.store))[-max(300, 4 * size) :]
    predict(step.network, step.graphs, innings[:size], size)
    began = time.perf_counter()
    predict(step.network, step.graphs, innings, size)
    return step.deliveries(innings) / (time.perf_counter() - began)


def measured(step: Step, batches: list[Ints]) -> dict[str, Any]:
    """Measure a step; give the rows of the table."""
    device, precision = step.graphs.device.type, step.config.precision.value
    gpu = device == "cuda"
    products, copies = matrix_product_gflops(device, precision), copy_gb_per_second(device)
    if gpu:
        torch.cuda.reset_peak_memory_stats()
    innings = np.concatenate(batches[1:])
    step(batches[0])
    speed = step(innings).deliveries_per_second
    on_gpu = {"peak memory of the GPU, GB": torch.cuda.max_memory_allocated() / 1e9} if gpu else {}
    seconds = stage_seconds(step, innings)
    gflops, gigabytes = gflop_a_delivery(step, batches[1:4]), gigabytes_a_delivery(step, batches[1])
    return {
        "device": torch.cuda.get_device_name() if gpu else device,
        "threads": torch.get_num_threads(),
        "precision": precision,
        "innings a step": step.config.batch_size,
        "innings at once": innings_at_once(len(batches[0]), step.graphs.device),
        "training, deliveries/s": speed,
        "a step, ms": 1e3 * step.deliveries(innings) / len(batches[1:]) / speed,
        **{f"{name}, share": value / sum(seconds.values()) for name, value in seconds.items()},
        "prediction, deliveries/s": forecasts_per_second(step),
        "limit: matrix product, GFLOP/s": products,
        "limit: memory copy, GB/s": copies,
        "MFLOP a delivery, forward and backward": 1e3 * gflops,
        "MB read and written a delivery": 1e3 * gigabytes,
        "share of the matrix product rate": gflops * speed / products,
        "share of the copy rate": gigabytes * speed / copies,
        "peak memory, GB": peak_memory_gb(),
        **on_gpu,
    }


def print_profile(step: Step, innings: Ints) -> None:
    """Print the costliest operations of some steps."""
    gpu = step.graphs.device.type == "cuda"
    activities = [ProfilerActivity.CPU, *([ProfilerActivity.CUDA] if gpu else [])]
    with profile(activities=activities) as taken:
        step(innings)
    costly = "self_device_time_total" if gpu else "self_cpu_time_total"
    print(taken.key_averages().table(sort_by=costly, row_limit=28))


def main() -> None:
    """Measure one model class on the archives named on the command line."""
    default = TrainingConfig()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("archives", nargs="+")
    parser.add_argument("--model-class", default=ModelClass.HETERO_GNN, type=ModelClass)
    parser.add_argument("--precision", default=default.precision, type=Precision, help="as train has it")
    parser.add_argument(
        "--device", default=Device.CPU, type=Device, help="as train has it, but cpu unless given"
    )
    parser.add_argument("--batch-size", default=default.batch_size, type=int, help="innings a step")
    parser.add_argument("--steps", default=STEPS, type=int, help="timed, after one that warms up")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--profile", action="store_true", help="print the costliest operations as well")
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    training = TrainingConfig(precision=asked.precision, device=asked.device, batch_size=asked.batch_size)
    model = ModelConfig(model_class=asked.model_class)
    step, batches = prepare(load_graphs(asked.archives).store, model, training, asked.steps)
    names = ", ".join(Path(path).name for path in asked.archives)
    keep(f"stages ({asked.model_class}): {names}", measured(step, batches))
    if asked.profile:
        print_profile(step, np.concatenate(batches[:4]))


if __name__ == "__main__":
    main()
