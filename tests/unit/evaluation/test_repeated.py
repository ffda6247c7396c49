"""Configurations trained on several seeds: their means, and whether one is really better."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from cricketgnn.errors import DataError
from cricketgnn.evaluation import ARGMAX, Predictions, cross_fitted_macro_f1, evaluate
from cricketgnn.evaluation.bootstrap import MatchBootstrap
from cricketgnn.evaluation.repeated import RepeatedScores, lead, repeated_scores

Simulate = Callable[..., Predictions]
BOOTSTRAP = MatchBootstrap(resamples=200, seed=3)


def mixed(run: Predictions, share: float) -> Predictions:
    """The same deliveries, with probabilities drawn towards the prior."""
    assert run.prior_probabilities is not None
    blurred = (1 - share) * run.probabilities + share * run.prior_probabilities
    return replace(run, probabilities=blurred)


def shuffled(run: Predictions) -> Predictions:
    """The same deliveries, each with the probabilities of another: they say nothing."""
    order = np.random.default_rng(0).permutation(len(run.outcomes))
    return replace(run, probabilities=run.probabilities[order])


def two_matches(*wicket_probabilities: float) -> Predictions:
    """Two matches of the same four balls: a dot, a dot, a wicket, a wicket, given so many wickets."""
    wicket = np.tile(wicket_probabilities, 2)
    probabilities = np.zeros((8, 7))
    probabilities[:, 6], probabilities[:, 0] = wicket, 1 - wicket
    return Predictions(
        probabilities=probabilities,
        outcomes=np.tile(np.array([0, 0, 6, 6], dtype=np.int8), 2),
        kind_probabilities=np.tile([1.0, 0.0, 0.0], (8, 1)),
        kinds=np.zeros(8, dtype=np.int8),
        match=np.repeat([5, 9], 4),
    )


RIGHT = two_matches(0.25, 0.25, 0.5, 0.5)
"""Wickets are told from dots: the rule of either match calls the other without a mistake."""
BLIND = two_matches(0.5, 0.5, 0.5, 0.5)
"""Nothing is told apart: all four balls of a match are called the same."""


def test_by_hand() -> None:
    """Calling four balls a dot, or four a wicket, has F1 2 * 2 / (2 + 4) = 2/3 in one class of two."""
    scores = repeated_scores([RIGHT, BLIND], MatchBootstrap(resamples=0))
    assert scores.each_macro_f1.tolist() == pytest.approx([1, 1 / 3])
    assert scores.macro_f1.tolist() == pytest.approx([2 / 3])
    right = (-2 * math.log(0.75) - 2 * math.log(0.5)) / 4
    assert scores.log_loss.tolist() == pytest.approx([(right + math.log(2)) / 2])


def test_matches_that_are_alike_leave_only_the_seeds_to_chance() -> None:
    """Of two seeds, a draw takes the first twice, the second twice, or one of each, half the time."""
    scores = repeated_scores([RIGHT, BLIND], MatchBootstrap(resamples=1000))
    drawn = np.round(scores.macro_f1[1:], 6)
    values, counts = np.unique(drawn, return_counts=True)
    assert values == pytest.approx([1 / 3, 2 / 3, 1])
    assert abs(counts[1] / 1000 - 0.5) < 0.06  # about four standard deviations
    assert abs(counts[0] - counts[2]) / 1000 < 0.1


def test_one_seed_scores_as_the_objective_of_a_search(simulate: Simulate) -> None:
    run = simulate(1, deliveries=1500, matches=15)
    scores = repeated_scores([run], BOOTSTRAP)
    assert scores.macro_f1[0] == pytest.approx(cross_fitted_macro_f1(run), abs=1e-12)
    assert scores.each_macro_f1.tolist() == [scores.macro_f1[0]]
    assert scores.macro_f1.shape == scores.log_loss.shape == (201,)


def test_the_log_loss_of_one_seed_and_its_interval_are_the_usual_ones(simulate: Simulate) -> None:
    run = simulate(1, deliveries=1500, matches=15)
    scores = repeated_scores([run], BOOTSTRAP)
    usual = evaluate(run, ARGMAX, resamples=200, seed=3)["log_loss"]
    ours = BOOTSTRAP.score(scores.log_loss)
    assert (ours.value, ours.low, ours.high) == pytest.approx((usual.value, usual.low, usual.high))


def test_the_value_is_the_mean_over_seeds(simulate: Simulate) -> None:
    truth = simulate(2, deliveries=1500, matches=15)
    runs = [mixed(truth, share) for share in (0.0, 0.3, 0.6)]
    scores = repeated_scores(runs, BOOTSTRAP)
    each = [cross_fitted_macro_f1(run) for run in runs]
    losses = [evaluate(run, ARGMAX, resamples=0)["log_loss"].value for run in runs]
    assert scores.each_macro_f1.tolist() == pytest.approx(each)
    assert scores.macro_f1[0] == pytest.approx(sum(each) / 3)
    assert scores.log_loss[0] == pytest.approx(sum(losses) / 3)


def test_seeds_widen_the_interval(simulate: Simulate) -> None:
    """Two seeds that differ much say less than one of them alone would pretend."""
    truth = simulate(2, deliveries=1500, matches=15)

    def width(*runs: Predictions) -> float:
        score = BOOTSTRAP.score(repeated_scores(runs, BOOTSTRAP).macro_f1)
        return score.high - score.low

    assert width(truth, shuffled(truth)) > 1.5 * width(truth, truth)


def test_the_same_configuration_twice_cannot_be_told_apart(simulate: Simulate) -> None:
    truth = simulate(3, deliveries=1500, matches=15)
    runs = [truth, mixed(truth, 0.5)]
    first, second = repeated_scores(runs, BOOTSTRAP), repeated_scores(list(runs), BOOTSTRAP)
    assert np.array_equal(first.macro_f1, second.macro_f1)  # the same draws of matches and seeds
    assert np.array_equal(first.log_loss, second.log_loss)
    found = lead(first, second, BOOTSTRAP)
    assert (found.difference.value, found.difference.low, found.difference.high) == (0, 0, 0)
    assert found.share_better == 0.5
    assert not found.clear


def test_seeds_are_drawn_alike_for_both(simulate: Simulate) -> None:
    """Where each seed gains the same, no draw of seeds changes the gain: only pairs show that."""
    truth = simulate(3, deliveries=1500, matches=15)
    runs = [truth, mixed(truth, 0.9)]
    scores = repeated_scores(runs, BOOTSTRAP)
    ahead = RepeatedScores(scores.macro_f1 + 0.25, scores.log_loss - 0.5, scores.each_macro_f1)
    found = lead(ahead, repeated_scores(runs, BOOTSTRAP), BOOTSTRAP)
    assert (found.difference.low, found.difference.high) == pytest.approx((0.25, 0.25))
    assert (found.log_loss_difference.low, found.log_loss_difference.high) == pytest.approx((-0.5, -0.5))
    assert found.share_better == 1


def test_another_seed_of_the_bootstrap_draws_other_seeds() -> None:
    runs = [RIGHT, BLIND]
    one, other = (repeated_scores(runs, MatchBootstrap(50, seed)).macro_f1 for seed in (0, 1))
    assert one[0] == other[0]
    assert not np.array_equal(one, other)


def test_a_configuration_that_is_much_better_is_clearly_so(simulate: Simulate) -> None:
    truth = simulate(4, deliveries=6000, matches=40, spread=1.2)
    good = [truth, mixed(truth, 0.05)]
    bad = [shuffled(mixed(truth, 0.97)), shuffled(mixed(truth, 0.99))]
    found = lead(repeated_scores(good, BOOTSTRAP), repeated_scores(bad, BOOTSTRAP), BOOTSTRAP)
    assert found.clear
    assert found.difference.value > 0.05
    assert found.log_loss_difference.high < 0
    assert found.share_better == 1
    back = lead(repeated_scores(bad, BOOTSTRAP), repeated_scores(good, BOOTSTRAP), BOOTSTRAP)
    assert not back.clear
    assert back.share_better == 0
    assert back.difference.value == -found.difference.value
    assert back.difference.low == pytest.approx(-found.difference.high)


def test_a_lead_as_plain_values() -> None:
    first, second = (repeated_scores([run], BOOTSTRAP) for run in (RIGHT, BLIND))
    document = json.loads(json.dumps(lead(first, second, BOOTSTRAP).to_json(), allow_nan=False))
    assert document["clear"] is True
    assert document["share_better"] == 1
    assert document["difference"] == pytest.approx({"value": 2 / 3, "low": 2 / 3, "high": 2 / 3})
    assert set(document) == {"difference", "log_loss_difference", "share_better", "clear"}


def test_without_resamples_nothing_is_clear() -> None:
    bootstrap = MatchBootstrap(resamples=0)
    first, second = (repeated_scores([run], bootstrap) for run in (RIGHT, BLIND))
    found = lead(first, second, bootstrap)
    assert found.difference.value == pytest.approx(2 / 3)
    assert not found.clear
    assert math.isnan(found.share_better)
    assert found.to_json()["share_better"] is None


def test_no_run_and_one_match_are_refused(four_deliveries: Predictions) -> None:
    with pytest.raises(DataError, match="got no run of a configuration, expected one a seed"):
        repeated_scores([], BOOTSTRAP)
    one_match = four_deliveries.select(four_deliveries.match == 11)
    with pytest.raises(DataError, match="got 1 matches, expected at least 2"):
        repeated_scores([one_match], BOOTSTRAP)
