"""The coordinator: asks the study for parameters, trains, tells it what came out."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import optuna
from optuna.trial import TrialState
from pydantic import ValidationError

from cricketgnn.config import ResolvedConfig
from cricketgnn.config.search_space import Phase, SearchSpace
from cricketgnn.errors import ArtifactError, NothingSucceeded
from cricketgnn.files import as_json_text, atomic_path, write_json, write_text
from cricketgnn.graph.store import GraphStore
from cricketgnn.provenance import provenance
from cricketgnn.training.fit import DivergedError, EpochReport, OutOfMemoryError, Unobserved
from cricketgnn.training.run import RunResult, set_up, train
from cricketgnn.training.run_folder import BEST, write_run_start
from cricketgnn.training.stopping_signal import stop_on_signal
from cricketgnn.tuning.parameters import in_force, known_good, suggest, with_parameters
from cricketgnn.tuning.study import completed, finished, storage_errors
from cricketgnn.tuning.workers import FAILURE, fail, reclaim_lost, sign

BEST_PARAMS: Final = "best_params.json"
RESULTS: Final = "study_results.json"
PRUNED: Final = "pruned"
HOPELESS: Final = 3
"""Trials in a row that may fail before the search stops, while none has completed: the next would as well."""
MAX_FAILURES: Final = 20
"""The same once a trial has completed: some of the space works, so it is worth going on."""
_TRIAL_FAILURES: Final = (DivergedError, OutOfMemoryError, ValidationError)
"""What is wrong with one trial's parameters and not with the search."""

Tell = Callable[[str], None]


