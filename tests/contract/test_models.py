"""What every network must keep to, whatever it is made of: causal, independent of the batch, able to learn.

Fresh heads are zero, and so are some biases and gates: every comparison of predictions here is between
networks whose constant parameters were given random values, or it would compare a constant with itself.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import no_leak
import stores
from cricketgnn.config.models import ModelClass, ModelConfig, TrainingConfig
from cricketgnn.graph import schema
from cricketgnn.graph.batch import InningsGraphs
from cricketgnn.graph.fitted import Fitted, fit
from cricketgnn.graph.store import GraphStore
from cricketgnn.models.heads import Logits
from cricketgnn.models.memory import Memory
from cricketgnn.models.network import InningsNetwork, build_network
from cricketgnn.training.checkpoint import network_inputs
from cricketgnn.training.inference import predict
from cricketgnn.training.loss import TwoHeadLoss
from match_files import Document, ball, innings, match, over
from stores import Place

SEED = 5
SMALL: dict[str, Any] = {"hidden_dim": 16, "num_heads": 2, "num_layers": 2, "num_bins": 5, "dropout": 0.1}
VARIANTS = {model_class.value: ModelConfig(model_class=model_class, **SMALL) for model_class in ModelClass}
VARIANTS["with learned ids"] = ModelConfig(id_dim=4, **SMALL)
EXACT_ENOUGH = {"rtol": 0, "atol": 1e-5}

few_examples = settings(deadline=None, max_examples=6)
every_variant = pytest.mark.parametrize("variant", VARIANTS)


def documents() -> dict[str, Document]:
    return stores.league(SEED, matches=10)


@cache
def store() -> GraphStore:
    return stores.store_of(documents())


@cache
def fitted() -> Fitted:
    return fit(store(), np.arange(len(store()) // 2), bins=SMALL["num_bins"])


def graphs_of(of: GraphStore) -> InningsGraphs:
    return InningsGraphs(of, fitted(), history=10)


@cache
def graphs() -> InningsGraphs:
    return graphs_of(store())


def fresh(config: ModelConfig) -> InningsNetwork:
    torch.manual_seed(0)
    return build_network(config, network_inputs(fitted()))


def awake(config: ModelConfig) -> InningsNetwork:
    """A network in evaluation mode in which no parameter is constant, so that everything has a say."""
    network = fresh(config)
    with torch.no_grad():
        for parameter in network.parameters():
            if bool((parameter == parameter.flatten()[0]).all()):
                parameter.add_(torch.randn(parameter.shape) * 0.2)
    return network.eval()


@cache
def network_of(variant: str) -> InningsNetwork:
    return awake(VARIANTS[variant])


@torch.inference_mode()
def probabilities(network: InningsNetwork, graph: Any, memory: Memory | None = None) -> torch.Tensor:
    """Both heads' probabilities side by side, ``[D, 10]``."""
    logits: Logits = network(graph, memory)
    return torch.cat([head.softmax(dim=1) for head in logits], dim=1)


