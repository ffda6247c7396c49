import math
from collections.abc import Callable
from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cricketgnn.errors import ConfigError
from cricketgnn.evaluation import ARGMAX, METRICS, DecisionRule, MatchBootstrap, Predictions, evaluate
from cricketgnn.evaluation.match_sums import MatchSums

RULE = DecisionRule((1, 1, 4, 20, 2.5, 5, 4))
Simulate = Callable[..., Predictions]


def _take(predictions: Predictions, rows: np.ndarray) -> Predictions:
    arrays = {field.name: getattr(predictions, field.name)[rows] for field in fields(predictions)}
    return Predictions(**arrays)


def _values(predictions: Predictions) -> dict[str, float]:
    return {name: score.value for name, score in evaluate(predictions, RULE, resamples=0).scores.items()}


@pytest.mark.parametrize("metric", METRICS)
def test_resampling_sums_equals_scoring_the_resampled_deliveries(simulate: Simulate, metric: str) -> None:
    """The naive bootstrap: copy the rows of each drawn match and score them from scratch."""
    predictions = simulate(4, deliveries=300, matches=5)
    weights = MatchBootstrap(resamples=15, seed=3).weights(5)
    fast = METRICS[metric].values(MatchSums(predictions, RULE), weights)
    codes = np.unique(predictions.match)
    for draw, found in zip(weights, fast, strict=True):
        drawn = np.repeat(codes, draw.astype(int))
        rows = np.concatenate([np.flatnonzero(predictions.match == code) for code in drawn])
        # Bins of the areas under the curve come from all deliveries, here and there each value has its own.
        assert found == pytest.approx(_values(_take(predictions, rows))[metric], rel=1e-9, nan_ok=True)


def test_weights_draw_as_many_matches_as_there_are() -> None:
    weights = MatchBootstrap(resamples=200, seed=1).weights(30)
    assert weights.shape == (201, 30)
    np.testing.assert_array_equal(weights[0], 1)
    np.testing.assert_array_equal(weights.sum(axis=1), 30)
    assert weights[1:].mean(axis=0) == pytest.approx(np.ones(30), abs=0.5)
    assert weights[1:].std() == pytest.approx(math.sqrt(1 - 1 / 30), abs=0.05)


def test_same_seed_same_draws_other_seed_other_draws() -> None:
    first, again, other = (MatchBootstrap(20, seed).weights(10) for seed in (5, 5, 6))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_one_match_or_no_resamples_give_only_the_value() -> None:
    assert MatchBootstrap(100).weights(1).shape == (1, 1)
    assert MatchBootstrap(0).weights(9).shape == (1, 9)


def test_interval_is_moved_onto_the_value_and_kept_within_bounds() -> None:
    resampled = np.linspace(2, 4, 101)  # median 3; middle 90 %: 2.1 to 3.9
    bootstrap = MatchBootstrap(confidence=0.9)
    score = bootstrap.score(np.concatenate([[1.0], resampled]))
    assert (score.value, score.low, score.high) == pytest.approx((1.0, 0.1, 1.9))
    bounded = bootstrap.score(np.concatenate([[1.0], resampled]), (0.5, 1.5))
    assert (bounded.low, bounded.high) == (0.5, 1.5)


def test_undefined_resamples_are_left_out() -> None:
    score = MatchBootstrap(confidence=0.5).score(np.array([2.0, 1.0, np.nan, 2.0, 3.0]))
    assert (score.value, score.low, score.high) == pytest.approx((2.0, 1.5, 2.5))


def test_interval_of_a_mean_is_the_normal_one(simulate: Simulate) -> None:
    predictions = simulate(6, deliveries=20_000, matches=400)
    score = evaluate(predictions, ARGMAX, resamples=2_000)["log_loss"]
    sums = MatchSums(predictions)
    losses, counts = sums.block("log_loss"), sums.block("scored")
    assert losses is not None
    assert counts is not None
    # Standard error of a ratio of match sums (linearised), independent of any drawing.
    residuals = losses - score.value * counts
    error = math.sqrt((residuals**2).sum()) / counts.sum()
    assert score.high - score.low == pytest.approx(2 * 1.96 * error, rel=0.1)


