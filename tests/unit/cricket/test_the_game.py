"""Outcome classes, kinds, dismissals, overs and phases: the game without a file or a tensor."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cricketgnn.cricket import dismissals
from cricketgnn.cricket.outcomes import (
    KIND_NAMES,
    N_KINDS,
    N_OUTCOMES,
    NO_OUTCOME,
    OUTCOME_NAMES,
    BatOutcome,
    DeliveryKind,
    bat_outcomes,
    delivery_kinds,
)
from cricketgnn.cricket.overs import Phase, balls_from_overs, phases

LEGAL, WIDE, NO_BALL = DeliveryKind


def test_classes_are_in_the_order_of_every_probability_vector() -> None:
    assert OUTCOME_NAMES == ("dot", "one", "two", "three", "four", "six", "wicket")
    assert KIND_NAMES == ("legal", "wide", "no_ball")
    assert (N_OUTCOMES, N_KINDS) == (7, 3)


def test_kinds_from_extras() -> None:
    kinds = delivery_kinds(np.array([0, 1, 0, 5, 2]), np.array([0, 0, 1, 0, 1]))
    assert kinds.tolist() == [LEGAL, WIDE, NO_BALL, WIDE, NO_BALL]
    assert kinds.dtype == np.int8


@pytest.mark.parametrize(
    ("runs", "dismissed", "kind", "outcome"),
    [
        (0, 0, LEGAL, BatOutcome.DOT),
        (1, 0, LEGAL, BatOutcome.ONE),
        (2, 0, NO_BALL, BatOutcome.TWO),
        (3, 0, LEGAL, BatOutcome.THREE),
        (4, 0, LEGAL, BatOutcome.FOUR),
        (5, 0, LEGAL, BatOutcome.FOUR),
        (6, 0, LEGAL, BatOutcome.SIX),
        (7, 0, LEGAL, BatOutcome.SIX),
        (2, 1, LEGAL, BatOutcome.WICKET),
        (0, 2, NO_BALL, BatOutcome.WICKET),
        (0, 0, WIDE, NO_OUTCOME),
        (0, 1, WIDE, NO_OUTCOME),
        (4, 0, WIDE, NO_OUTCOME),
    ],
)
def test_the_outcome_of_a_delivery(runs: int, dismissed: int, kind: DeliveryKind, outcome: int) -> None:
    labels = bat_outcomes(np.array([runs]), np.array([dismissed]), np.array([kind]))
    assert labels.tolist() == [outcome]
    assert labels.dtype == np.int8


@pytest.mark.parametrize("kind", ["retired hurt", "retired not out"])
def test_a_batter_who_may_come_back_is_not_dismissed(kind: str) -> None:
    assert not dismissals.is_dismissal(kind)
    assert not dismissals.credits_bowler(kind)


@pytest.mark.parametrize("kind", ["caught", "bowled", "lbw", "stumped", "caught and bowled", "hit wicket"])
def test_the_bowlers_wickets(kind: str) -> None:
    assert dismissals.is_dismissal(kind)
    assert dismissals.credits_bowler(kind)


@pytest.mark.parametrize(
    "kind",
    [
        "run out",
        "retired out",
        "obstructing the field",
        "hit the ball twice",
        "timed out",
        "handled the ball",
    ],
)
def test_dismissals_that_are_nobodys_wicket(kind: str) -> None:
    assert dismissals.is_dismissal(kind)
    assert not dismissals.credits_bowler(kind)


def test_there_are_fourteen_ways_to_leave_the_crease() -> None:
    assert len(dismissals.ALL_KINDS) == 14
    assert not dismissals.is_dismissal("abducted")


@pytest.mark.parametrize(
    ("overs", "balls_per_over", "balls"),
    [(0, 6, 0), (20, 6, 120), (14.4, 6, 88), (0.1, 6, 1), (19.5, 6, 119), (7.2, 5, 37), (20, 5, 100)],
)
def test_overs_and_balls(overs: float, balls_per_over: int, balls: int) -> None:
    assert balls_from_overs(overs, balls_per_over) == balls


@given(st.integers(0, 99), st.integers(4, 9), st.data())
def test_any_overs_and_balls_printed_can_be_read(
    whole: int, balls_per_over: int, data: st.DataObject
) -> None:
    balls = data.draw(st.integers(0, balls_per_over - 1))
    assert balls_from_overs(float(f"{whole}.{balls}"), balls_per_over) == whole * balls_per_over + balls


@pytest.mark.parametrize(("overs", "balls_per_over"), [(14.6, 6), (7.5, 5), (3.25, 6), (-1, 6), (-0.1, 6)])
def test_what_is_no_number_of_overs_is_refused(overs: float, balls_per_over: int) -> None:
    with pytest.raises(ValueError, match=f"{overs} is not overs.balls with {balls_per_over}"):
        balls_from_overs(overs, balls_per_over)


def test_phases_are_shares_of_the_scheduled_balls() -> None:
    bowled = np.array([0, 35, 36, 89, 90, 119, 0, 14, 15, 37, 38, 0])
    scheduled = np.array([120] * 6 + [50] * 5 + [0])
    powerplay, middle, death = Phase
    assert phases(bowled, scheduled).tolist() == [
        *[powerplay, powerplay, middle, middle, death, death],
        *[powerplay, powerplay, middle, middle, death],
        powerplay,
    ]
