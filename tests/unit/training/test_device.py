"""Which device: the one asked for, or an error that names those there are."""

from __future__ import annotations

import pytest
import torch

from cricketgnn.config.models import Device
from cricketgnn.errors import ConfigError
from cricketgnn.training.device import resolve_device

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