def test_deliveries_that_share_a_match_are_not_independent(four_deliveries: Predictions) -> None:
    """The same losses in matches of like deliveries are less certain than in mixed matches."""
    rows = np.repeat([0, 3], 50)
    alike = replace(_take(four_deliveries, rows), match=np.arange(100) // 10)
    mixed = replace(alike, match=np.arange(100) % 10)
    wide, narrow = (evaluate(p, ARGMAX)["log_loss"] for p in (alike, mixed))
    assert wide.value == pytest.approx(narrow.value)
    assert wide.high - wide.low > 0.05
    assert narrow.high - narrow.low == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"resamples": -1}, "resamples=-1"),
        ({"confidence": 1.0}, "confidence=1.0"),
        ({"confidence": 95}, "confidence=95"),
    ],
)
def test_a_bootstrap_that_cannot_be(arguments: dict[str, float], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        MatchBootstrap(**arguments)


seeds = st.integers(0, 10_000)


@given(seed=seeds)
@settings(max_examples=15, deadline=None)
def test_order_of_deliveries_does_not_matter(simulate: Simulate, seed: int) -> None:
    predictions = simulate(seed, deliveries=200, matches=6)
    shuffled = _take(predictions, np.random.default_rng(seed).permutation(200))
    before, after = (evaluate(p, RULE, resamples=30) for p in (predictions, shuffled))
    for name, score in before.scores.items():
        other = after[name]
        found, expected = (other.value, other.low, other.high), (score.value, score.low, score.high)
        assert found == pytest.approx(expected, rel=1e-9, abs=1e-12, nan_ok=True), name


@given(seed=seeds)
@settings(max_examples=15, deadline=None)
def test_playing_every_match_twice_changes_no_value(simulate: Simulate, seed: int) -> None:
    predictions = simulate(seed, deliveries=200, matches=6)
    twice = _take(predictions, np.tile(np.arange(200), 2))
    as_new_matches = replace(twice, match=np.concatenate([predictions.match, predictions.match + 1000]))
    once = _values(predictions)
    assert _values(twice) == pytest.approx(once, nan_ok=True)
    assert _values(as_new_matches) == pytest.approx(once, nan_ok=True)


@given(seed=seeds, matches=st.integers(2, 8), deliveries=st.integers(5, 80))
@settings(max_examples=40, deadline=None)
def test_interval_contains_the_value(simulate: Simulate, seed: int, matches: int, deliveries: int) -> None:
    predictions = simulate(seed, deliveries=deliveries, matches=matches)
    for name, score in evaluate(predictions, RULE, resamples=40, seed=seed).scores.items():
        if not math.isnan(score.low):
            assert score.low <= score.value <= score.high, name
            assert METRICS[name].bounds[0] <= score.low, name
            assert score.high <= METRICS[name].bounds[1], name


@given(counts=st.lists(st.integers(1, 6), min_size=7, max_size=7), seed=seeds)
@settings(max_examples=40, deadline=None)
@pytest.mark.parametrize("metric", ["log_loss", "brier"])
def test_a_proper_score_is_best_for_the_true_shares(metric: str, counts: list[int], seed: int) -> None:
    outcomes = np.repeat(np.arange(7), counts)
    truth = np.array(counts) / sum(counts)
    other = np.random.default_rng(seed).dirichlet(np.ones(7))

    def score(forecast: np.ndarray) -> float:
        deliveries = len(outcomes)
        predictions = Predictions(
            probabilities=np.tile(forecast, (deliveries, 1)),
            outcomes=outcomes,
            kind_probabilities=np.tile([1.0, 0.0, 0.0], (deliveries, 1)),
            kinds=np.zeros(deliveries, dtype=np.int8),
            match=np.arange(deliveries),
        )
        return evaluate(predictions, ARGMAX, resamples=0)[metric].value

    assert score(truth) <= score(other) + 1e-12
    assert score(truth) <= score(0.9 * truth + 0.1 * other) + 1e-12
