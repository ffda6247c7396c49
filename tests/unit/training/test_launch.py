"""Real processes started together: whose end is told, and what a Ctrl-C before they could answer becomes."""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

import pytest
from torch.multiprocessing.spawn import start_processes

from cricketgnn.errors import Interrupted
from cricketgnn.training.launch import _cause, launch


@pytest.mark.parametrize(
    ("codes", "first", "cause"),
    [
        ((0, 3), 1, 1),
        ((7, -9), 0, 1),  # lost the other, and was seen first
        ((7, 7), 1, 1),
        ((3, 3), 0, 0),
        ((-15, 5), 1, 1),
        ((7, -15, 4), 0, 2),
        ((7, -15), 0, 0),
    ],
)
def test_the_process_that_ended_by_itself_is_the_cause(
    codes: tuple[int, ...], first: int, cause: int
) -> None:
    assert _cause(codes, first) == cause


def _leave_with_four() -> None:
    sys.exit(4)


def _leave_as_interrupted() -> None:
    sys.exit(Interrupted.exit_code)


@pytest.mark.parametrize("size", [1, 2])
def test_the_exit_code_of_the_first_that_ended_badly_is_that_of_all(size: int) -> None:
    assert launch(_leave_with_four, ["any"], size) == 4


@pytest.mark.parametrize("asked", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_before_a_process_can_answer_is_left_to_the_caller_to_tell(
    asked: signal.Signals, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def start(*given: Any, **named: Any) -> Any:
        started = start_processes(*given, **named)
        os.kill(os.getpid(), asked)
        return started

    monkeypatch.setattr("cricketgnn.training.launch.start_processes", start)
    before = signal.getsignal(asked)
    with pytest.raises(KeyboardInterrupt):
        launch(_leave_with_four, [], 1)
    assert signal.getsignal(asked) == before
    assert capfd.readouterr().err == ""  # it waited until the process had loaded its libraries


def test_a_stop_that_the_first_process_has_told_is_not_told_again() -> None:
    assert launch(_leave_as_interrupted, [], 2) == 130
