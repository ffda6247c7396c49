"""Where a match stands: which innings goes on, the score, who is at the crease, who has bowled what.

Read from the match file alone and by the Laws alone; who is next is decided in
:mod:`cricketgnn.forecasting.crease`. One match has a few hundred deliveries, so plain loops do.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cricketgnn.cricket.dismissals import is_dismissal
from cricketgnn.cricket.overs import BALLS_OF_THE_HUNDRED, balls_from_overs
from cricketgnn.cricsheet.wire import Delivery, Info, Innings, Match
from cricketgnn.errors import DataError
from cricketgnn.features.targets import T20_OVERS, T20_TYPES, scheduled_overs
from cricketgnn.words import counted

MOST_WICKETS: Final = 10
_HIGHEST_PENALTY: Final = 2


@dataclass(frozen=True)
class Situation:
    """The state of a match before its next delivery. People are called as the match file calls them.

    Attributes:
        innings: place of the innings in the file, 0-based; one past the last where it has not begun.
        batting, bowling: the sides.
        over: number of the over, 0-based.
        deliveries: bowled in this over so far, wides and no-balls counted.
        legal_balls: bowled in the innings so far.
        over_balls: legal balls of this over so far.
        score, wickets: so far.
        target: runs to win; None in a first innings.
        striker, non_striker: at the crease; None where somebody has to come in.
        bowler: of this over; None where it begins.
        dismissed: who is out, and how.
        absent: who cannot bat.
        overs_bowled: numbers of the overs in which each bowler bowled.
        scheduled_overs: of the innings; a part of an over counts as one.
        scheduled_balls: of the innings, legal ones.
        balls_per_over: of the match.
    """

    innings: int
    batting: str
    bowling: str
    over: int
    deliveries: int
    legal_balls: int
    over_balls: int
    score: int
    wickets: int
    target: int | None
    striker: str | None
    non_striker: str | None
    bowler: str | None
    dismissed: dict[str, str]
    absent: frozenset[str]
    overs_bowled: dict[str, set[int]]
    scheduled_overs: int
    scheduled_balls: int
    balls_per_over: int

    @property
    def overs(self) -> str:
        """Give overs and balls as scorers print them: 14.4 is 14 overs and 4 balls."""
        return f"{self.over}.{self.over_balls}"

    @property
    def standing(self) -> str:
        """Give side, score, overs and what is to be done in one line."""
        line = (
            f"{self.batting} {self.score}/{self.wickets} after {self.overs} of {self.scheduled_overs} overs"
        )
        if self.target is None:
            return line
        more, left = max(self.target - self.score, 0), max(self.scheduled_balls - self.legal_balls, 0)
        return f"{line}, target {self.target} ({more} more from {counted(left, 'ball')})"

    def why_over(self, info: Info) -> str | None:
        """Say why the innings has ended; None while it goes on."""
        left = set(info.players[self.batting]) - set(self.dismissed) - self.absent
        if self.target is not None and self.score >= self.target:
            return "the target is reached"
        if self.wickets >= MOST_WICKETS or len(left) < 2:
            return "all out"
        if self.over >= self.scheduled_overs or self._part_of_an_over_is_bowled:
            return f"all {self.scheduled_overs} overs are bowled"
        return None

    @property
    def _part_of_an_over_is_bowled(self) -> bool:
        """Tell whether the last over was to be a short one and is bowled; others may be miscounted."""
        return bool(self.scheduled_balls % self.balls_per_over) and self.legal_balls >= self.scheduled_balls


def situation_of(match: Match, *, innings_closed: bool = False) -> Situation:
    """Tell where a match stands.

    Args:
        match: so far.
        innings_closed: the innings has ended although the Laws alone would have it go on: by rain, say.

    Raises:
        DataError: the match is over, has gone to a super over, or has no line-ups.
    """
    info, innings = match.info, match.innings
    for team, players in info.players.items():
        if not players:
            raise DataError(f"the file has no line-up of {team}; expected its players in $.info.players")
    if any(one.super_over for one in innings):
        raise DataError(
            "the match has gone to a super over, which is not forecast; expected a regular innings"
        )
    if not innings:
        return _not_closed(_situation_in(match, 0, *_sides_at_the_toss(info)), innings_closed)
    batting = innings[-1].team
    bowling = info.other_team(batting)
    now = _situation_in(match, len(innings) - 1, batting, bowling)
    ended = now.why_over(info) or _why_closed(innings[-1], innings_closed)
    if ended is None:
        return now
    if len(innings) > 1:
        raise DataError(f"the match is over ({now.standing}: {ended}); give one that has a delivery to come")
    following = _situation_in(match, 1, bowling, batting)
    return _not_closed(following, innings_closed and now.why_over(info) is not None)


def _not_closed(situation: Situation, innings_closed: bool) -> Situation:
    if innings_closed:
        raise DataError(f"got --innings-closed before a ball of it ({situation.standing}); leave it out")
    return situation


def _why_closed(innings: Innings, innings_closed: bool) -> str | None:
    if innings.declared or innings.forfeited:
        return "it was declared or forfeited"
    return "it is said to be closed" if innings_closed else None


def _sides_at_the_toss(info: Info) -> tuple[str, str]:
    winner, other = info.toss.winner, info.other_team(info.toss.winner)
    return (winner, other) if info.toss.decision == "bat" else (other, winner)


def _situation_in(match: Match, number: int, batting: str, bowling: str) -> Situation:
    """Tell where an innings stands, begun or not."""
    info = match.info
    innings = match.innings[number] if number < len(match.innings) else Innings(team=batting)
    deliveries = [delivery for over in innings.overs for delivery in over.deliveries]
    over, begun = _over_to_come(innings, info)
    striker, non_striker = _ends_after(
        deliveries, _ends_change(innings, begun, info), _no_ball_penalty(match)
    )
    overs_bowled: dict[str, set[int]] = defaultdict(set)
    for one in innings.overs:
        for delivery in one.deliveries:
            overs_bowled[delivery.bowler].add(one.over)
    dismissed = _dismissed(innings)
    scheduled = _scheduled_balls(info, innings)
    return Situation(
        innings=number,
        batting=batting,
        bowling=bowling,
        over=over,
        deliveries=len(begun),
        legal_balls=sum(map(is_legal, deliveries)),
        over_balls=sum(map(is_legal, begun)),
        score=_score(innings),
        wickets=len(dismissed),
        target=_target(match, number),
        striker=striker,
        non_striker=non_striker,
        bowler=begun[-1].bowler if begun else None,
        dismissed=dismissed,
        absent=frozenset(innings.absent_hurt),
        overs_bowled=dict(overs_bowled),
        scheduled_overs=-(-scheduled // info.balls_per_over),
        scheduled_balls=scheduled,
        balls_per_over=info.balls_per_over,
    )


def is_legal(delivery: Delivery) -> bool:
    """Tell whether a delivery counts towards its over."""
    extras = delivery.extras
    return extras is None or not (extras.wides or extras.noballs)


def _over_to_come(innings: Innings, info: Info) -> tuple[int, Sequence[Delivery]]:
    """Give the number of the next delivery's over, and its deliveries so far."""
    if not innings.overs:
        return 0, ()
    last = innings.overs[-1]
    miscount = innings.miscounted_overs.get(str(last.over))
    length = info.balls_per_over
    if miscount is not None and str(miscount.balls).isdecimal():  # some files say it in words
        length = int(miscount.balls)
    if sum(map(is_legal, last.deliveries)) >= length:
        return last.over + 1, ()
    return last.over, last.deliveries


