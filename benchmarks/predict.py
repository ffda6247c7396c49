"""Latency of a match in progress, the model loaded: the first answer, and each further delivery.

Before every delivery of a match its file is read anew, as a live feed would write it, and forecast. On one
thread: a delivery is too little to share out; so is the machine's limit beside it.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import os
import pstats
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
import torch

from cricketgnn.cricsheet import parse_match
from cricketgnn.forecasting.crease import Named
from cricketgnn.forecasting.forecaster import MatchForecaster
from measured import keep, matrix_product_gflops


def in_progress(document: dict[str, Any]) -> Iterator[tuple[bytes, Named]]:
    """Give a match's file as it stood before each of its deliveries, and who took part in the delivery."""
    innings = document["innings"]
    so_far: list[dict[str, Any]] = []
    document = {**document, "innings": so_far}
    for whole in innings:
        overs: list[dict[str, Any]] = []
        for over in whole["overs"]:
            balls: list[dict[str, Any]] = []
            for delivery in over["deliveries"]:
                begun = [{**over, "deliveries": balls}] if balls else []
                now = [{**whole, "overs": [*overs, *begun]}] if overs or begun else []
                content = json.dumps({**document, "innings": [*so_far, *now]}).encode()
                yield content, Named(delivery["batter"], delivery["non_striker"], delivery["bowler"])
                balls.append(delivery)
            overs.append({**over, "deliveries": balls})
        so_far.append({**whole, "overs": overs})


def latencies(forecaster: MatchForecaster, files: list[tuple[bytes, Named]]) -> np.ndarray:
    """Forecast each in turn; give the milliseconds each took from its file's bytes to the probabilities."""
    taken = []
    for content, named in files:
        began = time.perf_counter()
        forecaster.next(parse_match(content, "live", "live.json"), named)
        taken.append(time.perf_counter() - began)
    return 1e3 * np.array(taken)


def regular_match(archive: Path, number: int) -> dict[str, Any]:
    """Read one of an archive's latest matches, counted from its end, that two innings and no more make up."""
    with zipfile.ZipFile(archive) as opened:
        names = [name for name in opened.namelist() if name.endswith(".json")]
        matches = (json.loads(opened.read(name)) for name in names)
        plain = [one for one in matches if len(one["innings"]) == 2 and "overs" not in one["info"]["outcome"]]
    plain.sort(key=lambda one: one["info"]["dates"])
    document = plain[-number]
    del document["info"]["outcome"]
    return document


def main() -> None:
    """Measure a run on one of the latest matches of an archive."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path, help="run folder or checkpoint")
    parser.add_argument("archive", type=Path, help="whose latest match is forecast")
    parser.add_argument("--data", action="append", default=[], help="history, unless that of the run")
    parser.add_argument("--profile", action="store_true", help="print where the time goes, keep nothing")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    forecaster = MatchForecaster.open(asked.run, asked.data, print)
    first, second = (list(in_progress(regular_match(asked.archive, number))) for number in (1, 2))
    latencies(forecaster, second[:30])  # what every process pays once
    if asked.profile:
        profile = cProfile.Profile()
        profile.runcall(latencies, forecaster, first)
        pstats.Stats(profile).sort_stats("cumulative").print_stats(45)
        return
    milliseconds = latencies(forecaster, first)
    further = milliseconds[1:]
    keep(
        f"predict: {asked.archive.name}",
        {
            "model": forecaster.checkpoint.config.model.model_class.value,
            "deliveries": len(milliseconds),
            "first answer of the match, ms": float(milliseconds[0]),
            "further delivery, median ms": float(np.median(further)),
            "further delivery, 95th percentile ms": float(np.quantile(further, 0.95)),
            "matrix product on one thread, GFLOP/s": matrix_product_gflops(),
        },
    )


if __name__ == "__main__":
    main()
