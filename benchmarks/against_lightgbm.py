"""The network against LightGBM on the same rows: time to the same validation log loss, rates of both.

LightGBM has the parameters that the ladder's search begins with (``--trees learning_rate=0.08 ...`` changes
them), stops by validation as it does there, and uses all cores; its time counts from the matches' graphs,
which the layout of its columns is part of. It has a process of its own, under no setting of OpenMP but the
caller's: what suits torch might slow it down. The network is trained by the command ``train`` with its
defaults (options not named here, as ``--devices 2``, are handed on to it); its time counts from the start of
the command, whose cache is warm. After each of its epochs stands how long LightGBM took to come as low.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from boosting import Curve
from cricketgnn.ladder.boosted_trees import KNOWN_GOOD
from measured import PROGRAM, keep, matrix_product_gflops, titled


def boost(settings: dict[str, Any], parameters: dict[str, float]) -> tuple[dict[str, Any], Curve]:
    """Train LightGBM in a process of its own; give its log loss, times and rates."""
    asked = json.dumps({"settings": settings, "parameters": parameters})
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("boosting.py"))],
        input=asked, stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    measured = json.loads(done.stdout)
    return measured["rows"], [(at, loss) for at, loss in measured["curve"]]


def train(arguments: list[str]) -> tuple[dict[str, float], Curve]:
    """Train the network; give its log loss, its times and its rate."""
    with tempfile.TemporaryDirectory() as folder:
        command = [PROGRAM, "train", *arguments]
        began = time.time()
        subprocess.run([*command, "--device", "cpu", "--out", f"{folder}/run"], check=True)
        history: list[dict[str, Any]] = json.loads(Path(f"{folder}/run/metrics.json").read_text())
        seconds = time.time() - began
    after = np.cumsum([epoch["seconds"] for epoch in history])
    start = seconds - float(after[-1])  # reading, fitting; and the report at the end, which is counted too
    lowest = np.minimum.accumulate([epoch["val_log_loss"] for epoch in history])
    return {
        "network, epochs": len(history),
        "network, best validation log loss": min(epoch["val_log_loss"] for epoch in history),
        "network, training deliveries/s": float(np.median([one["deliveries_per_second"] for one in history])),
        "network, seconds in all": seconds,
    }, [(start + float(at), float(loss)) for at, loss in zip(after, lowest, strict=True)]


def side_by_side(trees: Curve, network: Curve) -> dict[str, str]:
    """Tell when each came to the log losses after the network's epochs, and to LightGBM's lowest."""

    def reached(curve: Curve, loss: float) -> float:
        return next((at for at, low in curve if low <= loss), float("inf"))

    return {
        f"to {loss:.4f}: network, LightGBM, ratio": "{:.0f} s, {:.0f} s, {:.2f}".format(
            *(times := (reached(network, loss), reached(trees, loss))), times[0] / times[1]
        )
        for loss in (*(low for _, low in network), trees[-1][1])
    }


def main() -> None:
    """Measure both on the archives named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", nargs="+", help="archives")
    parser.add_argument("--people", help="file of people's styles")
    parser.add_argument("--val-from", default="2023-01-01")
    parser.add_argument("--test-from", default="2024-01-01")
    parser.add_argument("--trees", nargs="+", default=[], metavar="NAME=VALUE", help="LightGBM's parameters")
    asked, more = parser.parse_known_args()
    changed = {name: json.loads(value) for name, value in (one.split("=") for one in asked.trees)}
    data = {"val_from": asked.val_from, "test_from": asked.test_from}
    data |= {"people": asked.people} if asked.people else {}
    trees, falling = boost({**data, "data": asked.data}, KNOWN_GOOD | changed)
    print(trees)
    words = [word for name, value in data.items() for word in (f"--{name.replace('_', '-')}", value)]
    words += [word for path in asked.data for word in ("--data", path)]
    network, learning = train([*words, *more])
    names = ", ".join(Path(path).name for path in asked.data)
    keep(
        titled(f"against LightGBM: {names}", [*asked.trees, *more]),
        {
            **trees,
            **network,
            **side_by_side(falling, learning),
            "matrix product, GFLOP/s": matrix_product_gflops(),
        },
    )


if __name__ == "__main__":
    main()
