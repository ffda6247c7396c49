"""The rules of the game in the delivery table, each on deliveries written by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from cricketgnn.cricket.outcomes import NO_OUTCOME, BatOutcome, DeliveryKind
from cricketgnn.deliveries import MatchTables
from match_files import ball, innings, match, over

Load = Callable[..., MatchTables]
Column = Callable[[MatchTables, str], list[Any]]

LEGAL, WIDE, NO_BALL = DeliveryKind
DOT, ONE, TWO, THREE, FOUR, SIX, WICKET = BatOutcome


def _rows(tables: MatchTables, *columns: str) -> list[tuple[Any, ...]]:
    return tables.deliveries.select(columns).rows()


def test_an_over_has_six_legal_balls_beside_its_wides_and_no_balls(load: Load) -> None:
    long_over = over(0, ball(), ball(wides=1), ball(1), ball(noballs=1), *[ball()] * 4)
    tables = load(match(innings(long_over, over(1, ball(2)))))
    assert _rows(tables, "over", "ball", "kind") == [
        (0, 0, LEGAL),
        (0, 1, WIDE),
        (0, 2, LEGAL),
        (0, 3, NO_BALL),
        (0, 4, LEGAL),
        (0, 5, LEGAL),
        (0, 6, LEGAL),
        (0, 7, LEGAL),
        (1, 0, LEGAL),
    ]


def test_a_miscounted_over_is_kept_as_bowled(load: Load) -> None:
    miscounted = {"0": {"balls": 5, "umpire": "P"}, "1": {"balls": "7"}}
    tables = load(match(innings(over(0, *[ball()] * 5), over(1, *[ball()] * 7), miscounted_overs=miscounted)))
    assert tables.deliveries["over"].to_list() == [0] * 5 + [1] * 7
    assert tables.deliveries["ball"].to_list() == [0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 5, 6]


def test_the_number_of_an_over_counts_and_not_its_position(load: Load) -> None:
    tables = load(match(innings(over(0, ball()), over(3, ball()), over(7, ball()))))
    assert tables.deliveries["over"].to_list() == [0, 3, 7]


def test_a_wide_is_not_faced_and_a_no_ball_is(load: Load) -> None:
    tables = load(
        match(innings(over(0, ball(wides=5), ball(4, noballs=1), ball(noballs=1), ball(1, wides=1))))
    )
    assert _rows(tables, "kind", "outcome", "bat_runs", "wide_runs", "noball_runs", "total_runs") == [
        (WIDE, NO_OUTCOME, 0, 5, 0, 5),
        (NO_BALL, FOUR, 4, 0, 1, 5),
        (NO_BALL, DOT, 0, 0, 1, 1),
        (WIDE, NO_OUTCOME, 1, 1, 0, 2),
    ]


def test_byes_and_leg_byes_are_dots_off_the_bat(load: Load) -> None:
    tables = load(match(innings(over(0, ball(byes=4), ball(legbyes=1), ball(noballs=1, byes=2)))))
    assert _rows(tables, "kind", "outcome", "extra_runs", "bye_runs", "legbye_runs", "noball_runs") == [
        (LEGAL, DOT, 4, 4, 0, 0),
        (LEGAL, DOT, 1, 0, 1, 0),
        (NO_BALL, DOT, 3, 2, 0, 1),
    ]


@pytest.mark.parametrize(
    ("runs", "outcome"),
    [(0, DOT), (1, ONE), (2, TWO), (3, THREE), (4, FOUR), (5, FOUR), (6, SIX), (7, SIX)],
)
def test_runs_off_the_bat_become_classes(load: Load, runs: int, outcome: BatOutcome) -> None:
    tables = load(match(innings(over(0, ball(runs)))))
    assert _rows(tables, "bat_runs", "total_runs", "outcome") == [(runs, runs, outcome)]


BOWLERS = ("bowled", "caught", "caught and bowled", "lbw", "stumped", "hit wicket")
NOBODYS = (
    "run out",
    "retired out",
    "obstructing the field",
    "hit the ball twice",
    "timed out",
    "handled the ball",
)


@pytest.mark.parametrize(
    ("kind", "credited"), [(kind, 1) for kind in BOWLERS] + [(kind, 0) for kind in NOBODYS]
)
def test_a_dismissal_is_the_bowlers_or_nobodys(load: Load, kind: str, credited: int) -> None:
    tables = load(match(innings(over(0, ball(1, out=[("R1", kind)])))))
    columns = ("outcome", "dismissals", "bowler_wickets", "striker_out", "non_striker_out", "retired")
    assert _rows(tables, *columns) == [(WICKET, 1, credited, True, False, False)]


@pytest.mark.parametrize("kind", ["retired hurt", "retired not out"])
def test_a_batter_who_retires_hurt_is_not_out_and_may_return(load: Load, names: Column, kind: str) -> None:
    played = over(0, ball(1, out=[("R1", kind)]), ball(striker="R3"), ball(2, striker="R1"))
    tables = load(match(innings(played)))
    columns = ("outcome", "dismissals", "striker_out", "retired")
    assert _rows(tables, *columns) == [
        (ONE, 0, False, True),
        (DOT, 0, False, False),
        (TWO, 0, False, False),
    ]
    assert names(tables, "striker") == ["R1", "R3", "R1"]


def test_a_run_out_may_be_of_the_non_striker(load: Load) -> None:
    tables = load(match(innings(over(0, ball(1, out=[("R2", "run out")])))))
    columns = ("outcome", "striker_out", "non_striker_out", "bowler_wickets")
    assert _rows(tables, *columns) == [(WICKET, False, True, 0)]


def test_a_wide_may_take_a_wicket_and_still_has_no_outcome(load: Load) -> None:
    tables = load(match(innings(over(0, ball(wides=1, out=[("R1", "stumped")])))))
    columns = ("kind", "outcome", "dismissals", "bowler_wickets", "striker_out")
    assert _rows(tables, *columns) == [(WIDE, NO_OUTCOME, 1, 1, True)]


def test_two_wickets_on_one_delivery(load: Load) -> None:
    tables = load(
        match(
            innings(
                over(
                    0,
                    ball(out=[("R1", "caught"), ("R2", "retired hurt")]),
                    ball(out=[("R1", "run out"), ("R2", "retired out")]),
                )
            )
        )
    )
    columns = ("dismissals", "bowler_wickets", "striker_out", "non_striker_out", "retired")
    assert _rows(tables, *columns) == [(1, 1, True, False, True), (2, 0, True, True, False)]


def test_ten_retired_out_on_one_delivery(load: Load) -> None:
    everybody = [(f"R{number}", "retired out") for number in range(1, 11)]
    tables = load(match(innings(over(0, ball(), ball(out=everybody)))))
    columns = ("outcome", "dismissals", "bowler_wickets", "striker_out", "non_striker_out", "retired")
    assert _rows(tables, *columns)[1] == (WICKET, 10, 0, True, True, False)


def test_the_ball_after_a_no_ball_keeps_what_makes_it_a_free_hit(load: Load) -> None:
    tables = load(match(innings(over(0, ball(noballs=1), ball(wides=1), ball(out=[("R1", "run out")])))))
    assert _rows(tables, "kind", "outcome") == [(NO_BALL, DOT), (WIDE, NO_OUTCOME), (LEGAL, WICKET)]


def test_a_bowler_may_be_replaced_in_the_middle_of_an_over(load: Load, names: Column) -> None:
    change = {"role": [{"in": "B9", "out": "B11", "reason": "injury", "role": "bowler"}]}
    second = ball(bowler="B9") | {"replacements": change}
    tables = load(match(innings(over(0, ball(), second, ball(bowler="B9")))))
    assert names(tables, "bowler") == ["B11", "B9", "B9"]
    assert tables.deliveries["ball"].to_list() == [0, 1, 2]


def test_penalty_runs_belong_to_a_delivery_or_to_the_innings(load: Load) -> None:
    tables = load(match(innings(over(0, ball(1, penalty=5)), penalty_runs={"pre": 5, "post": 10})))
    assert _rows(tables, "bat_runs", "extra_runs", "total_runs", "penalty_runs") == [(1, 5, 6, 5)]
    assert tables.innings.select("penalty_pre_runs", "penalty_post_runs").rows() == [(5, 10)]


@pytest.mark.parametrize(
    ("overs", "balls_per_over", "balls"),
    [(14.4, 6, 88), (20, 6, 120), (8.4, 5, 44), (0.5, 6, 5), (None, 6, None)],
)
def test_the_balls_of_a_chase(
    load: Load, overs: float | None, balls_per_over: int, balls: int | None
) -> None:
    target = {"runs": 131} if overs is None else {"runs": 131, "overs": overs}
    first, chase = innings(over(0, ball())), innings(over(0, ball()), team="Blues", target=target)
    tables = load(match(first, chase, balls_per_over=balls_per_over))
    assert tables.innings.select("target_runs", "target_balls").rows() == [(None, None), (131, balls)]
    assert tables.matches.select("scheduled_overs", "balls_per_over").rows() == [(20, balls_per_over)]


def test_super_overs_are_kept_and_flagged(load: Load) -> None:
    tables = load(
        match(
            innings(over(0, ball(1))),
            innings(over(0, ball(1)), team="Blues"),
            innings(over(0, ball(6)), team="Blues", super_over=True),
            innings(over(0, ball(4), ball(1)), super_over=True),
        )
    )
    columns = ("innings", "super_over", "batting_team", "bowling_team", "first_delivery", "deliveries")
    assert tables.innings.select(columns).rows() == [
        (0, False, "Reds", "Blues", 0, 1),
        (1, False, "Blues", "Reds", 1, 1),
        (2, True, "Blues", "Reds", 2, 1),
        (3, True, "Reds", "Blues", 3, 2),
    ]
    assert tables.deliveries["innings_row"].to_list() == [0, 1, 2, 3, 3]


def test_a_forfeited_innings_has_no_deliveries(load: Load) -> None:
    tables = load(match(innings(over(0, ball(1))), {"team": "Blues", "forfeited": True}))
    assert tables.innings.select("first_delivery", "deliveries").rows() == [(0, 1), (1, 0)]


def test_balls_faced_leave_out_wides_and_bowlers_are_not_charged_byes(load: Load) -> None:
    played = over(0, ball(1, striker="R1"), ball(wides=2), ball(4, noballs=1), ball(byes=4), ball(legbyes=1))
    deliveries = load(match(innings(played))).deliveries
    faced = deliveries.filter(pl.col("kind") != WIDE)
    charged = deliveries.select((pl.col("bat_runs") + pl.col("wide_runs") + pl.col("noball_runs")).sum())
    assert (faced.height, faced["bat_runs"].sum()) == (4, 5)
    assert charged.item() == 1 + 2 + 5  # the single, the wides, the no-ball hit for four