@dataclass(frozen=True)
class SearchResult:
    """What a search ended with.

    Attributes:
        study: the study, all trials in it.
        folder: where parameters, results, the best model and the trials' folders lie.
        interrupted: the user stopped it before it had all its trials.
        gave_up: too many trials in a row failed.
    """

    study: optuna.Study
    folder: Path
    interrupted: bool
    gave_up: bool


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
        """Run until the study has ``n_trials`` finished trials; those it already has count.

        Ctrl-C stops the running trial after its epoch and queues its parameters again; a second one stops
        at once and does the same.

        Raises:
            NothingSucceeded: no trial completed.
            StorageError: the storage failed; everything told before is in it.
        """
        with storage_errors(), stop_on_signal() as stop:
            self._begin(n_trials)
            failures = 0
            while (
                len(finished(self.study)) < n_trials and not stop.requested and not self._hopeless(failures)
            ):
                trial = self.study.ask()
                sign(trial)
                failures = 0 if self._run_trial(trial) else failures + 1
                self.write_results()
            short = len(finished(self.study)) < n_trials
            interrupted = stop.requested and short
            if not completed(self.study) and not interrupted:
                raise NothingSucceeded(self._why_nothing())
        return SearchResult(self.study, self.folder, interrupted, gave_up=short and not interrupted)

    def _begin(self, n_trials: int) -> None:
        """Pick up what an earlier process left; the first trial of a study is the configuration as it is."""
        for number in reclaim_lost(self.study):
            self.tell(f"trial {number} was lost with the process that ran it; queued again")
        if not self.study.get_trials(deepcopy=False):
            self.study.enqueue_trial(known_good(self.base, self.space))
        done = len(finished(self.study))
        if done:
            self.tell(f"study '{self.study.study_name}' goes on: {done} of {n_trials} trials are finished")
        self.write_results()

    def _hopeless(self, failures: int) -> bool:
        if failures < HOPELESS or (failures < MAX_FAILURES and completed(self.study)):
            return False
        self.tell(f"the last {failures} trials failed; stopping")
        return True

    def _why_nothing(self) -> str:
        trials = self.study.get_trials(deepcopy=False)
        ended = [trial for trial in trials if trial.state.is_finished()]
        pruned = sum(trial.state is TrialState.PRUNED for trial in ended)
        reasons = [str(trial.user_attrs[FAILURE]) for trial in ended if FAILURE in trial.user_attrs]
        last = f"; the last failed with {reasons[-1]}" if reasons else ""
        return (
            f"none of {len(ended)} trials of study '{self.study.study_name}' completed ({pruned} pruned, "
            f"{len(reasons)} failed){last}; see {self.folder / RESULTS}"
        )

    def _run_trial(self, trial: optuna.Trial) -> bool:
        """Train one trial and tell the study; give whether it worked. A failure never becomes a value."""
        values = suggest(trial, self.space)
        shown = ", ".join(f"{name}={_short(value)}" for name, value in values.items())
        self.tell(f"trial {trial.number}: {shown}")
        try:
            result = self._train(trial, values)
        except _TRIAL_FAILURES as error:
            reason = f"{type(error).__name__}: {_one_line(error)}"
            fail(self.study, trial, reason)
            self.tell(f"trial {trial.number} failed: {reason}")
            return False
        except KeyboardInterrupt:
            self._queue_again(trial, values, "stopped at once by the user")
            raise
        except Exception as error:  # of the search, not of this trial: it must not be left RUNNING
            fail(self.study, trial, f"{type(error).__name__}: {_one_line(error)}")
            raise
        if result.interrupted:
            self._queue_again(trial, values, f"stopped by the user after epoch {len(result.history)}")
        elif trial.user_attrs.get(PRUNED):
            self.study.tell(trial, state=TrialState.PRUNED)
            self.tell(f"trial {trial.number} pruned after epoch {len(result.history)}")
        else:
            self._tell_value(trial, result)
        return True

    def _queue_again(self, trial: optuna.Trial, values: dict[str, Any], reason: str) -> None:
        self.study.enqueue_trial(values)
        fail(self.study, trial, reason)
        self.tell(f"trial {trial.number} was {reason}; queued again")

    def _tell_value(self, trial: optuna.Trial, result: RunResult) -> None:
        self.study.tell(trial, result.val_macro_f1_rule)
        best = self.study.best_trial.number == trial.number
        self.tell(
            f"trial {trial.number} finished: macro-F1 {result.val_macro_f1_rule:.4f}, log loss "
            f"{result.best.val_log_loss:.4f}, {len(result.history)} epochs{', best so far' if best else ''}"
        )

    def _train(self, trial: optuna.Trial, values: dict[str, Any]) -> RunResult:
        resolved = with_parameters(self.base, values, f"trial {trial.number}")
        setup = set_up(resolved.config, self.store)
        folder = self.folder / f"trial_{trial.number:04d}"
        folder.mkdir(parents=True)
        facts = provenance(**setup.facts(), study=self.study.study_name, trial=trial.number)
        write_run_start(folder, resolved, facts)
        return train(setup, folder, facts, _TellsOfStop(self.tell), partial(report_epoch, trial))

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
        text = as_json_text(document)
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            return
        source = self.folder / f"trial_{best.number:04d}" / BEST
        if not source.is_file():
            raise ArtifactError(
                f"{source} is gone: the best model of study '{self.study.study_name}' is lost; put the "
                "folder back or give another --study-name"
            )
        # The parameters last: as long as they are the old ones, a later call writes both again.
        with atomic_path(self.folder / BEST) as temporary:
            shutil.copyfile(source, temporary)
        write_text(path, text)


class _TellsOfStop(Unobserved):
    """Watches a trial only for the user's wish to stop."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell

    def on_stop_request(self, epoch: int) -> None:
        """Say what will happen."""
        self._tell(
            f"stopping when epoch {epoch} of this trial is finished; press Ctrl-C again to stop at once"
        )


def report_epoch(trial: optuna.Trial, report: EpochReport) -> bool:
    """Tell a trial how an epoch went, and ask whether it is worth going on; True prunes it.

    The study maximises, so the loss is reported negated: its median rule then spares low losses.
    """
    trial.report(-report.val_log_loss, report.epoch - 1)
    trial.set_user_attr("val_log_loss", report.val_log_loss)
    trial.set_user_attr("epochs", report.epoch)
    doomed = trial.should_prune()
    if doomed:
        trial.set_user_attr(PRUNED, True)
    return doomed


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
        "failure": trial.user_attrs.get(FAILURE),
    }


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())[:500]


def _short(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
