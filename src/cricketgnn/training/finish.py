"""What a training comes to: the kept weights, what is fitted behind them on validation, honest scores."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

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
from cricketgnn.training.checkpoint import Checkpoint, forecaster
from cricketgnn.training.device import memory_explained
from cricketgnn.training.inference import predict
from cricketgnn.training.observing import EpochReport
from cricketgnn.training.progress import best_reports
from cricketgnn.training.run_folder import BEST
from cricketgnn.training.setup import RunSetup


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
    if setup.group.leads:
        checkpoint_of(setup, facts, scaling, rule, finished=not setup.unfinished).save(folder / BEST)
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
        return predict(network, setup.graphs, setup.split.validation, batch_size, setup.group)


def checkpoint_of(
    setup: RunSetup,
    facts: dict[str, Any],
    scaling: VectorScaling = UNSCALED,
    rule: DecisionRule = ARGMAX,
    finished: bool = False,
    resume: dict[str, Any] | None = None,
) -> Checkpoint:
    """Make a checkpoint of a run as it stands; with ``resume`` one that training can go on from."""
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
