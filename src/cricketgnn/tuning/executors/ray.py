"""Jobs as Ray actors, on a cluster or on a local one: study and run folders stay ours.

Every node must see the same folders (a shared file system): the run folders, so that a trial that moves
to another node continues from the epochs it saved, and the cache that the graphs are mapped from. A node
that dies takes its jobs with it, which the coordinator hears as deaths.
"""

from __future__ import annotations

import os
import queue
import time
from collections import deque
from dataclasses import replace
from typing import Any, Final

from cricketgnn.config.models import Device
from cricketgnn.errors import ConfigError
from cricketgnn.tuning.child import train_job
from cricketgnn.tuning.jobs import LAST_WORDS, Died, Job, Message, Verdict
from cricketgnn.tuning.resources import Resources
from cricketgnn.words import counted

_LISTENING_SECONDS: Final = 0.5


class ActorLine:
    """A child's end of the line inside an actor: what it says waits there to be fetched."""

    def __init__(self) -> None:
        self._said: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self._verdicts: queue.SimpleQueue[Verdict] = queue.SimpleQueue()

    def send(self, message: Message) -> None:
        """Say something."""
        self._said.put(message)

    def verdict(self) -> Verdict:
        """Wait for the answer to the last epochs."""
        return self._verdicts.get()

    def answer(self, verdict: Verdict) -> None:
        """Pass an answer on."""
        self._verdicts.put(verdict)

    def fetch(self, seconds: float) -> list[Message]:
        """Give what was said, waiting for the first word at most so long."""
        said: deque[Message] = deque()
        try:
            said.append(self._said.get(timeout=seconds))
            while True:
                said.append(self._said.get_nowait())
        except queue.Empty:
            return list(said)


class Trainer:
    """An actor that trains one job; its three methods run side by side."""

    def __init__(self) -> None:
        self._line = ActorLine()

    def train(self, job: Job) -> None:
        """Train the job to its last word."""
        train_job(job, self._line)

    def answer(self, verdict: Verdict) -> None:
        """Hear a verdict."""
        self._line.answer(verdict)

    def fetch(self) -> list[Message]:
        """Give what was said since."""
        return self._line.fetch(_LISTENING_SECONDS)


class RayExecutor:
    """Jobs as Ray actors, each with the CPUs and GPUs it needs.

    Args:
        address: of a running cluster; None takes the one of this environment (``RAY_ADDRESS``, or one
            started on this machine), else starts a local one that ends with the search.

    Raises:
        ConfigError: Ray is not installed, or the cluster cannot be reached.
    """

    def __init__(self, address: str | None = None) -> None:
        try:
            import ray
        except ImportError as error:
            raise ConfigError(
                f"--executor ray needs Ray, which is not installed ({error}); pip install 'cricketgnn[ray]'"
            ) from error
        self._ray: Any = ray
        self._ours = not ray.is_initialized()
        if self._ours:
            self._connect(address)
        self._actors: dict[str, Any] = {}
        self._listening: dict[Any, str] = {}

    def _connect(self, address: str | None) -> None:
        quiet = {"log_to_driver": False, "logging_level": "ERROR", "include_dashboard": False}
        try:
            if address is None and "RAY_ADDRESS" not in os.environ:
                self._ray.init(**quiet)
            else:
                self._ray.init(address=address or "auto", log_to_driver=False, logging_level="ERROR")
        except (ConnectionError, RuntimeError, ValueError) as error:
            reason = str(error).strip().splitlines()[0]
            raise ConfigError(f"cannot reach the Ray cluster {address or 'auto'} ({reason})") from error

    def plan(self, device: Device, wanted: int | None, most: int) -> Resources:
        """Share the cluster out among trials, whatever the machine has that the search is started on.

        Args:
            device: where trials compute; ``auto`` takes the cluster's GPUs where it has some.
            wanted: trials at the same time; None for what the cluster carries.
            most: more than this many trials never run at once.

        Raises:
            ConfigError: GPUs are asked for, and the cluster has none.
        """
        there = self._ray.cluster_resources()
        cpus, gpus = int(there.get("CPU", 1)), int(there.get("GPU", 0))
        if device is Device.CUDA and not gpus:
            raise ConfigError("device cuda is not available in the Ray cluster, which has no GPU; try auto")
        if device not in (Device.AUTO, Device.CUDA):
            gpus = 0
        workers = wanted or max(1, min(gpus or cpus, most))
        # No node can run a trial that needs more CPUs than it has: it would wait for ever, without a word.
        largest = max(int(node["Resources"].get("CPU", 0)) for node in self._ray.nodes() if node["Alive"])
        threads = max(1, min(cpus // workers, largest))
        on = f"{counted(gpus, 'GPU')}, " if gpus else ""
        at_once = f"{counted(workers, 'trial')} at a time on a Ray cluster"
        return Resources(
            workers, threads, tuple(range(gpus)), f"{at_once}, {on}{counted(threads, 'CPU')} each"
        )

    def launch(self, job: Job) -> None:
        """Start a job as soon as the cluster has room; returns at once."""
        needs = {"num_cpus": job.threads, "num_gpus": 0 if job.gpu is None else 1, "max_concurrency": 3}
        actor = self._ray.remote(Trainer).options(**needs).remote()
        actor.train.remote(replace(job, gpu=None))  # Ray says itself which
        self._actors[job.key] = actor
        self._listen(job.key)

    def _listen(self, key: str) -> None:
        self._listening[self._actors[key].fetch.remote()] = key

    def wait(self, seconds: float) -> list[tuple[str, Message]]:
        """Give what the jobs have said by key, waiting for the first word at most so long."""
        if not self._listening:
            time.sleep(seconds)
            return []
        ready, _ = self._ray.wait(list(self._listening), num_returns=1, timeout=seconds)
        heard: list[tuple[str, Message]] = []
        for reference in ready:
            key = self._listening.pop(reference)
            heard += [(key, message) for message in self._fetched(key, reference)]
        return heard

    def _fetched(self, key: str, reference: Any) -> list[Message]:
        try:
            said: list[Message] = self._ray.get(reference)
        except self._ray.exceptions.RayActorError:  # its process, or its node, is gone
            said = [Died(None)]
        if said and isinstance(said[-1], (*LAST_WORDS, Died)):
            self._forget(key)
        else:
            self._listen(key)
        return said

    def answer(self, key: str, verdict: Verdict) -> None:
        """Answer a job's epochs."""
        if key in self._actors:
            self._actors[key].answer.remote(verdict)

    def kill(self, key: str) -> None:
        """End a job at once; nothing more is heard of it."""
        if key in self._actors:
            self._listening = {ref: of for ref, of in self._listening.items() if of != key}
            self._forget(key)

    def close(self) -> None:
        """End all jobs at once, and a cluster that was started for them."""
        for key in list(self._actors):
            self.kill(key)
        if self._ours and self._ray.is_initialized():
            self._ray.shutdown()

    def _forget(self, key: str) -> None:
        self._ray.kill(self._actors.pop(key))
