"""Tracking costs a run neither time nor its life."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from cricketgnn.config.tracking import TrackingConfig
from cricketgnn.tracking import TrackedRun, Untracked, tracking
from cricketgnn.tracking.background import Background
from cricketgnn.tracking.tracker import Media

RUN = TrackedRun("key", "name", "train")


class Diary(Untracked):
    """Writes down what it was told, and on which thread."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.threads: set[str] = set()

    def _write(self, what: str) -> None:
        self.told.append(what)
        self.threads.add(threading.current_thread().name)

    def begin(self, run: TrackedRun) -> None:
        self._write(f"begin {run.key}")

    def log(self, key: str, values: Mapping[str, float], step: int) -> None:
        self._write(f"log {step}")

    def show(self, key: str, make: Callable[[], Media]) -> None:
        make()
        self._write("show")

    def keep(self, key: str, file: Path, name: str, facts: Mapping[str, Any]) -> None:
        self._write(f"keep {name}")

    def end(self, key: str, summary: Mapping[str, Any], succeeded: bool) -> None:
        self._write(f"end {succeeded}")

    def close(self) -> None:
        self._write("close")


class Breaks(Diary):
    """Fails when it is told of a step."""

    def log(self, key: str, values: Mapping[str, float], step: int) -> None:
        super().log(key, values, step)
        raise ConnectionError("the service\nis gone")


class Hangs(Untracked):
    """Never comes back."""

    def begin(self, run: TrackedRun) -> None:
        time.sleep(60)


def test_everything_is_passed_on_in_order_on_another_thread() -> None:
    diary, said = Diary(), list[str]()
    background = Background(lambda: diary, said.append)
    background.begin(RUN)
    background.log("key", {"loss": 1.0}, 1)
    background.show("key", lambda: {})
    background.end("key", {}, succeeded=True)
    background.close()
    assert diary.told == ["begin key", "log 1", "show", "end True", "close"]
    assert diary.threads == {"tracking"}
    assert said == []


def test_a_broken_tracker_is_said_once_and_not_called_again() -> None:
    breaks, said = Breaks(), list[str]()
    background = Background(lambda: breaks, said.append)
    for step in range(3):
        background.log("key", {}, step)
    background.end("key", {}, succeeded=True)
    background.close()
    assert breaks.told == ["log 0"]
    assert said == ["tracking stopped, the work goes on without it: ConnectionError: the service is gone"]


def test_a_tracker_that_cannot_be_made_stops_the_tracking_alone() -> None:
    def make() -> Untracked:
        raise PermissionError("no place for its settings")

    said = list[str]()
    background = Background(make, said.append)
    background.begin(RUN)
    background.close()
    assert said == [
        "tracking stopped, the work goes on without it: PermissionError: no place for its settings"
    ]


def test_a_figure_that_cannot_be_drawn_stops_the_tracking_alone() -> None:
    said = list[str]()
    background = Background(Diary, said.append)
    background.show("key", lambda: {"figure": 1 / 0})  # type: ignore[dict-item]
    background.close()
    assert len(said) == 1
    assert "ZeroDivisionError" in said[0]


def test_a_tracker_that_hangs_holds_nobody_up() -> None:
    said = list[str]()
    background = Background(Hangs, said.append)
    began = time.monotonic()
    background.begin(RUN)
    background.log("key", {}, 1)
    background.close(0.2)
    assert time.monotonic() - began < 5
    assert said == ["tracking has not finished within 0.2 s; what is left is not sent now"]


def test_ctrl_c_while_tracking_is_waited_for_loses_no_result() -> None:
    said = list[str]()
    background = Background(Hangs, said.append)
    background.begin(RUN)
    main = threading.main_thread().ident
    assert main is not None
    threading.Timer(0.2, signal.pthread_kill, (main, signal.SIGINT)).start()
    background.close()
    assert said == ["tracking has not finished; what is left is not sent now"]


def test_a_service_that_hangs_does_not_keep_the_program_from_ending(tmp_path: Path) -> None:
    hangs = f"""
import os, signal, time
from pathlib import Path
import psutil
from cricketgnn.config.tracking import TrackingConfig
from cricketgnn.tracking import TrackedRun, background, tracking
background.PATIENCE_SECONDS = 2.0
with tracking(TrackingConfig(project="p", mode="offline"), Path({str(tmp_path)!r}), print) as tracker:
    tracker.begin(TrackedRun("key", "name", "train"))
    while not list(Path({str(tmp_path)!r}).glob("wandb/offline-run-*/run-*.wandb")):
        time.sleep(0.1)
    (service,) = (one for one in psutil.Process().children() if one.name() == "wandb-core")
    os.kill(service.pid, signal.SIGSTOP)
    tracker.end("key", {{}}, succeeded=True)
print("the result")
"""
    ended = subprocess.run([sys.executable, "-c", hangs], capture_output=True, text=True, timeout=60)
    assert ended.returncode == 0, ended.stderr
    said = ["tracking has not finished within 2 s; what is left is not sent now", "the result"]
    assert ended.stdout.splitlines() == said


def test_who_stops_at_once_does_not_wait_for_a_tracker_that_hangs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cricketgnn.tracking.wandb.WandbTracker", lambda *_: Hangs())
    said, began = list[str](), time.monotonic()

    def stopped_at_once() -> None:
        with tracking(TrackingConfig(project="p"), tmp_path, said.append) as tracker:
            tracker.begin(RUN)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped_at_once()
    assert time.monotonic() - began < 30  # the usual patience is a minute
    assert said == ["tracking has not finished within 3 s; what is left is not sent now"]


def test_nothing_is_tracked_unless_asked_for(tmp_path: Path) -> None:
    threads = threading.active_count()
    with tracking(None, tmp_path, lambda line: None) as tracker:
        tracker.begin(RUN)
        tracker.end("key", {}, succeeded=True)
        assert threading.active_count() == threads
    assert not list(tmp_path.iterdir())
