"""Who bowls the next delivery to whom: what follows from the Laws, what was named, what cannot be."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from cricketgnn.cricket.overs import BALLS_OF_THE_HUNDRED
from cricketgnn.cricsheet.wire import Info
from cricketgnn.errors import DataError, closest
from cricketgnn.forecasting.situation import Situation

SHARES: Final = 5
"""A bowler may bowl a fifth of the overs. Rounded up: where some may bowl one more, all may here."""


@dataclass(frozen=True)
class Named:
    """Whom the user named, by name as in the match file or by registry id; None for what follows."""

    striker: str | None = None
    non_striker: str | None = None
    bowler: str | None = None


@dataclass(frozen=True)
class Crease:
    """The three people of a delivery, as the match file calls them."""

    striker: str
    non_striker: str
    bowler: str


def next_crease(situation: Situation, info: Info, named: Named) -> Crease:
    """Decide who bowls the next delivery to whom.

    Raises:
        DataError: somebody must be named and is not, or what was named or stands in the file cannot be.
    """
    striker, non_striker = _batters(
        situation,
        info,
        _in_line_up(named.striker, situation.batting, info, "--striker"),
        _in_line_up(named.non_striker, situation.batting, info, "--non-striker"),
    )
    bowler = _in_line_up(named.bowler, situation.bowling, info, "--next-bowler")
    if bowler in (None, situation.bowler) and situation.bowler is not None:
        return Crease(striker, non_striker, situation.bowler)  # his over goes on, whatever led to it
    if bowler is None:
        free = [name for name in info.players[situation.bowling] if why_not_bowl(name, situation) is None]
        free.sort(key=lambda name: name not in situation.overs_bowled)  # who has bowled today comes first
        raise DataError(
            f"over {situation.over + 1} begins ({situation.standing}): name its bowler with --next-bowler, "
            f"or add --innings-closed if it has ended; who may: {_listed(free)}"
        )
    reason = why_not_bowl(bowler, situation)
    if reason is not None:
        raise DataError(f"{bowler} cannot bowl over {situation.over + 1}: {reason}; name another bowler")
    return Crease(striker, non_striker, bowler)


def _batters(
    situation: Situation, info: Info, striker: str | None, non_striker: str | None
) -> tuple[str, str]:
    here = [name for name in (situation.striker, situation.non_striker) if name is not None]
    for name in (striker, non_striker, *here):
        if name is not None and name in situation.dismissed:
            raise DataError(f"{name} cannot bat: out, {situation.dismissed[name]}; name another batter")
    if striker is not None and non_striker is None:
        non_striker = _the_other(striker, here)
    elif non_striker is not None and striker is None:
        striker = _the_other(non_striker, here)
    elif striker is None and len(here) == 2:
        striker, non_striker = here
    if striker is None or non_striker is None:
        raise DataError(_who_comes_in(situation, info, here))
    if striker == non_striker:
        raise DataError(f"striker and non-striker are both {striker}; name two batters")
    return striker, non_striker


def _the_other(named: str, here: Sequence[str]) -> str | None:
    """Give who bats with the batter named: whoever else is at the crease, if that leaves no choice."""
    others = [name for name in here if name != named]
    return others[0] if len(others) == 1 else None


def _who_comes_in(situation: Situation, info: Info, here: Sequence[str]) -> str:
    to_come = [
        name
        for name in info.players[situation.batting]
        if name not in situation.dismissed and name not in here and name not in situation.absent
    ]
    if len(here) == 2:
        return (
            f"{here[0]} and {here[1]} are at the crease; if one of them left it, name both --striker and "
            "--non-striker"
        )
    at_the_crease = f"{here[0]} stays at the crease" if here else "nobody is at the crease"
    what = "the next batter with --striker or --non-striker" if here else "both --striker and --non-striker"
    return f"{situation.standing}, {at_the_crease}: name {what}; to come: {_listed(to_come)}"


def why_not_bowl(name: str, situation: Situation) -> str | None:
    """Say why somebody may not begin or take over the over to come; None if nothing is against it."""
    overs = situation.overs_bowled.get(name, set()) - {situation.over}
    share = -(-situation.scheduled_overs // SHARES)
    if len(overs) >= share:
        return f"bowled in {len(overs)} overs already, {share} of {situation.scheduled_overs} are allowed"
    running = 2 if situation.balls_per_over == BALLS_OF_THE_HUNDRED else 1
    if all(situation.over - back in overs for back in range(1, running + 1)):
        before = "over before" if running == 1 else "two sets of five before"
        return f"bowled the {before} as well"
    return None


def _in_line_up(named: str | None, team: str, info: Info, option: str) -> str | None:
    """Find who is meant by a name or a registry id among a side's players.

    Raises:
        DataError: nobody in the line-up; the message has the closest name or the side it is in.
    """
    if named is None:
        return None
    line_up = info.players[team]
    by_id = {info.registry.people[name]: name for name in line_up}
    if named in line_up:
        return named
    if named.lower() in by_id:
        return by_id[named.lower()]
    for other, players in info.players.items():
        if named in players or named.lower() in {info.registry.people[name] for name in players}:
            raise DataError(f"{option} '{named}' plays for {other}; expected a player of {team}")
    near = closest(named, line_up) or _by_surname(named, line_up)
    guess = f"did you mean '{near}'?" if near else f"its players: {_listed(line_up)}"
    raise DataError(f"{option} '{named}' is no player of {team}; {guess}")


def _by_surname(named: str, line_up: Sequence[str]) -> str | None:
    """Find the one player who shares the last name: files print initials where people type first names."""
    surname = named.split()[-1:]
    same = [
        name for name in line_up if [part.lower() for part in name.split()[-1:]] == [*map(str.lower, surname)]
    ]
    return same[0] if len(same) == 1 else None


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names) or "nobody"
