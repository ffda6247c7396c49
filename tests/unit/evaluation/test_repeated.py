"""Configurations trained on several seeds: their means, and whether one is really better."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np
import pytest
from scipy import stats

from cricketgnn.errors import DataError
from cricketgnn.evaluation import ARGMAX, Predictions, cross_fitted_macro_f1, evaluate
from cricketgnn.evaluation.bootstrap import MatchBootstrap, Score
from cricketgnn.evaluation.predictions import FloatArray
from cricketgnn.evaluation.repeated import Lead, RepeatedScore, RepeatedScores, lead, repeated_scores

Simulate = Callable[..., Predictions]
BOOTSTRAP = MatchBootstrap(resamples=200, seed=3)
T_1: Final = 12.7062047
"""97.5 % quantiles of Student's t with 1, 2 and 4 degrees of freedom, from a printed table."""
T_2: Final = 4.3026527
T_4: Final = 2.7764451


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


def ends(score: Score) -> tuple[float, float, float]:
    return score.low, score.value, score.high


def unchanging(*each: float) -> RepeatedScore:
    """Seeds whose mean is the same for every draw of matches: only they are left to chance."""
    return RepeatedScore(np.full(201, np.mean(each)), np.array(each), BOOTSTRAP)


def drawn(low: float, high: float, *each: float) -> RepeatedScore:
    """Seeds whose mean spreads over matches from ``low`` below to ``high`` above itself.

    Of 41 resampled values, in order, the quantiles at 2.5, 50 and 97.5 % are the second, the 21st and the
    second last.
    """
    resampled = np.array([-9.0, -low, *[0.0] * 37, high, 9.0])
    value = float(np.mean(each))
    return RepeatedScore(value + np.array([0.0, *resampled]), np.array(each), MatchBootstrap(41))


def alone(macro_f1: RepeatedScore) -> RepeatedScores:
    return RepeatedScores(macro_f1, unchanging(1.4, 1.4))


# One configuration -------------------------------------------------------------------------------------


def test_by_hand() -> None:
    """Calling four balls a dot, or four a wicket, has F1 2 * 2 / (2 + 4) = 2/3 in one class of two."""
    scores = repeated_scores([RIGHT, BLIND], MatchBootstrap(resamples=0))
    assert scores.macro_f1.each.tolist() == pytest.approx([1, 1 / 3])
    assert scores.macro_f1.draws.tolist() == pytest.approx([2 / 3])
    right = (-2 * math.log(0.75) - 2 * math.log(0.5)) / 4
    assert scores.log_loss.each.tolist() == pytest.approx([right, math.log(2)])
    assert scores.log_loss.draws.tolist() == pytest.approx([(right + math.log(2)) / 2])
    assert scores.macro_f1.seed_variance == pytest.approx(1 / 9)  # two of 1/3 away: 2/9, and half of it


def test_matches_that_are_alike_leave_only_the_seeds_to_chance() -> None:
    two = repeated_scores([RIGHT, BLIND], BOOTSTRAP).macro_f1
    assert two.draws == pytest.approx(np.full(201, 2 / 3))
    assert ends(two.score()) == pytest.approx((2 / 3 - T_1 / 3, 2 / 3, 2 / 3 + T_1 / 3))
    # Of 1, 1/3, 1/3 the mean is 5/9, the variance (16 + 4 + 4) / 81 / 2 = 12/81, of the mean 4/81.
    three = repeated_scores([RIGHT, BLIND, BLIND], BOOTSTRAP).macro_f1
    assert ends(three.score()) == pytest.approx((5 / 9 - T_2 * 2 / 9, 5 / 9, 5 / 9 + T_2 * 2 / 9))


def test_more_seeds_of_the_same_spread_say_more() -> None:
    """Of -1, -1, 0, 1, 1 the variance is 4 / 4 = 1, of the mean 1/5."""
    score = unchanging(-1, -1, 0, 1, 1).score()
    assert ends(score) == pytest.approx((-T_4 / math.sqrt(5), 0, T_4 / math.sqrt(5)))
    confident = replace(BOOTSTRAP, confidence=0.8)  # printed: 1.5332 with 4 degrees of freedom
    narrow = replace(unchanging(-1, -1, 0, 1, 1), bootstrap=confident).score()
    assert ends(narrow) == pytest.approx((-1.5332062 / math.sqrt(5), 0, 1.5332062 / math.sqrt(5)))


