"""Real processes started together: whose end is told, and what a Ctrl-C before they could answer becomes."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import time
from typing import Any

import pytest
from torch.multiprocessing.spawn import start_processes

from cricketgnn.config.models import Device
from cricketgnn.errors import GroupError, Interrupted
from cricketgnn.machine import usable_cores
from cricketgnn.training.group import processes_again
from cricketgnn.training.launch import _begin, _cause, launch


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


def _second_fails_while_the_first_is_busy() -> None:
    if os.environ["RANK"] == "1":
        sys.exit(4)
    time.sleep(60)


def test_what_the_first_process_could_not_tell_is_told_with_the_code_of_the_other() -> None:
    with pytest.raises(GroupError, match="process 2 of 2 ended with code 4; the lines above say why") as told:
        launch(_second_fails_while_the_first_is_busy, [], 2)
    assert told.value.exit_code == 4


def _begin_late(gone: Any) -> None:
    def main() -> None:
        gone.send("began")

    gone.recv()  # until the one that started this process is no more
    _begin(0, 1, "env://", main, ())


def _start_and_be_killed(pipe: Any) -> None:
    context = multiprocessing.get_context("spawn")
    context.Process(target=_begin_late, args=(pipe,)).start()
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a thread notices it, sooner or later")
def test_a_process_whose_parent_has_gone_before_it_began_does_not_begin() -> None:
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    parent = context.Process(target=_start_and_be_killed, args=(there,))
    parent.start()
    there.close()
    parent.join()
    here.send("go on")
    with pytest.raises(EOFError):  # it has ended, and said nothing
        here.recv()


def test_as_many_go_on_as_there_were_where_the_machine_has_room() -> None:
    said: list[str] = []
    assert processes_again({}, Device.CPU, said.append) == 1
    assert processes_again({"processes": usable_cores()}, Device.CPU, said.append) == usable_cores()
    assert not said
    assert processes_again({"processes": 999}, Device.CPU, said.append) == usable_cores()
    assert said == [f"999 processes trained; there is room here for {usable_cores()} on cpu"]


def test_a_stop_that_the_first_process_has_told_is_not_told_again() -> None:
    assert launch(_leave_as_interrupted, [], 2) == 130
