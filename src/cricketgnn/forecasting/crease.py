"""Who bowls the next delivery to whom: what follows from the Laws, what was named, what cannot be."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
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
        _in_line_up(named.striker, situation.batting, info, "--striker"),
        _in_line_up(named.non_striker, situation.batting, info, "--non-striker"),
    )
    bowler = _bowler(situation, _in_line_up(named.bowler, situation.bowling, info, "--next-bowler"))
    if striker is None or non_striker is None or bowler is None:
        raise DataError(_to_name(situation, info, bowler is None, striker is None or non_striker is None))
    return Crease(striker, non_striker, bowler)


def _batters(
    situation: Situation, striker: str | None, non_striker: str | None
) -> tuple[str | None, str | None]:
    """Put who was named and who is at the crease together; None for who is still to be named."""
    here = _at_the_crease(situation)
    for name in filter(None, (striker, non_striker, *here)):
        why = f"out, {situation.dismissed[name]}" if name in situation.dismissed else ""
        why = "absent hurt" if name in situation.absent else why
        if why:
            named = name in (striker, non_striker)
            advice = (
                "name another batter" if named else "the match file has them at the crease: mend it there"
            )
            raise DataError(f"{name} cannot bat: {why}; {advice}")
    if striker is not None and striker == non_striker:
        raise DataError(f"striker and non-striker are both {striker}; name two batters")
    if striker is None and non_striker is None:
        return situation.striker, situation.non_striker
    if len(here) == 2 and (striker is None or non_striker is None) and not {striker, non_striker} & {*here}:
        raise DataError(
            f"{here[0]} and {here[1]} are at the crease; if one of them left it, name both --striker and "
            "--non-striker"
        )
    return striker or _the_other(non_striker, here), non_striker or _the_other(striker, here)


def _at_the_crease(situation: Situation) -> list[str]:
    return [name for name in (situation.striker, situation.non_striker) if name is not None]


def _bowler(situation: Situation, named: str | None) -> str | None:
    """Give who bowls; None for who is still to be named."""
    if named in (None, situation.bowler):
        return situation.bowler  # an over that has begun goes on, whatever led to it
    reason = why_not_bowl(named, situation)
    if reason is not None:
        raise DataError(f"{named} cannot bowl over {situation.over + 1}: {reason}; name another bowler")
    return named


def _to_name(situation: Situation, info: Info, bowler: bool, batter: bool) -> str:
    """Say all that is to be named, and who may be."""
    here = _at_the_crease(situation)
    wanted, who = [], []
    if batter:
        one = f"the batter who joins {here[0]} with --striker or --non-striker" if here else ""
        wanted.append(one or "the batters with --striker and --non-striker")
        out = {*situation.dismissed, *situation.absent, *here}
        who.append(f"to bat: {_listed(name for name in info.players[situation.batting] if name not in out)}")
    if bowler:
        wanted.append(f"who bowls over {situation.over + 1} with --next-bowler")
        free = [name for name in info.players[situation.bowling] if why_not_bowl(name, situation) is None]
        free.sort(key=lambda name: name not in situation.overs_bowled)  # who has bowled today comes first
        who.append(f"to bowl: {_listed(free)}")
    closed = " (or add --innings-closed, if it has ended)" if bowler and situation.legal_balls else ""
    return f"{situation.standing}: name {' and '.join(wanted)}{closed}; {'; '.join(who)}"


def _the_other(named: str | None, here: Sequence[str]) -> str | None:
    """Give who bats with the batter named: whoever else is at the crease, if that leaves no choice."""
    others = [name for name in here if name != named]
    return others[0] if len(others) == 1 else None


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
    if not named.strip():  # more likely a shell variable that is not set
        raise DataError(f"{option} is empty; name a player of {team}, or leave it out")
    line_up = info.players[team]
    found = _meant(named, line_up, info)
    if found is not None:
        return found
    for other, players in info.players.items():
        if _meant(named, players, info) is not None:
            raise DataError(f"{option} '{named}' plays for {other}; expected a player of {team}")
    near = closest(named, line_up) or _only(line_up, lambda name: _surname(name) == _surname(named))
    guess = f"did you mean '{near}'?" if near else f"its players: {_listed(line_up)}"
    raise DataError(f"{option} '{named}' is no player of {team}; {guess}")


def _meant(named: str, line_up: Sequence[str], info: Info) -> str | None:
    """Find a player by name, by registry id, or by a surname that only one of a side has; case is nothing."""
    folded = named.strip().lower()
    return (
        _only(line_up, lambda name: name == named)
        or _only(line_up, lambda name: folded in (name.lower(), info.registry.people[name]))
        or _only(line_up, lambda name: _surname(name) == folded)
    )


def _surname(name: str) -> str:
    return name.split()[-1].lower()


def _only(names: Iterable[str], wanted: Callable[[str], bool]) -> str | None:
    found = [name for name in names if wanted(name)]
    return found[0] if len(found) == 1 else None


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names) or "nobody"
