"""One number decides everything random, epoch by epoch."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from cricketgnn.training.seeding import derived_seed, deterministic, epoch_batches, seed_epoch


def test_purposes_epochs_and_seeds_give_different_streams() -> None:
    seeds = {
        derived_seed(seed, purpose, epoch) for seed in range(5) for purpose in range(3) for epoch in range(9)
    }
    assert len(seeds) == 5 * 3 * 9
    assert all(0 <= seed < 2**63 for seed in seeds)
    assert derived_seed(3, 1, 2) == derived_seed(3, 1, 2)


@given(
    count=st.integers(0, 50), size=st.integers(1, 60), seed=st.integers(0, 2**63 - 1), epoch=st.integers(1, 9)
)
def test_an_epoch_sees_every_innings_once(count: int, size: int, seed: int, epoch: int) -> None:
    innings = np.arange(100, 100 + count)
    batches = epoch_batches(innings, size, seed, epoch)
    assert sorted(np.concatenate([*batches, np.empty(0, int)])) == innings.tolist()
    assert [len(batch) for batch in batches[:-1]] == [size] * max(0, len(batches) - 1)
    again = epoch_batches(innings, size, seed, epoch)
    assert [batch.tolist() for batch in again] == [batch.tolist() for batch in batches]


def test_epochs_and_seeds_have_their_own_order() -> None:
    orders = {tuple(epoch_batches(np.arange(50), 50, seed, epoch)[0]) for seed in (0, 1) for epoch in (1, 2)}
    assert len(orders) == 4


def test_an_epoch_starts_its_own_dropout() -> None:
    seed_epoch(1, 2)
    first = torch.rand(4)
    torch.rand(100)
    seed_epoch(1, 2)
    assert torch.equal(first, torch.rand(4))
    seed_epoch(1, 3)
    assert not torch.equal(first, torch.rand(4))


def test_determinism_is_asked_for_inside_only() -> None:
    before = torch.are_deterministic_algorithms_enabled()
    with deterministic(torch.device("cpu")):
        assert torch.are_deterministic_algorithms_enabled()
    assert torch.are_deterministic_algorithms_enabled() == before
    with pytest.raises(KeyError), deterministic(torch.device("cpu")):
        raise KeyError
    assert torch.are_deterministic_algorithms_enabled() == before
