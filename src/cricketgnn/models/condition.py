"""The moment of an innings in a few numbers, and how it modulates what a network thinks."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import torch
from torch import Tensor, nn
from torch_geometric.data import HeteroData

from cricketgnn.cricket.overs import DEATH_FROM, MIDDLE_FROM
from cricketgnn.features import names
from cricketgnn.graph import schema


class Moment(StrEnum):
    """What about the moment may modulate a network."""

    PHASE = "phase"
    CHASE = "chase"
    WICKETS = "wickets"


SIZE: Final = {Moment.PHASE: 4, Moment.CHASE: 4, Moment.WICKETS: 2}
"""How many numbers each part of the moment takes."""


def column(graph: HeteroData, name: str) -> Tensor:
    """Give a feature of all deliveries by its name, ``[D]``."""
    return graph[schema.DELIVERY].x[:, names.DELIVERY_COLUMN[name]]


def is_chase(graph: HeteroData) -> Tensor:
    """Tell which deliveries belong to a second innings, ``[D]`` bool."""
    return column(graph, "is_chase") > 0.5


def moment(graph: HeteroData, parts: tuple[Moment, ...]) -> Tensor:
    """Describe the moment of each delivery in numbers of about 1, ``[D, sum of SIZE]``."""
    return torch.cat([_DESCRIBED[part](graph) for part in parts], dim=1)


def _phase(graph: HeteroData) -> Tensor:
    """Which phase it is, and how far the innings has come."""
    share = column(graph, "innings_share")
    middle, death = share >= MIDDLE_FROM, share >= DEATH_FROM
    return torch.stack([(~middle).float(), (middle & ~death).float(), death.float(), share], dim=1)


def _chase(graph: HeteroData) -> Tensor:
    """Whether there is a target, the rate it asks for, how far that is above the current one, runs to get."""
    known = column(graph, "target_known")
    rate, gap = column(graph, "required_rate") / 12, column(graph, "rate_gap").clamp(-12, 12) / 12
    return torch.stack([known, rate, gap, column(graph, "runs_required") / 100], dim=1)


def _wickets(graph: HeteroData) -> Tensor:
    """Wickets in hand, and how many balls there are for each."""
    in_hand = (10 - column(graph, "wickets_down")).clamp(min=0)
    return torch.stack([in_hand / 10, column(graph, "balls_left") / (in_hand + 1) / 20], dim=1)


_DESCRIBED: Final = {Moment.PHASE: _phase, Moment.CHASE: _chase, Moment.WICKETS: _wickets}


class Modulation(nn.Module):
    """Scale and shift each feature of the delivery states by the moment (FiLM, arXiv 1709.07871).

    Starts as the identity.
    """

    def __init__(self, hidden: int, parts: tuple[Moment, ...]) -> None:
        super().__init__()
        self.scale_shift = nn.Linear(sum(SIZE[part] for part in parts), 2 * hidden)
        nn.init.zeros_(self.scale_shift.weight)
        nn.init.zeros_(self.scale_shift.bias)

    def forward(self, states: Tensor, moment: Tensor) -> Tensor:
        """Modulate ``[D, H]`` states by the moments ``[D, C]``."""
        scale, shift = self.scale_shift(moment).chunk(2, dim=-1)
        return states * (1 + scale) + shift
