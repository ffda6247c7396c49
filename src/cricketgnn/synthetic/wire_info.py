"""The ``info`` part of a Cricsheet document: teams, people, place, toss, outcome."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from cricketgnn.synthetic import names as invented
from cricketgnn.synthetic.competitions import COMPETITIONS
from cricketgnn.synthetic.matchplay import Block, Result
from cricketgnn.synthetic.schedule import Fixture
from cricketgnn.synthetic.skills import Ints

Document = dict[str, Any]

_NO_TARGET: Final = 0.005
_NO_CITY: Final = 0.03
_NO_EVENT: Final = 0.006
_RESERVE_DAY: Final = 0.003
_UNCONTESTED: Final = 0.002
_REVISED_FILE: Final = 0.15
_LONG_GROUND_NAME: Final = 0.2
_OFFICIALS: Final = 5


@dataclass(frozen=True)
class WireOddities:
    """What the files of ``M`` matches leave out or spell differently, each ``[M]``."""

    no_target: npt.NDArray[np.bool_]
    no_city: npt.NDArray[np.bool_]
    no_event: npt.NDArray[np.bool_]
    reserve_day: npt.NDArray[np.bool_]
    uncontested: npt.NDArray[np.bool_]
    long_ground: npt.NDArray[np.bool_]
    revision: Ints
    officials: Ints  # [M, 5]


def draw_wire_oddities(rng: np.random.Generator, matches: int, oddities: float) -> WireOddities:
    """Draw what the files of so many matches leave out or spell differently."""

    def happens(rate: float) -> npt.NDArray[np.bool_]:
        return rng.random(matches) < rate

    return WireOddities(
        no_target=happens(_NO_TARGET * oddities),
        no_city=happens(_NO_CITY * oddities),
        no_event=happens(_NO_EVENT * oddities),
        reserve_day=happens(_RESERVE_DAY * oddities),
        uncontested=happens(_UNCONTESTED * oddities),
        long_ground=happens(_LONG_GROUND_NAME),
        revision=1 + happens(_REVISED_FILE),
        officials=np.argsort(rng.random((matches, 24)), axis=1)[:, :_OFFICIALS],
    )


def info(
    block: Block,
    match: int,
    sides: list[list[str]],
    names: list[str],
    odd: WireOddities,
    points: dict[str, int],
) -> Document:
    """Write the ``info`` of one match.

    Args:
        block: the played matches.
        match: which of them.
        sides: names by place of the side that batted first and of the other.
        names: everybody's name in that season.
        odd: what files leave out.
        points: what each player did, for the player of the match.
    """
    fixture = block.fixtures[match]
    competition = COMPETITIONS[fixture.competition]
    ground, city = invented.ground(fixture.venue // 3, fixture.venue % 3)
    people = block.sides.world.people
    officials = [people.officials[i] for i in odd.officials[match].tolist()]
    in_print = (fixture.bats_first, 1 - fixture.bats_first)
    registry = {names[p]: people.ids[p] for side in fixture.sides.tolist() for p in side if p >= 0}
    registry |= dict(officials)
    document: Document = {
        "balls_per_over": competition.balls_per_over,
        "city": city,
        "dates": _dates(fixture, bool(odd.reserve_day[match])),
        "event": _event(fixture),
        "gender": "female" if competition.female else "male",
        "match_type": "IT20" if competition.international and fixture.season < 2 else "T20",
        "officials": {
            "match_referees": [officials[0][0]],
            "tv_umpires": [officials[1][0]],
            "umpires": [officials[2][0], officials[3][0]],
        },
        "outcome": _outcome(block, match),
        "overs": int(block.weather.overs[match]),
        "player_of_match": [max(sorted(points), key=lambda name: points[name])] if points else [],
        "players": {
            team: [name for name in sides[side] if name]
            for team, side in zip(fixture.teams, in_print, strict=True)
        },
        "registry": {"people": dict(sorted(registry.items()))},
        "season": competition.season_label(fixture.year),
        "team_type": "international" if competition.international else "club",
        "teams": list(fixture.teams),
        "toss": _toss(fixture, bool(odd.uncontested[match])),
        "venue": f"{ground}, {city}" if odd.long_ground[match] else ground,
    }
    _leave_out(document, odd, match, block.result[match] == Result.NO_RESULT)
    return document


def _leave_out(document: Document, odd: WireOddities, match: int, no_result: bool) -> None:
    missing: list[str] = []
    if odd.no_city[match]:
        del document["city"]
    if odd.no_event[match]:
        del document["event"]
        missing.append("event")
    if no_result or not document["player_of_match"]:
        del document["player_of_match"]
        missing.append("player_of_match")
    if missing:
        document["missing"] = missing


def _dates(fixture: Fixture, reserve_day: bool) -> list[str]:
    """Give the day of the match, and the day after it where rain carried it over to a reserve day."""
    day = fixture.day.isoformat()
    return [day, day[:-2] + f"{int(day[-2:]) + 1:02d}"] if reserve_day and fixture.day.day < 28 else [day]


def _event(fixture: Fixture) -> Document:
    competition = COMPETITIONS[fixture.competition]
    if competition.international:
        return {
            "name": f"{fixture.teams[1]} tour of {fixture.teams[0]}",
            "match_number": (fixture.number - 1) % 3 + 1,
        }
    event: Document = {"name": competition.event_name(fixture.season)}
    if fixture.last:
        event["stage"] = "Final"
    else:
        event["match_number"] = fixture.number
    return event


def _toss(fixture: Fixture, uncontested: bool) -> Document:
    decision = "bat" if fixture.toss_winner == fixture.bats_first else "field"
    toss: Document = {"decision": decision, "winner": fixture.teams[fixture.toss_winner]}
    if uncontested:
        toss["uncontested"] = True
    return toss


def _outcome(block: Block, match: int) -> Document:
    fixture, result, side = block.fixtures[match], int(block.result[match]), int(block.winner[match])
    team = fixture.teams[fixture.bats_first if side == 0 else 1 - fixture.bats_first]
    margin = int(block.margin[match])
    outcome: Document
    if result == Result.BY_RUNS:
        outcome = {"by": {"runs": margin}, "winner": team}
    elif result == Result.BY_WICKETS:
        outcome = {"by": {"wickets": margin}, "winner": team}
    elif result == Result.NO_RESULT:
        return {"result": "no result"}
    elif result == Result.ELIMINATOR:
        return {"eliminator": team, "result": "tie"}
    else:
        outcome = {"result": "tie"}
    if block.by_rain_rule[match]:
        outcome["method"] = "D/L"
    return outcome