def test_seeds_that_agree_leave_only_the_matches_to_chance() -> None:
    assert ends(drawn(0.3, 0.96, 2.0, 2.0, 2.0).score()) == pytest.approx((1.7, 2.0, 2.96))


def test_matches_and_seeds_add_in_squares() -> None:
    """Three seeds so far apart that their share is .4: 3-4-5 below, and 5-12-13 above."""
    apart = 0.4 * math.sqrt(3) / T_2
    score = drawn(0.3, 0.96, 2 - apart, 2.0, 2 + apart).score()
    assert ends(score) == pytest.approx((1.5, 2.0, 3.04))


def test_ends_are_kept_within_bounds() -> None:
    apart = 0.4 * math.sqrt(3) / T_2
    score = drawn(0.3, 0.96, 0.45 - apart, 0.45, 0.45 + apart)
    assert ends(score.score()) == pytest.approx((-0.05, 0.45, 1.49))
    assert ends(score.score((0.0, 1.0))) == pytest.approx((0.0, 0.45, 1.0))
    assert ends(score.score((-1.0, 2.0))) == pytest.approx((-0.05, 0.45, 1.49))


def test_one_seed_has_a_value_and_no_interval() -> None:
    score = repeated_scores([RIGHT], BOOTSTRAP).macro_f1
    assert math.isnan(score.seed_variance)
    for bounds in ((-math.inf, math.inf), (0.0, 1.0)):
        low, value, high = ends(score.score(bounds))
        assert value == pytest.approx(1)
        assert math.isnan(low)
        assert math.isnan(high)


def test_one_seed_scores_as_the_objective_of_a_search(simulate: Simulate) -> None:
    run = simulate(1, deliveries=1500, matches=15)
    scores = repeated_scores([run], BOOTSTRAP)
    assert scores.macro_f1.draws[0] == pytest.approx(cross_fitted_macro_f1(run), abs=1e-12)
    assert scores.macro_f1.each.tolist() == [scores.macro_f1.draws[0]]
    assert scores.macro_f1.draws.shape == scores.log_loss.draws.shape == (201,)


def test_the_log_loss_of_equal_seeds_and_its_interval_are_the_usual_ones(simulate: Simulate) -> None:
    run = simulate(1, deliveries=1500, matches=15)
    usual = evaluate(run, ARGMAX, resamples=200, seed=3)["log_loss"]
    assert usual.high - usual.low > 0.01
    assert ends(repeated_scores([run, run], BOOTSTRAP).log_loss.score()) == pytest.approx(ends(usual))


def test_the_value_is_the_mean_over_seeds(simulate: Simulate) -> None:
    truth = simulate(2, deliveries=1500, matches=15)
    runs = [mixed(truth, share) for share in (0.0, 0.3, 0.6)]
    scores = repeated_scores(runs, BOOTSTRAP)
    each = [cross_fitted_macro_f1(run) for run in runs]
    losses = [evaluate(run, ARGMAX, resamples=0)["log_loss"].value for run in runs]
    assert scores.macro_f1.each.tolist() == pytest.approx(each)
    assert scores.log_loss.each.tolist() == pytest.approx(losses)
    assert scores.macro_f1.score().value == pytest.approx(sum(each) / 3)
    assert scores.log_loss.score().value == pytest.approx(sum(losses) / 3)
    alone = [repeated_scores([run], BOOTSTRAP).macro_f1.draws for run in runs]
    assert scores.macro_f1.draws == pytest.approx(sum(alone) / 3)  # for each draw of matches


def test_seeds_widen_the_interval(simulate: Simulate) -> None:
    """Two seeds that differ much say less than one of them alone would pretend."""
    truth = simulate(2, deliveries=1500, matches=15)

    def width(*runs: Predictions) -> float:
        score = repeated_scores(runs, BOOTSTRAP).macro_f1.score()
        return score.high - score.low

    assert width(truth, truth) > 0.01
    assert width(truth, shuffled(truth)) > 1.5 * width(truth, truth)


