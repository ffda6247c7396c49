"""How many trials a machine carries, and what each gets."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch

from cricketgnn.config.models import Device
from cricketgnn.errors import ConfigError
from cricketgnn.machine import available_memory, usable_cores
from cricketgnn.tuning.resources import MEMORY_A_TRIAL, Resources, plan

ROOM = 100 * MEMORY_A_TRIAL


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Eight cores and memory for a hundred trials, unless a test says otherwise."""
    set_machine(monkeypatch, 8, ROOM)
    return monkeypatch


def set_machine(patch: pytest.MonkeyPatch, cores: int, memory: float) -> None:
    patch.setattr("cricketgnn.tuning.resources.usable_cores", lambda: cores)
    patch.setattr("cricketgnn.tuning.resources.available_memory", lambda: memory)


@pytest.mark.parametrize(
    ("wanted", "most", "expected"),
    [
        (None, 20, Resources(8, 1, (), "8 trials at a time, 1 thread each (8 cores)")),
        (None, 3, Resources(3, 2, (), "3 trials at a time, 2 threads each (8 cores)")),
        (None, 1, Resources(1, 8, (), "one trial at a time, 8 threads each (8 cores)")),
        (2, 20, Resources(2, 4, (), "2 trials at a time, 4 threads each (8 cores)")),
        (16, 20, Resources(16, 1, (), "16 trials at a time, 1 thread each (8 cores)")),
        (4, 1, Resources(4, 2, (), "4 trials at a time, 2 threads each (8 cores)")),
    ],
)
@pytest.mark.usefixtures("machine")
def test_the_cores_are_shared_out(wanted: int | None, most: int, expected: Resources) -> None:
    assert plan(Device.CPU, wanted, most) == expected


@pytest.mark.parametrize(
    ("memory", "workers", "threads"),
    [(2.9 * MEMORY_A_TRIAL, 2, 4), (0.5 * MEMORY_A_TRIAL, 1, 8), (float(MEMORY_A_TRIAL), 1, 8)],
)
def test_no_more_trials_than_memory_allows(
    machine: pytest.MonkeyPatch, memory: float, workers: int, threads: int
) -> None:
    set_machine(machine, 8, memory)
    resources = plan(Device.CPU, None, 20)
    assert (resources.workers, resources.threads) == (workers, threads)


def test_what_is_asked_for_counts_whatever_the_memory(machine: pytest.MonkeyPatch) -> None:
    set_machine(machine, 8, 0.0)
    assert plan(Device.CPU, 3, 20).workers == 3


def test_a_system_that_does_not_tell_its_memory_is_not_held_back(machine: pytest.MonkeyPatch) -> None:
    set_machine(machine, 8, float("inf"))
    assert plan(Device.CPU, None, 20).workers == 8


def test_the_gpus_are_handed_out(machine: pytest.MonkeyPatch) -> None:
    machine.setattr(torch.cuda, "is_available", lambda: True)
    machine.setattr(torch.cuda, "device_count", lambda: 2)
    assert plan(Device.AUTO, None, 20) == Resources(2, 4, (0, 1), "2 trials at a time, 2 GPUs")
    assert plan(Device.CUDA, 4, 20) == Resources(4, 2, (0, 1), "4 trials at a time, 2 GPUs")
    assert plan(Device.CUDA, None, 1) == Resources(1, 8, (0, 1), "one trial at a time, 2 GPUs")
    assert plan(Device.CPU, 1, 20).gpus == ()
    machine.setattr(torch.cuda, "device_count", lambda: 1)
    assert plan(Device.CUDA, None, 20).words == "one trial at a time, 1 GPU"


def test_a_machine_with_one_mps_device_gets_one_trial_unless_asked(machine: pytest.MonkeyPatch) -> None:
    machine.setattr(torch.cuda, "is_available", lambda: False)
    machine.setattr(torch.backends.mps, "is_available", lambda: True)
    assert plan(Device.AUTO, None, 20).workers == 1
    assert plan(Device.MPS, 3, 20).workers == 3


def test_the_gpu_with_the_fewest_trials_is_next() -> None:
    resources = Resources(4, 1, (0, 1, 2), "")
    assert resources.free_gpu([]) == 0
    assert resources.free_gpu([0, 2, 0]) == 1
    assert resources.free_gpu([0, 1, 2, 1]) == 0
    assert Resources(4, 1, (), "").free_gpu([None]) is None


def test_a_device_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ConfigError, match="device cuda is not available"):
        plan(Device.CUDA, None, 20)


def test_this_machine_has_cores_and_memory() -> None:
    assert 1 <= usable_cores() <= (os.cpu_count() or 1)
    assert available_memory() > 2**20


@pytest.mark.skipif(not Path("/proc/meminfo").exists(), reason="needs Linux")
def test_available_memory_is_in_bytes() -> None:
    assert available_memory() <= os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def test_a_container_holds_both_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cricketgnn.machine.processors", lambda: 0.5)
    monkeypatch.setattr("cricketgnn.machine.memory_left", lambda: 1000.0)
    assert usable_cores() == 1
    assert available_memory() == 1000
