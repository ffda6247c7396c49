"""One match as Cricsheet writes it, field by field: the types of format versions 1.0 and 1.1.

Every field seen in real T20 files has its place here, also those no table uses. Fields of later
versions are ignored, so a newer file still reads. Bounds only keep values inside the integer
columns of the tables; what makes sense in a match is checked in :mod:`cricketgnn.cricsheet.checks`.
Decoding is by msgspec; encoding leaves out what a file would leave out.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta as Bound

RunCount = Annotated[int, Bound(ge=0, le=100)]
"""Runs of one kind on one delivery."""

TeamRuns = Annotated[int, Bound(ge=0, le=10_000)]
"""Runs of a whole innings."""

OverNumber = Annotated[int, Bound(ge=0, le=999)]
"""0-based number of an over in its innings."""

OversBalls = Annotated[float, Bound(ge=0, le=999)]
"""Overs and balls as scorers print them: 14.4 is 14 overs and 4 balls."""


class Record(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """Base of all wire types: immutable, unknown fields ignored."""


class Meta(Record, frozen=True):
    """Which version of the format and which revision of the match a file holds."""

    data_version: str
    created: dt.date
    revision: Annotated[int, Bound(ge=0, le=2**31 - 1)]


class Runs(Record, frozen=True):
    """Runs of one delivery: ``total = batter + extras``."""

    batter: RunCount
    extras: RunCount
    total: RunCount
    non_boundary: bool = False  # a four or six that was run, not hit over the rope


class Extras(Record, frozen=True):
    """Extra runs of one delivery by kind; combinations occur, wides with no-balls do not."""

    wides: RunCount = 0
    noballs: RunCount = 0
    byes: RunCount = 0
    legbyes: RunCount = 0
    penalty: RunCount = 0


class Fielder(Record, frozen=True):
    """A fielder with a part in a dismissal; unnamed substitutes have no name."""

    name: str | None = None
    substitute: bool = False


class Wicket(Record, frozen=True):
    """A batter leaving the crease; ``kind`` is one of :mod:`cricketgnn.cricket.dismissals`."""

    player_out: str
    kind: str
    fielders: tuple[Fielder, ...] = ()


class Review(Record, frozen=True):
    """A decision that one side had reviewed."""

    by: str
    batter: str
    decision: str
    umpire: str | None = None
    type: str | None = None
    umpires_call: bool = False


class MatchReplacement(Record, frozen=True):
    """A player replaced in the line-up (impact player, concussion, supersub)."""

    in_: str = msgspec.field(name="in")
    out: str
    reason: str
    team: str


class RoleReplacement(Record, frozen=True):
    """A batter or bowler replaced in the middle of an over or innings, such as for an injury."""

    in_: str = msgspec.field(name="in")
    reason: str
    role: str
    out: str | None = None


class Replacements(Record, frozen=True):
    """Replacements made before the delivery that carries them."""

    match: tuple[MatchReplacement, ...] = ()
    role: tuple[RoleReplacement, ...] = ()


class Delivery(Record, frozen=True):
    """One delivery; ``batter`` is the striker."""

    batter: str
    bowler: str
    non_striker: str
    runs: Runs
    extras: Extras | None = None
    wickets: Annotated[tuple[Wicket, ...], Bound(max_length=20)] = ()
    review: Review | None = None
    replacements: Replacements | None = None
    over: OverNumber | None = None  # a few files repeat the number of the over here


class Over(Record, frozen=True):
    """One over; its number counts from 0 and gaps occur, so the position says nothing."""

    over: OverNumber
    deliveries: Annotated[tuple[Delivery, ...], Bound(max_length=100)]


class Target(Record, frozen=True):
    """What a chase needs, after the last revision: runs, and overs where the file has them."""

    runs: TeamRuns
    overs: OversBalls | None = None


class Powerplay(Record, frozen=True):
    """Fielding restrictions from one ball to another, both ``over.ball`` 0-based with wides counted."""

    from_: float = msgspec.field(name="from")
    to: float
    type: str


class MiscountedOver(Record, frozen=True):
    """An over in which the umpire called too few or too many legal balls."""

    balls: int | str
    umpire: str | None = None


class PenaltyRuns(Record, frozen=True):
    """Penalty runs to the batting side that belong to no delivery."""

    pre: TeamRuns = 0
    post: TeamRuns = 0


class Innings(Record, frozen=True):
    """One innings; a forfeited one has no overs."""

    team: str
    overs: tuple[Over, ...] = ()
    super_over: bool = False
    declared: bool = False
    forfeited: bool = False
    target: Target | None = None
    powerplays: tuple[Powerplay, ...] = ()
    miscounted_overs: dict[str, MiscountedOver] = {}
    absent_hurt: tuple[str, ...] = ()
    penalty_runs: PenaltyRuns | None = None


class Margin(Record, frozen=True):
    """By how much a match was won."""

    runs: int | None = None
    wickets: int | None = None
    innings: int | None = None


class Outcome(Record, frozen=True):
    """How the match ended; known only after it, so never an input of a forecast."""

    winner: str | None = None
    by: Margin | None = None
    result: str | None = None
    eliminator: str | None = None
    bowl_out: str | None = None
    method: str | None = None


class Toss(Record, frozen=True):
    """Who won the toss and what they chose."""

    winner: str
    decision: Literal["bat", "field"]
    uncontested: bool = False


class Event(Record, frozen=True):
    """The competition as the file prints it; sponsors rename events."""

    name: str
    match_number: int | None = None
    group: str | int | None = None
    stage: str | None = None
    sub_name: str | None = None


class Officials(Record, frozen=True):
    """Umpires and referees by name."""

    umpires: tuple[str, ...] = ()
    tv_umpires: tuple[str, ...] = ()
    reserve_umpires: tuple[str, ...] = ()
    match_referees: tuple[str, ...] = ()


class Registry(Record, frozen=True):
    """Who is who: name in this file to the 8-hex id that holds across files; officials included."""

    people: dict[str, str]


class BowlOutAttempt(Record, frozen=True):
    """One attempt in a bowl-out, the tie-break before super overs."""

    bowler: str
    outcome: str


class Info(Record, frozen=True):
    """Everything about a match but its deliveries."""

    balls_per_over: Annotated[int, Bound(ge=1, le=20)]
    dates: Annotated[tuple[dt.date, ...], Bound(min_length=1)]
    gender: Literal["male", "female"]
    match_type: str
    players: dict[str, tuple[str, ...]]
    registry: Registry
    season: str | int
    team_type: Literal["international", "club"]
    teams: tuple[str, ...]
    toss: Toss
    venue: str
    overs: Annotated[int, Bound(ge=1, le=999)] | None = None  # absent where overs are not limited
    outcome: Outcome = Outcome()  # absent from a match in progress
    city: str | None = None
    event: Event | None = None
    match_type_number: int | None = None
    officials: Officials | None = None
    player_of_match: tuple[str, ...] = ()
    missing: tuple[str | dict[str, Any], ...] = ()
    supersubs: dict[str, str] = {}
    bowl_out: tuple[BowlOutAttempt, ...] = ()

    def other_team(self, team: str) -> str:
        """Name the side that plays against a side."""
        return self.teams[1] if team == self.teams[0] else self.teams[0]


class Match(Record, frozen=True):
    """One match file."""

    meta: Meta
    info: Info
    innings: Annotated[tuple[Innings, ...], Bound(max_length=100)]
