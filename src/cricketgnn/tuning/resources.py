"""How many trials a machine carries at once, and what each of them gets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import torch

from cricketgnn.config.models import Device
from cricketgnn.machine import available_memory, usable_cores
from cricketgnn.training.device import resolve_device

MEMORY_A_TRIAL: Final = 1.5 * 2**30
"""Bytes that a trial of the usual width needs on the CPU, generously."""


@dataclass(frozen=True)
class Resources:
    """What the trials of a search run on.

    Attributes:
        workers: trials at the same time.
        threads: of each.
        gpus: indices to hand out in turn; empty for none.
        words: the same for people.
    """

    workers: int
    threads: int
    gpus: tuple[int, ...]
    words: str

    def free_gpu(self, used: Iterable[int | None]) -> int | None:
        """Give the GPU with the fewest trials on it; None where there is none to hand out."""
        return min(self.gpus, key=list(used).count, default=None)


def plan(device: Device, wanted: int | None, most: int) -> Resources:
    """Share the machine out among trials.

    Args:
        device: where trials compute.
        wanted: trials at the same time; None for what the machine carries.
        most: more than this many trials never run at once.

    Raises:
        ConfigError: the device is not there.
    """
    cores = usable_cores()
    device_type = resolve_device(device).type
    if device_type == "cuda":
        gpus = tuple(range(torch.cuda.device_count()))
        workers = wanted or min(len(gpus), most)
        threads = max(1, cores // workers)
        words = f"{_trials(workers)}, {len(gpus)} {'GPU' if len(gpus) == 1 else 'GPUs'}"
        return Resources(workers, threads, gpus, words)
    fits = 1 if device_type == "mps" else min(cores, available_memory() / MEMORY_A_TRIAL, most)
    workers = wanted or max(1, int(fits))
    threads = max(1, cores // workers)
    noun = "thread" if threads == 1 else "threads"
    return Resources(workers, threads, (), f"{_trials(workers)}, {threads} {noun} each ({cores} cores)")


def _trials(workers: int) -> str:
    return "one trial at a time" if workers == 1 else f"{workers} trials at a time"
