"""The training loss against numbers worked out by hand."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional

from cricketgnn.cricket.outcomes import NO_OUTCOME
from cricketgnn.models.heads import Logits
from cricketgnn.training.loss import TwoHeadLoss, balanced_weights

DOT, ONE = 0, 1
LEGAL, WIDE = 0, 1


def logits_of(*probabilities: list[float]) -> Logits:
    """Logits whose softmax is the given bat outcomes; every kind is equally likely."""
    return Logits(outcome=torch.tensor(probabilities).log(), kind=torch.zeros(len(probabilities), 3))


HALF_DOT = [0.5, 0.25, 0.05, 0.05, 0.05, 0.05, 0.05]


def test_cross_entropy_is_the_mean_surprise_in_nats() -> None:
    loss = TwoHeadLoss(0.0, None, kind_weight=0.0)
    value = loss(logits_of(HALF_DOT, HALF_DOT), torch.tensor([DOT, ONE]), torch.tensor([LEGAL, LEGAL]))
    assert value.item() == pytest.approx((math.log(2) + math.log(4)) / 2)


def test_the_kind_is_weighed_beside_it() -> None:
    loss = TwoHeadLoss(0.0, None, kind_weight=0.3)
    value = loss(logits_of(HALF_DOT), torch.tensor([DOT]), torch.tensor([LEGAL]))
    assert value.item() == pytest.approx(math.log(2) + 0.3 * math.log(3))


def test_a_wide_has_a_kind_and_no_outcome() -> None:
    loss = TwoHeadLoss(2.0, torch.ones(7), kind_weight=0.5)
    faced = loss(logits_of(HALF_DOT), torch.tensor([ONE]), torch.tensor([LEGAL]))
    both = loss(logits_of(HALF_DOT, HALF_DOT), torch.tensor([ONE, NO_OUTCOME]), torch.tensor([LEGAL, WIDE]))
    assert both.item() == pytest.approx(faced.item())
    logits = logits_of(HALF_DOT, HALF_DOT)
    logits.outcome.requires_grad_()
    loss(logits, torch.tensor([ONE, NO_OUTCOME]), torch.tensor([LEGAL, WIDE])).backward()
    assert logits.outcome.grad is not None
    assert logits.outcome.grad[0].abs().sum() > 0
    assert logits.outcome.grad[1].abs().sum() == 0


def test_nothing_but_wides_leaves_the_kind() -> None:
    loss = TwoHeadLoss(0.0, None, kind_weight=1.0)
    value = loss(logits_of(HALF_DOT), torch.tensor([NO_OUTCOME]), torch.tensor([WIDE]))
    assert value.item() == pytest.approx(math.log(3))


def test_focal_loss_by_hand() -> None:
    loss = TwoHeadLoss(2.0, None, kind_weight=0.0)
    value = loss(logits_of(HALF_DOT, HALF_DOT), torch.tensor([DOT, ONE]), torch.tensor([LEGAL, LEGAL]))
    assert value.item() == pytest.approx((0.5**2 * math.log(2) + 0.75**2 * math.log(4)) / 2)


def test_class_weights_by_hand() -> None:
    weights = torch.tensor([0.5, 2.0, 1.0, 1.0, 1.0, 1.0, 1.0])
    loss = TwoHeadLoss(1.0, weights, kind_weight=0.0)
    value = loss(logits_of(HALF_DOT, HALF_DOT), torch.tensor([DOT, ONE]), torch.tensor([LEGAL, LEGAL]))
    assert value.item() == pytest.approx((0.5 * 0.5 * math.log(2) + 2 * 0.75 * math.log(4)) / 2)


def test_balanced_weights_are_inverse_roots_with_mean_one() -> None:
    counts = torch.tensor([64, 16, 4, 4, 4, 4, 4])
    weights = balanced_weights(counts)
    # 10 / sqrt: 1.25, 2.5, 5 five times; their mean over deliveries is .8 + .4 + 5 * .2 = 2.2.
    torch.testing.assert_close(weights, torch.tensor([1.25, 2.5, *[5.0] * 5]) / 2.2)
    assert (weights * counts).sum().item() == pytest.approx(100)


def test_a_class_that_never_came_has_a_finite_weight_and_moves_no_other() -> None:
    counts = torch.tensor([64, 16, 4, 0, 4, 4, 4])
    weights = balanced_weights(counts)
    # The mean over the 96 deliveries is (80 + 40 + 4 * 20) / 96; a count of 1 weighs 10.
    torch.testing.assert_close(weights, torch.tensor([1.25, 2.5, 5, 10, 5, 5, 5]) / (200 / 96))
    assert (weights * counts).sum().item() == pytest.approx(96)


@given(seed=st.integers(0, 1000), gamma=st.sampled_from([0.0, 0.5, 3.0]))
def test_gamma_zero_is_torchs_cross_entropy_and_gamma_only_lowers(seed: int, gamma: float) -> None:
    generator = torch.Generator().manual_seed(seed)
    logits = Logits(torch.randn(9, 7, generator=generator), torch.randn(9, 3, generator=generator))
    outcome, kind = torch.randint(7, (9,), generator=generator), torch.zeros(9, dtype=torch.long)
    value = TwoHeadLoss(gamma, None, kind_weight=0.0)(logits, outcome, kind)
    cross_entropy = functional.cross_entropy(logits.outcome, outcome)
    if gamma == 0:
        torch.testing.assert_close(value, cross_entropy)
    else:
        assert value < cross_entropy


@pytest.mark.parametrize("gamma", [0.0, 0.3, 1.0, 5.0])
def test_a_certain_forecast_has_a_finite_slope(gamma: float) -> None:
    outcome = torch.tensor([[200.0, *[0.0] * 6]], requires_grad=True)
    loss = TwoHeadLoss(gamma, None, kind_weight=0.0)
    loss(Logits(outcome, torch.zeros(1, 3)), torch.tensor([DOT]), torch.tensor([LEGAL])).backward()
    assert outcome.grad is not None
    assert torch.isfinite(outcome.grad).all()
