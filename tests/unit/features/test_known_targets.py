"""What a chasing side surely knew at its first ball, from what a match file printed in the end."""

from __future__ import annotations

from typing import Any

import pytest

import stores
from match_files import Document, ball, innings, match, over
from stores import Place


def chase(first: Document, target: Document | None, **more: Any) -> tuple[float, float, float]:
    """Balls scheduled, runs required and the score at the first ball of a chase."""
    pre = more.pop("pre", 0)
    options: Document = {"target": target} if target else {}
    options |= {"penalty_runs": {"pre": pre}} if pre else {}
    second = innings(over(0, ball(striker="B1", partner="B2", bowler="R1")), team="Blues", **options)
    state = stores.before(stores.store_of({"1": match(first, second, **more)}), Place("1", 1, 0))
    return state["scheduled_balls"], state["runs_required"], state["score"]


def first_innings(overs: int, **more: Any) -> Document:
    """An innings of so many overs, ten runs in each."""
    return innings(*(over(number, *[ball(2)] * 4, *[ball(1)] * 2) for number in range(overs)), **more)


@pytest.mark.parametrize(
    ("target", "why"),
    [
        (None, "the file has none"),
        ({"runs": 201}, "no overs printed"),
        ({"runs": 201, "overs": 20}, "as it should be"),
        ({"runs": 195, "overs": 20}, "revised, and no overs lost: the file's overs are not to be trusted"),
        ({"runs": 206, "overs": 20}, "five penalty runs, perhaps in the middle of the chase"),
        ({"runs": 60, "overs": 20}, "revised in the middle of the chase, overs left as they were"),
        ({"runs": 120, "overs": 11.3}, "shortened and revised"),
        ({"runs": 201, "overs": 17}, "shortened after a first innings of full length, the target as it was"),
    ],
)
def test_the_unrevised_target_stands(target: Document | None, why: str) -> None:
    assert chase(first_innings(20), target) == (120, 201, 0), why


def test_both_sides_shortened_alike() -> None:
    assert chase(first_innings(12), {"runs": 121, "overs": 12}) == (72, 121, 0)


def test_a_chase_one_over_shorter_than_the_first_innings_was_shortened_later() -> None:
    assert chase(first_innings(12), {"runs": 121, "overs": 11}) == (120, 121, 0)


def test_a_side_bowled_out_early_tells_nothing_about_the_length() -> None:
    assert chase(first_innings(10), {"runs": 101, "overs": 15}) == (120, 101, 0)


def test_a_first_innings_without_a_legal_ball_shortens_nothing() -> None:
    assert chase(innings(over(0, ball(wides=1))), {"runs": 2}) == (120, 2, 0)


def test_shortened_alike_within_an_over_of_five() -> None:
    first = innings(*(over(number, *[ball(1)] * 5) for number in range(7)), over(7, ball(1), ball(1)))
    assert chase(first, {"runs": 38, "overs": 7.2}, balls_per_over=5) == (37, 38, 0)


def test_penalty_runs_before_an_innings_count_and_those_after_the_first_do_not() -> None:
    first = first_innings(20, penalty_runs={"pre": 3, "post": 5})
    assert chase(first, {"runs": 209, "overs": 20}, pre=10) == (120, 194, 10)


def test_a_match_of_few_overs_is_chased_over_as_many() -> None:
    assert chase(first_innings(5), {"runs": 51, "overs": 5}, overs=5) == (30, 51, 0)


def test_the_target_is_of_the_same_match() -> None:
    documents = {
        "1": match(first_innings(20)),
        "2": match(innings(over(0, ball()), team="Blues"), dates=["2024-05-02"]),
    }
    state = stores.before(stores.store_of(documents), Place("2", 0, 0))
    assert (state["is_chase"], state["target_known"], state["runs_required"]) == (0, 0, 0)


def test_runs_required_do_not_fall_below_nothing() -> None:
    won = innings(over(0, *[ball(6, striker="B1", partner="B2", bowler="R1")] * 2), team="Blues")
    state = stores.before(stores.store_of({"1": match(innings(over(0, ball(1))), won)}), Place("1", 1, 1))
    assert (state["runs_required"], state["required_rate"], state["target_known"]) == (0, 0, 1)
    assert state["rate_gap"] == -36
