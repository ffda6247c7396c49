"""Rules of the game that features must know, each on a few deliveries written by hand."""

from __future__ import annotations

import numpy as np
import pytest

import stores
from cricketgnn.cricket.outcomes import DeliveryKind
from cricketgnn.features.state import free_hits
from cricketgnn.graph.store import GraphStore
from match_files import Document, ball, innings, match, over
from stores import Place

LEGAL, WIDE, NO_BALL = DeliveryKind


def known(*overs: Document, delivery: int, **info: object) -> dict[str, float]:
    """What is known before a delivery of the first innings."""
    return stores.before(stores.store_of({"1": match(innings(*overs), **info)}), Place("1", 0, delivery))


def test_a_first_innings_has_no_target() -> None:
    state = known(over(0, ball(4), ball()), delivery=1)
    names = ("is_chase", "target_known", "runs_required", "required_rate", "rate_gap", "batting_won_toss")
    assert [state[name] for name in names] == [0, 0, 0, 0, 0, 0]
    assert state["run_rate"] == 24


def test_rates_of_the_hundred_are_runs_every_six_balls() -> None:
    state = known(
        over(0, *[ball(1)] * 5), over(1, ball(1)), delivery=5, balls_per_over=5, team_type="international"
    )
    assert (state["is_hundred"], state["scheduled_balls"], state["balls_left"]) == (1, 100, 95)
    assert (state["run_rate"], state["innings_share"]) == (6, pytest.approx(0.05))
    assert (state["over_balls"], state["is_international"], state["is_female"]) == (0, 1, 0)


def test_the_sex_of_a_match_is_a_flag() -> None:
    assert known(over(0, ball()), delivery=0, gender="female")["is_female"] == 1


def test_a_match_made_shorter_before_it_began_has_fewer_balls() -> None:
    assert known(over(0, ball()), delivery=0, overs=12)["scheduled_balls"] == 72


@pytest.mark.parametrize(("match_type", "balls"), [("T20", 120), ("IT20", 120), ("ODI", 300)])
def test_fifty_overs_of_a_t20_are_a_slip_of_the_file(match_type: str, balls: int) -> None:
    state = known(over(0, ball()), delivery=0, overs=50, match_type=match_type)
    assert state["scheduled_balls"] == balls


def test_runs_a_ball_are_capped_where_a_rate_tells_nothing_more() -> None:
    state = known(over(0, ball(4, noballs=1), *[ball(6)] * 8), delivery=3)
    assert (state["score"], state["balls_bowled"], state["run_rate"]) == (17, 2, 36)


def test_an_over_the_umpire_counted_wrong_keeps_its_balls() -> None:
    played = (over(0, *[ball(1)] * 5), over(1, *[ball()] * 7), over(2, ball()))
    state = known(*played, delivery=11)
    assert (state["over_balls"], state["over_deliveries"], state["balls_bowled"]) == (6, 6, 11)
    state = known(*played, delivery=12)
    assert (state["over_balls"], state["balls_bowled"], state["score"]) == (0, 12, 5)


def test_an_innings_that_runs_past_its_schedule_has_one_ball_left() -> None:
    state = known(over(0, *[ball()] * 7), over(1, ball()), delivery=7, overs=1)
    assert (state["balls_bowled"], state["balls_left"], state["innings_share"]) == (
        7,
        1,
        pytest.approx(7 / 6),
    )


def test_overs_with_a_gap_between_are_different_overs() -> None:
    state = known(over(0, ball(3)), over(7, ball(2), ball()), delivery=2)
    assert (state["over_runs"], state["over_deliveries"], state["score"]) == (2, 1, 5)


def test_retired_hurt_is_no_wicket_and_the_batter_goes_on_where_he_was() -> None:
    played = over(
        0,
        ball(4),
        ball(out=[("R1", "retired hurt")]),
        ball(1, striker="R3"),
        ball(striker="R2", partner="R3", out=[("R3", "run out")]),
        ball(striker="R1", partner="R2"),
        ball(striker="R1", partner="R2"),
    )
    after = known(played, delivery=2)
    assert (after["wickets_down"], after["previous_wicket"], after["since_wicket"]) == (0, 0, 60)
    assert (after["striker_order"], after["partnership_deliveries"]) == (2, 0)
    back = known(played, delivery=5)
    assert (back["striker_balls"], back["striker_runs"], back["striker_order"]) == (3, 4, 0)
    assert (back["wickets_down"], back["partnership_deliveries"], back["bowler_wickets"]) == (1, 1, 0)


def test_two_batters_out_on_one_delivery_are_two_wickets() -> None:
    both = ball(out=[("R1", "run out"), ("R2", "retired out")])
    state = known(over(0, both, ball(striker="R3", partner="R4")), delivery=1)
    assert (state["wickets_down"], state["last6_wickets"], state["over_wickets"]) == (2, 2, 2)
    assert (state["previous_wicket"], state["striker_order"]) == (1, 2)


