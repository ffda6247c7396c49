"""What is read off the graph for each delivery before the heads decide, ``[D, H]``."""

from __future__ import annotations

from torch import Tensor, nn
from torch_geometric.data import HeteroData

from cricketgnn.graph import schema
from cricketgnn.models.dropout import Dropout
from cricketgnn.models.earlier import EarlierAttention
from cricketgnn.models.encoder import NodeStates
from cricketgnn.models.grid import grid_of
from cricketgnn.models.memory import Memory


class QueryReadout(nn.Module):
    """Read the state of each delivery itself."""

    def __init__(self, hidden: int, dropout: float) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(hidden)
        self.dropout = Dropout(dropout)

    def forward(self, states: NodeStates, graph: HeteroData, memory: Memory | None = None) -> Tensor:
        """Normalise the delivery states."""
        return self.dropout(self.norm(states[schema.DELIVERY]))


class PooledReadout(nn.Module):
    """Read the delivery together with an attention pool of all earlier outcomes of its innings.

    Message passing hears the outcomes as they are at each layer; the pool hears them as they are at the end.
    """

    def __init__(self, hidden: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.delivery_norm = nn.LayerNorm(hidden)
        self.outcome_norm = nn.LayerNorm(hidden)
        self.pool = EarlierAttention(hidden, heads)
        self.query = QueryReadout(hidden, dropout)

    def forward(self, states: NodeStates, graph: HeteroData, memory: Memory | None = None) -> Tensor:
        """Add the pool to the delivery states and normalise."""
        delivery, outcome, grid = states[schema.DELIVERY], states[schema.OUTCOME], grid_of(graph)
        of_all = outcome if memory is None else memory.with_earlier(self, outcome, grid.since)
        pooled = self.pool(self.delivery_norm(delivery), self.outcome_norm(of_all), grid)
        return self.query({**states, schema.DELIVERY: delivery + pooled}, graph)


class HybridReadout(nn.Module):
    """The pooled readout with a match-up: what striker and bowler are to each other.

    Their product, feature by feature, says what neither says alone; the non-striker decides how much of it
    counts, since a partner may farm or give away the strike::

        match-up = sigmoid(gate(non-striker, delivery)) * out(striker_map(striker) * bowler_map(bowler))
    """

    def __init__(self, hidden: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.striker = nn.Linear(hidden, hidden)
        self.bowler = nn.Linear(hidden, hidden)
        self.partner_gate = nn.Linear(hidden, hidden)
        self.delivery_gate = nn.Linear(hidden, hidden, bias=False)
        self.norm = nn.LayerNorm(hidden)
        self.out = nn.Linear(hidden, hidden, bias=False)
        self.pooled = PooledReadout(hidden, heads, dropout)

    def forward(self, states: NodeStates, graph: HeteroData, memory: Memory | None = None) -> Tensor:
        """Add the match-up to the delivery states and read with the pool."""
        delivery, player = states[schema.DELIVERY], states[schema.PLAYER]
        striker, partner, bowler = (
            graph[schema.PLAYER, relation, schema.DELIVERY].edge_index[0]
            for relation in ("faces", "partners", "bowls")
        )
        both = self.striker(player).index_select(0, striker) * self.bowler(player).index_select(0, bowler)
        gate = self.partner_gate(player).index_select(0, partner) + self.delivery_gate(delivery)
        matchup = gate.sigmoid() * self.out(self.norm(both))
        return self.pooled({**states, schema.DELIVERY: delivery + matchup}, graph, memory)