def test_another_seed_of_the_bootstrap_draws_other_matches(simulate: Simulate) -> None:
    truth = simulate(2, deliveries=1500, matches=15)
    runs = [truth, mixed(truth, 0.5)]
    one, again, other = (repeated_scores(runs, MatchBootstrap(50, seed)).macro_f1 for seed in (0, 0, 1))
    assert np.array_equal(one.draws, again.draws)
    assert one.draws[0] == other.draws[0]
    assert not np.array_equal(one.draws, other.draws)
    assert one.each.tolist() == other.each.tolist()


def test_no_run_and_one_match_are_refused(four_deliveries: Predictions) -> None:
    with pytest.raises(DataError, match="got no run of a configuration, expected one a seed"):
        repeated_scores([], BOOTSTRAP)
    one_match = four_deliveries.select(four_deliveries.match == 11)
    with pytest.raises(DataError, match="got 1 matches, expected at least 2"):
        repeated_scores([one_match], BOOTSTRAP)


# Two configurations ------------------------------------------------------------------------------------


def test_the_seeds_of_two_configurations_are_compared_as_by_welch() -> None:
    """Variances of the means .01 with 1 and .01 / 3 with 2 degrees of freedom: 32/19 of them together."""
    first, second = (0.5, 0.7), (0.1, 0.2, 0.3)
    found = lead(alone(unchanging(*first)), alone(unchanging(*second))).difference
    half = float(stats.t.ppf(0.975, 32 / 19)) * math.sqrt(0.04 / 3)
    assert ends(found) == pytest.approx((0.4 - half, 0.4, 0.4 + half))
    interval = stats.ttest_ind(first, second, equal_var=False).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high))


def test_seeds_of_equal_spread_have_the_degrees_of_freedom_of_both() -> None:
    """Of three seeds each, 4; the variance of either mean is .01 / 3."""
    found = lead(alone(unchanging(0.5, 0.6, 0.7)), alone(unchanging(0.1, 0.2, 0.3))).difference
    half = T_4 * math.sqrt(0.02 / 3)
    assert ends(found) == pytest.approx((0.4 - half, 0.4, 0.4 + half))


def test_where_one_has_no_spread_the_other_has_all_the_say() -> None:
    found = lead(alone(unchanging(0.5, 0.6, 0.7)), alone(unchanging(*[0.2] * 50))).difference
    half = T_2 * math.sqrt(0.01 / 3)
    assert ends(found) == pytest.approx((0.4 - half, 0.4, 0.4 + half))


def test_seeds_are_no_pairs() -> None:
    """Seeds of two configurations have nothing in common but their number: their order tells nothing."""
    scores = unchanging(0.2, 0.4, 0.6)
    ahead = replace(scores, draws=scores.draws + 0.25, each=scores.each + 0.25)
    turned = replace(ahead, each=ahead.each[::-1].copy())
    half = T_4 * math.sqrt(2 * 0.04 / 3)
    for other in (ahead, turned):
        found = lead(alone(other), alone(scores))
        assert ends(found.difference) == pytest.approx((0.25 - half, 0.25, 0.25 + half))
        assert not found.clear


def test_matches_are_pairs() -> None:
    """What makes a match easier for both changes nothing between them."""
    first, second = drawn(0.3, 0.96, 2.0, 2.0), drawn(0.3, 0.96, 1.9, 1.9)
    found = lead(alone(first), alone(second))
    assert ends(found.difference) == pytest.approx((0.1, 0.1, 0.1))
    assert found.clear
    # Where the second does not follow the matches, their spread is all the first's.
    still = replace(second, draws=np.full(42, 1.9))
    assert ends(lead(alone(first), alone(still)).difference) == pytest.approx((-0.2, 0.1, 1.06))


def test_matches_and_seeds_of_a_difference_add_in_squares() -> None:
    """Two seeds of equal spread either side: 2 degrees of freedom; their share is .4."""
    apart = 0.4 / T_2 / math.sqrt(2)  # of two values 2d apart, the variance of the mean is d²
    first = drawn(0.3, 0.96, 2 - apart, 2 + apart)
    second = replace(drawn(0, 0, 1 - apart, 1 + apart), draws=np.full(42, 1.0))
    found = lead(alone(first), alone(second))
    assert ends(found.difference) == pytest.approx((0.5, 1.0, 2.04))
    assert found.clear


