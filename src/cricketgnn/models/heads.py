"""From what was read off the graph to logits, starting at the class prior."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch_geometric.data import HeteroData

from cricketgnn.models.condition import SIZE, Moment, is_chase, moment


class Logits(NamedTuple):
    """Unnormalised log-probabilities of every delivery.

    Attributes:
        outcome: bat outcome, given that the delivery is no wide, ``[D, 7]``.
        kind: delivery kind, ``[D, 3]``.
    """

    outcome: Tensor
    kind: Tensor


class Heads(nn.Module):
    """Two linear heads whose first prediction is the class prior: weights zero, bias its logarithm.

    Args:
        hidden: width ``H``.
        outcome_prior: shares of the seven bat outcomes, ``[7]``.
        kind_prior: shares of the three delivery kinds, ``[3]``.
    """

    def __init__(self, hidden: int, outcome_prior: Tensor, kind_prior: Tensor) -> None:
        super().__init__()
        self.outcome = _prior_head(hidden, outcome_prior)
        self.kind = _prior_head(hidden, kind_prior)

    def forward(self, read: Tensor, graph: HeteroData) -> Logits:
        """Compute both logits from ``[D, H]``, in float32 whatever went before: they decide close calls."""
        with torch.autocast(read.device.type, enabled=False):
            return Logits(self.outcome(read.float()), self.kind(read.float()))


class InningsHeads(nn.Module):
    """A pair of heads for each innings; that of the second reads the chase beside the graph.

    Args:
        hidden: width ``H``.
        outcome_prior, kind_prior: see :class:`Heads`.
    """

    def __init__(self, hidden: int, outcome_prior: Tensor, kind_prior: Tensor) -> None:
        super().__init__()
        self.first = Heads(hidden, outcome_prior, kind_prior)
        self.second = Heads(hidden + SIZE[Moment.CHASE], outcome_prior, kind_prior)

    def forward(self, read: Tensor, graph: HeteroData) -> Logits:
        """Compute both logits from ``[D, H]``, each delivery by the heads of its innings."""
        first = self.first(read, graph)
        second = self.second(torch.cat([read, moment(graph, (Moment.CHASE,))], dim=1), graph)
        chase = is_chase(graph).unsqueeze(1)
        return Logits(*(torch.where(chase, b, a) for a, b in zip(first, second, strict=True)))


def _prior_head(hidden: int, prior: Tensor) -> nn.Linear:
    head = nn.Linear(hidden, len(prior))
    nn.init.zeros_(head.weight)
    head.bias.data.copy_(prior.log())
    return head
