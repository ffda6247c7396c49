"""The server that children are forked from, which can load the libraries while matches are still read."""

from __future__ import annotations

import multiprocessing
import multiprocessing.forkserver
import multiprocessing.resource_tracker
import signal
import sys
from typing import Any, Final

_PRELOADED: Final = "cricketgnn.tuning.child"


def children_context() -> Any:
    """Give the way in which children are started here.

    Forking from the coordinator itself would copy its threads' locks and its database connections;
    loading the libraries anew for each child would cost seconds and their memory once more.
    """
    if sys.platform == "win32":
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([_PRELOADED])
    return context


def warm_up() -> None:
    """Start the server beside whatever comes next: it takes seconds, which the first child would wait for."""
    children_context()
    if sys.platform == "win32":
        return
    multiprocessing.resource_tracker.ensure_running()  # which unblocks the signal that is blocked here
    # Python ignores Ctrl-C in the server only once it has loaded the libraries: until then it would die with
    # a traceback. A blocked signal is inherited, and Ctrl-C is the coordinator's to hear.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        multiprocessing.forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
