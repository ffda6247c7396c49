"""Attention over earlier outcomes, one distribution for each relation, as dense blocks of innings.

An innings has some 120 deliveries and each relation is a subset of the pairs (delivery, earlier outcome).
Gathering a key and a value vector for every edge moves far more memory than one score matrix an innings
holds, so the edges of a batch are written once into dense masks that every layer shares.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch_geometric.data import HeteroData

from cricketgnn.models.grid import DistanceBias, Grid

MAX_SCALE = 8.0
MAX_BIAS = 8.0
"""Bounds of the learned temperature and distance bias: they keep exp() in range without a running maximum."""


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
    """

    def __init__(self, hidden: int, heads: int, relations: int) -> None:
        super().__init__()
        self.heads, self.relations = heads, relations
        self.query = nn.Linear(hidden, hidden, bias=False)
        self.key_value = nn.Linear(hidden, 2 * hidden, bias=False)
        self.gate = nn.Linear(hidden, heads * relations)
        self.out = nn.Linear(hidden, hidden, bias=False)
        self.temperature = nn.Parameter(torch.full((heads,), 2.0))
        self.distance_bias = DistanceBias(heads, MAX_BIAS)
        nn.init.zeros_(self.gate.weight)
        nn.init.constant_(self.gate.bias, 1 / relations)

    def forward(self, delivery: Tensor, outcome: Tensor, grid: Grid, relations: Tensor) -> Tensor:
        """Compute the message to each delivery, ``[D, H]``.

        Args:
            delivery: delivery states, ``[D, H]``.
            outcome: states of all outcomes, ``[D, H]`` or, with a memory, ``[S, H]``.
            grid: where the deliveries stand.
            relations: from :meth:`laid_out`.
        """
        cells = grid.innings * grid.longest
        mask = relations.view(cells, self.relations, grid.heard)
        query = functional.normalize(self._by_head(grid.spread(self.query(delivery))), dim=-1)
        query = query * self.temperature.clamp(0, MAX_SCALE)[:, None]
        key, value = map(self._by_head, grid.spread_heard(self.key_value(outcome)).chunk(2, dim=-1))
        key = functional.normalize(key, dim=-1)
        scores = torch.einsum("bthd,bshd->bhts", query, key) + self.distance_bias(grid)
        weights = scores.exp().transpose(1, 2).reshape(cells, self.heads, -1)  # [B * T, heads, S]
        totals = weights @ mask.transpose(1, 2)  # [B * T, heads, R]: each relation's normaliser
        gate = grid.spread(self.gate(delivery)).view(cells, self.heads, self.relations)
        shares = torch.where(totals > 0, gate / totals.clamp(min=1e-20), 0.0)
        attention = weights * (shares @ mask)  # [B * T, heads, S]
        attention = attention.view(grid.innings, grid.longest, self.heads, -1)
        message = torch.einsum("bths,bshd->bthd", attention, value)
        return self.out(grid.gather(message.flatten(2)))

    @staticmethod
    def laid_out(grid: Grid, graph: HeteroData) -> Tensor:
        """Lay the relations out as this attention takes them, ``[B, T, R, S]``."""
        return grid.relations_by_pair(graph)

    def _by_head(self, states: Tensor) -> Tensor:
        """Part ``[B, N, H]`` by head: ``[B, N, heads, H / heads]``."""
        return states.reshape(*states.shape[:2], self.heads, -1)
