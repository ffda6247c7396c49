"""Jobs that belong to no trial, run to their end: the trainings of the winner protocol."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from cricketgnn.tuning.executors import Executor
from cricketgnn.tuning.failures import MOST_DEATHS, FailureKind
from cricketgnn.tuning.jobs import Died, Done, Epochs, Failed, Job, Message, Progress, Remark, Verdict
from cricketgnn.tuning.observer import SearchObserver
from cricketgnn.tuning.resources import Resources
from cricketgnn.tuning.search import Halt

_TICK_SECONDS: Final = 0.5


class Retraining:
    """Runs jobs side by side until each has ended, or somebody stops it; what was finished stays.

    Args:
        executor: where they run.
        resources: how many at once, and where.
        observer: hears of each end.
        halt: whether to stop.
        beat: called now and then, so that other coordinators know that this one lives.
        longest: seconds after which a job fails.
    """

    def __init__(
        self,
        executor: Executor,
        resources: Resources,
        observer: SearchObserver,
        halt: Halt,
        beat: Callable[[], None],
        longest: float,
    ) -> None:
        self._executor, self._resources, self._observer = executor, resources, observer
        self._halt, self._beat, self._longest = halt, beat, longest
        self._running: dict[str, tuple[Job, float]] = {}
        self._deaths: Counter[str] = Counter()
        self._failed: dict[str, Failed] = {}

    def run(self, jobs: Sequence[Job]) -> dict[str, Failed]:
        """Run the jobs; give those that failed, by key."""
        waiting = list(jobs)
        while self._running or (waiting and not self._halt.now):
            while waiting and len(self._running) < self._resources.workers and not self._halt.now:
                gpu = self._resources.free_gpu(job.gpu for job, _ in self._running.values())
                job = replace(waiting.pop(0), gpu=gpu)
                self._running[job.key] = job, time.monotonic()
                self._observer.on_retraining(job.key, 0.0, None)
                self._executor.launch(job)
            for key, message in self._executor.wait(_TICK_SECONDS):
                if key in self._running and self._goes_on(key, message):
                    waiting.insert(0, self._running.pop(key)[0])
            self._check_clocks()
        return self._failed

    def _goes_on(self, key: str, message: Message) -> bool:
        """Hear a job; tell whether it is to be started again."""
        if isinstance(message, Progress):
            self._observer.on_retraining(key, message.epoch - 1 + message.done / message.total, None)
            return False
        if isinstance(message, Remark):
            self._observer.say(f"{key}: {message.words}")
            return False
        if isinstance(message, Epochs):
            self._observer.on_retraining(key, len(message.reports), message.reports[-1])
            self._executor.answer(key, Verdict.STOP if self._halt.now else Verdict.GO_ON)
            return False
        if isinstance(message, Died):
            self._deaths[key] += 1
            if self._deaths[key] < MOST_DEATHS:
                self._observer.on_retrained(key, "waiting", None)
                self._observer.say(f"{key}: {message.cause}; it goes on")
                return True
            message = Failed(FailureKind.KILLED, f"{message.cause}, {MOST_DEATHS} times")
        del self._running[key]
        if isinstance(message, Failed):
            self._fail(key, message)
        elif isinstance(message, Done):
            loss = message.best.val_log_loss
            self._observer.on_retrained(key, "complete", message.macro_f1)
            self._observer.say(f"{key}: macro-F1 {message.macro_f1:.4f}, log loss {loss:.4f}")
        else:  # stopped and saved
            self._observer.on_retrained(key, "waiting", None)
        return False

    def _check_clocks(self) -> None:
        self._beat()
        for key, (_, began) in list(self._running.items()):
            if time.monotonic() - began > self._longest:
                self._executor.kill(key)
                del self._running[key]
                self._fail(key, Failed(FailureKind.TIMEOUT, f"took longer than {self._longest:g} s"))

    def _fail(self, key: str, failed: Failed) -> None:
        self._failed[key] = failed
        self._observer.on_retrained(key, "fail", None)
        self._observer.say(f"{key} failed ({failed.kind.value}): {failed.message}")
