"""Learning rate and weight averaging by step: pure functions, so that a resumed run continues exactly."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import get_ema_multi_avg_fn


def learning_rate_factor(step: int, steps: int, warmup_share: float) -> float:
    """Give the share of the highest learning rate at a step: linear warm-up, then half a cosine down to 0.

    Args:
        step: 0-based step.
        steps: steps of the whole training.
        warmup_share: share of them spent rising.
    """
    warmup = max(1, round(steps * warmup_share))
    if step < warmup:
        return (step + 1) / warmup
    through = (step - warmup) / max(1, steps - warmup)
    return 0.5 * (1 + math.cos(math.pi * min(1.0, through)))


class WeightAverage:
    """Exponential moving average of a network's weights (Polyak averaging), which is evaluated and kept.

    Early on the average forgets faster, ``min(decay, (1 + step) / (10 + step))``, so that the random
    initial weights do not linger.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.decay = decay
        self.weights: dict[str, Tensor] = {
            name: value.detach().clone() for name, value in network.state_dict().items()
        }

    @torch.no_grad()
    def update(self, network: nn.Module, step: int) -> None:
        """Move the average towards the network's weights after 0-based ``step``."""
        keep = min(self.decay, (1 + step) / (10 + step))
        now = network.state_dict()
        moving = [name for name, value in now.items() if value.is_floating_point()]
        averages, values = [self.weights[name] for name in moving], [now[name] for name in moving]
        all_at_once = get_ema_multi_avg_fn(keep)  # type: ignore[no-untyped-call]
        all_at_once(averages, values, step)  # on a GPU a call a weight takes longer than its work
        for name in now.keys() - moving:
            self.weights[name].copy_(now[name])
