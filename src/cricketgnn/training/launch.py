"""Starting this command line in several processes of this machine that train together."""

from __future__ import annotations

import logging
import os
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing import resource_tracker
from pathlib import Path
from types import FrameType
from typing import Any, Final

import torch
from torch.multiprocessing.spawn import ProcessContext, ProcessExitedException, start_processes

from cricketgnn.errors import GroupError, Interrupted
from cricketgnn.machine import usable_cores
from cricketgnn.training.group import RENDEZVOUS
from cricketgnn.workers import on_end_of_parent, parent_ended

_LOOK_SECONDS: Final = 0.2
_ENDING_SECONDS: Final = 2.0
"""How long the others have to end by themselves once one has; less than they wait for the first to speak."""
_FOR_WANT: Final = frozenset({GroupError.exit_code, -signal.SIGTERM})
"""Exit codes of those that ended for want of another: by themselves, or as those left are ended."""
_PASSED_ON: Final = frozenset({signal.SIGINT, signal.SIGTERM})


def launch(main: Callable[[], Any], arguments: Sequence[str], size: int) -> int:
    """Run a program in so many processes until all have ended, or one ended badly, which ends the others.

    A signal that asks to stop is passed on to each once: each is a process group of its own, so that Ctrl-C
    in a terminal does not reach it twice. Ctrl-Z halts them all until this process is told to continue; where
    it ends instead, the system wakes and ends them, unless who inherits them is of their session, too.

    Args:
        main: the program, importable by name; it leaves with an exit code.
        arguments: its command line.
        size: how many processes.

    Returns:
        The exit code of the first that ended badly by itself, else 0.

    Raises:
        GroupError: a process was killed, or all lost each other; or another than the first, which speaks for
            all, ended badly, and the first could not say so: then with that one's exit code.
        KeyboardInterrupt: they were asked to stop before there was anything to save.
    """
    logging.getLogger("torch.multiprocessing.spawn").setLevel(logging.ERROR)  # that it ends the others
    with tempfile.TemporaryDirectory(prefix="cricketgnn-") as scratch, _asked_to_stop() as asked:
        meeting = (Path(scratch) / "meeting").as_uri()
        # Blocked for them, not ignored, until they can answer: what comes before waits. What multiprocessing
        # starts ahead of its first child lets these signals through again, so it is started now.
        resource_tracker.ensure_running()
        signal.pthread_sigmask(signal.SIG_BLOCK, _PASSED_ON)
        try:
            context: ProcessContext = start_processes(  # type: ignore[no-untyped-call]
                _begin, (size, meeting, main, tuple(arguments)), nprocs=size, join=False, start_method="spawn"
            )
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _PASSED_ON)
        with _halting_together(context):
            return _end(context, size, asked)


def _begin(rank: int, size: int, meeting: str, main: Callable[[], Any], arguments: tuple[str, ...]) -> None:
    """Be one of the processes."""
    os.setpgid(0, 0)
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)  # a group in the background may write to its terminal
    if sys.platform != "linux":  # where torch has the system tell
        on_end_of_parent(lambda: os.kill(os.getpid(), signal.SIGINT))
    elif parent_ended(0):  # before the system was asked to
        os._exit(Interrupted.exit_code)
    os.environ |= {
        "RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": str(size), RENDEZVOUS: meeting,
    }  # fmt: skip
    os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo" if sys.platform == "linux" else "lo0")
    if "OMP_NUM_THREADS" not in os.environ:  # too late to set it: torch is loaded
        torch.set_num_threads(max(1, usable_cores() // size))
    if rank:  # the one JSON document is the first process's
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    sys.argv[1:] = arguments
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _PASSED_ON)
        main()
    except KeyboardInterrupt:  # before main, which would have said so: end in a way that tells the two apart
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.raise_signal(signal.SIGINT)
    except Exception:  # the boundary of the process: told here, for torch tells of one process only
        traceback.print_exc()
        sys.exit(1)


def _end(context: ProcessContext, size: int, asked: Sequence[int]) -> int:
    passed = 0
    try:
        while not context.join(_LOOK_SECONDS, _ENDING_SECONDS):
            for number in asked[passed:]:
                passed += 1
                _pass_on(number, context)
    except ProcessExitedException as first:
        codes = [process.exitcode or 0 for process in context.processes]
        rank = _cause(codes, first.error_index)
        code = codes[rank]
        if code == Interrupted.exit_code or (asked and code in [-number for number in _PASSED_ON]):
            if codes[0] == Interrupted.exit_code:
                return codes[0]  # the first process has said so
            raise KeyboardInterrupt from None
        if code < 0:
            killer = signal.Signals(-code).name
            raise GroupError(
                f"process {rank + 1} of {size} was ended by {killer}; what was finished is saved, go on "
                "with: cricketgnn resume"
            ) from None
        if code == GroupError.exit_code:
            raise GroupError("the processes lost each other; the lines above say how") from None
        if codes[0] < 0 or codes[0] == GroupError.exit_code:  # the first speaks for all, and could not
            raise GroupError(
                f"process {rank + 1} of {size} ended with code {code}; the lines above say why", code
            ) from None
        return code
    return 0


def _cause(codes: Sequence[int], first: int) -> int:
    """Find the process that ended badly by itself: the first to end, unless it ended for want of another."""
    if codes[first] != GroupError.exit_code:
        return first
    own = [rank for rank, code in enumerate(codes) if code not in (0, *_FOR_WANT)]
    return own[0] if own else first


def _pass_on(number: int, context: ProcessContext) -> None:
    for process in context.processes:
        if process.pid is not None and process.is_alive():
            os.kill(process.pid, number)


@contextmanager
def _asked_to_stop() -> Iterator[list[int]]:
    """Note the signals that ask to stop while inside, instead of obeying them; give those that came."""
    asked: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        asked.append(number)

    before = {number: signal.signal(number, note) for number in _PASSED_ON}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _halting_together(context: ProcessContext) -> Iterator[None]:
    """Halt the processes with this one while inside, and let them go on with it."""

    def halt(number: int, frame: FrameType | None) -> None:
        _pass_on(signal.SIGSTOP, context)
        signal.raise_signal(signal.SIGSTOP)  # and here it goes on, later
        _pass_on(signal.SIGCONT, context)

    before = signal.signal(signal.SIGTSTP, halt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTSTP, before)
