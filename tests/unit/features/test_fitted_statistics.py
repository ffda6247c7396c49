"""Priors, shrinkage and bins, by hand and on careers drawn from a known distribution."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from cricketgnn.errors import DataError
from cricketgnn.features import statistics
from cricketgnn.features.statistics import (
    MAX_CONCENTRATION,
    fit_bins,
    fit_concentration,
    fit_priors,
    rows_for_bins,
    shrunk_rates,
)

MEN, WOMEN = 0, 1
PRIOR = np.array([0.4, 0.35, 0.07, 0.01, 0.09, 0.03, 0.05])


def test_priors_are_smoothed_shares_by_sex() -> None:
    outcomes = np.array([0, 0, 1, -1, 4, 6, -1])
    kinds = np.array([0, 0, 2, 1, 0, 0, 1])
    female = np.array([False, False, False, False, True, True, True])
    priors = fit_priors(outcomes, kinds, female)
    np.testing.assert_allclose(priors.outcome[MEN], np.array([3, 2, 1, 1, 1, 1, 1]) / 10)
    np.testing.assert_allclose(priors.outcome[WOMEN], np.array([1, 1, 1, 1, 2, 1, 2]) / 9)
    np.testing.assert_allclose(priors.kind[MEN], np.array([3, 2, 2]) / 7)
    np.testing.assert_allclose(priors.kind[WOMEN], np.array([3, 2, 1]) / 6)
    np.testing.assert_allclose(priors.rates[MEN], [*priors.outcome[MEN], 2 / 7, 2 / 7])


def test_a_sex_absent_from_training_gets_the_shares_of_the_other() -> None:
    priors = fit_priors(np.array([0, 1, 1]), np.array([0, 0, 0]), np.array([True] * 3))
    np.testing.assert_allclose(priors.outcome[WOMEN], np.array([2, 3, 1, 1, 1, 1, 1]) / 10)
    np.testing.assert_array_equal(priors.outcome[MEN], priors.outcome[WOMEN])
    np.testing.assert_array_equal(priors.kind[MEN], priors.kind[WOMEN])


@pytest.mark.parametrize("outcomes", [[], [-1, -1]])
def test_training_without_an_outcome_is_refused(outcomes: list[int]) -> None:
    labels = np.array(outcomes, dtype=int)
    with pytest.raises(DataError, match="move val_from to a later date"):
        fit_priors(labels, np.ones_like(labels), np.zeros(len(labels), dtype=bool))


def test_rates_shrink_towards_the_prior_by_its_worth_in_balls() -> None:
    counts = np.array([[10, 5, 0, 0, 3, 1, 1, 4, 2], [0] * 9], dtype=np.float32)
    prior = np.tile([*PRIOR, 0.04, 0.01], (2, 1))
    rates = shrunk_rates(counts, prior, concentration=30.0)
    assert rates.shape == (2, 10)
    assert rates.dtype == np.float32
    balls = 20  # wides are not faced; the two no-balls are among the twenty
    np.testing.assert_allclose(rates[0, 0], (10 + 30 * 0.4) / (balls + 30), rtol=1e-6)
    np.testing.assert_allclose(rates[0, 4], (3 + 30 * 0.09) / (balls + 30), rtol=1e-6)
    np.testing.assert_allclose(rates[0, 7], (4 + 30 * 0.04) / (balls + 4 + 30), rtol=1e-6)
    np.testing.assert_allclose(rates[0, 8], (2 + 30 * 0.01) / (balls + 4 + 30), rtol=1e-6)
    np.testing.assert_allclose(rates[0, :7].sum(), 1, rtol=1e-6)
    np.testing.assert_allclose(rates[0, 9], np.log(21), rtol=1e-6)
    np.testing.assert_allclose(rates[1], [*PRIOR, 0.04, 0.01, 0], rtol=1e-6)


def _careers(concentration: float, people: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    balls = rng.integers(1, 400, size=people)
    shares = rng.dirichlet(concentration * PRIOR, size=people)
    return np.stack([rng.multinomial(n, p) for n, p in zip(balls, shares, strict=True)]).astype(np.float32)


@pytest.mark.parametrize("concentration", [8.0, 60.0, 300.0])
def test_the_concentration_of_simulated_careers_is_found_again(concentration: float) -> None:
    careers = _careers(concentration, people=1500, seed=1)
    fitted = fit_concentration(careers, np.tile(PRIOR, (len(careers), 1)))
    assert fitted == pytest.approx(concentration, rel=0.15)


def test_careers_without_a_ball_change_nothing() -> None:
    careers = _careers(60.0, people=200, seed=2)
    padded = np.concatenate([careers, np.zeros((500, 7), dtype=np.float32)])
    fitted = fit_concentration(padded, np.tile(PRIOR, (len(padded), 1)))
    assert fitted == pytest.approx(fit_concentration(careers, np.tile(PRIOR, (len(careers), 1))), rel=1e-9)


def test_people_who_are_all_alike_are_left_at_the_prior() -> None:
    alike = np.tile(1000 * PRIOR, (50, 1)).astype(np.float32)
    assert fit_concentration(alike, np.tile(PRIOR, (50, 1))) > 0.9 * MAX_CONCENTRATION


@pytest.mark.parametrize("careers", [0, 3])
def test_without_any_ball_the_prior_stands(careers: int) -> None:
    nobody = np.zeros((careers, 7), dtype=np.float32)
    assert fit_concentration(nobody, np.tile(PRIOR, (careers, 1))) == MAX_CONCENTRATION


def test_bins_are_quantiles_by_hand() -> None:
    values = np.stack([np.arange(11), np.zeros(11), np.array([0] * 10 + [1])], axis=1).astype(np.float32)
    edges = fit_bins(values, bins=5)
    assert edges.tolist() == [[0, 2, 4, 6, 8, 10], [0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 1]]
    assert edges.dtype == np.float32


@given(
    arrays.arrays(
        np.float32, st.tuples(st.integers(1, 30), st.integers(1, 3)), elements=st.floats(-9, 9, width=16)
    ),
    st.integers(1, 8),
)
def test_bins_rise_and_span_the_values_and_are_values(values: np.ndarray, bins: int) -> None:
    edges = fit_bins(values, bins)
    assert edges.shape == (values.shape[1], bins + 1)
    assert (np.diff(edges, axis=1) >= 0).all()
    np.testing.assert_array_equal(edges[:, 0], values.min(axis=0))
    np.testing.assert_array_equal(edges[:, -1], values.max(axis=0))
    for feature, column in zip(edges, values.T, strict=True):
        assert np.isin(feature, column).all()


def test_bins_of_many_rows_come_from_no_more_than_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statistics, "MAX_ROWS_FOR_BINS", 10)
    assert rows_for_bins(np.arange(10)).tolist() == list(range(10))
    assert rows_for_bins(np.arange(19)).tolist() == list(range(0, 19, 2))
    assert rows_for_bins(np.arange(5, 26)).tolist() == list(range(5, 26, 3))
    assert rows_for_bins(np.arange(0)).tolist() == []


def test_bins_of_no_row_are_refused() -> None:
    with pytest.raises(DataError, match="no training row"):
        fit_bins(np.zeros((0, 3), dtype=np.float32), bins=4)
