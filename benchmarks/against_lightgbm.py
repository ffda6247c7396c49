"""The network against LightGBM on the same rows: time to the same validation log loss, rates of both.

LightGBM has the parameters that the ladder's search begins with (``--trees learning_rate=0.08 ...`` changes
them), stops by validation as it does there, and uses all cores; its time counts from the matches' graphs,
which the layout of its columns is part of. The network is trained by the command ``train`` with its defaults
(options not named here, as ``--devices 2``, are handed on to it); its time counts from the start of the
command, whose cache is warm. After each of its epochs stands how long LightGBM took to come as low.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any, TypeAlias

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np

from cricketgnn.config import resolve_run_config
from cricketgnn.cricket.outcomes import N_OUTCOMES
from cricketgnn.ladder.boosted_trees import KNOWN_GOOD, MOST_ROUNDS, PATIENCE, lightgbm
from cricketgnn.ladder.tabular import COLUMNS, tabular
from cricketgnn.ladder.task import Task
from cricketgnn.training.sources import open_matches
from measured import PROGRAM, keep, matrix_product_gflops, titled

Curve: TypeAlias = list[tuple[float, float]]
"""Seconds, and the lowest validation log loss that was reached in them."""


def boost(task: Task, parameters: dict[str, float]) -> tuple[dict[str, float], Curve]:
    """Train LightGBM until validation gets no better; give its log loss, times and rates."""
    library = lightgbm()
    training, validation = (task.part(name).without_wides() for name in ("train", "val"))
    began = time.perf_counter()
    fixed = {"objective": "multiclass", "num_class": N_OUTCOMES, "bagging_freq": 1, "verbosity": -1,
             "force_row_wise": True}  # fmt: skip
    rows = library.Dataset(tabular(task, training), training.outcome.astype(int), params=fixed)
    came = library.Dataset(tabular(task, validation), validation.outcome.astype(int), reference=rows)
    curve: Curve = []

    def follow(env: Any) -> None:
        loss = env.evaluation_result_list[0][2]
        curve.append((time.perf_counter() - began, min(loss, curve[-1][1]) if curve else loss))

    calls = [library.early_stopping(PATIENCE, verbose=False), follow]
    booster = library.train({**fixed, **parameters, "seed": 0}, rows, MOST_ROUNDS, [came], callbacks=calls)
    trained = time.perf_counter()
    table = tabular(task, validation)
    laid_out = time.perf_counter()
    booster.predict(table, num_iteration=booster.best_iteration)
    forecast = time.perf_counter()
    ((loss,),) = (scores.values() for scores in booster.best_score.values())
    learned = len(training.rows) * len(curve)  # the booster itself has forgotten the rounds after the best
    return {
        "LightGBM, validation log loss": loss,
        "LightGBM, rounds": booster.best_iteration,
        "LightGBM, training seconds": trained - began,
        "LightGBM, million deliveries x rounds/s": learned / (trained - began) / 1e6,
        "LightGBM, forecasts/s": len(validation.rows) / (forecast - laid_out),
    }, curve


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
    config = resolve_run_config({**data, "data": tuple(asked.data)}).config
    store, _ = open_matches(config.data, print)
    trees, falling = boost(Task.of(config, store), KNOWN_GOOD | changed)
    print(trees)
    words = [word for name, value in data.items() for word in (f"--{name.replace('_', '-')}", value)]
    words += [word for path in asked.data for word in ("--data", path)]
    network, learning = train([*words, *more])
    names = ", ".join(Path(path).name for path in asked.data)
    keep(
        titled(f"against LightGBM: {names}", [*asked.trees, *more]),
        {
            "deliveries": store.deliveries,
            "columns": len(COLUMNS),
            **trees,
            **network,
            **side_by_side(falling, learning),
            "matrix product, GFLOP/s": matrix_product_gflops(),
        },
    )


if __name__ == "__main__":
    main()
