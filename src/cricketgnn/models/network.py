"""The network a newcomer should read first: four parts, one line.

``logits = heads(readout(message_passing(encoder(graph))))``. A model variant changes one part.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor, nn
from torch_geometric.data import HeteroData

from cricketgnn.config.models import ModelClass, ModelConfig
from cricketgnn.features import names
from cricketgnn.models.encoder import GraphEncoder
from cricketgnn.models.heads import Heads, Logits, QueryReadout
from cricketgnn.models.message_passing import ContextOnly, HistoryMessagePassing


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

    def forward(self, graph: HeteroData) -> Logits:
        """Compute the logits of all ``D`` deliveries of the batch, in its order."""
        logits: Logits = self.heads(self.readout(self.message_passing(self.encoder(graph), graph)))
        return logits


def build_network(config: ModelConfig, inputs: NetworkInputs) -> InningsNetwork:
    """Build the network that ``config`` names, with fresh weights from torch's generator."""
    hears_outcomes = config.model_class is not ModelClass.MLP
    encoder = GraphEncoder(
        inputs.edges,
        len(names.OUTCOME) if hears_outcomes else 0,
        config.hidden_dim,
        inputs.people,
        config.id_dim,
        config.id_dropout,
    )
    return InningsNetwork(
        encoder,
        _message_passing(config),
        QueryReadout(config.hidden_dim, config.dropout),
        Heads(config.hidden_dim, inputs.outcome_prior, inputs.kind_prior),
    )


def _message_passing(config: ModelConfig) -> nn.Module:
    if config.model_class is ModelClass.MLP:
        return ContextOnly(config.hidden_dim, config.num_layers, config.dropout)
    return HistoryMessagePassing(config.hidden_dim, config.num_layers, config.num_heads, config.dropout)
