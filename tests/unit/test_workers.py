"""Processes that work for another: they end with it, and the death of one is told in one line."""

from __future__ import annotations

import multiprocessing
import os
import signal
from multiprocessing.connection import Connection

import psutil
import pytest

from cricketgnn.errors import DataError
from cricketgnn.workers import pool_of


def _be_killed(_: int) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_worker_that_is_killed_is_told_of() -> None:
    with pytest.raises(DataError, match="was ended from outside"), pool_of(1) as pool:
        pool.submit(_be_killed, 0).result()


def _work_on(pipe: Connection) -> None:
    with pool_of(2) as pool:
        pipe.send(sorted(pool.map(_pid, range(2))))
        signal.pause()


def _pid(_: int) -> int:
    return os.getpid()


def test_workers_do_not_outlive_a_parent_that_is_killed() -> None:
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    parent = context.Process(target=_work_on, args=(there,))
    parent.start()
    workers = [psutil.Process(pid) for pid in {*here.recv()}]
    assert workers
    parent.kill()
    _, alive = psutil.wait_procs(workers, timeout=30)
    assert not alive
