"""Batches of innings graphs: a gather of rows, and the edges that follow from them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch_geometric.data import HeteroData

from cricketgnn.features.grouped import Ints
from cricketgnn.graph import schema
from cricketgnn.graph.fitted import Fitted, node_features
from cricketgnn.graph.relations import InningsKeys, history_edges
from cricketgnn.graph.store import GraphStore, ranges


class InningsGraphs:
    """All innings of a store as graphs, under what was fitted on the training innings.

    Args:
        store: the innings.
        fitted: priors, shrinkage, bins and vocabulary.
        history: reach of the ``precedes`` relation in deliveries.

    Attributes:
        nodes: features of the static nodes of every innings.
    """

    def __init__(self, store: GraphStore, fitted: Fitted, history: int) -> None:
        self.store = store
        self.fitted = fitted
        self.history = history
        self.nodes = node_features(store, fitted)

    def batch(self, innings: Ints) -> HeteroData:
        """Put the graphs of some innings side by side, as PyG batches graphs: a disjoint union.

        Args:
            innings: rows of the store, ``[B]``.

        Returns:
            Node stores with ``x`` and ``innings`` for every node type, ``outcome`` and ``kind`` of the
            deliveries, ``position`` of deliveries and outcomes, ``edge_index`` for every edge type and
            ``edge_attr`` (distance in deliveries, ``[E, 1]``) for the relations of history.
        """
        store = self.store
        rows = store.rows_of(innings)
        lengths = np.diff(store.pointers)[innings]
        of = np.repeat(np.arange(len(innings)), lengths)
        graph = HeteroData()
        graph.num_innings, graph.since = len(innings), 0
        delivery = graph[schema.DELIVERY]
        delivery.x = _tensor(store.delivery_x[rows])
        delivery.outcome = _tensor(store.outcome[rows]).long()
        delivery.kind = _tensor(store.kind[rows]).long()
        delivery.innings = _tensor(of)
        delivery.position = _tensor(rows - store.pointers[innings][of])
        graph[schema.OUTCOME].x = _tensor(store.outcome_x[rows]).float()
        graph[schema.OUTCOME].innings = delivery.innings
        graph[schema.OUTCOME].position = delivery.position
        self._add_static_nodes(graph, innings)
        self._add_edges(graph, innings, rows, of)
        return graph

    def end_of(self, innings: int, since: int) -> HeteroData:
        """Give the graph of an innings from a delivery on, for a network that remembers those before.

        Args:
            innings: row of the store.
            since: deliveries that are left out, fewer than there are.

        Returns:
            As :meth:`batch`, without the earlier deliveries; their outcomes stay, for edges come from them.
        """
        graph = self.batch(np.array([innings]))
        graph.since = since
        delivery = graph[schema.DELIVERY]
        for name in ("x", "outcome", "kind", "innings", "position"):
            delivery[name] = delivery[name][since:]
        for edge_type in (*schema.CONTEXT_EDGES, *schema.HISTORY_EDGES):
            source, target = graph[edge_type].edge_index
            later = target >= since
            graph[edge_type].edge_index = torch.stack([source[later], target[later] - since])
            if edge_type in schema.HISTORY_EDGES:
                graph[edge_type].edge_attr = graph[edge_type].edge_attr[later]
        deliveries = torch.arange(len(delivery.x))
        graph[schema.BECOMES].edge_index = torch.stack([deliveries, deliveries + since])
        return graph

    def _add_static_nodes(self, graph: HeteroData, innings: Ints) -> None:
        entries = ranges(self.store.player_pointers[innings], self.store.player_pointers[innings + 1])
        graph[schema.PLAYER].x = _tensor(self.nodes.player[entries])
        graph[schema.PLAYER].person = _tensor(self.nodes.person[entries])
        graph[schema.VENUE].x = _tensor(self.nodes.venue[innings])
        graph[schema.TEAM].x = _tensor(self.nodes.team[innings].reshape(2 * len(innings), -1))
        graph[schema.COMPETITION].x = _tensor(self.nodes.competition[innings])
        each = np.arange(len(innings))
        graph[schema.PLAYER].innings = _tensor(np.repeat(each, np.diff(self.store.player_pointers)[innings]))
        graph[schema.VENUE].innings = graph[schema.COMPETITION].innings = _tensor(each)
        graph[schema.TEAM].innings = _tensor(np.repeat(each, 2))

    def _add_edges(self, graph: HeteroData, innings: Ints, rows: Ints, of: Ints) -> None:
        store = self.store
        entries = np.diff(store.player_pointers)[innings]
        first_entry = (np.cumsum(entries) - entries)[of]
        people = {
            "faces": first_entry + store.striker[rows],
            "partners": first_entry + store.non_striker[rows],
            "bowls": first_entry + store.bowler[rows],
        }
        source = {**people, "hosts": of, "bats": 2 * of, "fields": 2 * of + 1, "frames": of}
        target = torch.arange(len(rows))
        for edge_type in schema.CONTEXT_EDGES:
            graph[edge_type].edge_index = torch.stack([_tensor(source[edge_type[1]]), target])
        graph[schema.BECOMES].edge_index = torch.stack([target, target])
        keys = InningsKeys(
            innings=graph[schema.DELIVERY].innings,
            place=graph[schema.DELIVERY].position,
            over=_tensor(store.over[rows]),
            bowler=_tensor(people["bowls"]),
            striker=_tensor(people["faces"]),
        )
        for relation, edges in history_edges(keys, self.history).items():
            of_relation = graph[schema.OUTCOME, relation, schema.DELIVERY]
            of_relation.edge_index = edges.pairs
            of_relation.edge_attr = edges.distance.float().unsqueeze(1)


def _tensor(values: npt.NDArray[np.generic]) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(values))
