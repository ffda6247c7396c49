"""Where a match stands: which innings goes on, the score, who is at the crease, who has bowled what.

Read from the match file alone and by the Laws alone; who is next is decided in
:mod:`cricketgnn.forecasting.crease`. One match has a few hundred deliveries, so plain loops do.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Final

from cricketgnn.cricket.dismissals import is_dismissal
from cricketgnn.cricket.overs import balls_from_overs
from cricketgnn.cricsheet.wire import Delivery, Info, Innings, Match
from cricketgnn.errors import DataError
from cricketgnn.features.targets import T20_OVERS, T20_TYPES

MOST_WICKETS: Final = 10


@dataclass(frozen=True)
class Situation:
    """The state of a match before its next delivery. People are called as the match file calls them.

    Attributes:
        innings: place of the innings in the file, 0-based; one past the last where it has not begun.
        batting, bowling: the sides.
        over: number of the over, 0-based.
        deliveries: bowled in this over so far, wides and no-balls counted.
        legal_balls: bowled in the innings so far.
        score, wickets: so far.
        target: runs to win; None in a first innings.
        striker, non_striker: at the crease; None where somebody has to come in.
        bowler: of this over; None where it begins.
        dismissed: who is out, and how.
        overs_bowled: numbers of the overs in which each bowler bowled.
        scheduled_overs, balls_per_over: of the innings.
    """

    innings: int
    batting: str
    bowling: str
    over: int
    deliveries: int
    legal_balls: int
    score: int
    wickets: int
    target: int | None
    striker: str | None
    non_striker: str | None
    bowler: str | None
    dismissed: dict[str, str]
    overs_bowled: dict[str, set[int]]
    scheduled_overs: int
    balls_per_over: int

    @property
    def overs(self) -> str:
        """Give overs and balls as scorers print them: 14.4 is 14 overs and 4 balls."""
        return "{}.{}".format(*divmod(self.legal_balls, self.balls_per_over))

    @property
    def standing(self) -> str:
        """Give side, score and overs in one line."""
        line = f"{self.batting} {self.score}/{self.wickets} after {self.overs} overs"
        return line if self.target is None else f"{line}, {self.target} to win"

    def why_over(self, info: Info) -> str | None:
        """Say why the innings has ended; None while it goes on."""
        left = set(info.players.get(self.batting, ())) - set(self.dismissed)
        if self.target is not None and self.score >= self.target:
            return "the target is reached"
        if self.wickets >= MOST_WICKETS or len(left) < 2:
            return "all out"
        if self.over >= self.scheduled_overs:
            return f"all {self.scheduled_overs} overs are bowled"
        return None


def situation_of(match: Match) -> Situation:
    """Tell where a match stands.

    Raises:
        DataError: the match is over, or has gone to a super over.
    """
    info, innings = match.info, match.innings
    if any(one.super_over for one in innings):
        raise DataError(
            "the match has gone to a super over, which is not forecast; expected a regular innings"
        )
    if not innings:
        return _situation_in(match, 0, *_sides_at_the_toss(info))
    batting = innings[-1].team
    bowling = _other(info, batting)
    now = _situation_in(match, len(innings) - 1, batting, bowling)
    given_up = innings[-1].declared or innings[-1].forfeited
    ended = "it was declared or forfeited" if given_up else now.why_over(info)
    if ended is None:
        return now
    if len(innings) > 1:
        raise DataError(f"the match is over ({now.standing}: {ended}); give one that has a delivery to come")
    return _situation_in(match, 1, bowling, batting)


def _sides_at_the_toss(info: Info) -> tuple[str, str]:
    winner, other = info.toss.winner, _other(info, info.toss.winner)
    return (winner, other) if info.toss.decision == "bat" else (other, winner)


def _other(info: Info, team: str) -> str:
    return info.teams[1] if team == info.teams[0] else info.teams[0]


def _situation_in(match: Match, number: int, batting: str, bowling: str) -> Situation:
    """Tell where an innings stands, begun or not."""
    info = match.info
    innings = match.innings[number] if number < len(match.innings) else Innings(team=batting)
    deliveries = [delivery for over in innings.overs for delivery in over.deliveries]
    over, in_over, bowler = _over_to_come(innings, info)
    striker, non_striker = _ends_after(deliveries, over_ended=bowler is None)
    overs_bowled: dict[str, set[int]] = defaultdict(set)
    for one in innings.overs:
        for delivery in one.deliveries:
            overs_bowled[delivery.bowler].add(one.over)
    dismissed = _dismissed(innings)
    return Situation(
        innings=number,
        batting=batting,
        bowling=bowling,
        over=over,
        deliveries=in_over,
        legal_balls=sum(map(is_legal, deliveries)),
        score=_score(innings),
        wickets=len(dismissed),
        target=_target(match, number),
        striker=striker,
        non_striker=non_striker,
        bowler=bowler,
        dismissed=dismissed,
        overs_bowled=dict(overs_bowled),
        scheduled_overs=_scheduled_overs(info, innings),
        balls_per_over=info.balls_per_over,
    )


def is_legal(delivery: Delivery) -> bool:
    """Tell whether a delivery counts towards its over."""
    extras = delivery.extras
    return extras is None or not (extras.wides or extras.noballs)


def _over_to_come(innings: Innings, info: Info) -> tuple[int, int, str | None]:
    """Give the number of the next delivery's over, its deliveries so far, and its bowler if it has begun."""
    if not innings.overs:
        return 0, 0, None
    last = innings.overs[-1]
    miscount = innings.miscounted_overs.get(str(last.over))
    length = info.balls_per_over if miscount is None else int(miscount.balls)
    if not last.deliveries:
        return last.over, 0, None
    if sum(map(is_legal, last.deliveries)) >= length:
        return last.over + 1, 0, None
    return last.over, len(last.deliveries), last.deliveries[-1].bowler


