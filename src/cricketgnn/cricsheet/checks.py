"""What a match must satisfy beyond its types before anybody learns from it.

Each rule holds in every one of 10,022 real T20 matches of 2005 to 2024; what sounds like a rule and
is broken by real matches is none. So there is no rule here against gaps between overs, runs off the
bat on a wide, a player in both line-ups, a bowler who bats, or somebody dismissed who was not at
the crease (ten batters once retired out on one delivery).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Final, NamedTuple

from cricketgnn.cricket.dismissals import ALL_KINDS
from cricketgnn.cricket.overs import balls_from_overs
from cricketgnn.cricsheet.wire import Delivery, Extras, Info, Innings, Match, Wicket
from cricketgnn.errors import closest

_PERSON_ID: Final = re.compile(r"[0-9a-f]{8}")
_NO_EXTRAS: Final = Extras()


class Fault(NamedTuple):
    """One rule broken: the place in the JSON, and what was got and expected."""

    where: str
    reason: str


def faults(match: Match) -> Iterator[Fault]:
    """Find what is wrong with a match, in the order of the file; nothing for a sound one."""
    yield from _info_faults(match.info)
    for position, innings in enumerate(match.innings):
        yield from _innings_faults(innings, match.info, f"$.innings[{position}]")


def _info_faults(info: Info) -> Iterator[Fault]:
    yield from _people_faults(info)
    if len(info.teams) != 2 or len(set(info.teams)) != 2:
        yield Fault("$.info.teams", f"two different teams must play, got {_listed(info.teams)}")
    if set(info.players) != set(info.teams):
        reason = f"line-ups must be of {_listed(info.teams)}, got {_listed(info.players)}"
        yield Fault("$.info.players", reason)
    if info.toss.winner not in info.teams:
        yield _unknown_team("$.info.toss.winner", info.toss.winner, info)
    if any(later <= earlier for earlier, later in pairwise(info.dates)):
        dates = _listed(date.isoformat() for date in info.dates)
        yield Fault("$.info.dates", f"days of a match must follow each other, got {dates}")
    if info.overs is None:
        reason = (
            f"not a match of limited overs (match type '{info.match_type}'): the number of overs is needed"
        )
        yield Fault("$.info.overs", reason)


def _people_faults(info: Info) -> Iterator[Fault]:
    people = info.registry.people
    for name, person in people.items():
        if not _PERSON_ID.fullmatch(person):
            where = f'$.info.registry.people["{name}"]'
            yield Fault(where, f"a person's id must be 8 hex digits, got '{person}'")
    for team, line_up in info.players.items():
        for position, name in enumerate(line_up):
            if name not in people:
                yield _unregistered(f'$.info.players["{team}"][{position}]', name, people)


def _innings_faults(innings: Innings, info: Info, where: str) -> Iterator[Fault]:
    if innings.team not in info.teams:
        yield _unknown_team(f"{where}.team", innings.team, info)
    if innings.target is not None and innings.target.overs is not None:
        try:
            balls_from_overs(innings.target.overs, info.balls_per_over)
        except ValueError as error:
            yield Fault(f"{where}.target.overs", str(error))
    people = info.registry.people
    last_number = -1
    for position, over in enumerate(innings.overs):
        if over.over <= last_number:
            reason = f"over numbers must rise, got {over.over} after {last_number}"
            yield Fault(f"{where}.overs[{position}].over", reason)
        last_number = over.over
        for ball, delivery in enumerate(over.deliveries):
            # Called once for each of millions of deliveries: the place is put together only for a fault.
            for fault in _delivery_faults(delivery, over.over, people):
                yield Fault(f"{where}.overs[{position}].deliveries[{ball}].{fault.where}", fault.reason)


def _delivery_faults(delivery: Delivery, over: int, people: Mapping[str, str]) -> Iterator[Fault]:
    """Find faults of one delivery, their places relative to it."""
    striker, non_striker, bowler = delivery.batter, delivery.non_striker, delivery.bowler
    if striker not in people:
        yield _unregistered("batter", striker, people)
    elif people[striker] == people.get(non_striker):
        yield Fault("non_striker", f"striker and non-striker must be two people, got '{striker}' as both")
    if non_striker not in people:
        yield _unregistered("non_striker", non_striker, people)
    if bowler not in people:
        yield _unregistered("bowler", bowler, people)
    runs = delivery.runs
    if runs.total != runs.batter + runs.extras:
        reason = f"total must be batter + extras = {runs.batter + runs.extras}, got {runs.total}"
        yield Fault("runs.total", reason)
    if delivery.extras is not None or runs.extras:
        yield from _extras_faults(delivery.extras or _NO_EXTRAS, runs.extras)
    if delivery.wickets:
        yield from _wicket_faults(delivery.wickets, people)
    if delivery.over is not None and delivery.over != over:
        yield Fault("over", f"must be the number of its over, {over}, got {delivery.over}")


def _extras_faults(extras: Extras, total: int) -> Iterator[Fault]:
    added = extras.wides + extras.noballs + extras.byes + extras.legbyes + extras.penalty
    if added != total:
        yield Fault("extras", f"extras add up to {added}, but runs.extras is {total}")
    if extras.wides and extras.noballs:
        yield Fault("extras", "a delivery is a wide or a no-ball, got both")


def _wicket_faults(wickets: tuple[Wicket, ...], people: Mapping[str, str]) -> Iterator[Fault]:
    out: set[str] = set()
    for position, wicket in enumerate(wickets):
        if wicket.player_out not in people:
            yield _unregistered(f"wickets[{position}].player_out", wicket.player_out, people)
        if wicket.player_out in out:
            reason = f"'{wicket.player_out}' cannot be out twice on one delivery"
            yield Fault(f"wickets[{position}].player_out", reason)
        out.add(wicket.player_out)
        if wicket.kind not in ALL_KINDS:
            near = closest(wicket.kind, ALL_KINDS)
            guess = f"did you mean '{near}'?" if near else f"known: {', '.join(sorted(ALL_KINDS))}"
            yield Fault(f"wickets[{position}].kind", f"unknown kind of dismissal '{wicket.kind}'; {guess}")


def _unregistered(where: str, name: str, people: Mapping[str, str]) -> Fault:
    near = closest(name, people)
    guess = f"; did you mean '{near}'?" if near else ""
    return Fault(where, f"'{name}' is not in $.info.registry.people{guess}")


def _unknown_team(where: str, name: str, info: Info) -> Fault:
    return Fault(where, f"must be one of the teams {_listed(info.teams)}, got '{name}'")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"'{name}'" for name in names) or "none"
