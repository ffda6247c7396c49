"""Every synthetic match keeps the laws, as a referee sees it who reads nothing but the file."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from datetime import date
from typing import Any

import msgspec
import pytest
from match_referee import NOT_OUT, breaches, deliveries, dismissed, extra, is_legal

from cricketgnn.cricsheet import parse_match
from cricketgnn.synthetic.config import LeagueConfig
from cricketgnn.synthetic.league import League, simulate_league

Document = dict[str, Any]


@pytest.fixture(scope="session")
def documents(plain_league: League, odd_league: League) -> list[Document]:
    return [file.document for league in (plain_league, odd_league) for file in league.files]


def test_no_match_breaks_the_laws(documents: list[Document]) -> None:
    assert [breach for document in documents for breach in breaches(document)] == []


def test_the_referee_sees_a_wrong_striker(plain_league: League) -> None:
    document = msgspec.json.decode(msgspec.json.encode(plain_league.files[0].document))
    delivery = document["innings"][0]["overs"][3]["deliveries"][2]
    delivery["batter"], delivery["non_striker"] = delivery["non_striker"], delivery["batter"]
    assert any("stands where" in breach for breach in breaches(document))


def test_every_match_parses(plain_league: League, odd_league: League) -> None:
    for league in (plain_league, odd_league):
        for file in league.files:
            parsed = parse_match(msgspec.json.encode(file.document), file.match_id, "league.zip")
            assert len(parsed.document.innings) == len(file.document["innings"])


def _any_delivery(rule: Callable[[Document], Any]) -> Callable[[Document], bool]:
    return lambda document: any(
        rule(delivery) for innings in document["innings"] for _, _, delivery in deliveries(innings)
    )


def _any_innings(rule: Callable[[Document], Any]) -> Callable[[Document], bool]:
    return lambda document: any(rule(innings) for innings in document["innings"])


def _leaves(delivery: Document, kind: str) -> list[str]:
    return [w["player_out"] for w in delivery.get("wickets", []) if w["kind"] == kind]


def _returns(innings: Document) -> bool:
    rested: set[str] = set()
    for _, _, delivery in deliveries(innings):
        if rested & {delivery["batter"], delivery["non_striker"]}:
            return True
        rested |= {w["player_out"] for w in delivery.get("wickets", []) if w["kind"] in NOT_OUT}
    return False


def _legal_balls(innings: Document) -> Counter[int]:
    return Counter(over for over, _, delivery in deliveries(innings) if is_legal(delivery))


def _reasons(delivery: Document, level: str) -> set[str]:
    return {change["reason"] for change in delivery.get("replacements", {}).get(level, [])}


ODDITIES: dict[str, Callable[[Document], Any]] = {
    "two or more wides": _any_delivery(lambda d: 2 <= extra(d, "wides") < 5),
    "five wides": _any_delivery(lambda d: extra(d, "wides") == 5),
    "stumped off a wide": _any_delivery(lambda d: extra(d, "wides") and _leaves(d, "stumped")),
    "run out off a wide": _any_delivery(lambda d: extra(d, "wides") and _leaves(d, "run out")),
    "runs off a no-ball": _any_delivery(lambda d: extra(d, "noballs") and d["runs"]["batter"]),
    "byes off a no-ball": _any_delivery(
        lambda d: extra(d, "noballs") and (extra(d, "byes") or extra(d, "legbyes"))
    ),
    "two-run no-ball": _any_delivery(lambda d: extra(d, "noballs") == 2),
    "run out off a no-ball": _any_delivery(lambda d: extra(d, "noballs") and _leaves(d, "run out")),
    "byes": _any_delivery(lambda d: extra(d, "byes")),
    "leg-byes": _any_delivery(lambda d: extra(d, "legbyes")),
    "five off the bat": _any_delivery(lambda d: d["runs"]["batter"] == 5),
    "seven off the bat": _any_delivery(lambda d: d["runs"]["batter"] == 7),
    "all-run four": _any_delivery(lambda d: d["runs"].get("non_boundary") and d["runs"]["batter"] == 4),
    "penalty in a delivery": _any_delivery(lambda d: extra(d, "penalty") == 5),
    "retired hurt": _any_delivery(lambda d: _leaves(d, "retired hurt")),
    "retired not out": _any_delivery(lambda d: _leaves(d, "retired not out")),
    "retired out": _any_delivery(lambda d: _leaves(d, "retired out")),
    "retired and returned": _any_innings(_returns),
    "non-striker run out": _any_delivery(lambda d: d["non_striker"] in _leaves(d, "run out")),
    "runs before a run out": _any_delivery(lambda d: d["runs"]["batter"] and _leaves(d, "run out")),
    "obstructing the field": _any_delivery(lambda d: _leaves(d, "obstructing the field")),
    "hit wicket": _any_delivery(lambda d: _leaves(d, "hit wicket")),
    "caught by a substitute": _any_delivery(
        lambda d: any({"substitute": True} in w.get("fielders", []) for w in d.get("wickets", []))
    ),
    "bowler injured in the over": _any_delivery(lambda d: "injury" in _reasons(d, "role")),
    "bowler excluded": _any_delivery(lambda d: any("excluded" in r for r in _reasons(d, "role"))),
    "impact player": _any_delivery(lambda d: "impact_player" in _reasons(d, "match")),
    "concussion substitute": _any_delivery(lambda d: "concussion_substitute" in _reasons(d, "match")),
    "super over": _any_innings(lambda i: i.get("super_over")),
    "over of five balls": lambda d: (
        d["info"]["balls_per_over"] == 6
        and _any_innings(lambda i: any(o["balls"] == 5 for o in i.get("miscounted_overs", {}).values()))(d)
    ),
    "over of seven balls": _any_innings(
        lambda i: any(o["balls"] == 7 for o in i.get("miscounted_overs", {}).values())
    ),
    "penalty runs before": _any_innings(lambda i: i.get("penalty_runs", {}).get("pre")),
    "penalty runs after": _any_innings(lambda i: i.get("penalty_runs", {}).get("post")),
    "absent hurt": _any_innings(lambda i: i.get("absent_hurt")),
    "all out": _any_innings(lambda i: sum(len(dismissed(d)) for _, _, d in deliveries(i)) == 10),
    "shortened match": lambda d: d["info"]["overs"] < 20,
    "chase in overs and balls": _any_innings(lambda i: i.get("target", {}).get("overs", 0) % 1),
    "no target in the file": lambda d: len(d["innings"]) > 1 and "target" not in d["innings"][1],
    "no chase": lambda d: len(d["innings"]) == 1,
    "no result": lambda d: d["info"]["outcome"].get("result") == "no result",
    "tie": lambda d: d["info"]["outcome"].get("result") == "tie",
    "eliminator": lambda d: "eliminator" in d["info"]["outcome"],
    "won by the rain rule": lambda d: d["info"]["outcome"].get("method") == "D/L",
    "twelve named": lambda d: any(len(side) == 12 for side in d["info"]["players"].values()),
    "no city": lambda d: "city" not in d["info"],
    "no event": lambda d: "event" not in d["info"],
    "reserve day": lambda d: len(d["info"]["dates"]) == 2,
    "toss uncontested": lambda d: d["info"]["toss"].get("uncontested"),
    "season across the year": lambda d: re.fullmatch(r"20\d\d/\d\d", str(d["info"]["season"])),
    "season as a number": lambda d: isinstance(d["info"]["season"], int),
    "later revision": lambda d: d["meta"]["revision"] > 1,
    "sets of five": lambda d: d["info"]["balls_per_over"] == 5,
    "women": lambda d: d["info"]["gender"] == "female",
    "international": lambda d: d["info"]["team_type"] == "international",
    "IT20": lambda d: d["info"]["match_type"] == "IT20",
}


@pytest.mark.parametrize("name", ODDITIES)
def test_every_oddity_occurs(name: str, documents: list[Document]) -> None:
    assert any(ODDITIES[name](document) for document in documents)


def test_oddities_can_be_left_out() -> None:
    league = simulate_league(LeagueConfig(matches=60, seed=3, oddities=0.0))
    rare = [
        "retired hurt",
        "retired out",
        "shortened match",
        "won by the rain rule",
        "absent hurt",
        "no city",
    ]
    rare += ["over of five balls", "bowler injured in the over", "five off the bat", "stumped off a wide"]
    assert [name for name in rare for file in league.files if ODDITIES[name](file.document)] == []


def test_a_miscounted_over_is_noted_only_where_it_happened(documents: list[Document]) -> None:
    for document in documents:
        for innings in document["innings"]:
            legal = _legal_balls(innings)
            for over, noted in innings.get("miscounted_overs", {}).items():
                assert legal[int(over)] == noted["balls"] != document["info"]["balls_per_over"]


def test_the_registry_knows_players_and_officials(documents: list[Document]) -> None:
    for document in documents:
        info = document["info"]
        officials = [name for names in info["officials"].values() for name in names]
        players = [name for side in info["players"].values() for name in side]
        people = info["registry"]["people"]
        assert set(people) >= {*players, *officials}
        assert len(set(people.values())) == len(people) == len({*players, *officials}) + 1
        assert len(players) == len(set(players))


def test_names_are_no_key_but_ids_are(plain_league: League) -> None:
    names: dict[str, set[str]] = {}
    for file in plain_league.files:
        for name, person in file.document["info"]["registry"]["people"].items():
            names.setdefault(person, set()).add(name)
    owners = Counter(name for spellings in names.values() for name in spellings)
    assert max(owners.values()) > 1
    assert max(map(len, names.values())) > 1


def test_matches_are_in_time_order_end_in_2024_and_share_days(plain_league: League) -> None:
    days = [date.fromisoformat(file.document["info"]["dates"][0]) for file in plain_league.files]
    assert days == sorted(days)
    assert date(2015, 1, 1) <= days[0]
    assert date(2024, 12, 1) <= days[-1] <= date(2024, 12, 30)
    assert len(set(days)) < len(days)
    ids = [int(file.match_id) for file in plain_league.files]
    assert ids == sorted(set(ids))
