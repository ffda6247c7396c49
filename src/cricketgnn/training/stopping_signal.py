"""Ctrl-C and SIGTERM: the first finishes the epoch and saves, a further Ctrl-C stops at once.

A further SIGTERM does not: whoever ends a whole group of processes at once (a scheduler, a service manager)
reaches those that train together both directly and through the one that started them.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from cricketgnn.training.group import in_group


class StopRequest:
    """Whether somebody asked to stop."""

    def __init__(self) -> None:
        self.requested = False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Handle a signal: remember the first, raise on a Ctrl-C after it."""
        if self.requested and number == signal.SIGINT:
            raise KeyboardInterrupt
        self.requested = True


@contextmanager
def stop_on_signal() -> Iterator[StopRequest]:
    """Catch SIGINT and SIGTERM while inside; outside the main thread nothing is caught.

    Inside another one (a training inside a search) it is the same request: who asked the training to stop
    has asked the search. What was one of several processes is afterwards no longer ended by SIGTERM.
    """
    outer = signal.getsignal(signal.SIGINT)
    if isinstance(outer, StopRequest):
        yield outer
        return
    request = StopRequest()
    if threading.current_thread() is not threading.main_thread():
        yield request
        return
    stopping = (signal.SIGINT, signal.SIGTERM)
    before: dict[int, Any] = {number: signal.signal(number, request) for number in stopping}
    try:
        yield request
    finally:
        if in_group():  # the end that another was asked for first may still be on its way to this one
            before[signal.SIGTERM] = signal.SIG_IGN
        for number, handler in before.items():
            signal.signal(number, handler)
