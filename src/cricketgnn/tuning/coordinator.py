"""The loop of a search: ask, launch, hear, prune, time out, tell.

It alone speaks to the study; each trial trains in a process of its own (:mod:`cricketgnn.tuning.child`).
"""

from __future__ import annotations

import time
from typing import Any, Final

import optuna
from optuna.trial import TrialState
from pydantic import ValidationError

from cricketgnn.config.tuning import SamplerName
from cricketgnn.errors import ArtifactError, NothingSucceeded
from cricketgnn.files import write_json
from cricketgnn.provenance import command_line
from cricketgnn.training.run_folder import clear_torn
from cricketgnn.training.seeding import derived_seed
from cricketgnn.tuning import trials
from cricketgnn.tuning.claims import Claims
from cricketgnn.tuning.database import resuming
from cricketgnn.tuning.executors import Executor
from cricketgnn.tuning.failures import FailureKind
from cricketgnn.tuning.jobs import (
    Died,
    Done,
    Epochs,
    Failed,
    Job,
    Message,
    Progress,
    Remark,
    Stopped,
    Verdict,
)
from cricketgnn.tuning.ledger import Ledger, Running
from cricketgnn.tuning.observer import SearchObserver
from cricketgnn.tuning.parameters import known_good, suggest, with_parameters
from cricketgnn.tuning.parameters import shown as parameter
from cricketgnn.tuning.request import keep_request
from cricketgnn.tuning.results import OWN_FIGURES, StudyFiles, trial_key
from cricketgnn.tuning.samplers import most_trials
from cricketgnn.tuning.search import Ending, Halt, Search
from cricketgnn.tuning.study import StudyLog, completed, finished
from cricketgnn.words import in_one_line

HOPELESS: Final = 3
"""Trials in a row that may fail before the search stops, while none works: the next would fail as well."""
MAX_FAILURES: Final = 20
"""The same where a trial has got through an epoch and not failed: some of the space works."""
_TICK_SECONDS: Final = 0.5
_RESEEDED: Final = 3


