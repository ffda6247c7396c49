"""Every field of the format has its place in the wire types, and comes back out as it went in."""

from __future__ import annotations

import copy
from typing import Any

import msgspec
import pytest

from cricketgnn.cricsheet.decode import decode_match
from match_files import ball, content, innings, match, over

EVERYTHING: dict[str, Any] = {
    "meta": {"data_version": "1.1.0", "created": "2024-05-02", "revision": 2},
    "info": {
        "balls_per_over": 6,
        "bowl_out": [{"bowler": "B11", "outcome": "hit"}],
        "city": "Littleton",
        "dates": ["2024-05-01", "2024-05-02"],
        "event": {"name": "Cup", "match_number": 1, "group": 2, "stage": "Final", "sub_name": "East"},
        "gender": "female",
        "match_type": "IT20",
        "match_type_number": 40,
        "missing": ["player_of_match", {"powerplays": {"1": ["mandatory"]}}],
        "officials": {
            "match_referees": ["M"],
            "reserve_umpires": ["N"],
            "tv_umpires": ["O"],
            "umpires": ["P", "Q"],
        },
        "outcome": {"result": "tie", "bowl_out": "Reds", "eliminator": "Reds", "method": "D/L"},
        "overs": 20,
        "player_of_match": ["R1"],
        "players": {"Reds": ["R1", "R2"], "Blues": ["B1", "B11"]},
        "registry": {"people": {"R1": "0000aa01", "R2": "0000aa02", "B1": "0000bb01", "B11": "0000bb0b"}},
        "season": 2024,
        "supersubs": {"Reds": "R2"},
        "team_type": "international",
        "teams": ["Reds", "Blues"],
        "toss": {"winner": "Reds", "decision": "bat", "uncontested": True},
        "venue": "The Green",
    },
    "innings": [
        {
            "team": "Reds",
            "absent_hurt": ["R2"],
            "declared": True,
            "miscounted_overs": {"0": {"balls": "5", "umpire": "P"}, "1": {"balls": 7}},
            "overs": [
                {
                    "over": 0,
                    "deliveries": [
                        {
                            "batter": "R1",
                            "bowler": "B11",
                            "non_striker": "R2",
                            "over": 0,
                            "runs": {"batter": 4, "extras": 9, "total": 13, "non_boundary": True},
                            "extras": {"noballs": 1, "byes": 1, "legbyes": 2, "penalty": 5},
                            "replacements": {
                                "match": [
                                    {"in": "R2", "out": "R1", "reason": "impact_player", "team": "Reds"}
                                ],
                                "role": [
                                    {"in": "B1", "out": "B11", "reason": "injury", "role": "bowler"},
                                    {"in": "R2", "reason": "unknown", "role": "batter"},
                                ],
                            },
                            "review": {
                                "by": "Blues",
                                "umpire": "P",
                                "batter": "R1",
                                "decision": "struck down",
                                "type": "wicket",
                                "umpires_call": True,
                            },
                            "wickets": [
                                {
                                    "player_out": "R2",
                                    "kind": "run out",
                                    "fielders": [{"name": "B1", "substitute": True}, {"substitute": True}],
                                }
                            ],
                        }
                    ],
                }
            ],
            "penalty_runs": {"pre": 5, "post": 6},
            "powerplays": [{"from": 0.1, "to": 5.6, "type": "mandatory"}],
            "super_over": True,
            "target": {"overs": 14.4, "runs": 130},
        },
        {"team": "Blues", "forfeited": True, "overs": []},
    ],
}


def test_every_field_of_the_format_survives_reading_and_writing() -> None:
    decoded = decode_match(content(EVERYTHING), "1.json")
    written = msgspec.json.decode(msgspec.json.encode(decoded))
    expected = copy.deepcopy(EVERYTHING)
    del expected["innings"][1]["overs"]  # no overs and an empty list of overs are the same
    assert written == expected


def test_an_optional_field_left_out_is_not_written() -> None:
    decoded = decode_match(content(match(innings(over(0, ball(1))))), "1.json")
    delivery = msgspec.to_builtins(decoded.innings[0].overs[0].deliveries[0])
    assert delivery == ball(1)


def test_fields_of_later_versions_are_passed_over() -> None:
    document = match(innings(over(0, ball(1) | {"ball_speed_kmh": 141}), weather="rain"), crowd=1234)
    document["licence"] = {"name": "open"}
    assert decode_match(content(document), "1.json") == decode_match(
        content(match(innings(over(0, ball(1))))), "1.json"
    )


@pytest.mark.parametrize(("group", "season"), [("A", "2007/08"), (1, 2024)])
def test_a_group_and_a_season_are_text_or_number(group: str | int, season: str | int) -> None:
    info = decode_match(content(match(event={"name": "Cup", "group": group}, season=season)), "1.json").info
    assert info.event is not None
    assert (info.event.group, info.season) == (group, season)
