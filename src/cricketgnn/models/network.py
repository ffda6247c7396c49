"""The network a newcomer should read first: four parts, one line.

``logits = heads(readout(message_passing(encoder(graph))))``. A model variant changes one part.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor, nn
from torch_geometric.data import HeteroData

from cricketgnn.config.models import ModelConfig
from cricketgnn.features import names
from cricketgnn.graph import schema
from cricketgnn.models.earlier import EarlierAttention
from cricketgnn.models.encoder import GraphEncoder
from cricketgnn.models.heads import Heads, InningsHeads, Logits
from cricketgnn.models.history import HistoryAttention
from cricketgnn.models.memory import Memory
from cricketgnn.models.message_passing import ContextOnly, HistoryMessagePassing
from cricketgnn.models.readout import HybridReadout, PooledReadout, QueryReadout
from cricketgnn.models.variants import VARIANTS, Messages, Readout, Variant


@dataclass(frozen=True)
class NetworkInputs:
    """What a network must know of the training data before it has weights.

    Attributes:
        edges: bin edges by node type, each ``[F, B + 1]``.
        outcome_prior: shares of the bat outcomes, ``[7]``.
        kind_prior: shares of the delivery kinds, ``[3]``.
        people: how many players the vocabulary knows.
    """

    edges: Mapping[str, Tensor]
    outcome_prior: Tensor
    kind_prior: Tensor
    people: int


class InningsNetwork(nn.Module):
    """Predict every delivery of a batch of innings graphs at once."""

    def __init__(
        self, encoder: nn.Module, message_passing: nn.Module, readout: nn.Module, heads: nn.Module
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.message_passing = message_passing
        self.readout = readout
        self.heads = heads

    def forward(self, graph: HeteroData, memory: Memory | None = None) -> Logits:
        """Compute the logits of all ``D`` deliveries of the batch, in its order.

        Args:
            graph: from :meth:`cricketgnn.graph.batch.InningsGraphs.batch`.
            memory: of the innings in progress, where the graph holds its later deliveries only.
        """
        states = self.message_passing(self.encoder(graph), graph, memory)
        logits: Logits = self.heads(self.readout(states, graph, memory), graph)
        return logits


def build_network(config: ModelConfig, inputs: NetworkInputs) -> InningsNetwork:
    """Build the network that ``config`` names, with fresh weights from torch's generator."""
    variant = VARIANTS[config.model_class]
    encoder = GraphEncoder(
        inputs.edges,
        len(names.OUTCOME) if variant.messages is not Messages.NONE else 0,
        config.hidden_dim,
        inputs.people,
        config.id_dim,
        config.id_dropout,
    )
    heads = InningsHeads if variant.head_an_innings else Heads
    return InningsNetwork(
        encoder,
        _message_passing(config, variant),
        _readout(config, variant),
        heads(config.hidden_dim, inputs.outcome_prior, inputs.kind_prior),
    )


def _message_passing(config: ModelConfig, variant: Variant) -> nn.Module:
    hidden, relations = config.hidden_dim, len(schema.HISTORY_EDGES)
    if variant.messages is Messages.NONE:
        return ContextOnly(hidden, config.num_layers, config.dropout)
    attention = HistoryAttention if variant.messages is Messages.BY_RELATION else EarlierAttention
    rounds = [attention(hidden, config.num_heads, relations) for _ in range(config.num_layers)]
    return HistoryMessagePassing(hidden, rounds, config.dropout, variant.modulated_by)


def _readout(config: ModelConfig, variant: Variant) -> nn.Module:
    if variant.readout is Readout.QUERY:
        return QueryReadout(config.hidden_dim, config.dropout)
    readout = PooledReadout if variant.readout is Readout.POOLED else HybridReadout
    return readout(config.hidden_dim, config.num_heads, config.dropout)
