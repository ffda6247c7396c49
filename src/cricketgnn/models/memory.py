"""What a network keeps of an innings in progress, so that a further delivery costs one delivery."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Memory:
    """States of the outcomes of one innings, as each listening part of a network heard them.

    No state depends on a later delivery, so what was computed of a delivery holds for the rest of the
    innings: only deliveries that are new, or not as they were forecast, are computed.
    """

    def __init__(self) -> None:
        self._heard: dict[nn.Module, Tensor] = {}

    def with_earlier(self, part: nn.Module, outcome: Tensor, since: int) -> Tensor:
        """Put outcome states behind those of the earlier deliveries, and keep all.

        Args:
            part: that listens to them.
            outcome: states of the deliveries from ``since`` on, ``[N, H]``.
            since: how many deliveries are earlier; what was kept of later ones is forgotten.

        Returns:
            States of all deliveries, ``[since + N, H]``.
        """
        if since:
            outcome = torch.cat([self._heard[part][:since], outcome])
        self._heard[part] = outcome
        return outcome
