"""Batches of innings graphs: a gather of rows, and the edges that follow from them."""

from __future__ import annotations

import warnings
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch_geometric.data import HeteroData

from cricketgnn.features.grouped import Ints
from cricketgnn.graph import schema
from cricketgnn.graph.fitted import Fitted, NodeFeatures, node_features
from cricketgnn.graph.relations import InningsKeys, history_edges
from cricketgnn.graph.store import GraphStore

CPU: Final = torch.device("cpu")
_FROM_STORE: Final = (
    *("delivery_x", "outcome_x", "outcome", "kind", "over", "striker", "non_striker", "bowler"),
    *("pointers", "player_pointers"),
)
_FROM_NODES: Final = ("player", "venue", "team", "competition", "person")


class InningsGraphs:
    """All innings of a store as graphs, under what was fitted on the training innings.

    Everything that batches are gathered from lies where they are computed: memory-mapped on the CPU, copied
    once to a GPU, so that no batch travels.

    Args:
        store: the innings.
        fitted: priors, shrinkage, bins and vocabulary.
        history: reach of the ``precedes`` relation in deliveries.
        device: where batches are made, and stay.
        nodes: features of the static nodes, where they are known already.

    Attributes:
        nodes: features of the static nodes of every innings.
    """

    def __init__(
        self,
        store: GraphStore,
        fitted: Fitted,
        history: int,
        device: torch.device = CPU,
        nodes: NodeFeatures | None = None,
    ) -> None:
        self.store = store
        self.fitted = fitted
        self.history = history
        self.device = device
        self.nodes = node_features(store, fitted) if nodes is None else nodes
        self._of_store = {name: _resident(getattr(store, name), device) for name in _FROM_STORE}
        self._of_nodes = {name: _resident(getattr(self.nodes, name), device) for name in _FROM_NODES}

    def batch(self, innings: Ints) -> HeteroData:
        """Put the graphs of some innings side by side, as PyG batches graphs: a disjoint union.

        Args:
            innings: rows of the store, ``[B]``.

        Returns:
            Node stores with ``x`` and ``innings`` for every node type, ``outcome`` and ``kind`` of the
            deliveries, ``position`` of deliveries and outcomes, ``edge_index`` for every edge type and
            ``edge_attr`` (distance in deliveries, ``[E, 1]``) for the relations of history.
        """
        return self._graph(innings, 0)

    def end_of(self, innings: int, since: int) -> HeteroData:
        """Give the graph of an innings from a delivery on, for a network that remembers those before.

        Args:
            innings: row of the store.
            since: deliveries that are left out, fewer than there are.

        Returns:
            As :meth:`batch`, without the earlier deliveries; their outcomes stay, for edges come from them.
        """
        return self._graph(np.array([innings]), since)

    def _graph(self, innings: Ints, since: int) -> HeteroData:
        """Build the graphs of some innings, or that of one innings from a delivery on."""
        lengths = np.diff(self.store.pointers)[innings]
        chosen = torch.from_numpy(innings).to(self.device)
        heard = _spread(self._of_store["pointers"], chosen, int(lengths.sum()))
        cells = heard.since(since)
        graph = HeteroData()
        graph.num_innings, graph.longest, graph.since = len(innings), int(lengths.max()) - since, since
        delivery, outcome = graph[schema.DELIVERY], graph[schema.OUTCOME]
        delivery.x = self._gathered("delivery_x", cells.rows)
        delivery.outcome = self._gathered("outcome", cells.rows).long()
        delivery.kind = self._gathered("kind", cells.rows).long()
        delivery.innings, delivery.position = cells.of, cells.place
        outcome.x = self._gathered("outcome_x", heard.rows).float()
        outcome.innings, outcome.position = heard.of, heard.place
        entries = np.diff(self.store.player_pointers)[innings]
        players = _spread(self._of_store["player_pointers"], chosen, int(entries.sum()))
        self._add_static_nodes(graph, chosen, players)
        self._add_edges(graph, heard, players, since)
        return graph

    def _gathered(self, name: str, rows: Tensor) -> Tensor:
        return self._of_store[name].index_select(0, rows)

    def _add_static_nodes(self, graph: HeteroData, chosen: Tensor, players: _Rows) -> None:
        nodes = self._of_nodes
        graph[schema.PLAYER].x = nodes["player"].index_select(0, players.rows)
        graph[schema.PLAYER].person = nodes["person"].index_select(0, players.rows)
        graph[schema.VENUE].x = nodes["venue"].index_select(0, chosen)
        graph[schema.TEAM].x = nodes["team"].index_select(0, chosen).flatten(0, 1)
        graph[schema.COMPETITION].x = nodes["competition"].index_select(0, chosen)
        each = torch.arange(len(chosen), device=self.device)
        graph[schema.PLAYER].innings = players.of
        graph[schema.VENUE].innings = graph[schema.COMPETITION].innings = each
        graph[schema.TEAM].innings = each.repeat_interleave(2)

    def _add_edges(self, graph: HeteroData, heard: _Rows, players: _Rows, since: int) -> None:
        first_entry, of = players.first[heard.of], heard.of[since:]
        people = {
            "faces": first_entry + self._gathered("striker", heard.rows),
            "partners": first_entry + self._gathered("non_striker", heard.rows),
            "bowls": first_entry + self._gathered("bowler", heard.rows),
        }
        takes_part = {name: entry[since:] for name, entry in people.items()}
        source = {**takes_part, "hosts": of, "bats": 2 * of, "fields": 2 * of + 1, "frames": of}
        target = torch.arange(len(of), device=self.device)
        for edge_type in schema.CONTEXT_EDGES:
            graph[edge_type].edge_index = torch.stack([source[edge_type[1]], target])
        graph[schema.BECOMES].edge_index = torch.stack([target, target + since])
        keys = InningsKeys(
            innings=heard.of,
            place=heard.place,
            over=self._gathered("over", heard.rows),
            bowler=people["bowls"],
            striker=people["faces"],
        )
        for relation, edges in history_edges(keys, self.history, since).items():
            of_relation = graph[schema.OUTCOME, relation, schema.DELIVERY]
            of_relation.edge_index = edges.pairs
            of_relation.edge_attr = edges.distance.float().unsqueeze(1)


class _Rows(NamedTuple):
    """Rows of some ranges, one range after the other.

    Attributes:
        of: range of each row, ``[N]``.
        place: place of each row in its range, ``[N]``.
        rows: the rows, ``[N]``.
        first: place of each range's first row in ``rows``, ``[B]``.
    """

    of: Tensor
    place: Tensor
    rows: Tensor
    first: Tensor

    def since(self, row: int) -> _Rows:
        """Leave the first rows out."""
        return _Rows(self.of[row:], self.place[row:], self.rows[row:], self.first)


def _spread(pointers: Tensor, chosen: Tensor, total: int) -> _Rows:
    """List ``pointers[i]:pointers[i + 1]`` for each chosen ``i``, ``total`` rows together."""
    starts = pointers[chosen]
    lengths = pointers[chosen + 1] - starts
    each = torch.arange(len(chosen), device=chosen.device)
    of = torch.repeat_interleave(each, lengths, output_size=total)
    first = lengths.cumsum(0) - lengths
    place = torch.arange(total, device=chosen.device) - first[of]
    return _Rows(of, place, starts[of] + place, first)


def _resident(values: npt.NDArray[np.generic], device: torch.device) -> Tensor:
    with warnings.catch_warnings():  # what is memory-mapped cannot be written to, and is not
        warnings.filterwarnings("ignore", message="The given NumPy array is not writable")
        return torch.from_numpy(values).to(device)
