"""An innings in progress costs its new deliveries only, and gives what the whole innings would."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import torch

import stores
from cricketgnn.config.models import ModelConfig
from cricketgnn.forecasting.live_network import LiveNetwork
from cricketgnn.graph.batch import InningsGraphs
from cricketgnn.graph.fitted import fit
from cricketgnn.graph.store import GraphStore
from cricketgnn.models.forecaster import Forecaster
from cricketgnn.models.network import build_network
from cricketgnn.training.checkpoint import network_inputs

BY_DELIVERY = (
    *("delivery_x", "outcome_x", "outcome", "kind", "over", "ball"),
    *("striker", "non_striker", "bowler"),
)
BY_INNINGS = (
    *("match", "position", "day", "last_day", "is_female"),
    *("venue_ratings", "competition_ratings", "team_ratings"),
)
SMALL = ModelConfig(hidden_dim=16, num_heads=2, num_layers=2, num_bins=5)


@cache
def documents() -> stores.Documents:
    return stores.league(3, matches=6)


@cache
def graphs_and_model() -> tuple[InningsGraphs, Forecaster]:
    store = stores.store_of(documents())
    fitted = fit(store, np.arange(len(store)), bins=SMALL.num_bins)
    torch.manual_seed(0)
    networks = [build_network(SMALL, network_inputs(fitted)) for _ in range(2)]
    with torch.no_grad():
        for parameter in (one for network in networks for one in network.parameters()):
            parameter.add_(torch.randn(parameter.shape) * 0.2)
    return InningsGraphs(store, fitted, SMALL.history), Forecaster(networks)


def cut(store: GraphStore, innings: int, deliveries: int) -> InningsGraphs:
    """The graphs up to the first deliveries of an innings."""
    rows = store.pointers[innings] + deliveries
    entries = store.player_pointers[innings + 1]
    shorter = replace(
        store,
        **{name: np.array(getattr(store, name)[:rows]) for name in BY_DELIVERY},
        **{name: np.array(getattr(store, name)[: innings + 1]) for name in BY_INNINGS},
        pointers=np.append(store.pointers[: innings + 1], rows),
        player_pointers=store.player_pointers[: innings + 2],
        person=store.person[:entries],
        player_ratings=store.player_ratings[:entries],
        player_counts=store.player_counts[:, :entries],
        context_counts=store.context_counts[:, : innings + 1],
        context_entity=store.context_entity[:, : innings + 1],
    )
    graphs, _ = graphs_and_model()
    return InningsGraphs(shorter, graphs.fitted, graphs.history)


def at_once(graphs: InningsGraphs) -> Sequence[np.ndarray]:
    _, model = graphs_and_model()
    with torch.inference_mode():
        logits = model.eval()(graphs.batch(np.array([len(graphs.store) - 1])))
    return [one[-1].softmax(dim=0).numpy() for one in logits]


class Counted(LiveNetwork):
    """Says how many deliveries were computed for the latest forecast."""

    computed = 0

    def _unchanged(self, inputs: np.ndarray) -> int:
        since = super()._unchanged(inputs)
        self.computed = len(inputs) - since
        return since


def check(live: Counted, graphs: InningsGraphs, computed: int) -> None:
    for got, expected in zip(live.last(graphs), at_once(graphs), strict=True):
        np.testing.assert_allclose(got, expected, atol=1e-5)
    assert live.computed == computed


@pytest.fixture
def live() -> Counted:
    return Counted(copy.deepcopy(graphs_and_model()[1]))


def test_a_further_delivery_costs_one(live: Counted) -> None:
    store = graphs_and_model()[0].store
    check(live, cut(store, 1, 1), computed=1)
    for deliveries in (2, 3, 4):
        check(live, cut(store, 1, deliveries), computed=1)
    check(live, cut(store, 1, 4), computed=1)
    check(live, cut(store, 1, 40), computed=36)


def test_another_innings_begins_anew(live: Counted) -> None:
    store = graphs_and_model()[0].store
    check(live, cut(store, 0, 20), computed=20)
    check(live, cut(store, 1, 20), computed=20)
    check(live, cut(store, 0, 20), computed=20)


def test_what_was_not_as_it_was_forecast_is_computed_again(live: Counted) -> None:
    store = graphs_and_model()[0].store
    check(live, cut(store, 1, 30), computed=30)
    changed = cut(store, 1, 32)
    changed.store.outcome_x[store.pointers[1] + 29, 0] += 1  # the delivery that was forecast has come
    check(live, changed, computed=3)
    changed.store.delivery_x[store.pointers[1] + 10, 5] += 1  # the file was corrected
    check(live, changed, computed=22)


def test_a_bowler_who_was_misnamed_is_another_bowler(live: Counted) -> None:
    store = graphs_and_model()[0].store
    check(live, cut(store, 1, 30), computed=30)
    other = cut(store, 1, 30)
    other.store.bowler[store.pointers[1] + 25] = store.bowler[store.pointers[1] + 5]
    check(live, other, computed=5)


def test_another_ground_changes_everything(live: Counted) -> None:
    store = graphs_and_model()[0].store
    check(live, cut(store, 1, 30), computed=30)
    other = cut(store, 1, 30)
    other.nodes.venue[-1] += 0.1
    check(live, other, computed=30)


def test_a_shorter_innings_than_before(live: Counted) -> None:
    store = graphs_and_model()[0].store
    check(live, cut(store, 1, 30), computed=30)
    check(live, cut(store, 1, 12), computed=1)
    check(live, cut(store, 1, 30), computed=18)
