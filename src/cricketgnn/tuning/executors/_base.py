"""What every executor can do."""

from __future__ import annotations

from typing import Protocol

from cricketgnn.tuning.jobs import Job, Message, Verdict


class Executor(Protocol):
    """Runs jobs in processes of their own and carries what is said.

    A job ends with one of the last words of :mod:`cricketgnn.tuning.jobs`, or with ``Died`` where its
    process ended without one; after that its key is free again.
    """

    def launch(self, job: Job) -> None:
        """Start a job; returns at once."""

    def wait(self, seconds: float) -> list[tuple[str, Message]]:
        """Give what the jobs have said by key, waiting for the first word at most so long."""

    def answer(self, key: str, verdict: Verdict) -> None:
        """Answer a job's epochs."""

    def kill(self, key: str) -> None:
        """End a job at once; nothing more is heard of it."""

    def close(self) -> None:
        """End all jobs at once."""
