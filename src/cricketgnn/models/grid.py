"""A batch of innings laid out as rows of equal length, for dense products over pairs of its deliveries."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch_geometric.data import HeteroData

from cricketgnn.graph import schema

REACH = 128
"""Distances are told apart up to this many deliveries, in steps that widen."""


class Grid(NamedTuple):
    """Where the deliveries of a batch of ``B`` innings stand, ``T`` of them in the longest.

    Attributes:
        cell: place of each delivery in the flat ``B * T`` grid, ``[D]``.
        innings: ``B``.
        longest: ``T``.
        since: deliveries of the innings that are in a memory instead; 0 unless there is one innings only.
    """

    cell: Tensor
    innings: int
    longest: int
    since: int = 0

    @property
    def heard(self) -> int:
        """Count the outcomes there are to listen to in the longest innings, ``S``."""
        return self.since + self.longest

    def spread(self, states: Tensor) -> Tensor:
        """Lay ``[D, H]`` states out as ``[B, T, H]``, zeros where an innings is shorter."""
        grid = states.new_zeros(self.innings * self.longest, states.shape[1])
        return grid.index_copy(0, self.cell, states).view(self.innings, self.longest, -1)

    def spread_heard(self, states: Tensor) -> Tensor:
        """Lay the states of all outcomes out as ``[B, S, H]``."""
        return states.unsqueeze(0) if self.since else self.spread(states)

    def gather(self, grid: Tensor) -> Tensor:
        """Undo :meth:`spread`: ``[B, T, H]`` to ``[D, H]``."""
        return grid.reshape(self.innings * self.longest, -1).index_select(0, self.cell)

    def relations_by_pair(self, graph: HeteroData) -> Tensor:
        """Write the history edges as ones into zeros, ``[B, T, R, S]``."""
        every = len(schema.HISTORY_EDGES)
        mask = torch.zeros(self.innings * self.longest * self.heard * every, device=self.cell.device)
        position = graph[schema.OUTCOME].position
        for number, edge_type in enumerate(schema.HISTORY_EDGES):
            source, target = graph[edge_type].edge_index
            mask[(self.cell[target] * every + number) * self.heard + position[source]] = 1.0
        return mask.view(self.innings, self.longest, every, self.heard)

    def relations_by_kind(self, graph: HeteroData) -> Tensor:
        """Write them relation by relation, behind a column of zeros: ``[B, R, T, 1 + S]``."""
        every, width = len(schema.HISTORY_EDGES), 1 + self.heard
        mask = torch.zeros(self.innings * every * self.longest * width, device=self.cell.device)
        position, innings = graph[schema.OUTCOME].position, graph[schema.DELIVERY].innings
        # A cell is a row of its innings; an innings has a block of rows for each relation.
        first = (self.cell + innings * (every - 1) * self.longest) * width + 1
        for number, edge_type in enumerate(schema.HISTORY_EDGES):
            source, target = graph[edge_type].edge_index
            mask[first[target] + number * self.longest * width + position[source]] = 1.0
        return mask.view(self.innings, every, self.longest, width)


def grid_of(graph: HeteroData) -> Grid:
    """Lay out the innings of a batch."""
    deliveries = graph[schema.DELIVERY]
    place = deliveries.position - graph.since
    longest = int(graph.longest)
    return Grid(deliveries.innings * longest + place, int(graph.num_innings), longest, graph.since)


class DistanceBias(nn.Module):
    """A learned number for each head and distance between a delivery and an earlier outcome.

    Args:
        heads: attention heads.
        largest: what the numbers stay within, either side of 0.
    """

    def __init__(self, heads: int, largest: float = math.inf) -> None:
        super().__init__()
        self.largest = largest
        self.table = nn.Embedding(int(_bucket(torch.tensor(REACH))) + 1, heads)
        nn.init.zeros_(self.table.weight)

    def forward(self, grid: Grid) -> Tensor:
        """Give the bias of every pair of places, ``[heads, T, S]``; meaningful for earlier outcomes."""
        # Pairs on a diagonal are equally far apart: looked up once, and each row a window one further on.
        longest = grid.heard - 1
        distance = torch.arange(longest, longest - grid.longest - grid.heard + 1, -1, device=grid.cell.device)
        by_distance = self.table(_bucket(distance.clamp(min=0, max=REACH))).clamp(-self.largest, self.largest)
        bias: Tensor = by_distance.t().unfold(1, grid.heard, 1).flip(1)
        return bias


def _bucket(distance: Tensor) -> Tensor:
    """Number distances: each delivery up to 8 its own, then about four to every doubling."""
    far = 8 + (4 * torch.log2(distance.clamp(min=8).float() / 8)).long()
    return torch.where(distance < 8, distance, far)
