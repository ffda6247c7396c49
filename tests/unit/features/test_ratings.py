"""Ratings: what happened beside what was expected, day by day, and never from the day itself."""

from __future__ import annotations

import numpy as np
import pytest

from cricketgnn.features.learner import RatingLearner
from cricketgnn.features.ratings import BASE, Effect, Rated, expectation

DOT, SIX, WIDE = 0, 5, -1
PLAYER = Effect("player", strength=10, half_life=100)


def ints(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.int64)


def rate(
    effects: list[Effect],
    entities: dict[str, np.ndarray],
    outcomes: np.ndarray,
    first_day: np.ndarray,
    last_day: np.ndarray,
) -> Rated:
    """Rate what takes part in some deliveries, all in one block."""
    until = int(last_day.max(initial=0))
    return RatingLearner(effects).take_in(entities, outcomes, first_day, last_day, until)


def test_one_effect_by_hand() -> None:
    outcomes, days = ints(DOT, DOT, SIX, DOT), ints(0, 0, 0, 100)
    rated = rate([PLAYER], {"player": ints(3, 3, 3, 3)}, outcomes, days, days)
    np.testing.assert_allclose(np.exp(rated.expected[:3]), np.tile(BASE / BASE.sum(), (3, 1)), rtol=1e-5)
    came = np.array([2, 0, 0, 0, 0, 1, 0])
    kept = 0.5  # a hundred days are a half-life
    ratio = (came * kept + 10) / (3 * BASE / BASE.sum() * kept + 10)
    expected = BASE * ratio / (BASE * ratio).sum()
    np.testing.assert_allclose(np.exp(rated.expected[3]), expected, rtol=1e-5)
    of_player = rated.ratings["player"]
    assert of_player.entity.tolist() == [3, 3]
    assert of_player.day.tolist() == [0, 100]
    np.testing.assert_allclose(of_player.observed[0], came)
    np.testing.assert_allclose(of_player.before(ints(3, 3, 4), ints(0, 100, 100)), [
        np.zeros(7), np.log(ratio), np.zeros(7)
    ], atol=1e-6)  # fmt: skip


def test_the_second_effect_learns_what_the_first_left_over() -> None:
    effects = [Effect("ground", 5, 1e9), Effect("player", 5, 1e9)]
    outcomes, days = ints(SIX, SIX), ints(0, 0)
    rated = rate(effects, {"ground": ints(0, 0), "player": ints(0, 1)}, outcomes, days, days)
    base = BASE / BASE.sum()
    came = np.eye(7)[SIX]
    ground = (2 * came + 5) / (2 * base + 5)
    np.testing.assert_allclose(rated.ratings["ground"].expected, [2 * base], rtol=1e-5)
    power = base * ground
    left = power / power.sum()
    np.testing.assert_allclose(rated.ratings["player"].expected, [left, left], rtol=1e-5)


def test_an_effects_own_rating_is_not_in_what_the_others_expect() -> None:
    outcomes, days = ints(*[SIX] * 50, DOT), ints(*[0] * 50, 1)
    rated = rate([PLAYER], {"player": np.zeros(51, dtype=np.int64)}, outcomes, days, days)
    player = rated.ratings["player"]
    ratio = np.exp(player.before(ints(0), ints(1)))[0]
    power = BASE * ratio
    kept = np.exp2(-1 / 100)
    added = player.expected[1] - player.expected[0] * kept
    np.testing.assert_allclose(added, power / power.sum() / ratio, rtol=1e-4)


def test_runs_off_weak_bowling_count_for_less() -> None:
    generator = np.random.default_rng(0)
    days = np.repeat(np.arange(60), 200)
    batter, bowler = generator.integers(2, 12, len(days)), generator.integers(2, 12, len(days))
    batter[days == 59], bowler[days == 59] = 2, 2
    # Bowler 0 is hit for six by everyone; batter 0 faces only him and does as everyone does.
    hit = generator.random(len(days)) < 0.04
    weak = generator.random(len(days)) < 0.3
    bowler[weak] = 0
    hit |= weak & (generator.random(len(days)) < 0.3)
    batter[weak & (generator.random(len(days)) < 0.2)] = 0
    effects = [Effect("bowler", 10, 1e9), Effect("batter", 10, 1e9)]
    rated = rate(effects, {"bowler": bowler, "batter": batter}, np.where(hit, SIX, DOT), days, days)
    ratings = rated.ratings["batter"].before(ints(0, 5), ints(60, 60))[:, SIX]
    assert hit[batter == 0].mean() > 2 * hit[batter == 5].mean()
    assert abs(ratings[0] - ratings[1]) < 0.25
    assert rated.ratings["bowler"].before(ints(0), ints(60))[0, SIX] > 1.5