class Coordinator:
    """Runs a search until its study has the trials it shall have.

    Args:
        search: what to run.
        executor: where trials run.
        claims: the right to work on the study.
        observer: hears of everything.
        halt: whether to stop and save.
    """

    def __init__(
        self, search: Search, executor: Executor, claims: Claims, observer: SearchObserver, halt: Halt
    ) -> None:
        self.search, self.study = search, search.study
        self._executor, self._claims, self._observer = executor, claims, observer
        self._files = StudyFiles(search.study, search.phase, search.base, search.folder)
        self._log = StudyLog(search.folder)
        self._ledger = Ledger(search.study, self._files, self._log, observer, claims)
        self._running: dict[str, Running] = {}
        self._halt = halt
        self._said_stopping = False
        self._broken: str | None = None

    def run(self) -> Ending:
        """Run until the study has its trials; those it already has count.

        Ctrl-C lets each running trial finish its epoch and wait for whoever goes on with the study; a
        second one leaves the epochs unfinished.

        Raises:
            NothingSucceeded: no trial completed.
            StorageError: the storage failed.
            ArtifactError: matches or files can no longer be read or written.
        """
        with self._log:
            try:
                self._begin()
                while self._fill() or self._running:
                    self._listen(_TICK_SECONDS)
            finally:  # after a second Ctrl-C: whoever goes on with the study finds them waiting
                for key, running in self._running.items():
                    self._executor.kill(key)
                    with self._claims.taking():
                        if self._claims.holds(running.trial):
                            trials.put_back(self.study, running.trial)
            with self._claims.taking():
                self._files.write()
            return self._ending()

    def _begin(self) -> None:
        """Pick up what an earlier coordinator left; trial 0 of a study is the configuration as it is."""
        keep_request(self.study, self.search.request)
        write_json(self.search.folder / "config.json", self.search.request.to_json())
        if self._claims.sole:
            for folder in (self.search.folder, self.search.folder / OWN_FIGURES):
                clear_torn(folder)
        with self._claims.taking():
            self._reclaim()
            fresh = not self.study.get_trials(deepcopy=False)
            if fresh and self.search.tuning.sampler is not SamplerName.GRID:
                self.study.enqueue_trial(known_good(self.search.base, self.search.space))
        done = len(finished(self.study))
        if done:
            self._say(f"study '{self.study.study_name}' goes on: {done} of {self._most} trials are finished")
        self._say(self.search.resources.words)
        with self._claims.taking():
            self._files.write()

    def _reclaim(self) -> None:
        ours = {running.trial.number for running in self._running.values()}
        for trial in self._claims.lost(self.study):
            if trial.number not in ours:
                try:
                    trials.put_back(self.study, trial)
                except optuna.exceptions.UpdateFinishedTrialError:
                    continue  # it was told just now: its coordinator was slow, not dead
                self._claims.forget(trial)
                epochs = trial.user_attrs.get(trials.EPOCHS, 0)
                self._say(
                    f"trial {trial.number} was lost with the process that ran it; it goes on after epoch "
                    f"{epochs}"
                )

    @property
    def _most(self) -> int:
        """Finished trials the study shall have."""
        return most_trials(self.study, self.search.tuning.n_trials)

    @property
    def _stopping(self) -> bool:
        return self._halt.now or self._broken is not None or self._hopeless

    @property
    def _hopeless(self) -> bool:
        in_a_row = self._ledger.failures_in_a_row
        return in_a_row >= MAX_FAILURES or (in_a_row >= HOPELESS and not trials.any_works(self.study))

    def _fill(self) -> bool:
        """Start trials while there is room and need; tell whether more may be needed."""
        while not self._stopping:
            with self._claims.taking():
                self._reclaim()
                # Counted in one look: between two, another coordinator's trial may have ended.
                states = [trial.state for trial in self.study.get_trials(deepcopy=False)]
                done = states.count(TrialState.COMPLETE) + states.count(TrialState.PRUNED)
                under_way = states.count(TrialState.RUNNING)
                if done + under_way >= self._most or len(self._running) >= self.search.resources.workers:
                    return done < self._most
                trial = self.study.ask()
                self._claims.sign(trial)
                values = suggest(trial, self.search.space)
            self._start(trial, values)
            self._listen(0)  # of repeated configurations many may follow each other
        return False

    def _start(self, trial: optuna.Trial, values: dict[str, Any]) -> None:
        overrides: dict[str, Any] = dict(trial.user_attrs.get(trials.OVERRIDES, {}))
        twin = None if overrides else trials.find_twin(self.study, trial.number, values)
        shown = ", ".join(f"{name}={parameter(value)}" for name, value in (values | overrides).items())
        epochs = trial.user_attrs.get(trials.EPOCHS, 0)
        self._say(f"trial {trial.number}: {shown}{f', going on after epoch {epochs}' if epochs else ''}")
        if twin is not None and twin.state.is_finished():
            self._ledger.took_over(trial, twin)
            return
        if twin is not None:
            overrides["seed"] = derived_seed(self.search.base.config.training.seed, _RESEEDED, trial.number)
            trial.set_user_attr(trials.OVERRIDES, overrides)
            self._say(
                f"trial {trial.number} is the same as running trial {twin.number}: it gets another seed"
            )
        self._observer.on_start(trial.number, values)
        try:
            job = self._job(trial.number, values | overrides, begun=epochs > 0)
        except ValidationError as error:
            self._ledger.failed(trial, FailureKind.INVALID, one_line(error))
            return
        self._running[job.key] = Running(trial, values, job, epochs)
        self._executor.launch(job)

    def _job(self, number: int, settings: dict[str, Any], begun: bool) -> Job:
        return Job(
            key=trial_key(number),
            folder=(self.search.folder / trial_key(number)).absolute(),
            resolved=with_parameters(self.search.base, settings, f"trial {number}"),
            store=self.search.store,
            threads=self.search.resources.threads,
            facts={"command": command_line(), "study": self.study.study_name, "trial": number},
            trash=self.search.trash,
            begun=begun,
            gpu=self.search.resources.free_gpu(running.job.gpu for running in self._running.values()),
        )

    def _listen(self, seconds: float) -> None:
        """Hear what running trials say, waiting for the first word at most so long, and beat."""
        for key, message in self._executor.wait(seconds):
            self._hear(key, message)
        self._check_clocks()

    def _hear(self, key: str, message: Message) -> None:
        running = self._running.get(key)
        if running is None:  # it was given up while it spoke
            return
        if isinstance(message, Progress):
            self._observer.on_progress(running.trial.number, *message)
            return
        if isinstance(message, Remark):
            self._say(f"trial {running.trial.number}: {message.words}")
            return
        if not self._claims.holds(running.trial):
            self._executor.kill(key)
            del self._running[key]
            self._say(f"trial {running.trial.number} was taken over by another coordinator; left to it")
            return
        if isinstance(message, Epochs):
            doomed = self._ledger.judge(running, message)
            verdict = Verdict.PRUNE if doomed else Verdict.STOP if self._stopping else Verdict.GO_ON
            self._executor.answer(key, verdict)
            return
        del self._running[key]
        if isinstance(message, Done):
            self._ledger.completed(running, message)
        elif isinstance(message, Stopped):
            self._ledger.stopped(running, message.verdict)
        elif isinstance(message, Died):
            self._ledger.died(running, message, stopping=self._stopping)
        else:
            self._failed(running, message)

    def _failed(self, running: Running, failure: Failed) -> None:
        if failure.kind is FailureKind.BUSY:
            self._ledger.waits(running, failure.message)
            return
        if failure.kind is FailureKind.DATA:  # the next trial would fail as well: mend it first
            self._broken = f"trial {running.trial.number} cannot go on: {failure.message}"
            self._ledger.waits(running, failure.message)
            return
        if failure.kind is FailureKind.OUT_OF_MEMORY:  # queued first: killed in between, neither is lost
            self._ledger.try_smaller(running)
        self._ledger.failed(running.trial, failure.kind, failure.message, running.began)

    def _check_clocks(self) -> None:
        self._claims.beat()
        limit = self.search.tuning.trial_timeout or float("inf")
        for key, running in list(self._running.items()):
            if time.monotonic() - running.began > limit:
                self._executor.kill(key)
                del self._running[key]
                if self._claims.holds(running.trial):
                    reason = f"took longer than {limit:g} s"
                    self._ledger.failed(running.trial, FailureKind.TIMEOUT, reason, running.began)
        if self._running and self._stopping and not self._said_stopping:
            self._said_stopping = True
            asked = self._halt.stop.requested
            why = "time is up: " if self._halt.late and not asked else ""
            self._say(
                f"{why}stopping when each running trial has finished its epoch; press Ctrl-C "
                f"{'again ' if asked else ''}to stop at once"
            )

    def _ending(self) -> Ending:
        short_of = len(finished(self.study)) < self._most
        if self._broken is not None:
            raise ArtifactError(f"{self._broken}; mend it, then: {resuming(self.study)}")
        if short_of and self._halt.now and not self._hopeless:
            return Ending.INTERRUPTED if self._halt.stop.requested else Ending.TIMED_OUT
        if not completed(self.study):
            raise NothingSucceeded(self._files.why_nothing())
        if not short_of:
            return Ending.FINISHED
        self._say(f"the last {self._ledger.failures_in_a_row} trials failed; stopping")
        return Ending.GAVE_UP

    def _say(self, line: str) -> None:
        self._observer.say(line)


def one_line(error: BaseException) -> str:
    """Put an error's message into one line that is not too long."""
    return in_one_line(error, 500)
