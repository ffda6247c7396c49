"""Every column of a delivery that its own match decides, and of an outcome, by hand on one short chase.

The Reds made 60 and chase 61. Blues' chase, started with 5 penalty runs on the board:

    over 0, R11   0 dot, 1 wide, 2 four, 3 no-ball and one off the bat, 4 wide, 5 six, 6 two byes,
                  7 leg-bye, 8 B1 caught
    over 1, R10   9 one, 10 dot, 11 one and B2 run out at the other end, 12 two, 13 dot with 5 penalty
                  runs, 14 four
    over 2, R11   15 three, 16 wide, 17 four, 18 dot
"""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import pytest

import stores
from cricketgnn.features import names
from cricketgnn.graph.store import GraphStore
from match_files import Document, ball, innings, match, over
from stores import Place


def _by(bowler: str, *deliveries: Document) -> list[Document]:
    return [delivery | {"bowler": bowler} for delivery in deliveries]


def _faced(striker: str, partner: str, bat: int = 0, **more: object) -> Document:
    return ball(bat, striker=striker, partner=partner, **more)  # type: ignore[arg-type]


CHASE = (
    over(
        0,
        *_by(
            "R11",
            _faced("B1", "B2"),
            _faced("B1", "B2", wides=1),
            _faced("B1", "B2", 4),
            _faced("B1", "B2", 1, noballs=1),
            _faced("B2", "B1", wides=1),
            _faced("B2", "B1", 6),
            _faced("B2", "B1", byes=2),
            _faced("B2", "B1", legbyes=1),
            _faced("B1", "B2", out=[("B1", "caught")]),
        ),
    ),
    over(
        1,
        *_by(
            "R10",
            _faced("B2", "B3", 1),
            _faced("B3", "B2"),
            _faced("B3", "B2", 1, out=[("B2", "run out")]),
            _faced("B4", "B3", 2),
            _faced("B4", "B3", penalty=5),
            _faced("B4", "B3", 4),
        ),
    ),
    over(
        2,
        *_by(
            "R11",
            _faced("B3", "B4", 3),
            _faced("B4", "B3", wides=1),
            _faced("B4", "B3", 4),
            _faced("B4", "B3"),
        ),
    ),
)


@cache
def store() -> GraphStore:
    first = innings(over(0, *[ball(6)] * 6), over(1, *[ball(6)] * 4), penalty_runs={"post": 5})
    chase = innings(*CHASE, team="Blues", target={"runs": 66, "overs": 20}, penalty_runs={"pre": 5})
    return stores.store_of({"1": match(first, chase)})


def before(delivery: int) -> dict[str, float]:
    return stores.before(store(), Place("1", 1, delivery))


LAST = {
    "is_chase": 1,
    "is_female": 0,
    "is_international": 0,
    "is_hundred": 0,
    "batting_won_toss": 1,
    "scheduled_balls": 120,
    "balls_bowled": 14,
    "balls_left": 106,
    "innings_share": 14 / 120,
    "over_balls": 2,
    "over_deliveries": 3,
    "wickets_down": 2,
    "score": 43,  # 38 of deliveries and 5 from the start
    "run_rate": 43 / 14 * 6,
    "target_known": 1,
    "runs_required": 18,  # 61, without the penalty runs that may have come while the chase was on
    "required_rate": 18 / 106 * 6,
    "rate_gap": 18 / 106 * 6 - 43 / 14 * 6,
    "free_hit": 0,
    "innings_wides": 3,
    "innings_noballs": 1,
    "striker_balls": 4,  # 12, 13, 14, 17; the wide is not faced
    "striker_runs": 10,
    "striker_boundaries": 2,
    "striker_dots": 1,
    "striker_order": 3,
    "non_striker_balls": 3,  # 10, 11, 15
    "non_striker_runs": 4,
    "partnership_deliveries": 6,
    "partnership_runs": 19,  # 2 + 5 + 4 + 3 + 1 + 4
    "bowler_balls": 8,  # six of over 0, then 15 and 17
    "bowler_runs": 22,  # byes and leg-byes out: 0 1 4 2 1 6 0 0 0, then 3 1 4
    "bowler_wickets": 1,
    "bowler_dots": 3,  # 0, and 6 and 7: nothing off the bat
    "bowler_boundaries": 3,
    "bowler_extras": 4,
    "matchup_balls": 1,
    "matchup_runs": 4,
    "over_runs": 8,
    "over_wickets": 0,
    "last6_runs": 19,
    "last6_dots": 1,
    "last6_boundaries": 2,
    "last6_wickets": 0,
    "last12_runs": 24,  # 2 1 0 1 0 1 2 5 4 3 1 4
    "last12_dots": 4,
    "last12_boundaries": 2,
    "last12_wickets": 2,
    "last30_runs": 38,
    "last30_dots": 5,
    "last30_boundaries": 4,
    "last30_wickets": 2,
    "since_boundary": 1,
    "since_wicket": 7,
    "previous_runs": 4,
    "previous_wicket": 0,
    "previous_extra": 0,
}

FIRST = dict.fromkeys(LAST, 0) | {
    "is_chase": 1,
    "batting_won_toss": 1,
    "scheduled_balls": 120,
    "balls_left": 120,
    "score": 5,
    "run_rate": 5 * 6,
    "target_known": 1,
    "runs_required": 56,
    "required_rate": 56 / 120 * 6,
    "rate_gap": 56 / 120 * 6 - 5 * 6,
    "since_boundary": 60,
    "since_wicket": 60,
}