def test_the_log_loss_is_compared_in_the_same_way() -> None:
    same = unchanging(0.2, 0.2, 0.2)
    first = RepeatedScores(same, unchanging(1.3, 1.4, 1.5))
    second = RepeatedScores(same, unchanging(1.5, 1.6, 1.7))
    found = lead(first, second)
    half = T_4 * math.sqrt(0.02 / 3)
    assert ends(found.log_loss_difference) == pytest.approx((-0.2 - half, -0.2, -0.2 + half))
    assert ends(found.difference) == pytest.approx((0, 0, 0))


@pytest.mark.parametrize(("low", "clear"), [(0.001, True), (0.0, False), (-0.001, False), (math.nan, False)])
def test_a_lead_is_clear_where_its_interval_is_above_0(low: float, clear: bool) -> None:
    log_loss = Score(-1.0, -2.0, -0.5)  # however clear that is
    assert Lead(Score(0.1, low, 0.3), log_loss).clear is clear


def test_the_same_configuration_twice_cannot_be_told_apart(simulate: Simulate) -> None:
    truth = simulate(3, deliveries=1500, matches=15)
    runs = [truth, mixed(truth, 0.5), mixed(truth, 0.9)]
    first, second = repeated_scores(runs, BOOTSTRAP), repeated_scores(list(runs), BOOTSTRAP)
    assert np.array_equal(first.macro_f1.draws, second.macro_f1.draws)  # the same draws of matches
    assert np.array_equal(first.log_loss.draws, second.log_loss.draws)
    found = lead(first, second)
    half = T_4 * math.sqrt(2 * first.macro_f1.seed_variance)
    assert half > 0
    assert ends(found.difference) == pytest.approx((-half, 0, half))
    assert not found.clear


def test_a_configuration_that_is_much_better_is_clearly_so(simulate: Simulate) -> None:
    truth = simulate(4, deliveries=6000, matches=40, spread=1.2)
    good = [truth, mixed(truth, 0.02), mixed(truth, 0.05)]
    bad = [shuffled(mixed(truth, share)) for share in (0.97, 0.98, 0.99)]
    found = lead(repeated_scores(good, BOOTSTRAP), repeated_scores(bad, BOOTSTRAP))
    assert found.clear
    assert found.difference.value > 0.05
    assert found.log_loss_difference.high < 0
    back = lead(repeated_scores(bad, BOOTSTRAP), repeated_scores(good, BOOTSTRAP))
    assert not back.clear
    assert back.difference.value == pytest.approx(-found.difference.value)
    assert back.difference.low == pytest.approx(-found.difference.high)
    assert back.difference.high == pytest.approx(-found.difference.low)


@pytest.mark.parametrize("seeds", [(1, 1), (1, 5), (5, 1)])
def test_one_seed_is_never_clearly_ahead_or_behind(seeds: tuple[int, int]) -> None:
    first = repeated_scores([RIGHT] * seeds[0], BOOTSTRAP)
    second = repeated_scores([BLIND] * seeds[1], BOOTSTRAP)
    found = lead(first, second)
    assert found.difference.value == pytest.approx(2 / 3)
    assert found.log_loss_difference.value < 0
    for score in (found.difference, found.log_loss_difference):
        assert math.isnan(score.low)
        assert math.isnan(score.high)
    assert not found.clear


def test_a_lead_as_plain_values() -> None:
    first, second = (repeated_scores([run, run], BOOTSTRAP) for run in (RIGHT, BLIND))
    document = json.loads(json.dumps(lead(first, second).to_json(), allow_nan=False))
    loss = (-2 * math.log(0.75) - 2 * math.log(0.5)) / 4 - math.log(2)
    assert document.pop("clear") is True
    assert document.pop("difference") == pytest.approx({"value": 2 / 3, "low": 2 / 3, "high": 2 / 3})
    assert document.pop("log_loss_difference") == pytest.approx({"value": loss, "low": loss, "high": loss})
    assert document == {}