def shifts(one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    """How far the log-probabilities of each delivery lie apart at most, ``[D]``."""
    return (one.log() - other.log()).abs().amax(dim=1)


def until(variant: str, of: GraphStore, place: Place) -> torch.Tensor:
    """The predictions for the deliveries of an innings up to a place, ``[t + 1, 10]``."""
    row, _ = stores.row_of(of, place)
    predicted = probabilities(network_of(variant), graphs_of(of).batch(np.array([row])))
    return predicted[: place.delivery + 1]


def places() -> st.SearchStrategy[Place]:
    return st.deferred(lambda: st.sampled_from(no_leak.places(documents())))


@every_variant
@few_examples
@given(place=places())
def test_a_live_ball_is_predicted_as_in_training(variant: str, place: Place) -> None:
    live = stores.store_of(no_leak.as_known_at(documents(), place))
    torch.testing.assert_close(until(variant, live, place), until(variant, store(), place), **EXACT_ENOUGH)


@every_variant
@few_examples
@given(place=places(), chaos=st.integers(0, 9))
def test_no_prediction_knows_its_own_delivery_or_a_later_one(variant: str, place: Place, chaos: int) -> None:
    other = stores.store_of(no_leak.scrambled_from(documents(), place, chaos))
    torch.testing.assert_close(until(variant, other, place), until(variant, store(), place), **EXACT_ENOUGH)


@every_variant
def test_a_prediction_does_know_the_delivery_before(variant: str) -> None:
    for number in (5, 20, 40):
        place = Place(next(iter(documents())), 0, number)
        before = place._replace(delivery=number - 1)
        other = stores.store_of(no_leak.scrambled_from(documents(), before, seed=number))
        shift = shifts(until(variant, other, place), until(variant, store(), place))
        assert shift[:-1].max() < 1e-4
        assert shift[-1] > 1e-2


@pytest.mark.parametrize("variant", [name for name in VARIANTS if name != ModelClass.MLP])
@pytest.mark.parametrize("back", [1, 2, 15])
def test_outcomes_themselves_are_heard_and_only_by_later_deliveries(variant: str, back: int) -> None:
    graph, at = graphs().batch(np.array([0, 1])), 30
    before = probabilities(network_of(variant), graph)
    graph[schema.OUTCOME].x[at - back] += 5.0
    shift = shifts(probabilities(network_of(variant), graph), before)
    assert shift[at] > 1e-3
    assert (shift[: at - back + 1] == 0).all()
    assert (shift[graph[schema.DELIVERY].innings == 1] == 0).all()


def test_the_control_hears_no_outcome() -> None:
    graph = graphs().batch(np.array([0, 1]))
    before = probabilities(network_of(ModelClass.MLP), graph)
    graph[schema.OUTCOME].x += 1.0
    assert probabilities(network_of(ModelClass.MLP), graph).equal(before)


@every_variant
@few_examples
@given(chosen=st.lists(st.integers(0, 15), min_size=1, max_size=5))
def test_a_batch_predicts_what_its_innings_predict_alone(variant: str, chosen: list[int]) -> None:
    network = network_of(variant)
    together = probabilities(network, graphs().batch(np.array(chosen)))
    alone = torch.cat([probabilities(network, graphs().batch(np.array([one]))) for one in chosen])
    torch.testing.assert_close(together, alone, **EXACT_ENOUGH)


@every_variant
@few_examples
@given(shares=st.lists(st.floats(0, 1), min_size=1, max_size=3))
def test_what_a_memory_holds_need_not_be_computed_again(variant: str, shares: list[float]) -> None:
    network, row, memory = network_of(variant), 2, Memory()
    whole = probabilities(network, graphs().batch(np.array([row])), memory)
    for earlier in (int(share * (len(whole) - 1)) for share in (*shares, 1)):
        later = probabilities(network, graphs().end_of(row, earlier), memory)
        torch.testing.assert_close(later, whole[earlier:], **EXACT_ENOUGH)


@every_variant
def test_every_batch_size_gives_the_same_predictions_in_the_order_asked_for(variant: str) -> None:
    innings = np.random.default_rng(0).permutation(len(store()))
    one, three, everything = (
        predict(network_of(variant), graphs(), innings, size) for size in (1, 3, len(innings))
    )
    np.testing.assert_allclose(one.probabilities, three.probabilities, **EXACT_ENOUGH)
    np.testing.assert_allclose(one.probabilities, everything.probabilities, **EXACT_ENOUGH)
    np.testing.assert_allclose(one.kind_probabilities, everything.kind_probabilities, **EXACT_ENOUGH)
    np.testing.assert_array_equal(one.outcomes, store().outcome[store().rows_of(innings)])


@every_variant
def test_probabilities_of_both_heads_sum_to_one_and_differ_by_delivery(variant: str) -> None:
    predicted = predict(network_of(variant), graphs(), np.arange(len(store())), 8)
    for each in (predicted.probabilities, predicted.kind_probabilities):
        np.testing.assert_allclose(each.sum(axis=1), 1, atol=1e-5)
        assert (each > 0).all()
        logits = np.log(each) - np.log(each).mean(axis=1, keepdims=True)
        assert logits.std(axis=0).min() > 1e-2  # not of the logarithm alone: a class of 99.8 % hardly moves


@every_variant
def test_a_fresh_network_predicts_the_class_prior(variant: str) -> None:
    network = fresh(VARIANTS[variant])
    predicted = predict(network, graphs(), np.arange(len(store())), 8)
    outcome = np.broadcast_to(fitted().priors.outcome.mean(axis=0), predicted.probabilities.shape)
    kind = np.broadcast_to(fitted().priors.kind.mean(axis=0), predicted.kind_probabilities.shape)
    np.testing.assert_allclose(predicted.probabilities, outcome, rtol=1e-5)
    np.testing.assert_allclose(predicted.kind_probabilities, kind, rtol=1e-5)


def _one_ball_match() -> dict[str, Document]:
    short = innings(over(0, ball(4)))
    chase = innings(over(0, *[ball(1, striker="B1", partner="B2", bowler="R1")] * 3), team="Blues")
    return {"1": match(short, chase, dates=["2030-01-01"])}


@every_variant
def test_an_innings_of_one_delivery_alone_and_beside_others(variant: str) -> None:
    of = graphs_of(stores.store_of({**documents(), **_one_ball_match()}))
    row, _ = stores.row_of(of.store, Place("1", 0, 0))
    alone = probabilities(network_of(variant), of.batch(np.array([row])))
    beside = probabilities(network_of(variant), of.batch(np.array([0, row, row + 1])))
    assert alone.shape == (1, 10)
    torch.testing.assert_close(beside[-4:-3], alone, **EXACT_ENOUGH)


def _loss(network: InningsNetwork, graph: Any) -> torch.Tensor:
    delivery = graph[schema.DELIVERY]
    loss = TwoHeadLoss(focal_gamma=0.0, class_weights=None, kind_weight=TrainingConfig().kind_weight)
    value: torch.Tensor = loss(network(graph), delivery.outcome, delivery.kind)
    return value


@every_variant
def test_the_loss_moves_every_parameter(variant: str) -> None:
    network = awake(VARIANTS[variant]).train()
    torch.manual_seed(1)
    _loss(network, graphs().batch(np.arange(6))).backward()
    still = {
        name
        for name, parameter in network.named_parameters()
        if parameter.grad is None or not bool(parameter.grad.any())
    }
    assert still == set()
    assert all(
        parameter.grad is None or bool(parameter.grad.isfinite().all()) for parameter in network.parameters()
    )


@pytest.fixture
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@every_variant
@pytest.mark.usefixtures("one_thread")
def test_one_innings_can_be_learned_by_heart(variant: str) -> None:
    shortest = int(np.argmin(np.diff(store().pointers)))
    graph = graphs().batch(np.array([shortest]))
    network = fresh(VARIANTS[variant].model_copy(update={"dropout": 0.0, "hidden_dim": 32})).train()
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-2)
    before = _loss(network, graph).item()
    for _ in range(80):
        optimizer.zero_grad()
        loss = _loss(network, graph)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
    assert before > 1.0
    assert _loss(network.eval(), graph).item() < 0.1


