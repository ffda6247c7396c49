"""Which device: the one asked for, or an error that names those there are."""

from __future__ import annotations

import pytest
import torch

from cricketgnn.config.models import Device
from cricketgnn.errors import ConfigError
from cricketgnn.training.device import OutOfMemoryError, memory_explained, resolve_device

THERE = {
    Device.CPU: True,
    Device.CUDA: torch.cuda.is_available(),
    Device.MPS: torch.backends.mps.is_available(),
}


@pytest.mark.parametrize("device", THERE)
def test_a_device_is_there_or_the_error_names_those_that_are(device: Device) -> None:
    if THERE[device]:
        assert resolve_device(device) == torch.device(device.value)
        return
    with pytest.raises(ConfigError) as refused:
        resolve_device(device)
    assert str(refused.value).startswith(
        f"device {device.value} is not available on this machine; available: "
    )
    assert "cpu" in str(refused.value)


def test_auto_takes_the_best_there_is() -> None:
    best = next(device for device in (Device.CUDA, Device.MPS, Device.CPU) if THERE[device])
    assert resolve_device(Device.AUTO) == torch.device(best.value)


def test_memory_that_runs_out_is_told_with_the_batch_size() -> None:
    with pytest.raises(OutOfMemoryError) as ended, memory_explained(64):
        torch.empty(2**62, dtype=torch.uint8)
    message = str(ended.value)
    assert message.startswith("out of memory with 64 innings a batch (")
    assert "tried to allocate 4611686018427387904 bytes" in message
    assert message.endswith("; try a smaller --batch-size, or a smaller model")
    assert "\n" not in message


@pytest.mark.parametrize("words", ["CUDA out of memory.\nmore", "CUDA error: out of memory\nmore"])
def test_what_a_gpu_says_is_told_by_its_first_line(words: str) -> None:
    with pytest.raises(OutOfMemoryError) as ended, memory_explained(8):
        raise RuntimeError(words)
    assert f"out of memory with 8 innings a batch ({words.splitlines()[0]}); try" in str(ended.value)


def test_any_other_error_passes_as_it_is() -> None:
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"), memory_explained(8):
        torch.ones(2, 3) @ torch.ones(2, 3)
