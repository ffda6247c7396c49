"""Attention over earlier outcomes, one distribution for each relation, as dense blocks of innings.

An innings has some 120 deliveries and each relation is a subset of the pairs (delivery, earlier outcome).
Gathering a key and a value vector for every edge moves far more memory than one score matrix an innings
holds, so the edges of a batch are written once into dense masks that every layer shares.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch_geometric.data import HeteroData

from cricketgnn.graph import schema

MAX_SCALE = 8.0
MAX_BIAS = 8.0
"""Bounds of the learned temperature and distance bias: they keep exp() in range without a running maximum."""


class HistoryBlocks(NamedTuple):
    """The history edges of a batch of ``B`` innings, ``T`` deliveries in the longest.

    Attributes:
        mask: 1 where a relation connects a delivery with an outcome, ``[B * T, S, R]`` with ``S = T``.
        cell: place of each delivery in the flat ``B * T`` grid, ``[D]``.
        distance: deliveries between a pair, ``[T, T]``; meaningful below the diagonal.
        innings: ``B``.
        longest: ``T``.
    """

    mask: Tensor
    cell: Tensor
    distance: Tensor
    innings: int
    longest: int

    def spread(self, states: Tensor) -> Tensor:
        """Lay ``[D, H]`` states out as ``[B, T, H]``, zeros where an innings is shorter."""
        grid = states.new_zeros(self.innings * self.longest, states.shape[1])
        return grid.index_copy(0, self.cell, states).view(self.innings, self.longest, -1)

    def gather(self, grid: Tensor) -> Tensor:
        """Undo :meth:`spread`: ``[B, T, H]`` to ``[D, H]``."""
        return grid.reshape(self.innings * self.longest, -1).index_select(0, self.cell)


def history_blocks(graph: HeteroData) -> HistoryBlocks:
    """Write the history edges of a batch into dense masks."""
    deliveries = graph[schema.DELIVERY]
    innings, longest = int(graph.num_innings), int(deliveries.position.max()) + 1
    cell = deliveries.innings * longest + deliveries.position
    relations = len(schema.HISTORY_EDGES)
    mask = torch.zeros(innings * longest * longest * relations, device=cell.device)
    for number, edge_type in enumerate(schema.HISTORY_EDGES):
        source, target = graph[edge_type].edge_index
        flat = (cell[target] * longest + deliveries.position[source]) * relations + number
        mask[flat] = 1.0
    steps = torch.arange(longest, device=cell.device)
    distance = (steps[:, None] - steps[None, :]).clamp(min=0)
    return HistoryBlocks(mask.view(-1, longest, relations), cell, distance, innings, longest)


class HistoryAttention(nn.Module):
    """Let every delivery listen to earlier outcomes, relation by relation.

    For delivery ``t``, head ``h`` and relation ``r`` with neighbours ``N_r(t)``::

        a_r(t, s) = exp(score_h(t, s)) / sum over s' in N_r(t) of exp(score_h(t, s'))
        message   = sum over r of gate_{h,r}(t) * sum over s in N_r(t) of a_r(t, s) * value_h(s)

    with score = temperature * cosine(query, key) + a learned bias for the distance. All relations share
    the scores, so the sum over relations folds into one attention matrix. No neighbour: no message.

    Args:
        hidden: width ``H``.
        heads: attention heads, dividing ``H``.
        relations: number of relations.
        reach: distances are told apart up to this many deliveries, in steps that widen.
    """

    def __init__(self, hidden: int, heads: int, relations: int, reach: int = 128) -> None:
        super().__init__()
        self.heads, self.relations = heads, relations
        self.query = nn.Linear(hidden, hidden, bias=False)
        self.key_value = nn.Linear(hidden, 2 * hidden, bias=False)
        self.gate = nn.Linear(hidden, heads * relations)
        self.out = nn.Linear(hidden, hidden, bias=False)
        self.temperature = nn.Parameter(torch.full((heads,), 2.0))
        self.distance_bias = nn.Embedding(int(_bucket(torch.tensor(reach))) + 1, heads)
        self.reach = reach
        nn.init.zeros_(self.distance_bias.weight)
        nn.init.zeros_(self.gate.weight)
        nn.init.constant_(self.gate.bias, 1 / relations)

    def forward(self, delivery: Tensor, outcome: Tensor, blocks: HistoryBlocks) -> Tensor:
        """Compute the message to each delivery, ``[D, H]``, from delivery and outcome states ``[D, H]``."""
        rows, cells = (blocks.innings, blocks.longest, self.heads, -1), blocks.innings * blocks.longest
        query = functional.normalize(blocks.spread(self.query(delivery)).view(rows), dim=-1)
        query = query * self.temperature.clamp(0, MAX_SCALE)[:, None]
        key, value = blocks.spread(self.key_value(outcome)).chunk(2, dim=-1)
        key = functional.normalize(key.view(rows), dim=-1)
        bias = self.distance_bias(_bucket(blocks.distance.clamp(max=self.reach)))  # [T, S, heads]
        bias = bias.clamp(-MAX_BIAS, MAX_BIAS)
        scores = torch.einsum("bthd,bshd->bhts", query, key) + bias.permute(2, 0, 1)
        weights = scores.exp().transpose(1, 2).reshape(cells, self.heads, -1)  # [B * T, heads, S]
        totals = weights @ blocks.mask  # [B * T, heads, R]: each relation's normaliser
        gate = blocks.spread(self.gate(delivery)).view(cells, self.heads, self.relations)
        shares = torch.where(totals > 0, gate / totals.clamp(min=1e-20), 0.0)
        attention = weights * (shares @ blocks.mask.transpose(1, 2))  # [B * T, heads, S]
        attention = attention.view(blocks.innings, blocks.longest, self.heads, -1)
        message = torch.einsum("bths,bshd->bthd", attention, value.reshape(rows))
        return self.out(blocks.gather(message.flatten(2)))


def _bucket(distance: Tensor) -> Tensor:
    """Number distances: each delivery up to 8 its own, then about four to every doubling."""
    far = 8 + (4 * torch.log2(distance.clamp(min=8).float() / 8)).long()
    return torch.where(distance < 8, distance, far)
