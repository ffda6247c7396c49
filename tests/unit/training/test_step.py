"""The gradients of a batch are those of the whole, however it is parted."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch

from cricketgnn.config.models import ModelClass, Precision
from cricketgnn.cricket.outcomes import NO_OUTCOME
from cricketgnn.graph.store import GraphStore
from cricketgnn.training.loss import TwoHeadLoss
from cricketgnn.training.setup import set_up
from cricketgnn.training.step import (
    INNINGS_A_THREAD,
    INNINGS_ALONE,
    DivergedError,
    accumulate_gradients,
    innings_at_once,
    of_like_length,
)
from small_league import tiny

CPU = torch.device("cpu")


@pytest.mark.parametrize("gamma", [0.0, 2.0])
@pytest.mark.parametrize("weights", [None, torch.linspace(0.4, 2.0, 7)])
def test_parts_add_up_to_the_gradients_of_the_whole(
    store: GraphStore, monkeypatch: pytest.MonkeyPatch, gamma: float, weights: torch.Tensor | None
) -> None:
    setup = set_up(tiny().config, store)
    innings = setup.split.training[:11]
    assert (store.outcome[store.rows_of(innings)] == NO_OUTCOME).any(), "without a wide all counts agree"
    loss_of = TwoHeadLoss(gamma, weights, kind_weight=0.3)
    network = setup.state.network.eval()  # no dropout: its noise would depend on the parts
    whole = copy.deepcopy(network)
    graph = setup.graphs.batch(innings)
    loss = loss_of(whole(graph), graph["delivery"].outcome, graph["delivery"].kind)
    loss.backward()
    monkeypatch.setattr("cricketgnn.training.step.INNINGS_ALONE", 3)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 1)
    value, deliveries = accumulate_gradients(network, setup.graphs, innings, loss_of)
    assert value == pytest.approx(loss.item(), rel=1e-5)
    assert deliveries == len(graph["delivery"].outcome)
    for (name, ours), (_, theirs) in zip(network.named_parameters(), whole.named_parameters(), strict=True):
        assert torch.allclose(ours.grad, theirs.grad, rtol=1e-3, atol=1e-6), name


@pytest.mark.parametrize("model_class", list(ModelClass))
def test_gradients_in_bfloat16_point_the_same_way(store: GraphStore, model_class: ModelClass) -> None:
    setup = set_up(tiny(model_class=model_class.value).config, store)
    innings, loss_of = setup.split.training[:11], TwoHeadLoss(0.0, None, kind_weight=0.3)
    found: dict[Precision, tuple[float, torch.Tensor]] = {}
    for precision in Precision:
        network = copy.deepcopy(setup.state.network).eval()
        for head in (one for name, one in network.named_parameters() if name.endswith("outcome.weight")):
            torch.nn.init.normal_(head, std=0.1, generator=torch.Generator().manual_seed(0))
        value, _ = accumulate_gradients(network, setup.graphs, innings, loss_of, precision=precision)
        assert {one.dtype for one in network.parameters()} == {torch.float32}
        gradients = [one.grad.flatten() for one in network.parameters() if one.grad is not None]
        found[precision] = value, torch.cat(gradients)
    (full, exact), (half, rounded) = found[Precision.FLOAT32], found[Precision.BFLOAT16]
    assert half == pytest.approx(full, rel=1e-3)
    assert half != full
    assert torch.nn.functional.cosine_similarity(exact, rounded, dim=0) > 0.99


def test_a_loss_that_is_no_number_stops_before_it_spoils_the_weights(store: GraphStore) -> None:
    setup = set_up(tiny().config, store)
    with torch.no_grad():
        next(setup.state.network.parameters()).fill_(float("nan"))
    with pytest.raises(DivergedError, match="nan"):
        accumulate_gradients(
            setup.state.network, setup.graphs, setup.split.training[:4], TwoHeadLoss(0.0, None, 0.3)
        )


def test_parts_hold_every_innings_once_and_lengths_ascend() -> None:
    lengths = np.array([5, 120, 7, 119, 6, 118, 3])
    parts = list(of_like_length(lengths, 3))
    assert [len(part) for part in parts] == [3, 3, 1]
    assert lengths[np.concatenate(parts)].tolist() == sorted(lengths)


def test_a_cpu_takes_some_innings_a_thread_and_a_gpu_the_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
    assert innings_at_once(1000, CPU) == 2 * INNINGS_A_THREAD
    assert innings_at_once(5, CPU) == 5
    monkeypatch.setattr(torch, "get_num_threads", lambda: 1)
    assert innings_at_once(64, CPU) == INNINGS_ALONE
    assert innings_at_once(64, torch.device("cuda")) == 64
