"""LightGBM alone, as ``against_lightgbm.py`` runs it in a process of its own.

It reads what is asked as JSON and writes what it measured as JSON.
"""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any, TypeAlias

from cricketgnn.config import resolve_run_config
from cricketgnn.ladder.boosted_trees import FIXED, MOST_ROUNDS, PATIENCE, lightgbm
from cricketgnn.ladder.tabular import COLUMNS, tabular
from cricketgnn.ladder.task import Task
from cricketgnn.training.sources import open_matches

Curve: TypeAlias = list[tuple[float, float]]
"""Seconds, and the lowest validation log loss that was reached in them."""


def boost(task: Task, parameters: dict[str, float]) -> tuple[dict[str, float], Curve]:
    """Train LightGBM until validation gets no better; give its log loss, times and rates."""
    library = lightgbm()
    training, validation = (task.part(name).without_wides() for name in ("train", "val"))
    began = time.perf_counter()
    rows = library.Dataset(tabular(task, training), training.outcome.astype(int), params=FIXED)
    came = library.Dataset(tabular(task, validation), validation.outcome.astype(int), reference=rows)
    curve: Curve = []

    def follow(env: Any) -> None:
        loss = env.evaluation_result_list[0][2]
        curve.append((time.perf_counter() - began, min(loss, curve[-1][1]) if curve else loss))

    calls = [library.early_stopping(PATIENCE, verbose=False), follow]
    booster = library.train({**FIXED, **parameters, "seed": 0}, rows, MOST_ROUNDS, [came], callbacks=calls)
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


def main() -> None:
    """Read settings of the data and parameters, measure, and write the rows of the table and the curve."""
    asked = json.load(sys.stdin)
    config = resolve_run_config(asked["settings"]).config
    store, _ = open_matches(config.data, lambda line: print(line, file=sys.stderr))
    rows, curve = boost(Task.of(config, store), asked["parameters"])
    size = {"deliveries": store.deliveries, "columns": len(COLUMNS)}
    waits = {"LightGBM, OMP_WAIT_POLICY": os.environ.get("OMP_WAIT_POLICY", "not set")}
    json.dump({"rows": {**size, **waits, **rows}, "curve": curve}, sys.stdout)


if __name__ == "__main__":
    main()