@every_variant
def test_weights_saved_and_loaded_predict_the_same(variant: str) -> None:
    graph = graphs().batch(np.arange(3))
    weights = copy.deepcopy(network_of(variant).state_dict())
    torch.manual_seed(99)
    other = build_network(VARIANTS[variant], network_inputs(fitted())).eval()
    assert not probabilities(other, graph).equal(probabilities(network_of(variant), graph))
    other.load_state_dict(weights)
    assert probabilities(other, graph).equal(probabilities(network_of(variant), graph))


def test_a_learned_id_is_hidden_in_training_and_shown_in_evaluation() -> None:
    config = VARIANTS["with learned ids"].model_copy(update={"dropout": 0.0, "id_dropout": 1.0})
    network, graph = awake(config), graphs().batch(np.arange(3))
    known = graph[schema.PLAYER].person > 0
    assert known.any()
    shown = probabilities(network, graph)
    hidden = probabilities(network.train(), graph)
    graph[schema.PLAYER].person[:] = 0
    torch.testing.assert_close(probabilities(network.eval(), graph), hidden, **EXACT_ENOUGH)
    assert not torch.allclose(shown, hidden, **EXACT_ENOUGH)


def test_players_nobody_met_in_training_are_one_unknown() -> None:
    met = fitted().vocabulary
    strangers = replace(store(), person_ids=np.char.add("f", store().person_ids))
    graph = InningsGraphs(strangers, fitted(), history=10).batch(np.arange(len(store())))
    assert len(met) > 20
    assert (graph[schema.PLAYER].person == 0).all()
