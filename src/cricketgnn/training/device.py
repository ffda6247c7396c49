"""Which device to compute on."""

from __future__ import annotations

import torch

from cricketgnn.config.models import Device
from cricketgnn.errors import ConfigError


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
