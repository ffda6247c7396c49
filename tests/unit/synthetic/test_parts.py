"""The pieces of the simulator on numbers small enough to check by hand."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cricketgnn.cricket.outcomes import BatOutcome
from cricketgnn.errors import DataError
from cricketgnn.synthetic import names
from cricketgnn.synthetic.bowling import NOBODY, draw_bowlers, permitted, require_bowler
from cricketgnn.synthetic.chances import (
    ALLOWED_ON_FREE_HIT,
    BASE_MEN,
    FREE_HIT_SHARE,
    WICKET_SHARES,
    Situation,
    kind_chances,
    label_chances,
    outcome_chances,
    without_bowled_dismissals,
)
from cricketgnn.synthetic.competitions import COMPETITIONS
from cricketgnn.synthetic.events import draw_rows
from cricketgnn.synthetic.oddities import draw_weather, par_score, revised_target
from cricketgnn.synthetic.skills import BATTING_MEAN, Role

NOTHING = np.zeros((1, 7))


def situation(**changed: object) -> Situation:
    shown = {
        "progress": np.array([0.5]),
        "wickets": np.array([4]),
        "faced": np.array([1000]),
        "needed_per_ball": np.array([np.nan]),
        "after_boundary": np.array([False]),
        "dots_running": np.array([0]),
        "free_hit": np.array([False]),
    }
    return Situation(**(shown | changed))  # type: ignore[arg-type]


def chances(**changed: object) -> np.ndarray:
    context = BASE_MEN[None]
    return outcome_chances(situation(**changed), context, NOTHING, NOTHING, np.zeros(1))[0]


def test_an_equal_share_of_every_outcome_without_any_effect() -> None:
    # Half way, four out: 4 - (1.2 + 5.5 / 2) = 0.05 of caution is the only effect left.
    even = outcome_chances(situation(), NOTHING, NOTHING, NOTHING, np.zeros(1))[0]
    np.testing.assert_allclose(even, 1 / 7, atol=0.002)


@pytest.mark.parametrize(
    ("changed", "outcome", "direction"),
    [
        ({"progress": np.array([0.1])}, BatOutcome.ONE, -1),
        ({"progress": np.array([0.99])}, BatOutcome.SIX, 1),
        ({"faced": np.array([0])}, BatOutcome.WICKET, 1),
        ({"faced": np.array([0])}, BatOutcome.FOUR, -1),
        ({"needed_per_ball": np.array([2.5])}, BatOutcome.SIX, 1),
        ({"needed_per_ball": np.array([0.5])}, BatOutcome.SIX, -1),
        ({"wickets": np.array([8])}, BatOutcome.SIX, -1),
        ({"free_hit": np.array([True])}, BatOutcome.SIX, 1),
    ],
)
def test_the_situation_moves_the_outcomes_the_way_it_does_in_the_game(
    changed: dict[str, np.ndarray], outcome: BatOutcome, direction: int
) -> None:
    assert np.sign(chances(**changed)[outcome] - chances()[outcome]) == direction


def test_free_hits_forbid_all_but_the_run_out_and_its_like() -> None:
    bat = np.array([[0.3, 0.1, 0.1, 0.1, 0.1, 0.1, 0.2]])
    allowed = without_bowled_dismissals(bat)[0]
    # Run out .0805, obstructing .001, hit the ball twice .0005: .082 of the .2 stay wickets.
    np.testing.assert_allclose(allowed, [0.4836, 0.1, 0.1, 0.1, 0.1, 0.1, 0.0164])
    np.testing.assert_allclose(WICKET_SHARES.sum(axis=1), 1.0)
    np.testing.assert_allclose(WICKET_SHARES[:, ALLOWED_ON_FREE_HIT].sum(axis=1), FREE_HIT_SHARE)


def test_the_label_mixes_no_balls_and_retirements_in() -> None:
    kinds = np.array([[0.6, 0.2, 0.2]])
    legal = np.array([[0.5, 0.0, 0.0, 0.0, 0.0, 0.0, 0.5]])
    no_ball = np.array([[1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]])
    # Three of four faced deliveries are legal: .375 wickets; of the other .625 one in five retires out.
    label = label_chances(kinds, legal, no_ball, np.array([0.2]))[0]
    np.testing.assert_allclose(label, [0.5, 0, 0, 0, 0, 0, 0.5])


def test_women_bowl_more_wides_and_the_death_brings_more() -> None:
    zero = np.zeros(3)
    kinds = kind_chances(np.array([False, False, True]), np.array([0.2, 1.0, 0.2]), zero, zero)
    assert kinds[0, 1] < kinds[1, 1] < kinds[2, 1]
    np.testing.assert_allclose(kinds[0, 1] / kinds[0, 0], np.exp(-3.5))


def test_categories_are_drawn_where_the_uniform_falls() -> None:
    drawn = draw_rows(np.array([[0.25, 0.0, 0.75]] * 4), np.array([0.0, 0.2499, 0.25, 0.9999]))
    assert drawn.tolist() == [0, 0, 2, 2]


def test_a_bowler_is_permitted_only_if_the_overs_can_still_be_bowled() -> None:
    # Three overs left, two bowlers with two overs each: the next must leave A B or B A behind.
    quota = np.array([[2, 2, 0]])
    assert permitted(quota, np.array([NOBODY]), np.array([3])).tolist() == [[True, True, False]]
    assert permitted(quota, np.array([0]), np.array([3])).tolist() == [[False, True, False]]
    # With quotas 2 and 1 only A B A works.
    quota = np.array([[2, 1, 0]])
    assert permitted(quota, np.array([NOBODY]), np.array([3])).tolist() == [[True, False, False]]


@cache
def _can_finish(quota: tuple[int, ...], barred: int, overs_left: int) -> bool:
    if not overs_left:
        return True
    return any(
        quota[b]
        and b != barred
        and _can_finish((*quota[:b], quota[b] - 1, *quota[b + 1 :]), b, overs_left - 1)
        for b in range(len(quota))
    )


@given(
    quota=st.lists(st.integers(0, 3), min_size=2, max_size=5).map(tuple),
    barred=st.integers(-1, 4),
    overs_left=st.integers(1, 7),
)
@settings(max_examples=150, deadline=None)
def test_permitted_is_exactly_who_leaves_a_way_to_finish(
    quota: tuple[int, ...], barred: int, overs_left: int
) -> None:
    assume(barred < len(quota))
    allowed = permitted(np.array([quota]), np.array([barred]), np.array([overs_left]))[0]
    expected = [
        bool(
            quota[b]
            and b != barred
            and _can_finish((*quota[:b], quota[b] - 1, *quota[b + 1 :]), b, overs_left - 1)
        )
        for b in range(len(quota))
    ]
    assert allowed.tolist() == expected


def test_nobody_to_bowl_is_an_error() -> None:
    chosen = draw_bowlers(
        np.random.default_rng(0),
        np.array([[False, False], [False, True]]),
        np.zeros((2, 2)),
        np.array([0, 0]),
    )
    assert chosen.tolist() == [NOBODY, 1]
    with pytest.raises(DataError, match="1 synthetic innings have no bowler left"):
        require_bowler(chosen)


def test_shortened_chases_need_fewer_runs_but_more_an_over() -> None:
    # floor(160 * .5 ** .85) + 1 = floor(88.76) + 1
    assert revised_target(np.array([160, 160]), np.array([0.5, 1.0])).tolist() == [89, 161]
    # Ten overs of 20, two wickets down: floor(160 * .5 * .95); five down: floor(160 * .5 * 1.1)
    assert par_score(np.array([160, 160]), np.array([0.5, 0.5]), np.array([2, 5])).tolist() == [76, 88]


def test_without_oddities_the_weather_is_fine() -> None:
    weather = draw_weather(np.random.default_rng(0), np.full(300, 6), 0.0)
    assert (weather.overs == 20).all()
    assert (weather.first_stop_over == -1).all()
    assert (weather.chase_over == -1).all()
    assert not weather.absent.any()


def test_registry_ids_are_eight_hex_digits_and_never_collide() -> None:
    people, officials = names.registry_ids(3000, salt=0), names.registry_ids(50, salt=5_000_000)
    together = {*people, *officials}
    assert len(together) == 3050
    assert all(len(i) == 8 and set(i) <= set("0123456789abcdef") for i in together)


def test_family_names_differ_until_they_run_out() -> None:
    rng = np.random.default_rng(0)
    assert len(set(names.surnames(rng, 2000))) == 2000
    with pytest.raises(ValueError, match="2001 different family names asked for"):
        names.surnames(rng, 2001)


def test_competitions_share_all_matches_and_write_their_seasons_differently() -> None:
    assert sum(competition.share for competition in COMPETITIONS) == pytest.approx(1.0)
    labels = [competition.season_label(2019) for competition in COMPETITIONS]
    assert {"2019/20", "2019", 2019} == set(labels)


def test_bowlers_bat_worse_than_batters() -> None:
    tempo, _, _, hazard = (BATTING_MEAN[Role.BOWLER] - BATTING_MEAN[Role.BATTER]).tolist()
    assert tempo < 0 < hazard
