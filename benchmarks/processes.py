"""Training in one process with all threads, and in a process a core: speed, and share of the machine's limit.

Both are the ``train`` command with its defaults on the archives named, whole steps with all around them; the
second of two epochs counts. They take turns, pair by pair, so that a machine whose speed changes meets both
alike; the limit is measured before the first pair and after each. Operations are counted by torch for steps
cut as each of the two cuts them: a process a core takes fewer innings at once, and so pads less.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
import torch

from cricketgnn.config import ModelConfig, TrainingConfig
from cricketgnn.config.models import Device, ModelClass
from cricketgnn.features.grouped import Ints
from cricketgnn.graph.load import load_graphs
from cricketgnn.machine import usable_cores
from cricketgnn.training.group import Group
from measured import PROGRAM, keep, matrix_product_gflops, shown
from stages import Step, gflop_a_delivery, prepare

COUNTED = 4
"""Steps whose operations are counted."""


def trained_per_second(archives: list[str], model_class: ModelClass, devices: int) -> float:
    """Train two epochs; give the deliveries a second of the second, by the command's own count."""
    several = ("--devices", str(devices)) if devices > 1 else ()
    data = [word for path in archives for word in ("--data", path)]
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [PROGRAM, "train", *data, "--model-class", model_class, "--epochs", "2",
             "--device", "cpu", *several, "--out", f"{folder}/run", "--json"],
            check=True, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
    speed: float = json.loads(done.stdout)["history"][-1]["deliveries_per_second"]
    return speed


def gflop_in_processes(step: Step, batches: list[Ints], processes: int, cores: int) -> float:
    """Count a delivery's operations where each process computes its share of every step on its cores."""
    torch.set_num_threads(max(1, cores // processes))
    shares = [Group(rank, processes).share(innings) for innings in batches for rank in range(processes)]
    gflop = gflop_a_delivery(step, [share for share in shares if len(share)])
    torch.set_num_threads(cores)
    return gflop


def spread(values: list[float]) -> str:
    """Put the smallest and the largest of some figures into words."""
    return f"{shown(min(values))} to {shown(max(values))}"


def summed_up(name: str, values: list[float]) -> dict[str, float | str]:
    """Give the rows of one figure that was measured in every pair."""
    return {f"{name}, median": float(np.median(values)), f"{name}, from to": spread(values)}


def main() -> None:
    """Measure one model class on the archives named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("archives", nargs="+")
    parser.add_argument("--model-class", default=ModelClass.HETERO_GNN, type=ModelClass)
    parser.add_argument("--pairs", default=3, type=int, help="how often each is measured")
    asked = parser.parse_args()
    cores = usable_cores()
    if cores < 2:
        sys.exit("one core is usable here; several processes would have nothing to share")
    torch.set_num_threads(cores)
    store = load_graphs(asked.archives).store
    model, training = ModelConfig(model_class=asked.model_class), TrainingConfig(device=Device.CPU)
    step, batches = prepare(store, model, training)
    gflop = {devices: gflop_in_processes(step, batches[:COUNTED], devices, cores) for devices in (1, cores)}
    speeds: dict[int, list[float]] = {1: [], cores: []}
    limits = [matrix_product_gflops()]
    for _ in range(asked.pairs):
        for devices, measured in speeds.items():
            measured.append(trained_per_second(asked.archives, asked.model_class, devices))
        limits.append(matrix_product_gflops())
    limit = float(np.mean(limits))
    rows = {"cores": cores, "pairs": asked.pairs, "limit: matrix product, GFLOP/s": limit}
    rows |= {"limit, from to": spread(limits)}
    for devices, name in ((1, f"one process, {cores} threads"), (cores, f"{cores} processes")):
        share = gflop[devices] * float(np.median(speeds[devices])) / limit
        rows |= summed_up(f"{name}, deliveries/s", speeds[devices])
        rows |= {
            f"{name}: MFLOP a delivery, forward and backward": 1e3 * gflop[devices],
            f"{name}: share of the matrix product rate": share,
        }
    rows |= summed_up("ratio", [many / one for one, many in zip(*speeds.values(), strict=True)])
    keep(f"processes ({asked.model_class}): " + ", ".join(Path(path).name for path in asked.archives), rows)


if __name__ == "__main__":
    main()
