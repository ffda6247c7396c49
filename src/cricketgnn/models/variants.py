"""The model variants: each differs from another in one named part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from cricketgnn.config.models import ModelClass
from cricketgnn.models.condition import Moment


class Messages(StrEnum):
    """How deliveries hear earlier outcomes."""

    BY_RELATION = "by relation"
    ALL_AT_ONCE = "all at once"
    NONE = "none"


class Readout(StrEnum):
    """What is read for each delivery."""

    QUERY = "query"
    POOLED = "pooled"
    HYBRID = "hybrid"


@dataclass(frozen=True)
class Variant:
    """What a model class is made of.

    Attributes:
        messages: one attention for each relation; one over everything earlier, relations as biases; none.
        readout: the delivery; with a pool of earlier outcomes; with a match-up of striker and bowler besides.
        modulated_by: parts of the moment that scale and shift the deliveries after each round.
        head_an_innings: the second innings has heads of its own, which see the chase.
    """

    messages: Messages = Messages.BY_RELATION
    readout: Readout = Readout.QUERY
    modulated_by: tuple[Moment, ...] = ()
    head_an_innings: bool = False


VARIANTS: Final[Mapping[ModelClass, Variant]] = {
    ModelClass.HETERO_GNN: Variant(),
    ModelClass.POOLING: Variant(readout=Readout.POOLED),
    ModelClass.HYBRID: Variant(readout=Readout.HYBRID),
    ModelClass.PHASE_MODULATED: Variant(readout=Readout.HYBRID, modulated_by=(Moment.PHASE,)),
    ModelClass.INNINGS_CONDITIONAL: Variant(readout=Readout.HYBRID, head_an_innings=True),
    ModelClass.FULL: Variant(readout=Readout.HYBRID, modulated_by=tuple(Moment), head_an_innings=True),
    ModelClass.GRAPH_TRANSFORMER: Variant(messages=Messages.ALL_AT_ONCE),
    ModelClass.MLP: Variant(messages=Messages.NONE),
}
