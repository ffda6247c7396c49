"""Training in one process with all threads, and in a process a core: speed, and share of the machine's limit.

Both are the ``train`` command with its defaults on the archives named, whole steps with all around them;
the second of two epochs counts. Operations are counted by torch, the limit is measured right before.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import torch

from cricketgnn.config import ModelConfig, TrainingConfig
from cricketgnn.config.models import Device, ModelClass
from cricketgnn.graph.load import load_graphs
from measured import PROGRAM, keep, matrix_product_gflops
from stages import gflop_a_delivery, prepare


def trained_per_second(archives: list[str], model_class: str, devices: int, folder: Path) -> float:
    """Train two epochs; give the deliveries a second of the second, by the command's own count."""
    out = folder / f"run{devices}"
    several = ("--devices", str(devices)) if devices > 1 else ()
    done = subprocess.run(
        [PROGRAM, "train", "--data", *archives, "--model-class", model_class, "--epochs", "2",
         "--device", "cpu", *several, "--out", str(out), "--json"],
        check=True, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    speed: float = json.loads(done.stdout)["history"][-1]["deliveries_per_second"]
    return speed


def main() -> None:
    """Measure one model class on the archives named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("archives", nargs="+")
    parser.add_argument("--model-class", default=ModelClass.HETERO_GNN.value)
    asked = parser.parse_args()
    cores = len(os.sched_getaffinity(0))
    torch.set_num_threads(cores)
    store = load_graphs(asked.archives).store
    step, batches = prepare(
        store, ModelConfig(model_class=asked.model_class), TrainingConfig(device=Device.CPU)
    )
    gflop = gflop_a_delivery(step, batches[:1])
    limit = matrix_product_gflops()
    with tempfile.TemporaryDirectory() as folder:
        one, several = (
            trained_per_second(asked.archives, asked.model_class, devices, Path(folder))
            for devices in (1, cores)
        )
    keep(
        f"processes ({asked.model_class}): " + ", ".join(Path(path).name for path in asked.archives),
        {
            "cores": cores,
            "limit: matrix product, GFLOP/s": limit,
            "MFLOP a delivery, forward and backward": 1e3 * gflop,
            f"one process, {cores} threads, deliveries/s": one,
            f"{cores} processes, deliveries/s": several,
            "ratio": several / one,
            "one process: share of the matrix product rate": gflop * one / limit,
            f"{cores} processes: share of the matrix product rate": gflop * several / limit,
        },
    )


if __name__ == "__main__":
    main()