@pytest.mark.parametrize(("delivery", "expected"), [(0, FIRST), (18, LAST)])
def test_every_column_of_a_delivery(delivery: int, expected: dict[str, float]) -> None:
    assert list(expected) == [feature.name for feature in (*names.STATE, *names.FIGURES, *names.RECENT)]
    known = before(delivery)
    assert {name: known[name] for name in expected} == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    ("delivery", "expected"),
    [
        (1, {"striker_balls": 1, "striker_dots": 1, "balls_bowled": 1, "bowler_dots": 1, "matchup_balls": 1}),
        (2, {"previous_extra": 1, "previous_runs": 1, "balls_bowled": 1, "over_deliveries": 2, "score": 6}),
        (3, {"free_hit": 0, "since_boundary": 1, "striker_balls": 2, "striker_runs": 4, "bowler_runs": 5}),
        (4, {"free_hit": 1, "striker_order": 1, "striker_balls": 0, "non_striker_balls": 3}),
        (5, {"free_hit": 1, "innings_wides": 2, "bowler_extras": 3, "striker_balls": 0}),
        (6, {"free_hit": 0, "striker_runs": 6, "last6_runs": 14, "partnership_runs": 14}),
        (8, {"bowler_runs": 14, "score": 22, "striker_balls": 3, "striker_dots": 1, "over_balls": 5}),
        (9, {"previous_wicket": 1, "since_wicket": 1, "wickets_down": 1, "over_runs": 0, "over_balls": 0}),
        (9, {"partnership_deliveries": 0, "partnership_runs": 0, "striker_balls": 3, "striker_runs": 6}),
        (9, {"bowler_balls": 0, "matchup_balls": 0, "over_deliveries": 0, "innings_share": 6 / 120}),
        (10, {"striker_order": 2, "partnership_deliveries": 1, "partnership_runs": 1}),
        (12, {"over_wickets": 1, "bowler_wickets": 0, "wickets_down": 2, "striker_order": 3}),
        (12, {"partnership_deliveries": 0, "non_striker_balls": 2, "non_striker_runs": 1}),
        (14, {"previous_runs": 5, "bowler_runs": 4, "striker_runs": 2, "striker_balls": 2, "score": 31}),
        (15, {"striker_order": 2, "matchup_balls": 0, "bowler_balls": 6, "bowler_wickets": 1}),
    ],
)
def test_columns_in_the_middle(delivery: int, expected: dict[str, float]) -> None:
    known = before(delivery)
    assert {name: known[name] for name in expected} == pytest.approx(expected, rel=1e-6)


def on(delivery: int) -> dict[str, int]:
    """What happened on a delivery, zeros left out."""
    return {name: value for name, value in stores.on(store(), Place("1", 1, delivery)).items() if value}


@pytest.mark.parametrize(
    ("delivery", "happened"),
    [
        (0, {"was_dot": 1, "was_legal": 1}),
        (1, {"was_wide": 1, "total_runs": 1}),
        (2, {"was_four": 1, "was_legal": 1, "total_runs": 4}),
        (3, {"was_one": 1, "was_no_ball": 1, "total_runs": 2}),
        (5, {"was_six": 1, "was_legal": 1, "total_runs": 6}),
        (6, {"was_dot": 1, "was_legal": 1, "total_runs": 2, "bye_runs": 2}),
        (7, {"was_dot": 1, "was_legal": 1, "total_runs": 1, "bye_runs": 1}),
        (8, {"was_wicket": 1, "was_legal": 1, "bowler_wickets": 1}),
        (11, {"was_wicket": 1, "was_legal": 1, "total_runs": 1, "non_striker_out": 1}),
        (12, {"was_two": 1, "was_legal": 1, "total_runs": 2}),
        (13, {"was_dot": 1, "was_legal": 1, "total_runs": 5}),
        (15, {"was_three": 1, "was_legal": 1, "total_runs": 3}),
    ],
)
def test_columns_of_an_outcome(delivery: int, happened: dict[str, int]) -> None:
    assert on(delivery) == happened


def test_every_column_of_an_outcome_occurs_in_the_chase() -> None:
    seen = {name for delivery in range(19) for name in on(delivery)}
    assert seen == {feature.name for feature in names.OUTCOME}


def test_people_and_places_are_those_of_the_file() -> None:
    row = stores.row_of(store(), Place("1", 1, 12))[1]
    first_entry = store().player_pointers[1]
    people = [
        store().person_ids[store().person[first_entry + getattr(store(), role)[row]]]
        for role in ("striker", "non_striker", "bowler")
    ]
    assert people == ["0000bb04", "0000bb03", "0000aa0a"]
    assert (store().over[row], store().ball[row]) == (1, 3)
    assert (store().outcome[row], store().kind[row]) == (2, 0)


def test_the_players_of_an_innings_are_those_who_bat_or_bowl_in_it() -> None:
    people = [
        sorted(store().person_ids[store().person[start:end]])
        for start, end in pairwise(store().player_pointers)
    ]
    assert people == [
        ["0000aa01", "0000aa02", "0000bb0b"],
        ["0000aa0a", "0000aa0b", "0000bb01", "0000bb02", "0000bb03", "0000bb04"],
    ]