def test_a_stumping_off_a_wide_is_a_wicket_and_no_ball_faced() -> None:
    played = over(0, ball(wides=1, out=[("R1", "stumped")]), ball(striker="R3"))
    state = known(played, delivery=1)
    names = ("wickets_down", "bowler_wickets", "bowler_balls", "bowler_runs", "bowler_dots", "last6_dots")
    assert [state[name] for name in names] == [1, 1, 0, 1, 0, 0]


def test_runs_run_on_a_wide_are_charged_and_byes_on_a_no_ball_are_not() -> None:
    state = known(over(0, ball(wides=5), ball(noballs=1, byes=3), ball()), delivery=2)
    assert (state["bowler_runs"], state["score"], state["striker_runs"]) == (6, 9, 0)
    assert (state["striker_balls"], state["striker_dots"], state["bowler_extras"]) == (1, 1, 2)


def test_a_bowler_replaced_in_the_middle_of_an_over_keeps_his_own_figures() -> None:
    played = over(0, ball(4), ball(1, bowler="B9"), ball(bowler="B9"))
    state = known(played, delivery=2)
    assert (state["bowler_balls"], state["bowler_runs"], state["over_runs"]) == (1, 1, 5)
    assert (state["matchup_balls"], state["matchup_runs"]) == (1, 1)


def test_figures_of_the_day_end_with_the_innings() -> None:
    first = innings(over(0, *[ball(6)] * 3))
    second = innings(over(0, ball(1, striker="B11", partner="B1", bowler="R1")), team="Blues")
    state = stores.before(stores.store_of({"1": match(first, second)}), Place("1", 1, 0))
    figures = [name for name in state if name.startswith(("striker", "bowler", "last", "previous", "over"))]
    assert len(figures) > 20
    assert {name: state[name] for name in figures if state[name]} == {}


def test_the_same_people_meet_anew_in_the_next_match() -> None:
    store = stores.store_of(
        {
            "1": match(innings(over(0, *[ball(6)] * 3))),
            "2": match(innings(over(0, ball())), dates=["2024-05-02"]),
        }
    )
    state = stores.before(store, Place("2", 0, 0))
    assert (state["striker_runs"], state["matchup_balls"], state["since_boundary"]) == (0, 0, 60)


@pytest.mark.parametrize(
    ("kinds", "free"),
    [
        ([LEGAL, NO_BALL, LEGAL, LEGAL], [0, 0, 1, 0]),
        ([NO_BALL, WIDE, WIDE, LEGAL, LEGAL], [0, 1, 1, 1, 0]),
        ([NO_BALL, NO_BALL, LEGAL], [0, 1, 1]),
        ([WIDE, LEGAL], [0, 0]),
        ([], []),
    ],
)
def test_a_free_hit_follows_a_no_ball_through_wides(kinds: list[int], free: list[int]) -> None:
    assert free_hits(np.array(kinds, dtype=int), np.zeros(len(kinds), dtype=int)).tolist() == free


def test_no_free_hit_is_carried_into_the_next_innings() -> None:
    kinds, starts = np.array([NO_BALL, LEGAL, NO_BALL, WIDE, LEGAL]), np.array([0, 0, 0, 3, 3])
    assert free_hits(kinds, starts).tolist() == [False, True, False, False, False]


def test_the_last_deliveries_and_the_sixty_cap() -> None:
    overs = [over(0, ball(4), *[ball(1)] * 5), *(over(number, *[ball(1)] * 6) for number in range(1, 12))]
    state = known(*overs, delivery=71)
    assert (state["since_boundary"], state["since_wicket"]) == (60, 60)
    assert [state[f"last{window}_runs"] for window in (6, 12, 30)] == [6, 12, 30]
    assert known(*overs, delivery=7)["since_boundary"] == 7


def _with_super_over() -> GraphStore:
    first = innings(over(0, ball(1)))
    second = innings(over(0, ball(1, striker="B1", partner="B2", bowler="R1")), team="Blues")
    super_over = innings(over(0, ball(6), ball(6)), super_over=True)
    return stores.store_of({"1": match(first, second, super_over), "2": match(first, dates=["2024-05-02"])})


def test_super_overs_are_no_innings_and_count_in_no_career() -> None:
    store = _with_super_over()
    assert list(store.match_ids[store.match]) == ["1", "1", "2"]
    assert store.position.tolist() == [0, 1, 0]
    assert store.deliveries == 3
    entry = store.player_pointers[2] + store.striker[2]
    assert store.player_counts[0, entry].tolist() == [0, 1, 0, 0, 0, 0, 0, 0, 0]


def test_innings_without_a_delivery_are_left_out() -> None:
    forfeited = {"team": "Reds", "forfeited": True}
    chase = innings(over(0, ball(striker="B1", partner="B2", bowler="R1")), team="Blues")
    store = stores.store_of({"1": match(forfeited, chase)})
    state = stores.before(store, Place("1", 1, 0))
    assert (len(store), state["is_chase"], state["target_known"]) == (1, 1, 0)


def test_no_innings_at_all_make_an_empty_store() -> None:
    store = stores.store_of({"1": match({"team": "Reds", "forfeited": True})})
    assert (len(store), store.deliveries, len(store.person)) == (0, 0, 0)
    assert store.delivery_x.shape == (0, len(stores.DELIVERY_NAMES))
