"""Starting this command line in several processes of this machine that train together."""

from __future__ import annotations

import logging
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, Final

from torch.multiprocessing.spawn import (
    ProcessContext,
    ProcessExitedException,
    ProcessRaisedException,
    start_processes,
)

from cricketgnn.errors import GroupError
from cricketgnn.training.group import RENDEZVOUS

_LOOK_SECONDS: Final = 0.5


def launch(main: Callable[[], Any], arguments: Sequence[str], size: int) -> int:
    """Run a program in so many processes until all have ended, or one ended badly, which ends the others.

    A signal that asks to stop is passed on to each once: they are a session of their own, so that Ctrl-C in a
    terminal does not reach them twice.

    Args:
        main: the program, importable by name; it leaves with an exit code.
        arguments: its command line.
        size: how many processes.

    Returns:
        The exit code of the first that ended badly, else 0.

    Raises:
        GroupError: a process was killed, or ended by an error of the program.
    """
    with tempfile.TemporaryDirectory(prefix="cricketgnn-") as scratch:
        meeting = (Path(scratch) / "meeting").as_uri()
        context = start_processes(  # type: ignore[no-untyped-call]
            _begin, (size, meeting, main, tuple(arguments)), nprocs=size, join=False, start_method="spawn"
        )
        assert context is not None  # join=False
        with _passing_signals_on(context):
            return _end(context, size)


def _begin(rank: int, size: int, meeting: str, main: Callable[[], Any], arguments: tuple[str, ...]) -> None:
    """Be one of the processes."""
    os.setsid()
    os.environ |= {
        "RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": str(size), RENDEZVOUS: meeting,
    }  # fmt: skip
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // size)))
    os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo" if sys.platform == "linux" else "lo0")
    sys.argv[1:] = arguments
    main()


def _end(context: ProcessContext, size: int) -> int:
    logging.getLogger("torch.multiprocessing.spawn").setLevel(logging.ERROR)  # that it ends the others
    try:
        while not context.join(_LOOK_SECONDS):
            pass
    except ProcessExitedException:
        return _exit_code([process.exitcode or 0 for process in context.processes])
    except ProcessRaisedException as raised:
        sys.stderr.write(str(raised))
        raise GroupError(f"process {raised.error_index + 1} of {size} met a bug; see above") from None
    return 0


def _exit_code(codes: Sequence[int]) -> int:
    """Give the exit code of the process that ended badly by itself, not for want of another.

    Raises:
        GroupError: it was killed.
    """
    for rank, code in enumerate(codes):
        if code < 0 and code != -signal.SIGTERM:  # which is how the others are ended
            raise GroupError(
                f"process {rank + 1} of {len(codes)} was ended by {signal.Signals(-code).name}; what was "
                "finished is saved, go on with: cricketgnn resume"
            )
    own = [code for code in codes if code > 0 and code != GroupError.exit_code]
    return own[0] if own else GroupError.exit_code


@contextmanager
def _passing_signals_on(context: ProcessContext) -> Iterator[None]:
    def pass_on(number: int, frame: FrameType | None) -> None:
        for process in context.processes:
            if process.pid is not None and process.is_alive():
                os.kill(process.pid, number)

    before = {number: signal.signal(number, pass_on) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