def _ends_after(deliveries: list[Delivery], over_ended: bool) -> tuple[str | None, str | None]:
    """Tell who stands where after the last delivery; None for who has left the crease.

    Batters change ends for every run they ran, and the over ends at the other end. A new batter stands
    where the one who left would: since 2022 the Laws say so of every catch; of a run out it is a guess.
    """
    if not deliveries:
        return None, None
    last = deliveries[-1]
    gone = {wicket.player_out for wicket in last.wickets}
    ends = [name if name not in gone else None for name in (last.batter, last.non_striker)]
    if _runs_run(last) % 2 != over_ended:  # one change of ends, not none or two
        ends.reverse()
    return ends[0], ends[1]


def _runs_run(delivery: Delivery) -> int:
    """Count the runs that the batters ran or were given as if they had; the penalty of an extra is not."""
    extras = delivery.extras
    if extras is None:
        return delivery.runs.batter
    beyond_the_penalty = max(extras.wides - 1, 0) + max(extras.noballs - 1, 0)
    return delivery.runs.batter + extras.byes + extras.legbyes + beyond_the_penalty


def _dismissed(innings: Innings) -> dict[str, str]:
    """Name who is out in an innings, and how and when."""
    return {
        wicket.player_out: f"{wicket.kind} in over {over.over + 1}"
        for over in innings.overs
        for delivery in over.deliveries
        for wicket in delivery.wickets
        if is_dismissal(wicket.kind)
    }


def _score(innings: Innings) -> int:
    runs = sum(delivery.runs.total for over in innings.overs for delivery in over.deliveries)
    return runs if innings.penalty_runs is None else runs + innings.penalty_runs.pre


def _target(match: Match, number: int) -> int | None:
    """Give what a chase needs: the target as it is printed, else one run more than the first innings."""
    if number == 0:
        return None
    printed = match.innings[number].target if number < len(match.innings) else None
    if printed is not None:
        return printed.runs
    first = match.innings[0]
    return _score(first) + (first.penalty_runs.post if first.penalty_runs else 0) + 1


def _scheduled_overs(info: Info, innings: Innings) -> int:
    overs = info.overs or T20_OVERS  # a match without a number of overs is refused before
    if info.match_type in T20_TYPES:
        overs = min(overs, T20_OVERS)  # a few files say 50
    if innings.target is not None and innings.target.overs is not None:
        balls = balls_from_overs(innings.target.overs, info.balls_per_over)
        overs = min(overs, -(-balls // info.balls_per_over))
    return overs
