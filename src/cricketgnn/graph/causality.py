"""The check that no message of a graph can travel back in time."""

from __future__ import annotations

from torch import Tensor
from torch_geometric.data import HeteroData

from cricketgnn.errors import DataError
from cricketgnn.graph import schema


def check_causality(graph: HeteroData) -> None:
    """Refuse a graph in which something of delivery ``t`` or later could reach the prediction for ``t``.

    Enough, because it is checked on every edge: outcomes listen to their own delivery alone, deliveries
    listen to strictly earlier outcomes and to static nodes, static nodes listen to nothing. Every path
    then moves forward in time. No edge may join two innings, static nodes not either: those of an innings
    played later know what happened in this one.

    Raises:
        DataError: an edge type is unknown, or an edge points back or across innings.
    """
    place, of_outcome = graph[schema.DELIVERY].position, graph[schema.OUTCOME].position
    for edge_type in graph.edge_types:
        if edge_type not in schema.EDGE_TYPES:
            raise DataError(f"edge type {edge_type} is not one of the innings graph; see graph/schema.py")
        source_type, _, target_type = edge_type
        source, target = graph[edge_type].edge_index
        across = graph[source_type].innings[source] != graph[target_type].innings[target]
        _refuse(across, edge_type, source, target, "which belongs to another innings")
        if edge_type in schema.HISTORY_EDGES:
            back = of_outcome[source] >= place[target]
            _refuse(back, edge_type, source, target, "which is not a later delivery")
        elif edge_type == schema.BECOMES:
            other = place[source] != of_outcome[target]
            _refuse(other, edge_type, source, target, "which is not its own outcome")


def _refuse(bad: Tensor, edge_type: schema.EdgeType, source: Tensor, target: Tensor, why: str) -> None:
    """Name the first of the bad edges (``[E]`` flags), if there is one."""
    if bad.any():
        at = int(bad.nonzero()[0])
        source_type, _, target_type = edge_type
        raise DataError(
            f"edge {edge_type}: {source_type} {int(source[at])} reaches "
            f"{target_type} {int(target[at])}, {why}"
        )
