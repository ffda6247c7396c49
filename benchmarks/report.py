"""The report of a large search: seconds from the command to the page, and how large the page is."""

from __future__ import annotations

import argparse
import datetime as dt
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import optuna
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import FrozenTrial, TrialState, create_trial

from cricketgnn.config import resolve_run_config
from cricketgnn.config.search_space import PRESETS, Phase
from cricketgnn.config.tuning import TuningConfig
from cricketgnn.tuning import trials
from cricketgnn.tuning.leases import HOST
from cricketgnn.tuning.request import SearchRequest, keep_request
from measured import keep

EPOCHS = 20
SPACE = {
    "hidden_dim": CategoricalDistribution([64, 128, 256]),
    "num_layers": IntDistribution(2, 5),
    "num_heads": CategoricalDistribution([2, 4, 8]),
    "lr": FloatDistribution(1e-4, 3e-3, log=True),
    "dropout": FloatDistribution(0.0, 0.4),
    "weight_decay": FloatDistribution(1e-4, 1e-1, log=True),
    "focal_gamma": FloatDistribution(0.0, 3.0),
}


def made_up(count: int) -> list[FrozenTrial]:
    """Make trials as a search leaves them: four in ten pruned after six epochs, the others with a value."""
    generator, began = np.random.default_rng(0), dt.datetime(2026, 1, 1)
    sampler, found = optuna.samplers.RandomSampler(seed=0), []
    for number in range(count):
        drawn = {name: sampler.sample_independent(None, None, name, dim) for name, dim in SPACE.items()}  # type: ignore[arg-type]
        merit = 0.2 - 0.004 * abs(np.log(drawn["lr"] / 1e-3)) + generator.normal(0, 0.003)
        pruned = number > 10 and generator.random() < 0.4
        curve = 1.4 + 0.07 / np.arange(1, (6 if pruned else EPOCHS) + 1) - (merit - 0.2) / 4
        trial = create_trial(
            state=TrialState.PRUNED if pruned else TrialState.COMPLETE,
            value=None if pruned else float(merit),
            params=drawn,
            distributions=SPACE,
            intermediate_values={epoch: -float(loss) for epoch, loss in enumerate(curve, start=1)},
            user_attrs={trials.SECONDS: 30.0 * len(curve), HOST: f"host {number % 4}"},
        )
        trial.datetime_start = began + dt.timedelta(seconds=150 * number)
        trial.datetime_complete = trial.datetime_start + dt.timedelta(seconds=30 * len(curve))
        found.append(trial)
    return found


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=2000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        storage = f"sqlite:///{folder / 'studies.db'}"
        study = optuna.create_study(study_name="large", storage=storage, direction="maximize")
        request = SearchRequest.of(
            Phase.FULL, PRESETS[Phase.FULL], resolve_run_config({"epochs": EPOCHS}), TuningConfig()
        )
        keep_request(study, request)
        study.set_user_attr("identity", {"phase": Phase.FULL.value, "data": "x"})
        study.add_trials(made_up(asked.trials))
        command = [sys.executable, "-m", "cricketgnn", "report", "--storage", storage, "--out", name]
        began = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        seconds = time.perf_counter() - began
        size = (folder / "report.html").stat().st_size
    keep(
        "report",
        {"trials": asked.trials, "epochs of each, at most": EPOCHS, "seconds": seconds, "MB": size / 1e6},
    )


if __name__ == "__main__":
    main()
