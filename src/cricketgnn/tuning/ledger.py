"""How trials end: told to the study, written to its files, said to whoever watches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

import optuna
from optuna.trial import FrozenTrial, TrialState

from cricketgnn.tuning import trials
from cricketgnn.tuning.claims import Claims
from cricketgnn.tuning.failures import MOST_DEATHS, FailureKind
from cricketgnn.tuning.jobs import Died, Done, Epochs, Job, Verdict
from cricketgnn.tuning.observer import SearchObserver
from cricketgnn.tuning.results import StudyFiles
from cricketgnn.tuning.study import StudyLog
from cricketgnn.words import counted


@dataclass
class Running:
    """A trial that is being trained.

    Attributes:
        trial: in the study.
        values: its parameters.
        job: what its process works on.
        epochs: how many it has finished and saved, as far as is known.
        began: when the process was started, on the monotonic clock.
    """

    trial: optuna.Trial
    values: dict[str, Any]
    job: Job
    epochs: int
    began: float = field(default_factory=monotonic)


class Ledger:
    """Writes down what becomes of trials.

    Args:
        study: where trials are told.
        files: brought up to date after every trial.
        log: Optuna's lines.
        observer: hears of everything.
        claims: keep other coordinators of the study away, and tell whose a trial is.

    Attributes:
        failures_in_a_row: trials that failed since one worked.
    """

    def __init__(
        self,
        study: optuna.Study,
        files: StudyFiles,
        log: StudyLog,
        observer: SearchObserver,
        claims: Claims,
    ) -> None:
        self._study, self._files, self._log, self._observer = study, files, log, observer
        self._claims = claims
        self.failures_in_a_row = 0

    def judge(self, running: Running, told: Epochs) -> bool:
        """Report a trial's epochs; tell whether the pruner is done with it.

        One that has no epoch left is not pruned: nothing would be saved, and a value lost.
        """
        if len(told.reports) > running.epochs:  # else it is one that goes on, and tells what is known
            self._observer.on_epoch(running.trial.number, told.reports[-1])
        running.epochs = len(told.reports)
        try:
            pruned = trials.report_epochs(self._study, running.trial, told.reports)
        except optuna.exceptions.UpdateFinishedTrialError:  # another coordinator has ended it
            return True
        return pruned and told.more

    def completed(self, running: Running, done: Done) -> None:
        """Tell a trial's value."""
        number = running.trial.number
        if not self._told(running.trial, lambda: trials.complete(self._study, running.trial, done)):
            return
        self.failures_in_a_row = 0
        best = trials.best_trial(self._study)
        first = best is not None and best.number == number
        self._log.finished(number, done.macro_f1, running.values, best)
        self._ended(
            running.trial,
            f"trial {number} finished: macro-F1 {done.macro_f1:.4f}, log loss {done.best.val_log_loss:.4f}, "
            f"{counted(running.epochs, 'epoch')}{', best so far' if first else ''}",
        )

    def stopped(self, running: Running, verdict: Verdict) -> None:
        """End a trial that obeyed a verdict: pruned for good, or to be continued."""
        if verdict is not Verdict.PRUNE:
            self.waits(running, f"stopped and saved after epoch {running.epochs}")
            return
        if not self._told(running.trial, lambda: trials.prune(self._study, running.trial)):
            return
        self.failures_in_a_row = 0
        self._log.pruned(running.trial.number)
        self._ended(running.trial, f"trial {running.trial.number} pruned after epoch {running.epochs}")

    def waits(self, running: Running, why: str, deaths: Sequence[int] = ()) -> None:
        """Let a trial wait for whoever goes on with it; ``deaths``, where it died, are kept with it."""

        def tell() -> None:
            if deaths:
                running.trial.set_user_attr(trials.DEATHS, list(deaths))
            trials.put_back(self._study, running.trial)

        if self._told(running.trial, tell):
            self._ended(running.trial, f"trial {running.trial.number}: {why}; it can go on")

    def died(self, running: Running, death: Died, stopping: bool) -> None:
        """Let a trial whose process was killed go on, unless it gets nowhere.

        Deaths while the search is ``stopping`` do not count: somebody may be ending all its processes.
        """
        if stopping:
            self.waits(running, f"{death.cause} after epoch {running.epochs}")
            return
        deaths: list[int] = [*running.trial.user_attrs.get(trials.DEATHS, []), running.epochs]
        if deaths.count(running.epochs) < MOST_DEATHS:
            self.waits(running, f"{death.cause} after epoch {running.epochs}", deaths)
            return
        reason = (
            f"{death.cause}, {MOST_DEATHS} times after epoch {running.epochs}; if the system ran out of "
            "memory, lower --workers or --batch-size"
        )
        self.failed(running.trial, FailureKind.KILLED, reason, running.began, deaths)

    def failed(
        self,
        trial: optuna.Trial,
        kind: FailureKind,
        reason: str,
        began: float | None = None,
        deaths: Sequence[int] = (),
    ) -> None:
        """Tell that a trial failed, and why; never a value.

        ``began``, where it did, counts as time lost; ``deaths``, where it died, are kept with it.
        """

        def tell() -> None:
            if began is not None:  # more than its whole epochs, and all there is where it ended in the first
                stored = self._study._storage.get_trial(trial._trial_id).user_attrs.get(trials.SECONDS, 0.0)
                trial.set_user_attr(trials.SECONDS, max(stored, monotonic() - began))
            if deaths:
                trial.set_user_attr(trials.DEATHS, list(deaths))
            trials.fail(self._study, trial, kind, reason)

        if not self._told(trial, tell):
            return
        self.failures_in_a_row += 1
        self._log.failed(trial.number, reason)
        self._ended(trial, f"trial {trial.number} failed ({kind.value}): {reason}")

    def try_smaller(self, running: Running) -> None:
        """Queue a trial that ran out of memory once more, with half the batch."""
        size = running.job.resolved.config.training.batch_size
        if trials.RETRY_OF in running.trial.user_attrs or size < 2:
            return
        number = running.trial.number
        if any(t.user_attrs.get(trials.RETRY_OF) == number for t in self._study.get_trials(deepcopy=False)):
            return
        attrs = {trials.RETRY_OF: number, trials.OVERRIDES: {"batch_size": size // 2}}
        self._study.enqueue_trial(running.values, user_attrs=attrs)
        self._observer.say(f"trial {number} is tried once more with {size // 2} innings a batch")

    def took_over(self, trial: optuna.Trial, twin: FrozenTrial) -> None:
        """End a trial with the result of an earlier one of the same configuration."""
        if self._told(trial, lambda: trials.take_over(self._study, trial, twin)):
            self._ended(
                trial, f"trial {trial.number} is the same as trial {twin.number}: its result is taken over"
            )

    def _told(self, trial: optuna.Trial, tell: Callable[[], None]) -> bool:
        """Tell what became of a trial, unless it is another coordinator's by now: that one tells."""
        with self._claims.taking():
            if self._claims.holds(trial):
                tell()
                return True
        self._observer.say(f"trial {trial.number} was taken over by another coordinator; left to it")
        return False

    def _ended(self, trial: optuna.Trial, line: str) -> None:
        with self._claims.taking():
            self._files.write()
        stored = self._study._storage.get_trial(trial._trial_id)
        value = stored.value if stored.state is TrialState.COMPLETE else None
        self._observer.on_end(trial.number, stored.state.name.lower(), value)
        self._observer.say(line)
