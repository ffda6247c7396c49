"""The check that no message of a graph can travel back in time."""

from __future__ import annotations

from torch_geometric.data import HeteroData

from cricketgnn.errors import DataError
from cricketgnn.graph import schema


def check_causality(graph: HeteroData) -> None:
    """Refuse a graph in which something of delivery ``t`` or later could reach the prediction for ``t``.

    Enough, because it is checked on every edge: outcomes listen to their own delivery alone, deliveries
    listen to strictly earlier outcomes of their innings and to static nodes, static nodes listen to
    nothing. Every path then moves forward in time.

    Raises:
        DataError: an edge type is unknown, or an edge points back or across innings.
    """
    place, innings = graph[schema.DELIVERY].position, graph[schema.DELIVERY].innings
    for edge_type in graph.edge_types:
        if edge_type not in schema.EDGE_TYPES:
            raise DataError(f"edge type {edge_type} is not one of the innings graph; see graph/schema.py")
        source, target = graph[edge_type].edge_index
        if edge_type in schema.HISTORY_EDGES:
            bad = (place[source] >= place[target]) | (innings[source] != innings[target])
            if bad.any():
                at = int(bad.nonzero()[0])
                raise DataError(
                    f"edge {edge_type}: outcome {int(source[at])} reaches delivery {int(target[at])}, "
                    "which is not a later delivery of the same innings"
                )
        elif edge_type == schema.BECOMES and not source.equal(target):
            raise DataError(f"edge {edge_type}: a delivery must become its own outcome")
