"""A search in a tracker: a run for the study with the figures of the guide, and a run for each trial."""

from __future__ import annotations

import hashlib
import os
import socket
import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

import optuna
import plotly.graph_objects as go
from optuna.trial import FrozenTrial, TrialState

from cricketgnn.reporting.figures import study_figures
from cricketgnn.reporting.study.record import provenance_of
from cricketgnn.tracking.tracker import Media, TrackedRun, TrackedTable, Tracker, model_name
from cricketgnn.training.observing import EpochReport
from cricketgnn.training.run_folder import BEST
from cricketgnn.tuning.claims import shared_engine
from cricketgnn.tuning.observer import SearchObserver
from cricketgnn.tuning.run import SearchResult
from cricketgnn.tuning.search import Search
from cricketgnn.tuning.study import FOLDER
from cricketgnn.tuning.trials import OVERRIDES, trial_document

_REDRAW_SECONDS: Final = 60.0
_STUDY: Final = "study"


class TracksSearch:
    """Hears of a search, passes everything on to another observer, and shows it in a tracker.

    Args:
        inner: hears of everything as well.
        tracker: where to show it.
        search: what is run.
    """

    def __init__(self, inner: SearchObserver, tracker: Tracker, search: Search) -> None:
        self.say, self.on_progress = inner.say, inner.on_progress
        self.on_retraining, self.on_retrained = inner.on_retraining, inner.on_retrained
        self._inner, self._tracker, self._search = inner, tracker, search
        self._drawn = time.monotonic()
        self._open: set[int] = set()
        name = search.study.study_name
        self._stem = hashlib.sha256(f"{name} {search.study.user_attrs[FOLDER]}".encode()).hexdigest()[:12]
        # Coordinators on several machines cannot write one run: each shows the study as it sees it.
        beside = f"-{socket.gethostname()}-{os.getpid()}" if shared_engine(search.study) is not None else ""
        self._key = f"{self._stem}-study{beside}"
        self._run = TrackedRun(self._key, f"{name}{beside}", _STUDY, name, search.request.to_json())
        self._begun = False

    def on_start(self, number: int, parameters: dict[str, Any]) -> None:
        """Show a trial, or go on with it."""
        self._inner.on_start(number, parameters)
        self._begin(number, parameters)

    def on_epoch(self, number: int, report: EpochReport) -> None:
        """Add an epoch to the curves of its trial."""
        self._inner.on_epoch(number, report)
        if number in self._open:
            self._tracker.log(self._trial_key(number), report.to_json(), report.epoch)

    def on_end(self, number: int, state: str, value: float | None) -> None:
        """Say what a trial came to, and draw the study anew now and then."""
        self._inner.on_end(number, state, value)
        trial = self._search.study.get_trials(deepcopy=False)[number]
        if number not in self._open:  # its result was taken over from an earlier trial
            self._begin(number, trial.params)
        self._open.discard(number)
        self._tracker.end(self._trial_key(number), _summary(trial), state in ("complete", "pruned"))
        if time.monotonic() - self._drawn >= _REDRAW_SECONDS:
            self._draw()

    def ended(self, result: SearchResult) -> None:
        """Say what the search came to."""
        self._begin_study()
        self._draw()
        winner, confirmed = result.winner, result.confirmation
        summary: dict[str, Any] = {"ending": result.ending.value}
        if winner is not None:
            summary |= {"best_value": winner.value, "best_trial": winner.number}
            summary |= {f"best_{name}": value for name, value in winner.params.items()}
        if confirmed is not None:
            summary["confirmation"] = confirmed.to_json()
        if result.test is not None:
            for metric in ("log_loss", "log_loss_prior", "skill", "macro_f1_rule"):
                summary[f"test_{metric}"] = result.test[metric]["value"]
        model = self._search.folder / BEST
        if winner is not None and model.is_file():
            name = self._search.study.study_name
            made = provenance_of(self._search.folder, winner.number)
            facts = {"study": name, **summary, "provenance": dict(made)}
            self._tracker.keep(self._key, model, model_name(name), facts)
        self._tracker.end(self._key, summary, winner is not None)

    def _begin_study(self) -> None:
        """Begin the study's run once something happens: who is refused a study leaves its run alone."""
        if not self._begun:
            self._tracker.begin(self._run)
            self._begun = True

    def _begin(self, number: int, parameters: Mapping[str, Any]) -> None:
        self._begin_study()
        self._open.add(number)
        search, name = self._search, self._search.study.study_name
        base, trial = search.base.config, search.study.get_trials(deepcopy=False)[number]
        config = {
            **base.model.model_dump(mode="json"),
            **base.training.model_dump(mode="json"),
            **parameters,
            **trial.user_attrs.get(OVERRIDES, {}),
            "trial": number,
            "study": name,
            "phase": search.phase.value,
        }
        run = TrackedRun(self._trial_key(number), f"{name} trial {number}", search.phase.value, name, config)
        self._tracker.begin(run)

    def _draw(self) -> None:
        self._drawn = time.monotonic()
        name, trials = self._search.study.study_name, self._search.study.get_trials(deepcopy=False)
        self._tracker.show(self._key, lambda: _media(name, trials))

    def _trial_key(self, number: int) -> str:
        return f"{self._stem}-{number}"


def _summary(trial: FrozenTrial) -> dict[str, Any]:
    """Give what the guide lists of a trial: number, parameters, test score, pruned or not, epochs trained."""
    document = trial_document(trial)
    kept = {name: value for name, value in document.items() if not isinstance(value, list | dict)}
    return {**kept, "pruned": trial.state is TrialState.PRUNED, "val_macro_f1_rule": document["value"]}


def _media(name: str, trials: Sequence[FrozenTrial]) -> Media:
    """Draw the figures of the guide from a copy of a study: the study itself belongs to another thread."""
    names = sorted({parameter for trial in trials for parameter in trial.params})
    columns = ("number", "state", "value", "val_log_loss", "epochs", "test_macro_f1", "failure")
    rows = [
        [*(trial_document(trial)[column] for column in columns), *(trial.params.get(p) for p in names)]
        for trial in trials
    ]
    media: dict[str, go.Figure | TrackedTable] = {"trials": TrackedTable([*columns, *names], rows)}
    if any(trial.state is TrialState.COMPLETE for trial in trials):
        copy = optuna.create_study(study_name=name, direction="maximize")
        copy.add_trials(trials)  # also those that run: the figures count in trials' numbers
        media |= study_figures(copy, draws=0)
    return media
