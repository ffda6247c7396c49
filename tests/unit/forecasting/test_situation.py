"""Where a match stands, read from its file: the innings that goes on, score, ends, overs and their end."""

from __future__ import annotations

from typing import Any

import pytest

from cricketgnn.cricsheet import parse_match
from cricketgnn.errors import DataError
from cricketgnn.forecasting.situation import Situation, situation_of
from match_files import REDS, Document, ball, content, innings, match, over


def stands(*played: Document, **info: Any) -> Situation:
    return situation_of(parse_match(content(match(*played, **info)), "1", "1").document)


def maiden(number: int, bowler: str = "B11", **people: str) -> Document:
    return over(number, *[ball(bowler=bowler, **people)] * 6)


def first_innings(overs: int = 20) -> Document:
    return innings(*(maiden(number) for number in range(overs)))


@pytest.mark.parametrize(
    ("delivery", "ends"),
    [
        (ball(0), ("R1", "R2")),
        (ball(1), ("R2", "R1")),
        (ball(2), ("R1", "R2")),
        (ball(3), ("R2", "R1")),
        (ball(4), ("R1", "R2")),
        (ball(5), ("R2", "R1")),
        (ball(0, legbyes=1), ("R2", "R1")),
        (ball(0, byes=4), ("R1", "R2")),
        (ball(0, wides=1), ("R1", "R2")),
        (ball(0, wides=2), ("R2", "R1")),
        (ball(0, wides=5), ("R1", "R2")),
        (ball(0, noballs=1), ("R1", "R2")),
        (ball(1, noballs=1), ("R2", "R1")),
        (ball(0, noballs=1, byes=1), ("R2", "R1")),
        (ball(0, noballs=5), ("R2", "R1")),
        (ball(1, penalty=5), ("R2", "R1")),
        (ball(0, out=[("R1", "caught")]), (None, "R2")),
        (ball(1, out=[("R2", "run out")]), (None, "R1")),
        (ball(0, out=[("R1", "retired hurt")]), (None, "R2")),
        (ball(0, out=[("R1", "run out"), ("R2", "retired out")]), (None, None)),
    ],
)
def test_batters_change_ends_with_every_run_they_run(
    delivery: Document, ends: tuple[str | None, str | None]
) -> None:
    now = stands(innings(over(0, delivery)))
    assert (now.striker, now.non_striker) == ends
    assert now.bowler == "B11"


def test_an_over_ends_at_the_other_end() -> None:
    now = stands(innings(maiden(0)))
    assert (now.striker, now.non_striker, now.bowler) == ("R2", "R1", None)
    assert (now.over, now.deliveries, now.overs) == (1, 0, "1.0")
    last = stands(innings(over(0, *[ball()] * 5, ball(1))))
    assert (last.striker, last.non_striker) == ("R1", "R2")
    out = stands(innings(over(0, *[ball()] * 5, ball(out=[("R1", "bowled")]))))
    assert (out.striker, out.non_striker) == ("R2", None)


def test_where_a_no_ball_costs_two_nobody_has_run() -> None:
    """Files do not say what a no-ball costs: it is the least that any has cost in the match, two at most."""
    first = stands(innings(over(0, ball(0, noballs=2))))
    assert (first.striker, first.non_striker) == ("R1", "R2")
    ran_one = stands(innings(over(0, ball(0, noballs=2), ball(0, noballs=3))))
    assert (ran_one.striker, ran_one.non_striker) == ("R2", "R1")
    costs_one = stands(innings(over(0, ball(0, noballs=1), ball(0, noballs=2))))
    assert (costs_one.striker, costs_one.non_striker) == ("R2", "R1")


def test_in_the_hundred_ends_change_after_two_sets_of_five() -> None:
    def sets(*numbers: int) -> Document:
        return innings(*(over(number, *[ball()] * 5) for number in numbers))

    one = stands(sets(0), balls_per_over=5)
    assert (one.striker, one.non_striker, one.over, one.bowler) == ("R1", "R2", 1, None)
    two = stands(sets(0, 1), balls_per_over=5)
    assert (two.striker, two.non_striker, two.over) == ("R2", "R1", 2)


def test_wides_and_no_balls_do_not_end_an_over() -> None:
    now = stands(innings(over(0, *[ball()] * 5, ball(wides=1), ball(4, noballs=1))))
    assert (now.over, now.deliveries, now.overs, now.score) == (0, 7, "0.5", 6)


def test_a_miscounted_over_ends_when_the_umpire_said() -> None:
    short = stands(innings(over(0, *[ball()] * 5), miscounted_overs={"0": {"balls": 5}}))
    assert (short.bowler, short.over) == (None, 1)
    long = stands(innings(maiden(0), miscounted_overs={"0": {"balls": 7}}))
    assert (long.bowler, long.over) == ("B11", 0)


def test_a_count_in_words_is_no_count() -> None:
    now = stands(innings(maiden(0), miscounted_overs={"0": {"balls": "unknown"}}))
    assert (now.over, now.bowler) == (1, None)
    as_text = stands(innings(over(0, *[ball()] * 5), miscounted_overs={"0": {"balls": "5"}}))
    assert (as_text.over, as_text.overs) == (1, "1.0")


def test_an_over_without_a_ball_has_no_bowler_yet() -> None:
    now = stands(innings(maiden(0), over(1)))
    assert (now.over, now.deliveries, now.bowler) == (1, 0, None)


@pytest.mark.parametrize(("decision", "sides"), [("bat", ("Blues", "Reds")), ("field", ("Reds", "Blues"))])
def test_before_the_first_ball_the_toss_says_who_bats(decision: str, sides: tuple[str, str]) -> None:
    now = stands(toss={"winner": "Blues", "decision": decision})
    assert (now.batting, now.bowling) == sides
    assert (now.innings, now.over, now.striker, now.target) == (0, 0, None, None)
    assert now.standing == f"{sides[0]} 0/0 after 0.0 of 20 overs"


