"""Attention over all earlier outcomes of an innings at once, the relations no more than a bias."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch_geometric.data import HeteroData

from cricketgnn.models.grid import DistanceBias, Grid

_NEVER = -1e9
"""Score of an outcome that is not earlier: its weight is exactly 0 in float32, without an infinity."""


class EarlierAttention(nn.Module):
    """Let every delivery listen to one mixture of the innings' earlier outcomes, or to silence.

    For delivery ``t`` and head ``h``, over ``s < t`` and a learned silence that stands before the first
    ball (so that it, too, has something to attend to)::

        a(t, s) = softmax over s of (query(t) . key(s) / sqrt(d) + distance bias + sum of relation biases)

    Graphormer's attention with edge and distance biases (arXiv 2106.05234), made causal.

    Args:
        hidden: width ``H``.
        heads: attention heads, dividing ``H``.
        relations: how many relations bias the scores; 0 for none.
    """

    def __init__(self, hidden: int, heads: int, relations: int = 0) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(hidden, hidden, bias=False)
        self.key_value = nn.Linear(hidden, 2 * hidden, bias=False)
        self.silence = nn.Parameter(torch.zeros(2 * hidden))
        self.out = nn.Linear(hidden, hidden, bias=False)
        self.distance_bias = DistanceBias(heads)
        self.relation_bias = nn.Linear(relations, heads, bias=False) if relations else None
        if self.relation_bias is not None:
            nn.init.zeros_(self.relation_bias.weight)

    def forward(
        self, delivery: Tensor, outcome: Tensor, grid: Grid, relations: Tensor | None = None
    ) -> Tensor:
        """Compute the message to each delivery, ``[D, H]``.

        Args:
            delivery: delivery states, ``[D, H]``.
            outcome: states of all outcomes, ``[D, H]`` or, with a memory, ``[S, H]``.
            grid: where the deliveries stand.
            relations: from :meth:`laid_out`, where they bias the scores.
        """
        query = self._by_head(grid.spread(self.query(delivery)))
        heard = torch.cat(
            [self.silence.expand(grid.innings, 1, -1), grid.spread_heard(self.key_value(outcome))], dim=1
        )
        key, value = (self._by_head(part) for part in heard.chunk(2, dim=-1))
        # Not scaled_dot_product_attention: for a bias that is learned it has no fused kernel on a CPU, and
        # its plain one passes three times more over scores of every pair.
        bias, scale = self._bias(grid, relations), query.shape[-1] ** -0.5
        scores = torch.baddbmm(bias, query, key.transpose(1, 2), alpha=scale)
        message = (scores.softmax(dim=-1) @ value).view(grid.innings, self.heads, grid.longest, -1)
        return self.out(grid.gather(message.transpose(1, 2).flatten(2)))

    @staticmethod
    def laid_out(grid: Grid, graph: HeteroData) -> Tensor:
        """Lay the relations out as this attention takes them, ``[B, R, T, 1 + S]``."""
        return grid.relations_by_kind(graph)

    def _by_head(self, states: Tensor) -> Tensor:
        """Part ``[B, N, H]`` by head: ``[B * heads, N, H / heads]``."""
        return states.view(*states.shape[:2], self.heads, -1).transpose(1, 2).flatten(0, 1)

    def _bias(self, grid: Grid, relations: Tensor | None) -> Tensor:
        """Add up the biases of every pair, those of silence 0, and forbid what is not earlier.

        Returns:
            ``[B * heads, T, 1 + S]``.
        """
        bias = self.distance_bias(grid)  # [heads, T, S]
        later = torch.ones(grid.longest, grid.heard, dtype=torch.bool, device=bias.device).triu(grid.since)
        bias = functional.pad(bias.masked_fill(later, _NEVER), (1, 0))
        if self.relation_bias is None:
            return bias.repeat(grid.innings, 1, 1)
        assert relations is not None  # who biases by them has them
        by_kind = self.relation_bias.weight.expand(grid.innings, -1, -1)  # [B, heads, R]
        of_pairs = torch.baddbmm(bias.flatten(1).unsqueeze(0), by_kind, relations.flatten(2))
        return of_pairs.view(-1, *bias.shape[1:])
