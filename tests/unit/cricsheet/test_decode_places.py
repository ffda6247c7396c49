"""A file that does not fit the format is refused with the exact place and the reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cricketgnn.cricsheet.decode import decode_match
from cricketgnn.errors import MatchRejected
from match_files import ball, content, innings, match, over

Change = Callable[[dict[str, Any]], object]


def _played() -> dict[str, Any]:
    first = innings(over(0, ball(1), ball(2)), miscounted_overs={"3": {"balls": 5}, "8": {"balls": 7}})
    return match(first, innings(over(0, ball(), ball(4)), team="Blues"))


CASES: list[tuple[Change, str, str]] = [
    (lambda d: d.pop("meta"), "$", "missing required field 'meta'"),
    (lambda d: d["info"].pop("venue"), "$.info", "missing required field 'venue'"),
    (lambda d: d["info"].update(gender="men"), "$.info.gender", "'men'"),
    (lambda d: d["info"].update(dates=[]), "$.info.dates", "length >= 1"),
    (lambda d: d["info"].update(dates=["1 May"]), "$.info.dates[0]", "date"),
    (lambda d: d["info"].update(balls_per_over=0), "$.info.balls_per_over", ">= 1"),
    (lambda d: d["info"]["players"].update(Blues="B1"), '$.info.players["Blues"]', "got 'str'"),
    (lambda d: d["info"]["registry"]["people"].update(R3=7), '$.info.registry.people["R3"]', "got 'int'"),
    (
        lambda d: d["innings"][1]["overs"][0]["deliveries"][1]["runs"].update(batter="4"),
        "$.innings[1].overs[0].deliveries[1].runs.batter",
        "expected 'int', got 'str'",
    ),
    (
        lambda d: d["innings"][0]["overs"][0]["deliveries"][0]["runs"].update(batter=-1),
        "$.innings[0].overs[0].deliveries[0].runs.batter",
        ">= 0",
    ),
    (
        lambda d: d["innings"][0]["miscounted_overs"]["8"].update(balls=[]),
        '$.innings[0].miscounted_overs["8"].balls',
        "got 'array'",
    ),
]


@pytest.mark.parametrize(("change", "where", "reason"), CASES)
def test_the_place_and_the_reason(change: Change, where: str, reason: str) -> None:
    document = _played()
    change(document)
    with pytest.raises(MatchRejected) as caught:
        decode_match(content(document), "cup.zip:7.json")
    assert caught.value.file == "cup.zip:7.json"
    assert caught.value.where == where
    assert reason in caught.value.reason


SOUND = content(_played())


@pytest.mark.parametrize(
    "damaged",
    [
        b"",
        SOUND[:-1],
        SOUND + b"}",
        b"\xff\xfe" + SOUND,
        SOUND.replace(b"The Green", b"The \xff"),
        b'{"later": ' + b"[" * 100_000,
        b"not json",
    ],
    ids=["empty", "cut off", "trailing", "utf-16", "no utf-8", "nested too deep", "text"],
)
def test_bytes_that_are_no_json_are_refused(damaged: bytes) -> None:
    with pytest.raises(MatchRejected, match=r"7\.json: \$: not a readable JSON document"):
        decode_match(damaged, "7.json")


def test_a_file_with_two_faults_names_the_place_of_the_first_even_if_it_ends_broken() -> None:
    document = _played()
    document["info"]["players"]["Blues"] = 3
    broken = content(document)[:-1] + b"]"
    with pytest.raises(MatchRejected) as caught:
        decode_match(broken, "7.json")
    assert caught.value.where == "$.info.players[...]"  # the key cannot be told from half a document
