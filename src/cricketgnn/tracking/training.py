"""A training in a tracker: its settings, its curves, what it came to; and the scores of a test."""

from __future__ import annotations

import json
import uuid
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, Self

from pydantic import ValidationError

from cricketgnn.config import RunConfig
from cricketgnn.config.explaining import expected_of
from cricketgnn.config.tracking import TrackingConfig
from cricketgnn.cricket.outcomes import OUTCOME_NAMES
from cricketgnn.entries import Log, silent
from cricketgnn.errors import ArtifactError, CricketGNNError
from cricketgnn.evaluation import SliceScores
from cricketgnn.files import write_json
from cricketgnn.reporting.run import drawing
from cricketgnn.reporting.run.summary import summarise_run
from cricketgnn.tracking.background import tracking
from cricketgnn.tracking.tracker import Media, TrackedRun, TrackedTable, Tracker, Untracked, model_name
from cricketgnn.training.finish import RunResult
from cricketgnn.training.observing import EpochReport, TrainingObserver
from cricketgnn.training.run_folder import BEST
from cricketgnn.training.scoring import Scored, score

TRACKING: Final = "tracking.json"
"""File of a run folder: where the run is tracked, and under which key, so that ``resume`` goes on with it."""
_RESAMPLES: Final = 200
"""Draws of matches behind the intervals of figures: nobody reads their last digit."""


class TracksTraining:
    """Hears of a training, passes everything on to another observer, and shows it in a tracker.

    Args:
        inner: hears of everything as well.
        config: where to show it; None for nowhere.
    """

    def __init__(self, inner: TrainingObserver, config: TrackingConfig | None) -> None:
        self.say, self.on_batch, self.on_stop_request = inner.say, inner.on_batch, inner.on_stop_request
        self._inner, self._config = inner, config
        self._key = ""
        self._facts: dict[str, Any] = {}
        self._tracker: Tracker = Untracked()
        self._open = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._open.close()

    def on_run(self, folder: Path, config: RunConfig, facts: dict[str, Any]) -> None:
        """Show the run, or go on with it; its folder keeps where, for whoever resumes it."""
        self._inner.on_run(folder, config, facts)
        self._epochs, self._facts = config.training.epochs, facts
        if self._config is None:
            return
        kept = _read(folder)
        self._key = kept[1] if kept else uuid.uuid4().hex[:12]
        write_json(folder / TRACKING, {"key": self._key, "config": self._config.model_dump(mode="json")})
        self._tracker = self._open.enter_context(tracking(self._config, folder, self.say))
        shown = {**config.model_dump(mode="json"), "provenance": facts}
        self._tracker.begin(TrackedRun(self._key, folder.name, "train", config=shown, watch_machine=True))

    def on_epoch(self, report: EpochReport, best: bool) -> None:
        """Add an epoch to the curves."""
        self._inner.on_epoch(report, best)
        step = (report.member - 1) * self._epochs + report.epoch  # networks one after the other
        self._tracker.log(self._key, report.to_json(), step)

    def ended(self, result: RunResult) -> None:
        """Say what the training came to."""
        best = {f"best_{name}": value for name, value in result.best[-1].to_json().items()}
        kept = {f"val_{name}": value for name, value in result.validation._asdict().items()}
        summary = {**best, **kept, "epochs": len(result.history)}
        if not result.interrupted:
            folder = result.folder
            facts = {"provenance": self._facts, **summary}
            self._tracker.keep(self._key, folder / BEST, model_name(folder.name), facts)
            if self._config is not None:  # computed here: torch must not be at work when the program ends
                media = _of_validation(folder, self.say)
                self._tracker.show(self._key, lambda: media)
        self._tracker.end(self._key, summary, not result.interrupted)


def kept_tracking(folder: Path) -> TrackingConfig | None:
    """Tell where a run is tracked; None where it is not.

    Raises:
        ArtifactError: the file that tells is damaged.
    """
    kept = _read(folder)
    return kept[0] if kept else None


def track_test(tracker: Tracker, scored: Scored) -> None:
    """Show the scores of a test, in a group named as the folder of the run that was scored."""
    name, evaluation = scored.checkpoint.parent.name, scored.evaluation
    key = uuid.uuid4().hex[:12]
    about = {"checkpoint": str(scored.checkpoint), "split": scored.part, "matches": evaluation.matches}
    tracker.begin(TrackedRun(key, f"{name} {scored.part}", "test", name, about))
    tracker.show(key, lambda: _media(scored))
    bounds = {
        f"{metric}_{bound}" if bound != "value" else metric: value
        for metric, score in evaluation.scores.items()
        for bound, value in score.to_json().items()
    }
    tracker.end(key, {**about, **bounds, "scored_deliveries": evaluation.scored}, succeeded=True)


def _of_validation(folder: Path, say: Log) -> Media:
    """Score what a training kept on the validation matches, which flatter it: they chose it."""
    try:
        return _media(score(folder, (), "val", log=silent, resamples=_RESAMPLES))
    except CricketGNNError as error:  # its matches lie elsewhere now, say: the curves are there all the same
        say(f"no figures of the validation matches for the tracker: {error}")
    except KeyboardInterrupt:  # the training is over and kept: what it came to shall not be lost for figures
        say("no figures of the validation matches for the tracker: stopped")
    return {}


def _media(scored: Scored) -> Media:
    about, evaluation = summarise_run(scored), scored.evaluation
    confusion = [
        {"came": name, **dict(zip(OUTCOME_NAMES, map(int, counts), strict=True))}
        for name, counts in zip(OUTCOME_NAMES, evaluation.confusion_rule, strict=True)
    ]
    return {
        "confusion matrix": drawing.draw_confusion(evaluation.confusion_rule),
        "reliability": drawing.draw_reliability(about.reliability),
        "skill by part of the matches": drawing.draw_slices(about.slices),
        "confusion by the decision rule": _table(confusion),
        "outcomes by the decision rule": _table([asdict(scores) for scores in evaluation.per_class_rule]),
        "parts of the matches": _table([_of_part(part) for part in about.slices]),
    }


def _table(rows: list[dict[str, Any]]) -> TrackedTable:
    return TrackedTable(list(rows[0]) if rows else [], [list(row.values()) for row in rows])


def _of_part(part: SliceScores) -> dict[str, Any]:
    values = {name: score.value for name, score in part.scores.items()}
    return {"part": part.name, "matches": part.matches, "deliveries": part.deliveries, **values}


def _read(folder: Path) -> tuple[TrackingConfig, str] | None:
    path = folder / TRACKING
    if not path.is_file():
        return None
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        return TrackingConfig.model_validate(kept["config"]), str(kept["key"])
    except ValidationError as error:
        (problem, *_) = error.errors()
        why = f"{'.'.join(map(str, problem['loc']))}: {expected_of(problem)}"
        raise ArtifactError(f"{path} is damaged ({why}); delete it to go on untracked") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ArtifactError(f"{path} is damaged ({error}); delete it to go on untracked") from error
