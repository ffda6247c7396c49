"""The ladder from its first rung to its last: each forecasts once, all are scored on the same deliveries."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cricketgnn.entries import Log
from cricketgnn.errors import ArtifactError, CricketGNNError, Interrupted, NothingSucceeded
from cricketgnn.evaluation import (
    Evaluation,
    MatchBootstrap,
    PairedComparison,
    ReliabilityInfo,
    SliceScores,
    by_slice,
    evaluate,
    fit_decision_rule,
    paired_bootstraps,
    reliability,
)
from cricketgnn.files import write_json
from cricketgnn.ladder._base import Forecasts, Rung, place_of
from cricketgnn.ladder.folder import (
    RESULTS,
    check_settings,
    hold_to,
    is_kept,
    keep,
    kept_forecasts,
    make_folder,
)
from cricketgnn.ladder.task import Task, log_loss
from cricketgnn.places import RUNS
from cricketgnn.provenance import provenance
from cricketgnn.training.run_folder import alone_in, clear_torn
from cricketgnn.training.slices import slices

REFERENCE: Final = "lightgbm"
"""What every other model is compared with, match by match: the best a sceptic has."""
CONTROL: Final = "mlp"
"""What every other model is compared with besides: the network without messages."""
COMPARED: Final = (
    *("log_loss", "skill", "brier", "macro_f1", "macro_f1_rule"),
    *("calibration_error", "wicket_auc", "boundary_auc"),
)
"""The scores that are compared."""


@dataclass(frozen=True)
class RungScores:
    """One model on the test matches.

    Attributes:
        model: its name.
        evaluation: all scores, its decision rule fitted on validation.
        against: paired with :data:`REFERENCE` and :data:`CONTROL`, by the other's name and metric; empty
            where the other is missing or this is it.
        slices: scores of parts of the deliveries.
        reliability: curve of each outcome.
        fit_seconds: to make the model.
        deliveries_per_second: of its forecasts.
        chosen: on validation.
        validation_log_loss: for choosing between models; the test scores are for the record.
    """

    model: str
    evaluation: Evaluation
    against: Mapping[str, Mapping[str, PairedComparison]]
    slices: tuple[SliceScores, ...]
    reliability: tuple[ReliabilityInfo, ...]
    fit_seconds: float
    deliveries_per_second: float
    chosen: Mapping[str, Any]
    validation_log_loss: float

    def to_json(self) -> dict[str, Any]:
        """Give everything as JSON values."""
        return {
            "model": self.model,
            **self.evaluation.to_json(),
            "validation_log_loss": self.validation_log_loss,
            "fit_seconds": self.fit_seconds,
            "deliveries_per_second": self.deliveries_per_second,
            "chosen": dict(self.chosen),
            **{
                f"against_{other}": {metric: one.to_json() for metric, one in pairs.items()}
                for other, pairs in self.against.items()
            },
            "slices": [one.to_json() for one in self.slices],
        }


@dataclass(frozen=True)
class Ladder:
    """All models on one protocol.

    Attributes:
        folder: where everything lies.
        protocol: what they were asked.
        rungs: in the order asked for.
        failed: why a model has no row.
    """

    folder: Path
    protocol: Mapping[str, Any]
    rungs: tuple[RungScores, ...]
    failed: Mapping[str, str]

    def to_json(self) -> dict[str, Any]:
        """Give the ladder as one JSON document."""
        return {
            "folder": str(self.folder),
            "protocol": dict(self.protocol),
            "reference": REFERENCE if any(rung.model == REFERENCE for rung in self.rungs) else None,
            "ladder": [rung.to_json() for rung in self.rungs],
            "failed": dict(self.failed),
        }


def run_ladder(
    task: Task,
    rungs: Sequence[Rung],
    out: Path | None,
    say: Log,
    *,
    resamples: int = 1000,
    write: Callable[[Ladder], None] | None = None,
) -> Ladder:
    """Let every model forecast, those of an interrupted ladder not again, and score them.

    Args:
        task: the question.
        rungs: the models.
        out: the ladder's folder; None for one named after the protocol, so that the same command goes on.
        say: told what is going on.
        resamples: bootstrap draws over matches.
        write: puts more beside the results, while nobody else works in the folder.

    Raises:
        ArtifactError: the folder holds a ladder of another protocol, something damaged, or something else.
        FolderBusy: another process works on it.
        Interrupted: the user asked to stop.
        NothingSucceeded: no model came to its end.
    """
    folder = make_folder(out or RUNS / "ladders" / task.protocol["digest"][:12])
    with alone_in(folder):
        clear_torn(folder)
        hold_to(folder, task.protocol)
        ladder = _climb(task, rungs, folder, say, resamples)
        write_json(folder / RESULTS, {**ladder.to_json(), "provenance": provenance()})
        if write is not None:
            write(ladder)
        return ladder


def _climb(task: Task, rungs: Sequence[Rung], folder: Path, say: Log, resamples: int) -> Ladder:
    forecasts: dict[str, Forecasts] = {}
    failed: dict[str, str] = {}
    for rung in rungs:  # before hours go into one of them
        check_settings(folder / place_of(rung.name), _settings(task, rung))
    for rung in rungs:
        place = folder / place_of(rung.name)
        try:
            forecasts[rung.name] = _forecast(task, rung, place, say)
        except (Interrupted, ArtifactError):
            raise
        except (CricketGNNError, MemoryError) as error:
            reason = str(error) or "not enough memory"  # which Python's own MemoryError does not say
            failed[rung.name] = f"{type(error).__name__}: {reason}"
            say(f"{rung.name} failed: {reason}")
    if not forecasts:
        raise NothingSucceeded(f"no model came to its end: {'; '.join(failed.values())}")
    return Ladder(folder, task.protocol, _score(task, forecasts, say, resamples), failed)


def _settings(task: Task, rung: Rung) -> dict[str, Any]:
    """Give all that makes a model's forecasts what they are."""
    return {**rung.settings(task), "protocol": task.protocol["digest"]}


