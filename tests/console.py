"""Running ``cricketgnn`` as a user does: in this process, or in one that can be signalled and killed."""

from __future__ import annotations

import multiprocessing
import os
import resource
import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple, TextIO

import pytest

from cricketgnn.cli.main import main


class Finished(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str


Run = Callable[..., Finished]
Start = Callable[..., "Running"]


def run_here(arguments: tuple[object, ...]) -> int:
    """Run the console script in this process and give its exit code."""
    before = sys.argv
    sys.argv = ["cricketgnn", *map(str, arguments)]
    try:
        with pytest.raises(SystemExit) as ended:
            main()
    finally:
        sys.argv = before
    assert isinstance(ended.value.code, int), ended.value.code
    return ended.value.code


@dataclass
class Running:
    """A command in a process of its own."""

    process: Any
    out: Path
    err: TextIO
    heard: str = ""

    def wait_for(self, words: str) -> str:
        """Read its stderr up to the first line that holds ``words``, and give that line."""
        while line := self._line():
            if words in line:
                return line
        raise AssertionError(f"never said {words!r}:\n{self.heard}")

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        os.kill(self.process.pid, number)

    def finish(self) -> Finished:
        """Wait until it has ended; a process ended by a signal has the code ``-signal``."""
        while self._line():
            pass
        self.err.close()
        self.process.join()
        return Finished(self.process.exitcode, self.out.read_text(encoding="utf-8"), self.heard)

    def _line(self) -> str:
        line = self.err.readline()
        self.heard += line
        return line


def start(
    folder: Path,
    arguments: tuple[object, ...],
    environment: Mapping[str, str],
    largest_file: int | None = None,
) -> Running:
    """Start a command in a folder; it is forked from a server that has the libraries loaded already.

    With ``largest_file``, writing more bytes into one file fails for it as on a full disk.
    """
    context = _context()
    reader, writer = context.Pipe(duplex=False)
    out = folder / "stdout.txt"
    words = tuple(map(str, arguments))
    process = context.Process(
        target=_command, args=(folder, words, dict(environment), largest_file, out, writer)
    )
    process.start()
    writer.close()
    err = os.fdopen(os.dup(reader.fileno()), encoding="utf-8")
    reader.close()
    return Running(process, out, err)


@cache
def _context() -> Any:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(
        ["cricketgnn.reporting.training", "cricketgnn.tuning.start", "cricketgnn.reporting.study_files"]
    )
    return context


def _command(
    folder: Path,
    arguments: tuple[str, ...],
    environment: Mapping[str, str],
    largest_file: int | None,
    out: Path,
    err: Connection,
) -> None:
    # The server that forks may have been started by a search's executor, which keeps Ctrl-C from it.
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    os.chdir(folder)
    os.environ.update(environment)
    os.dup2(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 1)
    os.dup2(err.fileno(), 2)
    err.close()
    if largest_file is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))
    sys.argv = ["cricketgnn", *arguments]
    main()
