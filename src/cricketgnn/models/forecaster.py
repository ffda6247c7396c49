"""What a checkpoint forecasts with: one network or several whose probabilities are averaged, set right."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch_geometric.data import HeteroData

from cricketgnn.models.heads import Logits
from cricketgnn.models.memory import Memory


class Forecaster(nn.Module):
    """Average the probabilities of some networks, then scale those of the bat outcome class by class.

    Averaging probabilities, not logits, is what makes an ensemble's log loss no worse than the mean of its
    members' (the logarithm is concave). A single network without scaling gives its own logits, unchanged.

    Args:
        members: networks of the same inputs.
        scale, shift: vector scaling of the bat outcome's log-probabilities, ``[7]`` each; None for none.
    """

    scale: Tensor | None
    shift: Tensor | None

    def __init__(
        self, members: Sequence[nn.Module], scale: Tensor | None = None, shift: Tensor | None = None
    ) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)
        self.register_buffer("scale", scale)
        self.register_buffer("shift", shift)

    def forward(self, graph: HeteroData, memory: Memory | None = None) -> Logits:
        """Compute the logits of all ``D`` deliveries of the batch; see :class:`InningsNetwork`."""
        logits = self._averaged(graph, memory)
        if self.scale is None or self.shift is None:
            return logits
        return Logits(logits.outcome.log_softmax(dim=1) * self.scale + self.shift, logits.kind)

    def _averaged(self, graph: HeteroData, memory: Memory | None) -> Logits:
        each: list[Logits] = [member(graph, memory) for member in self.members]
        if len(each) == 1:
            return each[0]
        return Logits(*(_mean_of_probabilities(heads) for heads in zip(*each, strict=True)))


def _mean_of_probabilities(logits: Sequence[Tensor]) -> Tensor:
    """Give the logarithm of ``M`` times the mean probabilities of ``M`` members' logits, ``[D, C]`` each."""
    return torch.stack([one.log_softmax(dim=1) for one in logits]).logsumexp(dim=0)