def _forecast(task: Task, rung: Rung, place: Path, say: Log) -> Forecasts:
    """Read a model's forecasts, or make and keep them.

    Raises:
        ArtifactError: what is there is damaged.
    """
    if is_kept(place):
        say(f"{rung.name}: forecasts of before")
        return kept_forecasts(place)
    place.mkdir(exist_ok=True)
    say(f"{rung.name}: begins")
    forecasts = rung.forecast(task, place, say)
    keep(place, forecasts, _settings(task, rung))
    return forecasts


def _score(
    task: Task, forecasts: Mapping[str, Forecasts], say: Log, resamples: int
) -> tuple[RungScores, ...]:
    """Score every model on the test matches, each with the rule that validation gave it."""
    part = task.part("test")
    marked = slices(task.graphs, part.rows)
    tests = {name: task.predictions("test", one.test, one.test_kinds) for name, one in forecasts.items()}
    validations = {
        name: task.predictions("val", one.validation, one.validation_kinds) for name, one in forecasts.items()
    }
    rules = {name: fit_decision_rule(one.probabilities, one.outcomes) for name, one in validations.items()}
    scored = []
    for name, one in forecasts.items():
        say(f"{name}: scoring")
        against = {
            other: paired_bootstraps(
                tests[name],
                tests[other],
                COMPARED,
                rules=(rules[name], rules[other]),
                bootstrap=MatchBootstrap(resamples),
            )
            if other in tests and other != name
            else {}
            for other in (REFERENCE, CONTROL)
        }
        scored.append(
            RungScores(
                model=name,
                evaluation=evaluate(tests[name], rules[name], resamples=resamples),
                against=against,
                slices=by_slice(tests[name], marked, resamples=resamples),
                reliability=reliability(tests[name], resamples=0),
                fit_seconds=one.fit_seconds,
                deliveries_per_second=(len(one.validation) + len(one.test)) / max(one.predict_seconds, 1e-9),
                chosen=one.chosen,
                validation_log_loss=log_loss(one.validation, validations[name].outcomes),
            )
        )
    return tuple(scored)
