"""The coordinator: asks the study for parameters, trains, tells it what came out."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import optuna
import torch
from optuna.trial import TrialState
from pydantic import ValidationError

from cricketgnn.config import ResolvedConfig
from cricketgnn.config.search_space import Phase, SearchSpace
from cricketgnn.errors import NothingSucceeded
from cricketgnn.files import write_json
from cricketgnn.graph.store import GraphStore
from cricketgnn.provenance import provenance
from cricketgnn.training.fit import DivergedError, EpochReport, Unobserved
from cricketgnn.training.run import RunResult, set_up, train
from cricketgnn.training.run_folder import BEST, write_run_start
from cricketgnn.tuning.parameters import in_force, known_good, suggest, with_parameters
from cricketgnn.tuning.study import completed, finished

BEST_PARAMS: Final = "best_params.json"
RESULTS: Final = "study_results.json"
PRUNED, FAILED = "pruned", "failed"
MAX_FAILURES: Final = 3
"""Trials in a row that may fail before the search stops: the next would fail as well."""

Tell = Callable[[str], None]


@dataclass(frozen=True)
class SearchResult:
    """What a search ended with.

    Attributes:
        study: the study, all trials in it.
        folder: where parameters, results, the best model and the trials' folders lie.
        interrupted: the user stopped it.
    """

    study: optuna.Study
    folder: Path
    interrupted: bool


@dataclass(frozen=True)
class Search:
    """A search ready to run.

    Attributes:
        study: open study.
        phase: what is searched.
        space: the dimensions.
        base: configuration of everything else, with origins.
        store: the matches.
        folder: the study's folder.
        tell: told one line an event.
    """

    study: optuna.Study
    phase: Phase
    space: SearchSpace
    base: ResolvedConfig
    store: GraphStore
    folder: Path
    tell: Tell

    def run(self, n_trials: int) -> SearchResult:
        """Run until the study has ``n_trials`` finished trials.

        Raises:
            NothingSucceeded: no trial completed.
        """
        if not self.study.get_trials(deepcopy=False):
            self.study.enqueue_trial(known_good(self.base, self.space))
        failures, interrupted = 0, False
        while len(finished(self.study)) < n_trials and failures < MAX_FAILURES and not interrupted:
            trial = self.study.ask()
            outcome = self._run_trial(trial)
            failures = failures + 1 if outcome == FAILED else 0
            interrupted = isinstance(outcome, RunResult) and outcome.interrupted
            self.write_results()
        if not completed(self.study) and not interrupted:
            raise NothingSucceeded(
                f"none of {len(self.study.trials)} trials of study '{self.study.study_name}' completed; "
                f"the reasons are in {self.folder / RESULTS}"
            )
        return SearchResult(self.study, self.folder, interrupted)

    def _run_trial(self, trial: optuna.Trial) -> RunResult | str:
        """Train one trial and tell the study; a failure is told as such and never as a value."""
        values = suggest(trial, self.space)
        shown = ", ".join(f"{name}={_short(value)}" for name, value in values.items())
        self.tell(f"trial {trial.number}: {shown}")
        try:
            result = self._train(trial, values)
        except (DivergedError, torch.OutOfMemoryError, ValidationError) as error:
            reason = " ".join(str(error).split())[:500]
            trial.set_user_attr("failure", f"{type(error).__name__}: {reason}")
            self.study.tell(trial, state=TrialState.FAIL)
            self.tell(f"trial {trial.number} failed: {type(error).__name__}: {reason}")
            return FAILED
        if result.interrupted:
            self.study.enqueue_trial(values)
            self.study.tell(trial, state=TrialState.FAIL)
            self.tell(f"trial {trial.number} was stopped after epoch {len(result.history)}; queued again")
            return result
        if trial.user_attrs.get(PRUNED):
            self.study.tell(trial, state=TrialState.PRUNED)
            self.tell(f"trial {trial.number} pruned after epoch {len(result.history)}")
            return PRUNED
        self.study.tell(trial, result.val_macro_f1_rule)
        best = self.study.best_trial.number == trial.number
        self.tell(
            f"trial {trial.number} finished: macro-F1 {result.val_macro_f1_rule:.4f}, log loss "
            f"{result.best.val_log_loss:.4f}, {len(result.history)} epochs{', best so far' if best else ''}"
        )
        return result

    def _train(self, trial: optuna.Trial, values: dict[str, Any]) -> RunResult:
        resolved = with_parameters(self.base, values, f"trial {trial.number}")
        setup = set_up(resolved.config, self.store)
        folder = self.folder / f"trial_{trial.number:04d}"
        folder.mkdir(parents=True)
        facts = provenance(**setup.facts(), study=self.study.study_name, trial=trial.number)
        write_run_start(folder, resolved, facts)

        def prune(report: EpochReport) -> bool:
            # The study maximises, so the loss is reported negated: its median rule then spares low losses.
            trial.report(-report.val_log_loss, report.epoch - 1)
            trial.set_user_attr("val_log_loss", report.val_log_loss)
            trial.set_user_attr("epochs", report.epoch)
            doomed = trial.should_prune()
            if doomed:
                trial.set_user_attr(PRUNED, True)
            return doomed

        return train(setup, folder, facts, Unobserved(), prune)

    def write_results(self) -> None:
        """Write the study so far: all trials, and once one completed the best parameters and model."""
        document: dict[str, Any] = {
            "study": self.study.study_name,
            "phase": self.phase.value,
            "direction": self.study.direction.name.lower(),
            "identity": self.study.user_attrs.get("identity"),
            "trials": [trial_document(trial) for trial in self.study.get_trials(deepcopy=False)],
        }
        if completed(self.study):
            best = self.study.best_trial
            document["best_trial"] = best.number
            self._write_best(best)
        write_json(self.folder / RESULTS, document)

    def _write_best(self, best: optuna.trial.FrozenTrial) -> None:
        resolved = with_parameters(self.base, best.params, f"trial {best.number}")
        document = {
            "study": self.study.study_name,
            "phase": self.phase.value,
            "trial": best.number,
            "value": best.value,
            "parameters": in_force(resolved, best.params, self.phase.value),
        }
        path = self.folder / BEST_PARAMS
        if path.is_file() and json.loads(path.read_text(encoding="utf-8")) == document:
            return
        source = self.folder / f"trial_{best.number:04d}" / BEST
        temporary = self.folder / f".{BEST}.tmp"
        shutil.copyfile(source, temporary)
        temporary.replace(self.folder / BEST)
        write_json(path, document)


def trial_document(trial: optuna.trial.FrozenTrial) -> dict[str, Any]:
    """Give one trial as plain values."""
    seconds = None if trial.duration is None else trial.duration.total_seconds()
    return {
        "number": trial.number,
        "state": trial.state.name.lower(),
        "value": trial.value,
        "parameters": trial.params,
        "val_log_loss": trial.user_attrs.get("val_log_loss"),
        "val_log_loss_by_epoch": [-value for _, value in sorted(trial.intermediate_values.items())],
        "epochs": trial.user_attrs.get("epochs", 0),
        "seconds": seconds,
        "failure": trial.user_attrs.get("failure"),
    }


def _short(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
