"""Parts of the networks against what their formulas say, computed delivery by delivery."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest
import torch
from torch import Tensor
from torch_geometric.data import HeteroData

import stores
from cricketgnn.features import names
from cricketgnn.graph import schema
from cricketgnn.graph.batch import InningsGraphs
from cricketgnn.graph.fitted import fit
from cricketgnn.models.condition import SIZE, Modulation, Moment, is_chase, moment
from cricketgnn.models.dropout import Dropout
from cricketgnn.models.earlier import EarlierAttention
from cricketgnn.models.grid import DistanceBias, Grid, grid_of
from cricketgnn.models.heads import InningsHeads
from cricketgnn.models.history import HistoryAttention

HIDDEN, HEADS = 8, 2
COLUMN = {feature.name: number for number, feature in enumerate(names.DELIVERY)}


@cache
def graph() -> HeteroData:
    store = stores.store_of(stores.league(5, matches=10))
    fitted = fit(store, np.arange(len(store) // 2), bins=4)
    return InningsGraphs(store, fitted, history=6).batch(np.array([3, 0, 1]))


def states() -> tuple[Tensor, Tensor]:
    torch.manual_seed(2)
    deliveries = graph()[schema.DELIVERY].num_nodes
    return torch.randn(deliveries, HIDDEN), torch.randn(deliveries, HIDDEN)


def awake(module: torch.nn.Module) -> torch.nn.Module:
    torch.manual_seed(3)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.add_(torch.randn(parameter.shape) * 0.3)
    return module


def related(target: int, relation: int) -> list[int]:
    source, to = graph()[schema.HISTORY_EDGES[relation]].edge_index
    return sorted(source[to == target].tolist())


def test_a_grid_lays_innings_out_and_back() -> None:
    grid, (delivery, _) = grid_of(graph()), states()
    laid_out = grid.spread(delivery)
    assert laid_out.shape == (3, int(torch.bincount(graph()[schema.DELIVERY].innings).max()), HIDDEN)
    assert grid.gather(laid_out).equal(delivery)
    innings, position = (graph()[schema.DELIVERY][name] for name in ("innings", "position"))
    assert laid_out[innings, position].equal(delivery)


def test_the_relations_of_a_grid_are_the_edges() -> None:
    mask = grid_of(graph()).relations_by_pair(graph())
    delivery = graph()[schema.DELIVERY]
    for number, edge_type in enumerate(schema.HISTORY_EDGES):
        source, target = graph()[edge_type].edge_index
        assert mask[:, :, number].sum() == len(source)
        assert (
            mask[delivery.innings[target], delivery.position[target], number, delivery.position[source]] == 1
        ).all()


def test_both_layouts_of_the_relations_are_the_same() -> None:
    grid = grid_of(graph())
    by_kind = grid.relations_by_kind(graph())
    assert not by_kind[..., 0].any()  # nothing relates a delivery to silence
    assert by_kind[..., 1:].equal(grid.relations_by_pair(graph()).transpose(1, 2))


@pytest.mark.parametrize("row", [0, 1, 40, 130])
def test_attention_by_relation_is_a_gated_sum_of_one_softmax_a_relation(row: int) -> None:
    relations = len(schema.HISTORY_EDGES)
    attention = awake(HistoryAttention(HIDDEN, HEADS, relations))
    assert isinstance(attention, HistoryAttention)
    delivery, outcome = states()
    grid = grid_of(graph())
    got = attention(delivery, outcome, grid, attention.laid_out(grid, graph()))[row]
    query = torch.nn.functional.normalize(attention.query(delivery[row]).view(HEADS, -1), dim=-1)
    key, value = attention.key_value(outcome).chunk(2, dim=-1)
    gate = attention.gate(delivery[row]).view(HEADS, relations)
    bias = attention.distance_bias(grid)
    position = graph()[schema.DELIVERY].position
    message = torch.zeros(HEADS, HIDDEN // HEADS)
    for relation in range(relations):
        for head in range(HEADS):
            heard = related(row, relation)
            if not heard:
                continue
            keys = torch.nn.functional.normalize(key[heard].view(-1, HEADS, HIDDEN // HEADS)[:, head], dim=-1)
            scores = keys @ query[head] * attention.temperature[head].clamp(0, 8)
            scores = scores + bias[head, position[row], position[heard]]
            values = value[heard].view(-1, HEADS, HIDDEN // HEADS)[:, head]
            message[head] += gate[head, relation] * (scores.softmax(0) @ values)
    torch.testing.assert_close(got, attention.out(message.flatten()), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("row", [0, 1, 40, 130])
def test_attention_to_all_earlier_is_one_softmax_with_silence_before_the_first_ball(row: int) -> None:
    relations = len(schema.HISTORY_EDGES)
    attention = awake(EarlierAttention(HIDDEN, HEADS, relations))
    assert isinstance(attention, EarlierAttention)
    assert attention.relation_bias is not None
    delivery, outcome = states()
    grid = grid_of(graph())
    got = attention(delivery, outcome, grid, attention.laid_out(grid, graph()))[row]
    position = graph()[schema.DELIVERY].position
    earlier = list(range(row - int(position[row]), row))
    key, value = torch.cat([attention.silence[None], attention.key_value(outcome[earlier])]).chunk(2, dim=-1)
    query = attention.query(delivery[row]).view(HEADS, -1)
    in_relation = torch.tensor(
        [[float(one in related(row, number)) for number in range(relations)] for one in earlier]
    ).view(-1, relations)
    bias = torch.zeros(len(earlier) + 1, HEADS)
    bias[1:] = attention.distance_bias(grid)[:, position[row], : len(earlier)].T
    bias[1:] += attention.relation_bias(in_relation)
    message = []
    for head in range(HEADS):
        keys, values = (part.view(-1, HEADS, HIDDEN // HEADS)[:, head] for part in (key, value))
        scores = keys @ query[head] / (HIDDEN // HEADS) ** 0.5 + bias[:, head]
        message.append(scores.softmax(0) @ values)
    torch.testing.assert_close(got, attention.out(torch.cat(message)), rtol=1e-4, atol=1e-5)


def test_without_relations_only_distance_biases() -> None:
    attention = EarlierAttention(HIDDEN, HEADS)
    delivery, outcome = states()
    grid: Grid = grid_of(graph())
    assert attention.relation_bias is None
    assert attention(delivery, outcome, grid).shape == delivery.shape


@pytest.mark.parametrize("since", [0, 1, 37])
@pytest.mark.parametrize("largest", [math.inf, 0.5])
def test_a_bias_depends_on_the_distance_alone_and_stays_within_bounds(since: int, largest: float) -> None:
    bias = awake(DistanceBias(HEADS, largest))
    assert isinstance(bias, DistanceBias)
    grid = Grid(torch.arange(5), 1, 150, since)
    got = bias(grid)
    assert got.shape == (HEADS, 150, since + 150)
    assert (got.abs() <= largest).all()
    # Told apart up to 8, then in steps that widen, and no longer from 128 on.
    far = [0, 1, 2, 7, 8, 20, 60, 127, 128, 149]
    for distance in far:
        every = [got[:, row, since + row - distance] for row in range(max(0, distance - since), 150)]
        assert all(one.equal(every[0]) for one in every)
    rows = got[:, 149, since + 149 - torch.tensor(far)]
    assert rows[:, -1].equal(rows[:, -2])
    if largest == math.inf:
        assert len(rows[0].unique()) == len(far) - 1  # 128 and beyond are one
    got.sum().backward()
    assert bias.table.weight.grad is not None


def test_dropout_drops_its_share_and_keeps_the_mean() -> None:
    torch.manual_seed(4)
    for share, dtype in ((0.1, torch.float32), (0.5, torch.float32), (0.3, torch.bfloat16)):
        dropout, states = Dropout(share), torch.ones(1001, 333, dtype=dtype)
        dropped = dropout(states)
        assert dropped.dtype == dtype
        assert dropped.shape == states.shape
        assert (dropped == 0).double().mean().item() == pytest.approx(share, abs=3e-3)
        assert dropped.double().mean().item() == pytest.approx(1, abs=6e-3)
        kept = dropped[dropped > 0]
        assert kept.double() == pytest.approx(1 / (1 - share), rel=1e-2)
        for lane in range(4):  # each lane of a draw by itself, and none the same as its neighbour
            of_lane = dropped.flatten()[lane::4]
            assert (of_lane == 0).double().mean().item() == pytest.approx(share, abs=6e-3)
        flat = dropped.flatten() == 0
        both = (flat[:-1] & flat[1:]).double().mean().item()
        assert both == pytest.approx(share**2, abs=5e-3)


def test_dropout_learns_through_what_it_keeps_and_sleeps_outside_training() -> None:
    dropout, states = Dropout(0.4), torch.randn(50, 8, requires_grad=True)
    torch.manual_seed(5)
    once = dropout(states)
    once.sum().backward()
    assert states.grad is not None
    assert states.grad.equal(torch.where(once == 0, 0.0, 65536 / (65536 - round(0.4 * 65536))))
    torch.manual_seed(5)
    assert dropout(states).equal(once)
    assert dropout.eval()(states) is states
    for share, mean in ((0.0, 1.0), (1.0, 0.0)):
        assert Dropout(share)(torch.ones(9, 9)).mean() == mean


def test_the_moment_says_phase_chase_and_wickets() -> None:
    x = graph()[schema.DELIVERY].x
    phase = moment(graph(), (Moment.PHASE,))
    assert phase.shape[1] == SIZE[Moment.PHASE]
    assert (phase[:, :3].sum(dim=1) == 1).all()
    share = x[:, COLUMN["innings_share"]]
    assert (phase[share < 0.3, 0] == 1).all()
    assert (phase[share >= 0.75, 2] == 1).all()
    everything = moment(graph(), tuple(Moment))
    assert everything.shape == (len(x), sum(SIZE.values()))
    assert everything.isfinite().all()
    assert everything.abs().max() < 10
    chase = moment(graph(), (Moment.CHASE,))
    assert (chase[~is_chase(graph())] == 0).all()
    wickets = moment(graph(), (Moment.WICKETS,))
    np.testing.assert_allclose(wickets[:, 0] * 10, 10 - x[:, COLUMN["wickets_down"]])


def test_modulation_begins_as_the_identity_and_scales_and_shifts() -> None:
    delivery, _ = states()
    now = moment(graph(), (Moment.PHASE,))
    modulation = Modulation(HIDDEN, (Moment.PHASE,))
    assert modulation(delivery, now).equal(delivery)
    awake(modulation)
    scale, shift = modulation.scale_shift(now[7]).chunk(2)
    torch.testing.assert_close(modulation(delivery, now)[7], delivery[7] * (1 + scale) + shift)


def test_each_innings_has_its_own_heads() -> None:
    prior = torch.tensor([0.4, 0.3, 0.1, 0.01, 0.09, 0.04, 0.06])
    heads = InningsHeads(HIDDEN, prior, torch.tensor([0.9, 0.05, 0.05]))
    delivery, _ = states()
    chase = is_chase(graph())
    assert chase.any()
    assert not chase.all()
    before = heads(delivery, graph())
    awake(heads.second)
    after = heads(delivery, graph())
    for one, other in zip(before, after, strict=True):
        assert one[~chase].equal(other[~chase])
        assert (one[chase] != other[chase]).any(dim=1).all()