def _ends_change(innings: Innings, begun: Sequence[Delivery], info: Info) -> bool:
    """Tell whether bowling goes on from the other end: after an over, in The Hundred after every second."""
    if begun or not innings.overs:
        return False
    return info.balls_per_over != BALLS_OF_THE_HUNDRED or innings.overs[-1].over % 2 == 1


def _ends_after(
    deliveries: Sequence[Delivery], ends_change: bool, no_ball_penalty: int
) -> tuple[str | None, str | None]:
    """Tell who stands where after the last delivery; None for who has left the crease.

    Batters change ends for every run they ran, and the bowling does after an over. A new batter stands
    where the one who left would: since 2022 the Laws say so of every catch; of a run out it is a guess.
    """
    if not deliveries:
        return None, None
    last = deliveries[-1]
    gone = {wicket.player_out for wicket in last.wickets}
    ends = [name if name not in gone else None for name in (last.batter, last.non_striker)]
    if _runs_run(last, no_ball_penalty) % 2 != ends_change:  # one change of ends, not none or two
        ends.reverse()
    return ends[0], ends[1]


def _runs_run(delivery: Delivery, no_ball_penalty: int) -> int:
    """Count the runs that the batters ran or were given as if they had; the penalty of an extra is not."""
    extras = delivery.extras
    if extras is None:
        return delivery.runs.batter
    beyond_the_penalty = max(extras.wides - 1, 0) + max(extras.noballs - no_ball_penalty, 0)
    return delivery.runs.batter + extras.byes + extras.legbyes + beyond_the_penalty


def _no_ball_penalty(match: Match) -> int:
    """Tell what a no-ball costs: the least that any cost in this match, 2 at most; 1 before there was one.

    One run, but two in The Hundred and in English county T20s. Files do not say which.
    """
    costs = [
        delivery.extras.noballs
        for innings in match.innings
        for over in innings.overs
        for delivery in over.deliveries
        if delivery.extras is not None and delivery.extras.noballs
    ]
    return min([*costs, _HIGHEST_PENALTY]) if costs else 1


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


def _scheduled_balls(info: Info, innings: Innings) -> int:
    overs = info.overs or T20_OVERS  # a match without a number of overs is refused before
    balls = int(scheduled_overs(overs, info.match_type in T20_TYPES)) * info.balls_per_over
    if innings.target is not None and innings.target.overs is not None:
        balls = min(balls, balls_from_overs(innings.target.overs, info.balls_per_over))
    return balls
