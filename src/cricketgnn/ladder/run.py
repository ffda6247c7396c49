"""The ladder from its first rung to its last: each forecasts once, all are scored on the same deliveries."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from cricketgnn.config.places import RUNS
from cricketgnn.entries import Log
from cricketgnn.errors import ArtifactError, CricketGNNError, Interrupted, NothingSucceeded
from cricketgnn.evaluation import (
    Evaluation,
    PairedComparison,
    ReliabilityInfo,
    SliceScores,
    by_slice,
    evaluate,
    fit_decision_rule,
    paired_bootstrap,
    reliability,
)
from cricketgnn.files import write_json, write_packed
from cricketgnn.ladder._base import FORECASTS, Forecasts, Rung, place_of
from cricketgnn.ladder.task import Task, log_loss
from cricketgnn.provenance import provenance
from cricketgnn.training.run_folder import alone_in, check_out
from cricketgnn.training.slices import slices

PROTOCOL: Final = "protocol.json"
RESULTS: Final = "ladder.json"
_FACTS: Final = "facts.json"
REFERENCE: Final = "lightgbm"
"""The model that every other is compared with, match by match."""
COMPARED: Final = ("log_loss", "skill", "macro_f1_rule")


@dataclass(frozen=True)
class RungScores:
    """One model on the test matches.

    Attributes:
        model: its name.
        evaluation: all scores, its decision rule fitted on validation.
        against_reference: paired with the reference, by metric; empty where there is none.
        slices: scores of parts of the deliveries.
        reliability: curve of each outcome.
        fit_seconds: to make the model.
        deliveries_per_second: of its forecasts.
        chosen: on validation.
        validation_log_loss: for choosing between models; the test scores are for the record.
    """

    model: str
    evaluation: Evaluation
    against_reference: Mapping[str, PairedComparison]
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
            f"against_{REFERENCE}": {name: one.to_json() for name, one in self.against_reference.items()},
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
    task: Task, rungs: Sequence[Rung], out: Path | None, say: Log, *, resamples: int = 1000
) -> Ladder:
    """Let every model forecast, those of an interrupted ladder not again, and score them.

    Args:
        task: the question.
        rungs: the models.
        out: the ladder's folder; None for one named after the protocol, so that the same command goes on.
        say: told what is going on.
        resamples: bootstrap draws over matches.

    Raises:
        ArtifactError: the folder holds a ladder of another protocol, something damaged, or something else.
        FolderBusy: another process works on it.
        Interrupted: the user asked to stop.
        NothingSucceeded: no model came to its end.
    """
    folder = _open(out or RUNS / "ladders" / task.protocol["digest"][:12], task)
    with alone_in(folder):
        return _climb(task, rungs, folder, say, resamples)


def _climb(task: Task, rungs: Sequence[Rung], folder: Path, say: Log, resamples: int) -> Ladder:
    forecasts: dict[str, Forecasts] = {}
    failed: dict[str, str] = {}
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
    ladder = Ladder(folder, task.protocol, _score(task, forecasts, say, resamples), failed)
    write_json(folder / RESULTS, {**ladder.to_json(), "provenance": provenance()})
    return ladder


def _open(folder: Path, task: Task) -> Path:
    """Make the folder of a ladder, or make sure that it is one of the same protocol."""
    path = folder / PROTOCOL
    if path.is_file():
        try:
            before = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise ArtifactError(f"{path}: damaged ({error}); give another --out") from error
        for name, value in task.protocol.items():
            if before.get(name) != value:
                raise ArtifactError(
                    f"{folder} holds a ladder whose {name} is {before.get(name)}, and this one's is {value}: "
                    "its models answered another question; give another --out"
                )
        return folder
    check_out(folder)
    folder.mkdir(parents=True, exist_ok=True)
    write_json(path, task.protocol)
    return folder


def _forecast(task: Task, rung: Rung, place: Path, say: Log) -> Forecasts:
    """Read a model's forecasts, or make and keep them.

    Raises:
        ArtifactError: what is there is damaged, or was made with other settings.
    """
    kept, settings = place / FORECASTS, {**rung.settings(task), "protocol": task.protocol["digest"]}
    if kept.is_file():
        say(f"{rung.name}: forecasts of before")
        return _read(kept, place / _FACTS, settings)
    place.mkdir(exist_ok=True)
    say(f"{rung.name}: begins")
    forecasts = rung.forecast(task, place, say)
    arrays = {name: value for name, value in forecasts._asdict().items() if isinstance(value, np.ndarray)}
    facts = {name: value for name, value in forecasts._asdict().items() if name not in arrays}
    write_json(place / _FACTS, {"settings": settings, "forecasts": facts})
    write_packed(kept, lambda buffer: np.savez_compressed(buffer, allow_pickle=False, **arrays))
    return forecasts


def _read(arrays: Path, facts: Path, wanted: Mapping[str, Any]) -> Forecasts:
    try:
        with np.load(arrays, allow_pickle=False) as kept:
            values = {name: kept[name] for name in kept.files if name in Forecasts._fields}
        document = json.loads(facts.read_text(encoding="utf-8"))
        before = document["settings"]
        for name in sorted({*before, *wanted}):
            if before.get(name) != wanted.get(name):
                raise ArtifactError(
                    f"{arrays.parent} was made with {name} {before.get(name)}, and {wanted.get(name)} is "
                    "wanted: give another --out, or remove it"
                )
        return Forecasts(**{**document["forecasts"], **values})
    except (OSError, ValueError, TypeError, KeyError, zipfile.BadZipFile) as error:
        raise ArtifactError(
            f"{arrays}: damaged ({error}); remove {arrays.parent} to make it again"
        ) from error


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
        compared = {}
        if REFERENCE in tests and name != REFERENCE:
            both = (rules[name], rules[REFERENCE])
            compared = {
                metric: paired_bootstrap(
                    tests[name], tests[REFERENCE], metric, rules=both, resamples=resamples
                )
                for metric in COMPARED
            }
        scored.append(
            RungScores(
                model=name,
                evaluation=evaluate(tests[name], rules[name], resamples=resamples),
                against_reference=compared,
                slices=by_slice(tests[name], marked, resamples=resamples),
                reliability=reliability(tests[name], resamples=0),
                fit_seconds=one.fit_seconds,
                deliveries_per_second=(len(one.validation) + len(one.test)) / max(one.predict_seconds, 1e-9),
                chosen=one.chosen,
                validation_log_loss=log_loss(one.validation, validations[name].outcomes),
            )
        )
    return tuple(scored)
