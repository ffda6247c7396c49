"""Learning rate and weight average by step, by hand."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from cricketgnn.training.schedule import WeightAverage, learning_rate_factor


@pytest.mark.parametrize(
    ("step", "factor"),
    [
        (0, 0.25),
        (1, 0.5),
        (3, 1.0),
        (4, 1.0),  # top of the cosine
        (12, 0.5),  # half way down
        (20, 0.0),
        (99, 0.0),
    ],
)
def test_up_in_a_line_and_down_in_half_a_cosine(step: int, factor: float) -> None:
    assert learning_rate_factor(step, steps=20, warmup_share=0.2) == pytest.approx(factor, abs=1e-12)


@given(steps=st.integers(1, 500), share=st.floats(0, 0.99))
def test_every_step_learns_something_and_none_too_much(steps: int, share: float) -> None:
    factors = [learning_rate_factor(step, steps, share) for step in range(steps)]
    assert all(0 < factor <= 1 for factor in factors)
    top = max(1, round(steps * share))
    assert factors[:top] == sorted(factors[:top])
    assert factors[top:] == sorted(factors[top:], reverse=True)


def test_without_warm_up_the_first_step_is_full() -> None:
    assert learning_rate_factor(0, 100, 0.0) == 1.0


class _One(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.tensor([0.0]))
        self.register_buffer("count", torch.tensor(0))


def test_the_average_by_hand() -> None:
    network = _One()
    average = WeightAverage(network, decay=0.2)
    with torch.no_grad():
        network.weight.fill_(1.0)
        network.count.fill_(7)  # type: ignore[operator]
    average.update(network, step=0)  # keeps min(.2, 1/10)
    assert average.weights["weight"].item() == pytest.approx(0.9)
    assert average.weights["count"].item() == 7
    average.update(network, step=100)  # keeps min(.2, 101/110)
    assert average.weights["weight"].item() == pytest.approx(0.98)


def test_the_average_is_no_view_of_the_network() -> None:
    network = _One()
    average = WeightAverage(network, decay=0.5)
    with torch.no_grad():
        network.weight.fill_(1.0)
    assert average.weights["weight"].item() == 0.0


def test_decay_zero_follows_the_network() -> None:
    network = _One()
    average = WeightAverage(network, decay=0.0)
    with torch.no_grad():
        network.weight.fill_(math.pi)
    average.update(network, step=5)
    assert average.weights["weight"].item() == pytest.approx(math.pi)
