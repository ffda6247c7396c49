"""From delivery states to logits: readout and the two heads, starting at the class prior."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor, nn

from cricketgnn.graph import schema
from cricketgnn.models.encoder import NodeStates


class Logits(NamedTuple):
    """Unnormalised log-probabilities of every delivery.

    Attributes:
        outcome: bat outcome, given that the delivery is no wide, ``[D, 7]``.
        kind: delivery kind, ``[D, 3]``.
    """

    outcome: Tensor
    kind: Tensor


class QueryReadout(nn.Module):
    """Read the state of each delivery itself, ``[D, H]``."""

    def __init__(self, hidden: int, dropout: float) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(hidden)
        self.dropout = nn.Dropout(dropout)

    def forward(self, states: NodeStates) -> Tensor:
        """Normalise the delivery states."""
        return self.dropout(self.norm(states[schema.DELIVERY]))


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

    def forward(self, read: Tensor) -> Logits:
        """Compute both logits from ``[D, H]``."""
        return Logits(self.outcome(read), self.kind(read))


def _prior_head(hidden: int, prior: Tensor) -> nn.Linear:
    head = nn.Linear(hidden, len(prior))
    nn.init.zeros_(head.weight)
    head.bias.data.copy_(prior.log())
    return head
