"""Seeds: one number decides initial weights, batch order and dropout, epoch by epoch."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch

from cricketgnn.features.grouped import Ints

_ORDER, _DROPOUT, _MEMBER = 1, 2, 3


def derived_seed(seed: int, *purpose: int) -> int:
    """Derive a 63-bit seed for one purpose; different purposes give unrelated streams."""
    return int(np.random.SeedSequence([seed, *purpose]).generate_state(1, np.uint64)[0] >> 1)


def member_seed(seed: int, member: int) -> int:
    """Give the seed of the networks of an ensemble, from 1; the first has the run's own."""
    return seed if member == 1 else derived_seed(seed, _MEMBER, member)


def seed_epoch(seed: int, epoch: int, rank: int = 0) -> None:
    """Start the dropout stream of an epoch: a run resumed there continues as if never stopped.

    Each process of a group has a stream of its own; the first one has that of a process alone.
    """
    torch.manual_seed(derived_seed(seed, _DROPOUT, epoch, *((rank,) if rank else ())))


def epoch_batches(innings: Ints, batch_size: int, seed: int, epoch: int) -> list[Ints]:
    """Shuffle innings into the batches of an epoch, ``batch_size`` innings each, the last one smaller."""
    generator = np.random.default_rng(derived_seed(seed, _ORDER, epoch))
    shuffled = generator.permutation(innings)
    return [shuffled[start : start + batch_size] for start in range(0, len(shuffled), batch_size)]


@contextmanager
def deterministic(device: torch.device) -> Iterator[None]:
    """Make torch repeat itself to the last bit on the CPU while inside."""
    settings: Any = torch.utils.deterministic
    before = torch.are_deterministic_algorithms_enabled(), settings.fill_uninitialized_memory
    torch.use_deterministic_algorithms(device.type == "cpu")
    settings.fill_uninitialized_memory = False  # we read nothing we did not write
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before[0])
        settings.fill_uninitialized_memory = before[1]
