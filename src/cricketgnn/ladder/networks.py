"""Networks on the ladder: trained as ``cricketgnn train`` does, resumed where they stopped."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from cricketgnn.config import RunConfig
from cricketgnn.config.models import ModelClass
from cricketgnn.entries import Log
from cricketgnn.errors import CheckpointError, Interrupted
from cricketgnn.evaluation import UNSCALED, cross_scaled
from cricketgnn.ladder._base import FORECASTS, Forecasts, place_of
from cricketgnn.ladder.task import Task
from cricketgnn.provenance import provenance
from cricketgnn.training.checkpoint import load_checkpoint
from cricketgnn.training.device import memory_explained
from cricketgnn.training.inference import predict
from cricketgnn.training.observing import EpochReport, Unobserved
from cricketgnn.training.run import train
from cricketgnn.training.run_folder import BEST, LAST, alone_in
from cricketgnn.training.setup import check_same_training, set_up_in
from cricketgnn.training.stopping_signal import stop_on_signal


class Network:
    """One model class, or an ensemble of it.

    Args:
        model_class: which.
        seeds: networks whose probabilities are averaged.
    """

    def __init__(self, model_class: ModelClass, seeds: int = 1) -> None:
        self.model_class, self.seeds = model_class, seeds
        self.name = model_class.value if seeds == 1 else f"{model_class.value} x {seeds}"

    def settings(self, task: Task) -> dict[str, Any]:
        """Give the settings of network and training, but for the device."""
        config = self._config(task).model_dump(mode="json")
        return {
            name: value
            for name, value in {**config["model"], **config["training"]}.items()
            if name != "device"
        }

    def _config(self, task: Task) -> RunConfig:
        model = task.config.model.model_copy(update={"model_class": self.model_class})
        training = task.config.training.model_copy(update={"seeds": self.seeds})
        return task.config.model_copy(update={"model": model, "training": training})

    def forecast(self, task: Task, folder: Path, say: Log) -> Forecasts:
        """Train, or go on, and forecast with what validation kept."""
        config = self._config(task)
        with alone_in(folder), stop_on_signal() as stop:
            self._begin_with_the_first(config, folder, say)
            setup, facts = set_up_in(folder, config, task.store)
            result = train(setup, folder, facts or provenance(**setup.facts()), _Tells(self.name, say))
            if stop.requested:  # also in the last epoch: what comes next would be another model
                raise Interrupted(f"{self.name} stopped and saved; the same command goes on")
            checkpoint = load_checkpoint(folder / BEST)
        began = time.perf_counter()
        batch_size = config.training.batch_size
        plain = replace(checkpoint, scaling=UNSCALED)
        with memory_explained(batch_size):
            validation, test = (
                predict(
                    one.forecaster().to(setup.device),
                    setup.graphs,
                    task.split.part(name),
                    batch_size,
                )
                for name, one in (("val", plain), ("test", checkpoint))
            )
        if config.training.bends:  # the scaling of the test part was fitted on validation itself
            validation = cross_scaled(validation)
        return Forecasts(
            validation=validation.probabilities,
            test=test.probabilities,
            fit_seconds=sum(report.seconds for report in result.history),
            predict_seconds=time.perf_counter() - began,
            chosen={
                "epochs": [report.epoch for report in result.best],
                "recalibrated": config.training.bends,
            },
            validation_kinds=validation.kind_probabilities,
            test_kinds=test.kind_probabilities,
        )

    def _begin_with_the_first(self, config: RunConfig, folder: Path, say: Log) -> None:
        """Let an ensemble go on from its first network where that has a row of its own."""
        alone = folder.with_name(place_of(self.model_class.value))
        if self.seeds == 1 or (folder / LAST).is_file() or not (alone / FORECASTS).is_file():
            return
        single = config.training.model_copy(update={"seeds": 1})
        try:
            checkpoint = load_checkpoint(alone / LAST)
            check_same_training(alone / LAST, checkpoint, config.model_copy(update={"training": single}))
        except CheckpointError as error:  # of other settings, damaged or gone: nothing to begin with
            say(f"{self.name}: trains its first network anew, for that of {alone} cannot be taken: {error}")
            return
        replace(checkpoint, config=config).save(folder / LAST)


class _Tells(Unobserved):
    """Says a line an epoch."""

    def __init__(self, name: str, say: Log) -> None:
        self._name, self._say = name, say

    def on_epoch(self, report: EpochReport, best: bool) -> None:
        """Say how far it is."""
        network = f", network {report.member}" if report.member > 1 else ""
        self._say(
            f"{self._name}: epoch {report.epoch}{network}, validation log loss {report.val_log_loss:.4f}"
        )

    def on_stop_request(self, epoch: int) -> None:
        """Say that it will stop."""
        self._say(
            f"{self._name}: stopping when epoch {epoch} is finished and saved; Ctrl-C again to stop at once"
        )
