"""Jobs in processes of this machine."""

from __future__ import annotations

import multiprocessing.connection
import time
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Final

from cricketgnn.errors import ArtifactError
from cricketgnn.tuning.child import work
from cricketgnn.tuning.fork_server import children_context
from cricketgnn.tuning.jobs import LAST_WORDS, Died, Job, Message, Verdict

_LAUNCHES: Final = 5
"""How often to try to start a process."""
_PAUSE_SECONDS: Final = 0.2
"""How long the system may take to clear a server away that was killed; a multiple at each further try."""
_LEAVING_SECONDS: Final = 10
"""How long a process may take to end after its last word."""


@dataclass(frozen=True)
class _Child:
    process: BaseProcess
    connection: Connection


class LocalExecutor:
    """Children forked from a server process that has the libraries loaded, and nothing else."""

    def __init__(self) -> None:
        self._children: dict[str, _Child] = {}
        self._context = children_context()

    def launch(self, job: Job) -> None:
        """Start a job; returns at once.

        Raises:
            ArtifactError: the system lets no process be started.
        """
        for attempt in range(1, _LAUNCHES + 1):
            ours, theirs = self._context.Pipe()
            process = self._context.Process(target=work, args=(theirs, job), name=job.key, daemon=True)
            try:
                process.start()
            except (
                EOFError,
                OSError,
            ) as error:  # the server that forks was killed: the next try makes a new one
                ours.close()
                if attempt == _LAUNCHES:
                    reason = str(error) or type(error).__name__
                    raise ArtifactError(f"cannot start a process for {job.key} ({reason})") from error
                time.sleep(_PAUSE_SECONDS * attempt)
            else:
                self._children[job.key] = _Child(process, ours)
                return
            finally:
                theirs.close()

    def wait(self, seconds: float) -> list[tuple[str, Message]]:
        """Give what the jobs have said by key, waiting for the first word at most so long."""
        of = {child.connection: key for key, child in self._children.items()}
        ready = multiprocessing.connection.wait(list(of), seconds)
        return [(key, message) for line in ready for key in [of[line]] for message in self._hear(key)]  # type: ignore[index]

    def _hear(self, key: str) -> list[Message]:
        child, heard = self._children[key], list[Message]()
        try:
            while child.connection.poll():
                heard.append(child.connection.recv())
                if isinstance(heard[-1], LAST_WORDS):
                    self._leave(key)
                    break
        except (EOFError, OSError):
            child.process.join(_LEAVING_SECONDS)
            heard.append(Died(child.process.exitcode))
            self._leave(key)
        return heard

    def answer(self, key: str, verdict: Verdict) -> None:
        """Answer a job's epochs."""
        child = self._children.get(key)
        if child is not None:  # else it died behind its words, which the same wait has told
            with suppress(OSError):  # it is gone: the next wait says how
                child.connection.send(verdict)

    def kill(self, key: str) -> None:
        """End a job at once; nothing more is heard of it."""
        if key in self._children:
            self._children[key].process.kill()
            self._leave(key)

    def close(self) -> None:
        """End all jobs at once."""
        for child in self._children.values():
            child.process.kill()
        for key in list(self._children):
            self._leave(key)

    def _leave(self, key: str) -> None:
        child = self._children.pop(key)
        child.process.join(_LEAVING_SECONDS)
        if child.process.is_alive():
            child.process.kill()
            child.process.join()
        child.process.close()
        child.connection.close()
