"""Tracking that costs a run neither time nor its life: everything happens on a thread of its own."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from cricketgnn.config.tracking import TrackingConfig
from cricketgnn.entries import Log
from cricketgnn.tracking.tracker import Media, TrackedRun, Tracker, Untracked
from cricketgnn.words import in_one_line

PATIENCE_SECONDS: Final = 60.0
"""How long a run that is over waits for its tracking."""
HASTE_SECONDS: Final = 3.0
"""The same for a run that was stopped at once."""


class Background:
    """Passes everything on to a tracker, in order, on a thread of its own.

    Args:
        make: makes the tracker that does the work, on the thread as well. What either raises is said once;
            nothing is called after that.
        tell: told in one line.
    """

    def __init__(self, make: Callable[[], Tracker], tell: Log) -> None:
        self._make, self._tell = make, tell
        self._tracker: Tracker | None = None
        self._over = threading.Event()  # a thread whose joining was interrupted passes for dead
        self._abandoned = False
        self._waiting: queue.SimpleQueue[Callable[[Tracker], None] | None] = queue.SimpleQueue()
        threading.Thread(target=self._work, name="tracking", daemon=True).start()

    def begin(self, run: TrackedRun) -> None:
        """Show a run."""
        self._put(lambda tracker: tracker.begin(run))

    def log(self, key: str, values: Mapping[str, float], step: int) -> None:
        """Add one point to curves of a run."""
        self._put(lambda tracker: tracker.log(key, values, step))

    def show(self, key: str, make: Callable[[], Media]) -> None:
        """Put figures and tables beside a run; they are made on the thread of the tracking, too."""
        self._put(lambda tracker: tracker.show(key, make))

    def keep(self, key: str, file: Path, name: str, facts: Mapping[str, Any]) -> None:
        """Keep a model beside a run."""
        self._put(lambda tracker: tracker.keep(key, file, name, facts))

    def end(self, key: str, summary: Mapping[str, Any], succeeded: bool) -> None:
        """Say what a run came to."""
        self._put(lambda tracker: tracker.end(key, summary, succeeded))

    def close(self, patience_seconds: float = PATIENCE_SECONDS) -> None:
        """Let the tracker finish what it was told, for a limited time, which Ctrl-C ends."""
        self._waiting.put(lambda tracker: tracker.close())
        self._waiting.put(None)
        within = f" within {patience_seconds:g} s"
        try:
            self._over.wait(patience_seconds)
        except KeyboardInterrupt:  # of the waiting: what the run came to is not lost with it
            within = ""
        if not self._over.is_set():
            self.abandon()
            self._tell(f"tracking has not finished{within}; what is left is not sent now")

    def abandon(self) -> None:
        """Leave the tracker where it is."""
        self._abandoned = True
        if self._tracker is not None:
            self._tracker.abandon()

    def _put(self, call: Callable[[Tracker], None]) -> None:
        if not self._over.is_set():  # else tracking has stopped: nothing shall pile up
            self._waiting.put(call)

    def _work(self) -> None:
        try:
            self._tracker = tracker = self._make()
            while (call := self._waiting.get()) is not None:
                call(tracker)
        except Exception as error:  # the boundary of tracking: a run must not suffer from it
            if self._abandoned:
                return
            words = in_one_line(error)
            self._tell(f"tracking stopped, the work goes on without it: {type(error).__name__}: {words}")
        finally:
            self._over.set()


@contextmanager
def tracking(config: TrackingConfig | None, folder: Path, tell: Log) -> Iterator[Tracker]:
    """Track while inside as a configuration says; None tracks nothing.

    Args:
        config: where to.
        folder: where a service may keep its own files.
        tell: told in one line what a user should know.
    """
    if config is None:
        yield Untracked()
        return

    def make() -> Tracker:
        from cricketgnn.tracking.wandb import WandbTracker  # a second to load: not while a run waits for it

        return WandbTracker(config, folder, tell)

    background = Background(make, tell)
    patience = PATIENCE_SECONDS
    try:
        yield background
    except KeyboardInterrupt:  # a second Ctrl-C: whoever presses it wants the terminal back
        patience = HASTE_SECONDS
        raise
    finally:
        background.close(patience)
