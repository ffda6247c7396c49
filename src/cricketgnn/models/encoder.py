"""From raw node features to node states: every number piecewise linear in its quantiles."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch_geometric.data import HeteroData

from cricketgnn.graph import schema

NodeStates = dict[str, Tensor]
"""State of every node by node type, each ``[N, H]``."""


class PiecewiseLinear(nn.Module):
    """Encode numbers by how far they reach through each quantile bin, then project.

    A number fills the bins below it (1), a part of its own bin and none above (0); the projection then is
    a learned piecewise-linear function of each number (Gorishniy et al. 2022, arXiv 2203.05556).

    Args:
        edges: bin edges of each feature, ``[F, B + 1]``, ascending; bins of no width become steps.
        hidden: width of the result.
    """

    lower: Tensor
    width: Tensor

    def __init__(self, edges: Tensor, hidden: int) -> None:
        super().__init__()
        lower, upper = edges[:, :-1], edges[:, 1:]
        self.register_buffer("lower", lower.clone())
        self.register_buffer("width", (upper - lower).clamp(min=1e-6))
        self.project = nn.Linear(lower.numel(), hidden)
        # Inputs are between 0 and 1 and each feature's bins move together: count features, not columns.
        nn.init.normal_(self.project.weight, std=1 / math.sqrt(lower.numel()))
        nn.init.zeros_(self.project.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Encode ``[N, F]`` numbers as ``[N, H]``."""
        # In place: a fresh block of memory for each of the three took longer than the arithmetic.
        filled = (x.unsqueeze(-1) - self.lower).div_(self.width).clamp_(0, 1)
        return self.project(filled.flatten(1))


class GraphEncoder(nn.Module):
    """Give every node of the graph its first state from its own features.

    Args:
        edges: bin edges by node type (all but outcome), each ``[F, B + 1]``.
        outcome_features: columns of an outcome node; 0 for a network that does not hear outcomes.
        hidden: width ``H``.
        people: known players, for the learned ids; row 0 of the table is UNKNOWN.
        id_dim: width of the learned player ids; 0 leaves them out.
        id_dropout: share of players shown as UNKNOWN in training.
    """

    def __init__(
        self,
        edges: Mapping[str, Tensor],
        outcome_features: int,
        hidden: int,
        people: int = 0,
        id_dim: int = 0,
        id_dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.numeric = nn.ModuleDict({name: PiecewiseLinear(edge, hidden) for name, edge in edges.items()})
        self.happened = nn.Linear(outcome_features, hidden) if outcome_features else None
        self.player_id = PlayerId(people, id_dim, hidden, id_dropout) if id_dim else None

    def forward(self, graph: HeteroData) -> NodeStates:
        """Encode each node type's ``x`` as ``[N, H]``."""
        states = {name: encode(graph[name].x) for name, encode in self.numeric.items()}
        if self.happened is not None:
            states[schema.OUTCOME] = self.happened(graph[schema.OUTCOME].x)
        if self.player_id is not None:
            states[schema.PLAYER] = states[schema.PLAYER] + self.player_id(graph[schema.PLAYER].person)
        return states


class PlayerId(nn.Module):
    """A learned vector for each player met in training, and one for everybody else.

    Args:
        people: known players; vocabulary numbers 1 .. people, 0 is UNKNOWN.
        id_dim: width of the table.
        hidden: width of the result.
        dropout: share of known players shown as UNKNOWN in training, so that UNKNOWN is trained too.
    """

    def __init__(self, people: int, id_dim: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.table = nn.Embedding(people + 1, id_dim)
        self.project = nn.Linear(id_dim, hidden, bias=False)
        self.dropout = dropout
        nn.init.normal_(self.table.weight, std=0.02)

    def forward(self, person: Tensor) -> Tensor:
        """Look up ``[P]`` vocabulary numbers as ``[P, H]``."""
        if self.training and self.dropout:
            hidden = torch.rand(person.shape, device=person.device) < self.dropout
            person = person.masked_fill(hidden, 0)
        return self.project(self.table(person))
