"""Which device to compute on, and what is said where it is too small."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import torch

from cricketgnn.config.models import Device
from cricketgnn.errors import ConfigError
from cricketgnn.graph.batch import InningsGraphs
from cricketgnn.graph.fitted import Fitted
from cricketgnn.graph.store import GraphStore

_NO_MEMORY: Final = ("out of memory", "can't allocate memory")
"""What a RuntimeError says where torch has no class for it: a full GPU at the first call, MPS, the CPU."""


class OutOfMemoryError(ConfigError):
    """The device has not enough memory for a batch of this model."""


def resolve_device(device: Device) -> torch.device:
    """Choose the device: ``auto`` takes CUDA, then MPS, then the CPU.

    Raises:
        ConfigError: the device asked for is not there.
    """
    available = {
        Device.CUDA: torch.cuda.is_available(),
        Device.MPS: torch.backends.mps.is_available(),
        Device.CPU: True,
    }
    if device is Device.AUTO:
        device = next(candidate for candidate, there in available.items() if there)
    if not available[device]:
        there = ", ".join(candidate.value for candidate, found in available.items() if found)
        raise ConfigError(
            f"device {device.value} is not available on this machine; available: {there}, or auto"
        )
    return torch.device(device.value)


@contextmanager
def memory_explained(batch_size: int) -> Iterator[None]:
    """Tell in one line where memory runs out while inside; every other error passes.

    Args:
        batch_size: innings a batch, for the message.

    Raises:
        OutOfMemoryError: the device has not enough memory.
    """
    try:
        yield
    except RuntimeError as error:
        if not _of_memory(error):
            raise
        raise OutOfMemoryError(
            f"out of memory with {batch_size} innings a batch ({str(error).splitlines()[0]}); "
            "try a smaller --batch-size, or a smaller model"
        ) from error


def graphs_on(device: torch.device, store: GraphStore, fitted: Fitted, history: int) -> InningsGraphs:
    """Put the graphs of a store where they are computed with.

    Raises:
        ConfigError: the device has not enough memory for them; a smaller batch would not help.
    """
    try:
        return InningsGraphs(store, fitted, history, device)
    except RuntimeError as error:
        if not _of_memory(error):
            raise
        raise ConfigError(
            f"{device.type} has no room for the {store.deliveries:,} deliveries of these matches "
            f"({str(error).splitlines()[0]}); try --device cpu, fewer --data, or fewer --workers"
        ) from error


def _of_memory(error: RuntimeError) -> bool:
    told = any(words in str(error) for words in _NO_MEMORY)
    return told or isinstance(error, torch.OutOfMemoryError)
