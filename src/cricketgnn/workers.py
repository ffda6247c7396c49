"""Processes that work for this one: they leave Ctrl-C to it, and end when it does, however it ends."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import connection, parent_process
from typing import Final

from cricketgnn.errors import DataError

ORPHANED: Final = 3
"""Exit code of a process whose parent is gone."""


@contextmanager
def pool_of(processes: int) -> Iterator[ProcessPoolExecutor]:
    """Give a pool of processes that work on matches; what nobody has begun when it is left is dropped.

    Raises:
        DataError: one of them was ended from outside.
    """
    # Spawned, not forked: a fork of a process with threads (polars, torch) may hang.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(processes, mp_context=context, initializer=_begin)
    try:
        yield pool
    except BrokenProcessPool as error:
        raise DataError(
            "a process that worked on matches was ended from outside (out of memory?); free some, or give "
            "fewer archives at once"
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


def parent_ended(seconds: float | None = None) -> bool:
    """Wait until the process that started this one has ended, for so long at most; tell whether it has."""
    parent = parent_process()
    assert parent is not None, "multiprocessing started this process"
    return bool(connection.wait([parent.sentinel], seconds))


def on_end_of_parent(act: Callable[[], object]) -> None:
    """Do something, on a thread, as soon as the process that started this one has ended."""

    def watch() -> None:
        parent_ended()
        act()

    threading.Thread(target=watch, name="watches the parent", daemon=True).start()


def _begin() -> None:
    """Let Ctrl-C end the command through its main process alone, without a traceback from each worker."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    on_end_of_parent(lambda: os._exit(ORPHANED))  # a killed parent cannot tell the pool to end
