"""What a match must satisfy beyond its types, and what real matches do that is no fault."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cricketgnn.cricsheet.checks import faults
from cricketgnn.cricsheet.decode import decode_match
from cricketgnn.cricsheet.parse import parse_match
from cricketgnn.errors import MatchRejected
from match_files import REDS, ball, content, innings, match, over

Document = dict[str, Any]


def _played(*deliveries: Document) -> Document:
    return match(innings(over(0, *deliveries)))


def _with(change: Callable[[Document], object]) -> Document:
    document = _played(ball(1))
    change(document)
    return document


BALL = "$.innings[0].overs[0].deliveries[0]"

ALONE: Document = {"players": {"Reds": ["R1"]}, "toss": {"winner": "Reds", "decision": "bat"}}

BROKEN: list[tuple[Document, str, str]] = [
    (_played(ball(striker="R12")), f"{BALL}.batter", "'R12' is not in $.info.registry.people"),
    (_played(ball(partner="Rq1")), f"{BALL}.non_striker", "did you mean 'R1'"),
    (_played(ball(bowler="Zed")), f"{BALL}.bowler", "'Zed' is not in"),
    (_played(ball(striker="R2")), f"{BALL}.non_striker", "two people, got 'R2'"),
    (_played(ball(out=[("R99", "caught")])), f"{BALL}.wickets[0].player_out", "'R99' is not in"),
    (_played(ball(out=[("R1", "caugth")])), f"{BALL}.wickets[0].kind", "'caugth'; did you mean 'caught'?"),
    (_played(ball(out=[("R1", "zzz")])), f"{BALL}.wickets[0].kind", "known: bowled, caught"),
    (
        _played(ball(out=[("R1", "caught"), ("R1", "run out")])),
        f"{BALL}.wickets[1].player_out",
        "'R1' cannot be out twice",
    ),
    (_played(ball(wides=1, noballs=1)), f"{BALL}.extras", "a wide or a no-ball, got both"),
    (
        _played(ball(wides=1) | {"runs": {"batter": 0, "extras": 2, "total": 2}}),
        f"{BALL}.extras",
        "extras add up to 1, but runs.extras is 2",
    ),
    (
        _played(ball() | {"runs": {"batter": 0, "extras": 1, "total": 1}}),
        f"{BALL}.extras",
        "extras add up to 0, but runs.extras is 1",
    ),
    (
        _played(ball() | {"runs": {"batter": 1, "extras": 0, "total": 2}}),
        f"{BALL}.runs.total",
        "batter + extras = 1, got 2",
    ),
    (_played(ball() | {"over": 1}), f"{BALL}.over", "number of its over, 0, got 1"),
    (match(innings(over(1), over(1))), "$.innings[0].overs[1].over", "must rise, got 1 after 1"),
    (match(innings(over(4), over(3))), "$.innings[0].overs[1].over", "must rise, got 3 after 4"),
    (match(innings(team="Greens")), "$.innings[0].team", "one of the teams 'Reds', 'Blues', got 'Greens'"),
    (
        match(innings(target={"runs": 9, "overs": 14.6})),
        "$.innings[0].target.overs",
        "14.6 is not overs.balls with 6 balls an over",
    ),
    (match(teams=["Reds"], **ALONE), "$.info.teams", "two different teams must play, got 'Reds'"),
    (match(teams=["Reds", "Reds"], **ALONE), "$.info.teams", "two different teams must play"),
    (match(players={"Reds": ["R1"]}), "$.info.players", "got 'Reds'"),
    (
        match(players={"Reds": ["R1"], "Blues": ["B1", "B77"]}),
        '$.info.players["Blues"][1]',
        "'B77' is not in",
    ),
    (
        match(toss={"winner": "Greens", "decision": "bat"}),
        "$.info.toss.winner",
        "one of the teams 'Reds', 'Blues', got 'Greens'",
    ),
    (match(dates=["2024-05-02", "2024-05-01"]), "$.info.dates", "got '2024-05-02', '2024-05-01'"),
    (
        match(overs=None, match_type="Test"),
        "$.info.overs",
        "not a match of limited overs (match type 'Test')",
    ),
    (
        _with(lambda d: d["info"]["registry"]["people"].update(R1="0000AA01")),
        '$.info.registry.people["R1"]',
        "8 hex digits, got '0000AA01'",
    ),
    (
        _with(lambda d: d["info"]["registry"]["people"].update(R1="0000aa01\n")),
        '$.info.registry.people["R1"]',
        "8 hex digits",
    ),
    (
        _with(lambda d: d["info"]["registry"]["people"].update(R2="0000aa01")),
        f"{BALL}.non_striker",
        "two people",
    ),
]


@pytest.mark.parametrize(("document", "where", "reason"), BROKEN)
def test_a_broken_rule_is_found_at_its_place(document: Document, where: str, reason: str) -> None:
    found = list(faults(decode_match(content(document), "1.json")))
    assert [fault.where for fault in found] == [where]
    assert reason in found[0].reason
    with pytest.raises(MatchRejected) as caught:
        parse_match(content(document), "1", "1.json")
    assert (caught.value.where, caught.value.reason) == found[0]


def test_two_faults_are_both_found_in_the_order_of_the_file() -> None:
    document = match(innings(over(0, ball(), ball(bowler="X")), over(1, ball(striker="Y"))), teams=["Reds"])
    places = [fault.where for fault in faults(decode_match(content(document), "1.json"))]
    assert places == [
        "$.info.teams",
        "$.info.players",
        "$.info.toss.winner",
        "$.innings[0].overs[0].deliveries[1].bowler",
        "$.innings[0].overs[1].deliveries[0].batter",
    ]


SOUND: dict[str, Document] = {
    "gap between overs": match(innings(over(0, ball()), over(2, ball()))),
    "runs off the bat on a wide": _played(ball(1, wides=1)),
    "bowler bats": _played(ball(striker="B11", bowler="B11")),
    "player in both line-ups": match(players={"Reds": ["R1", "B1"], "Blues": ["B1"]}),
    "twelve in the line-up": match(players={"Reds": [*REDS, "B1"], "Blues": ["B2"]}),
    "batter of no line-up": match(innings(over(0, ball())), players={"Reds": [], "Blues": []}),
    "forfeited innings": match({"team": "Reds", "forfeited": True}),
    "declared innings": match(innings(over(0, ball()), declared=True)),
    "no innings": match(),
    "empty over": match(innings(over(0))),
    "out without being at the crease": _played(ball(out=[("R7", "timed out")])),
    "two dates": match(dates=["2024-05-01", "2024-05-02"]),
    "target without overs": match(innings(target={"runs": 9})),
    "number of the over repeated": _played(ball() | {"over": 0}),
    "five balls an over": match(innings(target={"runs": 9, "overs": 8.4}), balls_per_over=5),
}


@pytest.mark.parametrize("document", SOUND.values(), ids=SOUND.keys())
def test_what_real_matches_do_is_no_fault(document: Document) -> None:
    parsed = parse_match(content(document), "1234", "cup.zip:1234.json")
    assert (parsed.match_id, parsed.file) == ("1234", "cup.zip:1234.json")


def test_the_digest_is_of_the_bytes() -> None:
    document = _played(ball(1))
    same = parse_match(content(document), "1", "a.json").digest
    assert parse_match(content(document), "2", "b.json").digest == same
    assert parse_match(content(document) + b" ", "1", "a.json").digest != same
