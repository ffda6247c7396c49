"""How messages travel: static context into deliveries once, then rounds of earlier outcomes."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn
from torch_geometric.data import HeteroData

from cricketgnn.graph import schema
from cricketgnn.models.condition import Modulation, Moment, moment
from cricketgnn.models.dropout import Dropout
from cricketgnn.models.earlier import EarlierAttention
from cricketgnn.models.encoder import NodeStates
from cricketgnn.models.grid import Grid, grid_of
from cricketgnn.models.history import HistoryAttention
from cricketgnn.models.memory import Memory


class ContextMessages(nn.Module):
    """Bring players, venue, teams and competition to the deliveries they take part in.

    Every delivery has one source in each of these relations and the sources receive nothing themselves,
    so one message is all there is to say: a linear map of the source, different for each relation.
    """

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.relation = nn.ModuleDict(
            {relation: nn.Linear(hidden, hidden, bias=False) for _, relation, _ in schema.CONTEXT_EDGES}
        )

    def forward(self, states: NodeStates, graph: HeteroData) -> Tensor:
        """Sum the messages onto the delivery states, ``[D, H]``."""
        total = states[schema.DELIVERY]
        for edge_type in schema.CONTEXT_EDGES:
            source_type, relation, _ = edge_type
            source = graph[edge_type].edge_index[0]
            total = total + self.relation[relation](states[source_type]).index_select(0, source)
        return total


class FeedForward(nn.Module):
    """A residual two-layer block behind a normalisation, ``[N, H]`` to ``[N, H]``."""

    def __init__(self, hidden: int, dropout: float, expansion: int = 2) -> None:
        super().__init__()
        self.block = nn.Sequential(
            nn.LayerNorm(hidden),
            nn.Linear(hidden, expansion * hidden),
            nn.GELU(),
            nn.Linear(expansion * hidden, hidden),
            Dropout(dropout),
        )

    def forward(self, states: Tensor) -> Tensor:
        """Add the block's correction to the states."""
        return states + self.block(states)


class HistoryRound(nn.Module):
    """One round: outcomes take in their own delivery, deliveries listen to earlier outcomes, and think."""

    def __init__(self, hidden: int, attention: HistoryAttention | EarlierAttention, dropout: float) -> None:
        super().__init__()
        self.becomes = nn.Linear(hidden, hidden, bias=False)
        self.delivery_norm = nn.LayerNorm(hidden)
        self.outcome_norm = nn.LayerNorm(hidden)
        self.attention = attention
        self.dropout = Dropout(dropout)
        self.think = FeedForward(hidden, dropout)

    def forward(
        self, delivery: Tensor, outcome: Tensor, grid: Grid, relations: Tensor, memory: Memory | None = None
    ) -> tuple[Tensor, Tensor]:
        """Update delivery and outcome states, ``[D, H]`` each."""
        known = self.delivery_norm(delivery)
        outcome = outcome + self.becomes(known)
        of_all = outcome if memory is None else memory.with_earlier(self, outcome, grid.since)
        heard = self.attention(known, self.outcome_norm(of_all), grid, relations)
        return self.think(delivery + self.dropout(heard)), outcome


class HistoryMessagePassing(nn.Module):
    """Context messages, then rounds over earlier outcomes.

    Args:
        hidden: width ``H``.
        attention: how each round listens, one for each round.
        dropout: share of activations dropped in training.
        modulated_by: parts of the moment that modulate the deliveries after each round; none leaves it out.
    """

    def __init__(
        self,
        hidden: int,
        attention: Sequence[HistoryAttention | EarlierAttention],
        dropout: float,
        modulated_by: tuple[Moment, ...] = (),
    ) -> None:
        super().__init__()
        self.context = ContextMessages(hidden)
        self.think = FeedForward(hidden, dropout)
        self.rounds = nn.ModuleList(HistoryRound(hidden, one, dropout) for one in attention)
        self.laid_out = attention[0].laid_out
        self.modulated_by = modulated_by
        self.modulations = nn.ModuleList(Modulation(hidden, modulated_by) for _ in attention if modulated_by)

    def forward(self, states: NodeStates, graph: HeteroData, memory: Memory | None = None) -> NodeStates:
        """Pass messages; delivery and outcome states change, the static ones stay."""
        grid = grid_of(graph)
        delivery = self.think(self.context(states, graph))
        outcome = states[schema.OUTCOME][grid.since :]  # what is earlier is in the memory
        relations = self.laid_out(grid, graph)
        now = moment(graph, self.modulated_by) if self.modulated_by else None
        for number, one_round in enumerate(self.rounds):
            delivery, outcome = one_round(delivery, outcome, grid, relations, memory)
            if now is not None:
                delivery = self.modulations[number](delivery, now)
        return {**states, schema.DELIVERY: delivery, schema.OUTCOME: outcome}


class ContextOnly(nn.Module):
    """The control without history: context messages, then as many blocks of thought as rounds."""

    def __init__(self, hidden: int, layers: int, dropout: float) -> None:
        super().__init__()
        self.context = ContextMessages(hidden)
        self.blocks = nn.Sequential(*(FeedForward(hidden, dropout) for _ in range(layers + 1)))

    def forward(self, states: NodeStates, graph: HeteroData, memory: Memory | None = None) -> NodeStates:
        """Let deliveries think about their own context alone."""
        return {**states, schema.DELIVERY: self.blocks(self.context(states, graph))}
