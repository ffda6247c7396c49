"""Batches are disjoint unions of innings graphs, and the causality check lets nothing else pass."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch_geometric.data import Batch, HeteroData

import stores
from cricketgnn.errors import DataError
from cricketgnn.features import names
from cricketgnn.graph import schema
from cricketgnn.graph.batch import InningsGraphs
from cricketgnn.graph.causality import check_causality
from cricketgnn.graph.fitted import fit
from cricketgnn.graph.store import GraphStore, ranges
from match_files import ball, innings, match, over

INNINGS = st.lists(st.integers(0, 11), min_size=1, max_size=4)


@cache
def store() -> GraphStore:
    return stores.store_of(stores.league(7, matches=6))


@cache
def graphs() -> InningsGraphs:
    return InningsGraphs(store(), fit(store(), np.arange(6), bins=4), history=9)


def batch(*rows: int) -> HeteroData:
    return graphs().batch(np.array(rows))


@settings(deadline=None, max_examples=15)
@given(INNINGS)
def test_a_batch_is_the_single_graphs_side_by_side(rows: list[int]) -> None:
    together = batch(*rows)
    side_by_side = Batch.from_data_list([batch(row) for row in rows])
    assert together.num_innings == len(rows)
    for node_type in schema.NODE_TYPES:
        assert together[node_type].x.equal(side_by_side[node_type].x)
        assert together[node_type].innings.equal(side_by_side[node_type].batch)
    for name in ("outcome", "kind", "position"):
        assert together[schema.DELIVERY][name].equal(side_by_side[schema.DELIVERY][name])
    assert set(together.edge_types) == set(side_by_side.edge_types) == set(schema.EDGE_TYPES)
    for edge_type in schema.EDGE_TYPES:
        assert together[edge_type].edge_index.equal(side_by_side[edge_type].edge_index)
    for edge_type in schema.HISTORY_EDGES:
        assert together[edge_type].edge_attr.equal(side_by_side[edge_type].edge_attr)


def test_the_graph_of_an_innings_by_hand() -> None:
    of = stores.store_of(
        {"1": match(innings(over(0, ball(4), ball(wides=1)), over(1, ball(striker="R3", bowler="B2"))))}
    )
    graph = InningsGraphs(of, fit(of, np.array([0]), bins=3), history=2).batch(np.array([0]))
    people = [str(of.person_ids[person]) for person in of.person]
    assert people == ["0000aa01", "0000aa02", "0000aa03", "0000bb02", "0000bb0b"]
    expected = {
        "faces": [[0, 0, 2], [0, 1, 2]],
        "partners": [[1, 1, 1], [0, 1, 2]],
        "bowls": [[4, 4, 3], [0, 1, 2]],
        "hosts": [[0, 0, 0], [0, 1, 2]],
        "bats": [[0, 0, 0], [0, 1, 2]],
        "fields": [[1, 1, 1], [0, 1, 2]],
        "frames": [[0, 0, 0], [0, 1, 2]],
        "becomes": [[0, 1, 2], [0, 1, 2]],
        "precedes": [[0, 0, 1], [1, 2, 2]],
        "same_over": [[0], [1]],
        "same_bowler": [[0], [1]],
        "same_striker": [[0], [1]],
        "same_matchup": [[0], [1]],
    }
    assert {edge_type[1]: graph[edge_type].edge_index.tolist() for edge_type in graph.edge_types} == expected
    assert graph[schema.OUTCOME, "precedes", schema.DELIVERY].edge_attr.tolist() == [[1], [2], [1]]
    delivery = graph[schema.DELIVERY]
    assert delivery.outcome.tolist() == [4, -1, 0]
    assert delivery.kind.tolist() == [0, 1, 0]
    widths = {node_type: graph[node_type].x.shape for node_type in schema.NODE_TYPES}
    assert widths == {
        "delivery": (3, len(names.DELIVERY)),
        "outcome": (3, len(names.OUTCOME)),
        "player": (5, len(names.PLAYER)),
        "venue": (1, len(names.VENUE)),
        "team": (2, len(names.TEAM)),
        "competition": (1, len(names.COMPETITION)),
    }
    assert all(graph[node_type].x.dtype == torch.float32 for node_type in schema.NODE_TYPES)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 4))))
def test_ranges_are_those_of_a_loop(spans: list[tuple[int, int]]) -> None:
    starts = np.array([start for start, _ in spans], dtype=np.int64)
    lengths = np.array([length for _, length in spans], dtype=np.int64)
    expected = [row for start, length in spans for row in range(start, start + length)]
    assert ranges(starts, starts + lengths).tolist() == expected


def test_rows_of_innings_come_in_the_order_asked_for() -> None:
    pointers = store().pointers
    expected = [*range(pointers[3], pointers[4]), *range(pointers[1], pointers[2])]
    assert store().rows_of(np.array([3, 1])).tolist() == expected


@settings(deadline=None, max_examples=15)
@given(INNINGS)
def test_real_batches_are_causal(rows: list[int]) -> None:
    check_causality(batch(*rows))


def _plant(graph: HeteroData, edge_type: schema.EdgeType, source: int, target: int) -> None:
    planted = torch.tensor([[source], [target]])
    graph[edge_type].edge_index = torch.cat([graph[edge_type].edge_index, planted], dim=1)


@pytest.mark.parametrize("since", [0, 1, 30])
def test_the_end_of_an_innings_is_the_graph_without_its_beginning(since: int) -> None:
    whole, end = batch(2), graphs().end_of(2, since)
    assert len(end[schema.DELIVERY].x) == len(whole[schema.DELIVERY].x) - since > 0
    check_causality(end)
    assert end[schema.DELIVERY].x.equal(whole[schema.DELIVERY].x[since:])
    for edge_type in schema.EDGE_TYPES:
        source, target = whole[edge_type].edge_index
        of_delivery = source if edge_type == schema.BECOMES else target
        kept = torch.stack([source, target])[:, of_delivery >= since]
        kept[0 if edge_type == schema.BECOMES else 1] -= since
        assert end[edge_type].edge_index.equal(kept)
        if edge_type in schema.HISTORY_EDGES:
            assert end[edge_type].edge_attr.equal(whole[edge_type].edge_attr[of_delivery >= since])


@pytest.mark.parametrize("edge_type", schema.HISTORY_EDGES)
@pytest.mark.parametrize(("source", "target"), [(7, 7), (8, 7), (20, 3)])
def test_an_edge_that_does_not_point_forward_is_refused(
    edge_type: schema.EdgeType, source: int, target: int
) -> None:
    graph = batch(0, 1)
    _plant(graph, edge_type, source, target)
    with pytest.raises(
        DataError, match=f"{edge_type[1]}.*outcome {source} reaches delivery {target}, .*not a later"
    ):
        check_causality(graph)


@pytest.mark.parametrize("edge_type", schema.HISTORY_EDGES)
def test_history_does_not_reach_into_another_innings(edge_type: schema.EdgeType) -> None:
    graph = batch(0, 1)
    _plant(graph, edge_type, 0, graph[schema.DELIVERY].num_nodes - 1)
    with pytest.raises(DataError, match=f"{edge_type[1]}.*belongs to another innings"):
        check_causality(graph)


@pytest.mark.parametrize("edge_type", schema.CONTEXT_EDGES)
def test_the_context_of_another_innings_knows_too_much(edge_type: schema.EdgeType) -> None:
    graph = batch(0, 1)
    _plant(graph, edge_type, graph[edge_type[0]].num_nodes - 1, 0)
    with pytest.raises(DataError, match=f"{edge_type[1]}.*belongs to another innings"):
        check_causality(graph)


def test_a_delivery_becomes_its_own_outcome_only() -> None:
    graph = batch(0)
    _plant(graph, schema.BECOMES, 3, 2)
    with pytest.raises(DataError, match="delivery 3 reaches outcome 2, which is not its own"):
        check_causality(graph)


@pytest.mark.parametrize(
    "edge_type",
    [
        (schema.OUTCOME, "informs", schema.PLAYER),
        (schema.DELIVERY, "precedes", schema.DELIVERY),
        (schema.DELIVERY, "rev_faces", schema.PLAYER),
    ],
)
def test_an_edge_type_nobody_knows_is_refused(edge_type: schema.EdgeType) -> None:
    graph = batch(0)
    graph[edge_type].edge_index = torch.tensor([[0], [0]])
    with pytest.raises(DataError, match=f"{edge_type[1]}.*not one of the innings graph"):
        check_causality(graph)


def test_no_edge_type_leads_from_what_happened_to_anything_but_deliveries() -> None:
    from_outcomes = [edge_type for edge_type in schema.EDGE_TYPES if edge_type[0] == schema.OUTCOME]
    assert tuple(from_outcomes) == schema.HISTORY_EDGES
    assert {target for _, _, target in schema.EDGE_TYPES} == {schema.DELIVERY, schema.OUTCOME}