def test_a_lead_of_one_seed_as_plain_values() -> None:
    first, second = (repeated_scores([run], BOOTSTRAP) for run in (RIGHT, BLIND))
    document = json.loads(json.dumps(lead(first, second).to_json(), allow_nan=False))
    assert document["clear"] is False
    assert document["difference"] == {"value": pytest.approx(2 / 3), "low": None, "high": None}


def test_without_resamples_nothing_is_clear() -> None:
    bootstrap = MatchBootstrap(resamples=0)
    first, second = (repeated_scores([run, run, run], bootstrap) for run in (RIGHT, BLIND))
    found = lead(first, second)
    assert found.difference.value == pytest.approx(2 / 3)
    assert math.isnan(found.difference.low)
    assert math.isnan(found.difference.high)
    assert not found.clear


# How often it is wrong ---------------------------------------------------------------------------------

MATCHES: Final = 40
PAIRS: Final = 1000
DRAWS = MatchBootstrap(resamples=200, seed=1)
WEIGHTS: FloatArray = DRAWS.weights(MATCHES) / MATCHES


def simulated(
    chance: np.random.Generator, common: FloatArray, seeds: int, seed_noise: float, match_noise: float
) -> RepeatedScore:
    """A configuration of true score 0: seeds, matches, and each seed on each match are left to chance.

    Noises are those of a mean: over seeds for one seed, over all matches for the matches.
    """
    of_a_match = match_noise * math.sqrt(MATCHES)
    values = common + chance.normal(0, of_a_match, MATCHES) + chance.normal(0, seed_noise, (seeds, 1))
    values = values + chance.normal(0, of_a_match / 2, (seeds, MATCHES))
    draws = WEIGHTS @ values.T
    return RepeatedScore(draws.mean(axis=1), draws[0], DRAWS)


def pairs(seeds: int, seed_noise: float, match_noise: float, gap: float = 0.0) -> list[list[RepeatedScore]]:
    """Pairs of configurations, the one that came out better first, as the winner protocol has them."""
    chance = np.random.default_rng(seeds)
    found = []
    for _ in range(PAIRS):
        common = chance.normal(0, 10 * match_noise * math.sqrt(MATCHES), MATCHES)
        both = [simulated(chance, common, seeds, seed_noise, match_noise) for _ in range(2)]
        both[0] = replace(both[0], draws=both[0].draws + gap, each=both[0].each + gap)
        found.append(sorted(both, key=lambda score: -score.draws[0]))
    return found


def share_clear(compared: list[list[RepeatedScore]]) -> float:
    return sum(lead(alone(first), alone(second)).clear for first, second in compared) / len(compared)


@pytest.mark.parametrize("seeds", [2, 3, 5])
@pytest.mark.parametrize(
    ("seed_noise", "match_noise"),
    [(1.0, 0.05), (1.0, 1.0), (0.05, 1.0)],
    ids=["mostly seeds", "both", "mostly matches"],
)
def test_equal_configurations_are_seldom_called_clearly_different(
    seeds: int, seed_noise: float, match_noise: float
) -> None:
    """At 95 %, one in twenty; the bound lies four standard deviations of 1000 pairs above that."""
    assert share_clear(pairs(seeds, seed_noise, match_noise)) <= 0.078


@pytest.mark.parametrize("seeds", [2, 3, 5])
def test_matches_alone_would_call_lucky_seeds_better(seeds: int) -> None:
    """The simulation has something to find: without the seeds' share, most of its pairs would be clear."""
    compared = pairs(seeds, 1.0, 0.05)
    fooled = sum(DRAWS.score(first.draws - second.draws).low > 0 for first, second in compared)
    assert fooled / PAIRS > 0.5


@pytest.mark.parametrize(("seeds", "gap"), [(2, 12.0), (3, 5.0), (5, 3.0)])
def test_what_is_really_better_is_mostly_called_so(seeds: int, gap: float) -> None:
    """An interval that is right because it is endless would be of no use."""
    assert share_clear(pairs(seeds, 1.0, 0.05, gap)) > 0.8