def test_after_twenty_overs_the_other_side_bats() -> None:
    now = stands(first_innings())
    assert (now.innings, now.batting, now.bowling, now.target) == (1, "Blues", "Reds", 1)
    assert now.standing == "Blues 0/0 after 0.0 of 20 overs, target 1 (1 more from 120 balls)"


def test_all_out_ends_an_innings() -> None:
    wickets = [ball(striker=name, partner="R11", out=[(name, "bowled")]) for name in REDS[:10]]
    overs = (over(0, *wickets[:6]), over(1, *wickets[6:]))
    assert stands(innings(*overs)).innings == 1
    nine = stands(innings(over(0, *wickets[:6]), over(1, *wickets[6:9])))
    assert (nine.innings, nine.wickets) == (0, 9)
    assert nine.dismissed["R9"] == "bowled in over 2"


def test_the_last_batter_alone_is_all_out() -> None:
    eight = {"Reds": list(REDS[:8]), "Blues": [f"B{n}" for n in range(1, 12)]}
    wickets = [ball(striker=name, partner="R8", out=[(name, "bowled")]) for name in REDS[:7]]
    assert stands(innings(over(0, *wickets[:6]), over(1, wickets[6])), players=eight).innings == 1


def test_who_is_absent_hurt_does_not_come_in() -> None:
    wickets = [ball(striker=name, partner="R10", out=[(name, "bowled")]) for name in REDS[:9]]
    overs = (over(0, *wickets[:6]), over(1, *wickets[6:]))
    assert stands(innings(*overs)).innings == 0
    assert stands(innings(*overs, absent_hurt=["R11"])).innings == 1


def test_an_innings_is_closed_when_it_is_said_to_be() -> None:
    document = parse_match(content(match(innings(over(0, ball(4))))), "1", "1").document
    now = situation_of(document, innings_closed=True)
    assert (now.innings, now.batting, now.target) == (1, "Blues", 5)
    chase = innings(over(0, ball(striker="B1", partner="B2", bowler="R1")), team="Blues")
    document = parse_match(content(match(first_innings(), chase)), "1", "1").document
    with pytest.raises(DataError, match=r"match is over .* said to be closed"):
        situation_of(document, innings_closed=True)


@pytest.mark.parametrize("played", [(), (first_innings(),)])
def test_what_has_not_begun_cannot_be_closed(played: tuple[Document, ...]) -> None:
    document = parse_match(content(match(*played)), "1", "1").document
    with pytest.raises(DataError, match="got --innings-closed before a ball of it"):
        situation_of(document, innings_closed=True)


def test_how_an_innings_ended_by_itself_is_told() -> None:
    chase = innings(over(0, ball(1, striker="B1", partner="B2", bowler="R11")), team="Blues")
    document = parse_match(content(match(first_innings(), chase)), "1", "1").document
    with pytest.raises(DataError, match="the target is reached"):
        situation_of(document, innings_closed=True)


def test_a_side_without_a_line_up_is_refused() -> None:
    with pytest.raises(DataError, match="no line-up of Reds"):
        stands(innings(over(0, ball())), players={"Reds": [], "Blues": ["B11"]})


@pytest.mark.parametrize(
    ("second", "why"),
    [
        (
            innings(over(0, ball(1, striker="B1", partner="B2", bowler="R11")), team="Blues"),
            "target is reached",
        ),
        (
            innings(
                *(maiden(n, "R11", striker="B1", partner="B2") for n in range(20)),
                team="Blues",
            ),
            "all 20 overs are bowled",
        ),
        (innings(team="Blues", forfeited=True), "declared or forfeited"),
    ],
)
def test_a_match_that_is_over_has_no_next_delivery(second: Document, why: str) -> None:
    with pytest.raises(DataError, match=f"the match is over .*{why}"):
        stands(first_innings(), second)


def test_a_super_over_is_not_forecast() -> None:
    with pytest.raises(DataError, match="super over"):
        stands(first_innings(), innings(over(0, ball()), super_over=True))


def test_the_printed_target_and_its_overs_hold() -> None:
    begun = innings(over(0, ball(striker="B1", partner="B2", bowler="R1")), team="Blues")
    now = stands(first_innings(), begun | {"target": {"runs": 61, "overs": 7.3}})
    assert (now.target, now.scheduled_overs, now.scheduled_balls) == (61, 8, 45)
    bowled = [maiden(n, "R11", striker="B1", partner="B2") for n in range(7)]
    half = over(7, *[ball(striker="B1", partner="B2", bowler="R1")] * 3)
    target = {"runs": 61, "overs": 7.3}
    assert stands(first_innings(), innings(*bowled, team="Blues", target=target)).over == 7
    with pytest.raises(DataError, match="all 8 overs are bowled"):
        stands(first_innings(), innings(*bowled, half, team="Blues", target=target))
    plain = stands(first_innings(), begun)
    assert (plain.target, plain.scheduled_overs) == (1, 20)


def test_penalty_runs_count() -> None:
    first = first_innings() | {"penalty_runs": {"pre": 5, "post": 3}}
    assert stands(first).target == 9
    started = innings(over(0, ball(2)), penalty_runs={"pre": 5})
    assert stands(started).score == 7


def test_a_file_that_says_fifty_overs_is_of_twenty() -> None:
    assert stands(innings(over(0, ball())), overs=50).scheduled_overs == 20
    assert stands(innings(over(0, ball())), overs=50, match_type="ODI").scheduled_overs == 50
