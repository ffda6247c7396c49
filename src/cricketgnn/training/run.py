"""One training run from a configuration to a run folder; also how an interrupted one goes on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from cricketgnn.config import ResolvedConfig
from cricketgnn.config.models import Device
from cricketgnn.entries import Log
from cricketgnn.evaluation import (
    ARGMAX,
    UNSCALED,
    DecisionRule,
    Predictions,
    VectorScaling,
    cross_fitted_macro_f1,
    cross_scaled,
    evaluate,
    fit_decision_rule,
    fit_vector_scaling,
)
from cricketgnn.models.forecaster import Forecaster
from cricketgnn.provenance import command_line, provenance
from cricketgnn.training.checkpoint import Checkpoint, find_checkpoint, forecaster, load_checkpoint
from cricketgnn.training.device import memory_explained
from cricketgnn.training.fit import FitState, fit
from cricketgnn.training.inference import predict
from cricketgnn.training.observing import EpochReport, TrainingObserver
from cricketgnn.training.progress import best_reports
from cricketgnn.training.run_folder import (
    BEST,
    LAST,
    alone_in,
    check_out,
    clear_torn,
    new_run_folder,
    write_metrics,
    write_run_start,
)
from cricketgnn.training.setup import RunSetup, set_up, set_up_again
from cricketgnn.training.sources import open_matches, open_matches_of_run
from cricketgnn.training.split import check_choice
from cricketgnn.training.stopping_signal import StopRequest, stop_on_signal


class ValidationScores(NamedTuple):
    """How the forecasts that were kept fare on validation.

    Attributes:
        log_loss, skill: of the probabilities, in nats a delivery and over the class prior; where they are
            scaled, each match's by a scaling fitted on the other half of the matches.
        macro_f1: called by argmax.
        macro_f1_rule: called by a decision rule fitted on the other half of the matches, of the plain
            probabilities.
    """

    log_loss: float
    skill: float
    macro_f1: float
    macro_f1_rule: float


@dataclass(frozen=True)
class RunResult:
    """What a training run ended with.

    Attributes:
        folder: where everything lies.
        history: metrics by epoch, of every network of an ensemble.
        best: the report of the epoch that was kept of each network.
        validation: scores of what was kept: the averaged, scaled probabilities.
        interrupted: training was stopped by the user and can be resumed.
    """

    folder: Path
    history: list[EpochReport]
    best: tuple[EpochReport, ...]
    validation: ValidationScores
    interrupted: bool


class Finished(NamedTuple):
    """A run that came to its end, for whoever wants to go on with its model at once.

    Attributes:
        result: what it ended with.
        network: what forecasts, where it was trained.
        rule: the decision rule fitted on validation.
        plain: what the networks say of the validation matches, before a scaling that was fitted on it.
    """

    result: RunResult
    network: Forecaster
    rule: DecisionRule
    plain: Predictions


class _HearsOfStop:
    """Passes everything on to an observer, and tells it between two batches that a stop was asked for."""

    def __init__(self, observer: TrainingObserver, stop: StopRequest) -> None:
        self._observer, self._stop, self._told = observer, stop, False
        self.say, self.on_run, self.on_epoch = observer.say, observer.on_run, observer.on_epoch
        self.on_stop_request = observer.on_stop_request

    def on_batch(self, epoch: int, done: int, total: int, loss: float) -> None:
        """Hear of a batch."""
        self._observer.on_batch(epoch, done, total, loss)
        if self._stop.requested and not self._told:
            self._told = True
            self._observer.on_stop_request(epoch)


def run_epochs(
    setup: RunSetup,
    folder: Path,
    facts: dict[str, Any],
    observer: TrainingObserver,
    give_up: Callable[[EpochReport], bool],
) -> None:
    """Train all networks; leave ``best_model.pt``, ``last.pt`` and ``metrics.json`` after every epoch.

    Args:
        setup: from :func:`set_up` or :func:`set_up_again`; changed in place.
        folder: the run folder, already made.
        facts: provenance for the checkpoints.
        observer: hears of every batch and epoch.
        give_up: asked after every epoch, which is saved by then, whether to stop early.
    """
    given_up = False

    def keep(state: FitState) -> None:
        _checkpoint(setup, facts, resume=state.capture()).save(folder / LAST)

    def after_epoch(state: FitState) -> bool:
        nonlocal given_up
        write_metrics(folder, state.history)
        if state.stopping.improved:
            _checkpoint(setup, facts).save(folder / BEST)
        keep(state)
        given_up = give_up(state.history[-1])
        return given_up

    if not setup.state.history:  # so that a run killed in its first epoch can be resumed as well
        keep(setup.state)
    while True:
        training = setup.config.training
        fit(setup.state, setup.graphs, setup.split, training, observer, after_epoch)
        if given_up or not setup.begin_next_network():
            return


def finish_run(setup: RunSetup, folder: Path, facts: dict[str, Any]) -> Finished:
    """Fit on validation what comes behind the kept weights, save all together, score it honestly.

    A loss that weighs outcomes bends the probabilities; they are scaled so that they are right again. The
    decision rule calls the scaled ones.
    """
    config, kept = setup.config, setup.state.kept
    bent = config.training.bends
    network = forecaster(config.model, setup.graphs.fitted, kept, UNSCALED).to(setup.device)
    plain = _validation(setup, network)
    scaling = fit_vector_scaling(plain.probabilities, plain.outcomes) if bent else UNSCALED
    rule = fit_decision_rule(scaling(plain.probabilities), plain.outcomes)
    _checkpoint(setup, facts, scaling, rule, finished=not setup.unfinished).save(folder / BEST)
    scores = evaluate(cross_scaled(plain) if bent else plain, rule, resamples=0).scores
    result = RunResult(
        folder,
        list(setup.state.history),
        tuple(best_reports(setup.state.history)),
        ValidationScores(
            log_loss=scores["log_loss"].value,
            skill=scores["skill"].value,
            macro_f1=scores["macro_f1"].value,
            macro_f1_rule=cross_fitted_macro_f1(plain),
        ),
        interrupted=False,
    )
    if bent:
        network = forecaster(config.model, setup.graphs.fitted, kept, scaling).to(setup.device)
    return Finished(result, network, rule, plain)


def _validation(setup: RunSetup, network: Forecaster) -> Predictions:
    """Predict the validation innings, unless the best epoch of the only network has just done so."""
    if not setup.state.members and setup.state.best_predictions is not None:
        return setup.state.best_predictions
    batch_size = setup.config.training.batch_size
    with memory_explained(batch_size):
        return predict(network, setup.graphs, setup.split.validation, batch_size)


def train(setup: RunSetup, folder: Path, facts: dict[str, Any], observer: TrainingObserver) -> RunResult:
    """Train to the end, or until the user asks to stop.

    Ctrl-C finishes the epoch, saves and returns with ``interrupted`` set; a second one stops at once,
    and what the epoch before left is still there.

    Args:
        setup: from :func:`set_up` or :func:`set_up_again`.
        folder: the run folder, already made.
        facts: provenance for the checkpoints.
        observer: hears of every batch and epoch.
    """
    observer.on_run(folder, setup.config, facts)
    with stop_on_signal() as stop:
        run_epochs(setup, folder, facts, _HearsOfStop(observer, stop), lambda report: stop.requested)
        result = finish_run(setup, folder, facts).result
    return replace(result, interrupted=stop.requested and setup.unfinished)


def train_new(resolved: ResolvedConfig, out: Path | None, observer: TrainingObserver, log: Log) -> RunResult:
    """Train from a configuration into a new run folder.

    Raises:
        ArtifactError: ``out`` is taken.
        DataError: see :func:`set_up`.
        ConfigError: see :func:`set_up`; or the parameters were chosen on matches of the test part.
    """
    check_out(out)
    store, _ = open_matches(resolved.config.data, log)
    setup = set_up(resolved.config, store)
    check_choice(resolved.chosen_on, setup.split, store, log)
    folder = new_run_folder(out)
    with alone_in(folder):
        facts = provenance(**setup.facts(), origins=resolved.to_json()["origins"])
        write_run_start(folder, resolved, facts)
        log(f"run folder: {folder}")
        return train(setup, folder, facts, observer)


def resume_run(
    folder: Path,
    data: Sequence[str],
    observer: TrainingObserver,
    log: Log,
    device: Device | None = None,
    people: str | None = None,
) -> RunResult:
    """Continue an interrupted training from its last complete epoch, to the result it would have had.

    Args:
        folder: the run folder.
        data: the match files, where they lie elsewhere now; empty for those of the run.
        observer: hears of the epochs still to come.
        log: told what was found.
        device: where to go on, if elsewhere than it began.
        people: the file of people's styles, where it lies elsewhere now.

    Raises:
        CheckpointError: nothing to resume, or the matches are not those of the run.
        FolderBusy: another process works on the run.
        ConfigError: the device is not there.
    """
    last = find_checkpoint(folder, LAST)
    with alone_in(last.parent):
        clear_torn(last.parent)
        checkpoint = load_checkpoint(last)
        store, _ = open_matches_of_run(data, people, checkpoint.config.data, log)
        setup = set_up_again(last, checkpoint, store, device)
        seeds = setup.config.training.seeds
        of = f" of network {setup.state.member} of {seeds}" if seeds > 1 else ""
        log(f"{folder}: continuing after epoch {setup.state.epoch} of {setup.config.training.epochs}{of}")
        return train(setup, last.parent, {**checkpoint.provenance, "resumed_by": command_line()}, observer)


def _checkpoint(
    setup: RunSetup,
    facts: dict[str, Any],
    scaling: VectorScaling = UNSCALED,
    rule: DecisionRule = ARGMAX,
    finished: bool = False,
    resume: dict[str, Any] | None = None,
) -> Checkpoint:
    return Checkpoint(
        config=setup.config,
        fitted=setup.graphs.fitted,
        members=setup.state.kept,
        scaling=scaling,
        rule=rule,
        split=setup.facts(),
        provenance=facts,
        finished=finished,
        resume=resume,
    )
