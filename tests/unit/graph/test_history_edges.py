"""Which earlier outcomes a delivery listens to, against a double loop that anybody can check."""

from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from cricketgnn.graph import schema
from cricketgnn.graph.relations import InningsKeys, history_edges

RELATIONS = [relation for _, relation, _ in schema.HISTORY_EDGES]


@st.composite
def batches(draw: st.DrawFn) -> InningsKeys:
    """The keys of a few short innings in which everything repeats often."""
    lengths = draw(st.lists(st.integers(1, 7), max_size=4))
    size = sum(lengths)

    def codes() -> Tensor:
        drawn = draw(st.lists(st.integers(0, 2), min_size=size, max_size=size))
        return torch.tensor(drawn, dtype=torch.long)

    innings = torch.repeat_interleave(torch.arange(len(lengths)), torch.tensor(lengths, dtype=torch.long))
    place = torch.tensor([at for length in lengths for at in range(length)], dtype=torch.long)
    return InningsKeys(innings, place, over=codes(), bowler=codes(), striker=codes())


def _naive(keys: InningsKeys, history: int) -> dict[str, list[tuple[int, int, int]]]:
    """Source, target and distance of every edge, by relation."""
    edges: dict[str, list[tuple[int, int, int]]] = {relation: [] for relation in RELATIONS}
    for target in range(len(keys.place)):
        for source in range(target):
            if keys.innings[source] != keys.innings[target]:
                continue
            edge = (source, target, target - source)
            same_bowler = bool(keys.bowler[source] == keys.bowler[target])
            same_striker = bool(keys.striker[source] == keys.striker[target])
            holds = {
                "precedes": target - source <= history,
                "same_over": bool(keys.over[source] == keys.over[target]),
                "same_bowler": same_bowler,
                "same_striker": same_striker,
                "same_matchup": same_bowler and same_striker,
            }
            for relation in RELATIONS:
                if holds[relation]:
                    edges[relation].append(edge)
    return edges


@given(batches(), st.integers(1, 8))
def test_edges_are_those_of_a_double_loop(keys: InningsKeys, history: int) -> None:
    edges = history_edges(keys, history)
    assert list(edges) == RELATIONS
    expected = _naive(keys, history)
    for relation, (pairs, distance) in edges.items():
        assert pairs.shape == (2, len(distance))
        found = [(*pair, far) for pair, far in zip(pairs.T.tolist(), distance.tolist(), strict=True)]
        assert found == expected[relation]


def test_edges_by_hand() -> None:
    keys = InningsKeys(
        innings=torch.tensor([0, 0, 0, 1]),
        place=torch.tensor([0, 1, 2, 0]),
        over=torch.tensor([0, 0, 1, 1]),
        bowler=torch.tensor([5, 5, 6, 6]),
        striker=torch.tensor([1, 2, 1, 1]),
    )
    edges = history_edges(keys, history=1)
    assert edges["precedes"].pairs.tolist() == [[0, 1], [1, 2]]
    assert edges["same_over"].pairs.tolist() == edges["same_bowler"].pairs.tolist() == [[0], [1]]
    assert edges["same_striker"].pairs.tolist() == [[0], [2]]
    assert edges["same_striker"].distance.tolist() == [2]
    assert edges["same_matchup"].pairs.tolist() == [[], []]