def test_wides_teach_nothing_and_are_expected_all_the_same() -> None:
    outcomes, days = ints(DOT, WIDE, WIDE, DOT), ints(0, 0, 1, 2)
    players = {"player": ints(0, 0, 0, 0)}
    with_wides = rate([PLAYER], players, outcomes, days, days)
    without = rate([PLAYER], {"player": ints(0, 0)}, ints(DOT, DOT), ints(0, 2), ints(0, 2))
    np.testing.assert_allclose(with_wides.expected[[0, 3]], without.expected, atol=1e-6)
    np.testing.assert_allclose(np.exp(with_wides.expected).sum(axis=1), 1, rtol=1e-5)


def some_deliveries(seed: int, reserve_days: bool = False) -> tuple[dict[str, np.ndarray], np.ndarray, ...]:
    generator = np.random.default_rng(seed)
    size = 400
    first = np.sort(generator.integers(0, 30, size))
    last = first + (generator.random(size) < 0.2) * reserve_days
    entities = {"player": generator.integers(0, 9, size), "ground": generator.integers(0, 3, size)}
    return entities, generator.integers(-1, 7, size), first, last


EFFECTS = [Effect("ground", 4, 50), Effect("player", 6, 20)]


@pytest.mark.parametrize("reserve_days", [False, True])
def test_looking_up_gives_what_was_expected(reserve_days: bool) -> None:
    entities, outcomes, first, last = some_deliveries(1, reserve_days)
    rated = rate(EFFECTS, entities, outcomes, first, last)
    np.testing.assert_allclose(rated.expected, expectation(rated.ratings, entities, first), atol=1e-5)


@pytest.mark.parametrize("reserve_days", [False, True])
def test_nothing_of_the_day_or_later_is_expected(reserve_days: bool) -> None:
    entities, outcomes, first, last = some_deliveries(2, reserve_days)
    whole = rate(EFFECTS, entities, outcomes, first, last)
    for day in (3, 11, 26):
        other = np.where(last >= day, (outcomes + 3) % 7, outcomes)
        changed = rate(EFFECTS, entities, other, first, last)
        np.testing.assert_array_equal(changed.expected[first <= day], whole.expected[first <= day])
        assert (changed.expected[first > day + 1] != whole.expected[first > day + 1]).any()
        known = first <= day
        cut = rate(
            EFFECTS, {k: v[known] for k, v in entities.items()}, outcomes[known], first[known], last[known]
        )
        np.testing.assert_allclose(cut.expected, whole.expected[known], atol=1e-6)


def test_a_match_with_a_reserve_day_is_expected_as_it_is_while_it_is_on() -> None:
    entities, outcomes, first, last = some_deliveries(4, reserve_days=True)
    whole = rate(EFFECTS, entities, outcomes, first, last)
    for day in (3, 11, 26):
        today = first == day
        assert (last[today] > day).any()
        known = (last < day) | today
        live = rate(
            EFFECTS,
            {name: of[known] for name, of in entities.items()},
            np.where(today, WIDE, outcomes)[known],
            first[known],
            np.where(today, day, last)[known],
        )
        np.testing.assert_array_equal(live.expected[today[known]], whole.expected[today])


def test_the_order_of_deliveries_of_a_day_makes_no_difference() -> None:
    entities, outcomes, first, last = some_deliveries(3)
    shuffled = np.random.default_rng(0).permutation(len(first))
    shuffled = shuffled[np.argsort(first[shuffled], kind="stable")]
    one = rate(EFFECTS, entities, outcomes, first, last)
    other = rate(EFFECTS, {k: v[shuffled] for k, v in entities.items()}, outcomes[shuffled], first, last)
    np.testing.assert_allclose(other.expected, one.expected[shuffled], atol=1e-5)


def test_no_delivery_at_all() -> None:
    none = np.zeros(0, dtype=np.int64)
    rated = rate([PLAYER], {"player": none}, none, none, none)
    assert rated.expected.shape == (0, 7)
    np.testing.assert_array_equal(rated.ratings["player"].before(ints(1), ints(5)), np.zeros((1, 7)))
