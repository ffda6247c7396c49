"""Matches laid out as columns, a chunk at a time: the part of the build that a process does alone.

Matches and people are numbered within the chunk here; :mod:`cricketgnn.deliveries.assemble` puts
chunks together. Extras and wickets, on one delivery in nine, are kept as sparse rows until the chunk
is complete; everything else is gathered by one comprehension a column and innings.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from cricketgnn.cricket.dismissals import credits_bowler, is_dismissal
from cricketgnn.cricket.outcomes import bat_outcomes, delivery_kinds
from cricketgnn.cricket.overs import balls_from_overs
from cricketgnn.cricsheet import ParsedMatch, Rejected
from cricketgnn.cricsheet.wire import Delivery, Info, Innings, PenaltyRuns

_DENSE_COLUMNS: Final = ("over", "ball", "striker", "non_striker", "bowler", "bat_runs", "extra_runs")
_EXTRA_COLUMNS: Final = ("wide_runs", "noball_runs", "bye_runs", "legbye_runs", "penalty_runs")
_WICKET_COLUMNS: Final = ("dismissals", "bowler_wickets", "striker_out", "non_striker_out", "retired")
_NO_PENALTY: Final = PenaltyRuns()

Row = dict[str, Any]
Columns = dict[str, npt.NDArray[np.int32]]


@dataclass(frozen=True)
class MatchRow:
    """One match of a chunk: its row of the match table, and what the choice between copies needs."""

    file: str
    digest: str
    created: dt.date
    row: Row  # by column of schema.MATCHES


@dataclass(frozen=True)
class ChunkTables:
    """Some matches as columns; ``match`` and ``person`` are numbers within the chunk.

    Attributes:
        matches: as read.
        people: registry id of each person.
        lineups: (match, team, person), ordered by match.
        appearances: (match, person, name as spelled there) of everybody who takes part.
        innings: rows by column of schema.INNINGS, ordered by match; ``first_delivery`` is still missing.
        deliveries: int32 columns ``[D]``, in the order of the innings.
        rejected: the files that were refused.
    """

    matches: list[MatchRow]
    people: list[str]
    lineups: list[tuple[int, str, int]]
    appearances: list[tuple[int, int, str]]
    innings: list[Row]
    deliveries: Columns
    rejected: list[Rejected]


class ChunkBuilder:
    """Collects sound matches, one after the other, into :class:`ChunkTables`."""

    def __init__(self) -> None:
        self._matches: list[MatchRow] = []
        self._person_of: dict[str, int] = {}
        self._lineups: list[tuple[int, str, int]] = []
        self._appearances: list[tuple[int, int, str]] = []
        self._innings: list[Row] = []
        self._dense: dict[str, list[int]] = {column: [] for column in _DENSE_COLUMNS}
        self._extras: list[tuple[int, ...]] = []
        self._wickets: list[tuple[int, ...]] = []

    def add(self, match: ParsedMatch) -> None:
        """Append one match."""
        document = match.document
        info = document.info
        number = len(self._matches)
        row = _match_row(match.match_id, document.meta.revision, info)
        self._matches.append(MatchRow(match.file, match.digest, document.meta.created, row))
        persons = {
            name: self._person_of.setdefault(person, len(self._person_of))
            for name, person in info.registry.people.items()
        }
        lineup = [(number, team, persons[name]) for team in info.teams for name in info.players[team]]
        self._lineups += lineup
        taking_part = {person for _, _, person in lineup}
        for position, innings in enumerate(document.innings):
            self._innings.append(_innings_row(number, position, innings, info))
            taking_part |= self._add_deliveries(innings, persons)
        self._appearances += [
            (number, person, name) for name, person in persons.items() if person in taking_part
        ]

    def _add_deliveries(self, innings: Innings, persons: dict[str, int]) -> set[int]:
        """Append the deliveries of an innings and tell who was at the crease or bowled."""
        overs = innings.overs
        deliveries = [delivery for over in overs for delivery in over.deliveries]
        first = len(self._dense["over"])
        strikers = [persons[delivery.batter] for delivery in deliveries]
        non_strikers = [persons[delivery.non_striker] for delivery in deliveries]
        bowlers = [persons[delivery.bowler] for delivery in deliveries]
        dense = self._dense
        dense["over"] += [over.over for over in overs for _ in over.deliveries]
        dense["ball"] += chain.from_iterable(range(len(over.deliveries)) for over in overs)
        dense["striker"] += strikers
        dense["non_striker"] += non_strikers
        dense["bowler"] += bowlers
        dense["bat_runs"] += [delivery.runs.batter for delivery in deliveries]
        dense["extra_runs"] += [delivery.runs.extras for delivery in deliveries]
        self._extras += [
            (row, extras.wides, extras.noballs, extras.byes, extras.legbyes, extras.penalty)
            for row, delivery in enumerate(deliveries, first)
            if (extras := delivery.extras) is not None
        ]
        self._wickets += [
            (row, *_wicket_figures(delivery))
            for row, delivery in enumerate(deliveries, first)
            if delivery.wickets
        ]
        return {*strikers, *non_strikers, *bowlers}

    def finish(self, rejected: Sequence[Rejected] = ()) -> ChunkTables:
        """Give everything added so far, with the files that were refused in between."""
        columns = {name: np.array(values, dtype=np.int32) for name, values in self._dense.items()}
        size = len(columns["over"])
        columns |= _spread(self._extras, _EXTRA_COLUMNS, size)
        columns |= _spread(self._wickets, _WICKET_COLUMNS, size)
        return ChunkTables(
            matches=self._matches,
            people=list(self._person_of),
            lineups=self._lineups,
            appearances=self._appearances,
            innings=self._innings,
            deliveries=columns,
            rejected=list(rejected),
        )


def labelled(columns: Mapping[str, npt.NDArray[np.integer]]) -> dict[str, npt.NDArray[np.integer]]:
    """Give what follows from the columns of deliveries: ``total_runs``, ``kind`` and ``outcome``, ``[D]``."""
    kind = delivery_kinds(columns["wide_runs"], columns["noball_runs"])
    return {
        "total_runs": columns["bat_runs"] + columns["extra_runs"],
        "kind": kind,
        "outcome": bat_outcomes(columns["bat_runs"], columns["dismissals"], kind),
    }


def _match_row(match_id: str, revision: int, info: Info) -> Row:
    return {
        "match_id": match_id,
        "date": info.dates[0],  # a reserve day makes it two
        "last_date": info.dates[-1],
        "gender": info.gender,
        "match_type": info.match_type,
        "team_type": info.team_type,
        "competition": info.event.name if info.event else "",
        "season": str(info.season),
        "venue": info.venue,
        "city": info.city,
        "team_1": info.teams[0],
        "team_2": info.teams[1],
        "toss_winner": info.toss.winner,
        "toss_decision": info.toss.decision,
        "balls_per_over": info.balls_per_over,
        "scheduled_overs": info.overs,
        "revision": revision,
    }


def _innings_row(match: int, position: int, innings: Innings, info: Info) -> Row:
    target_runs, target_balls = _target(innings, info.balls_per_over)
    penalty = innings.penalty_runs or _NO_PENALTY
    return {
        "match": match,
        "innings": position,
        "super_over": innings.super_over,
        "batting_team": innings.team,
        "bowling_team": info.other_team(innings.team),
        "target_runs": target_runs,
        "target_balls": target_balls,
        "penalty_pre_runs": penalty.pre,
        "penalty_post_runs": penalty.post,
        "deliveries": sum(len(over.deliveries) for over in innings.overs),
    }


def _target(innings: Innings, balls_per_over: int) -> tuple[int | None, int | None]:
    """Give the runs and the legal balls of a chase, as far as the file has them."""
    target = innings.target
    if target is None:
        return None, None
    return target.runs, None if target.overs is None else balls_from_overs(target.overs, balls_per_over)


def _wicket_figures(delivery: Delivery) -> tuple[int, int, bool, bool, bool]:
    """Count what a delivery with wickets did, in the order of the wicket columns."""
    out = {wicket.player_out for wicket in delivery.wickets if is_dismissal(wicket.kind)}
    credited = sum(credits_bowler(wicket.kind) for wicket in delivery.wickets)
    retired = len(out) < len(delivery.wickets)
    return len(out), credited, delivery.batter in out, delivery.non_striker in out, retired


def _spread(rows: list[tuple[int, ...]], names: tuple[str, ...], size: int) -> Columns:
    """Make full columns ``[D]`` out of sparse rows ``(row, value of each name)``; the rest is zero."""
    full = np.zeros((len(names), size), dtype=np.int32)
    if rows:
        sparse = np.array(rows, dtype=np.int32)
        full[:, sparse[:, 0]] = sparse[:, 1:].T
    return dict(zip(names, full, strict=True))
