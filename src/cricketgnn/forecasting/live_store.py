"""One match in progress as ready graphs: the features of training, from what is known of others.

What :func:`cricketgnn.graph.build.build_store` does for an archive, without its tables: a match is read
anew after every delivery, and putting tables together takes longer than everything else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from cricketgnn.cricket.days import number_of
from cricketgnn.cricket.outcomes import N_OUTCOMES
from cricketgnn.cricsheet import ParsedMatch
from cricketgnn.cricsheet.wire import Info
from cricketgnn.deliveries.flatten import ChunkBuilder, ChunkTables, Row, labelled
from cricketgnn.deliveries.schema import MATCHES
from cricketgnn.features.career import InningsPlayers
from cricketgnn.features.effects import EFFECTS, effect_entities
from cricketgnn.features.grouped import Floats, Ints
from cricketgnn.features.history import History
from cricketgnn.features.identity import (
    GENDERS,
    Entities,
    Numbering,
    competition_keys,
    numbers_of,
    team_keys,
    texts,
    venue_keys,
)
from cricketgnn.features.plays import DELIVERY_COLUMNS, InningsFacts, Plays, plays_of
from cricketgnn.features.ratings import expectation
from cricketgnn.features.styles import Styles, StylesOf
from cricketgnn.features.targets import T20_TYPES, PrintedTargets
from cricketgnn.graph.store import GraphStore, OwnFeatures, lay_out, look_up


@dataclass(frozen=True)
class MatchNumbers:
    """Numbers, in a history, of what a match is part of; -1 for the unknown.

    Attributes:
        info: what the match file says of the match: they hold as long as it says the same.
        team: by name.
    """

    info: Info
    venue: int
    competition: int
    era: int
    team: dict[str, int]


class LiveStores:
    """Makes stores of matches in progress; keeps what stays the same from ball to ball of the latest one.

    Args:
        history: what is known of everybody, by day.
        styles: of batting and bowling.
    """

    def __init__(self, history: History, styles: Styles) -> None:
        self._history, self._styles = history, styles
        self._latest: MatchNumbers | None = None
        self._known: tuple[bytes, dict[str, Floats]] = (b"", {})
        nothing = np.zeros((1 + len(EFFECTS), 0), dtype=np.int64)
        self._asked: tuple[Ints, Floats] = (nothing, np.zeros((0, N_OUTCOMES), dtype=np.float32))

    def store(self, match: ParsedMatch, in_progress: bool) -> GraphStore:
        """Compute the features of every delivery of the regular innings so far.

        Args:
            match: the match, at least one delivery of a regular innings in it.
            in_progress: take the target that is printed for the last innings as the one that holds now.
        """
        chunk, known = _chunk(match), self._history.numbering
        person_ids = np.array(chunk.people)
        regular = [row for row in chunk.innings if not row["super_over"] and row["deliveries"]]
        plays = _plays(chunk, regular, in_progress)
        entities = _entities(regular, numbers_of(person_ids, known.person), self._numbers(match, chunk))
        own = OwnFeatures.of(plays, StylesOf.people(person_ids, self._styles))
        taking_part = effect_entities(plays, own.state, own.figures, entities)
        return lay_out(
            plays,
            own,
            self._expected(taking_part, plays.day[plays.innings_of]),
            self._looked_up(plays, own.players, entities),
            entities,
            match_ids=np.array([match.match_id]),
            person_ids=person_ids,
            team_names=known.team,
            fingerprint=match.digest,
        )

    def _expected(self, taking_part: Mapping[str, Ints], days: Ints) -> Floats:
        """Expect all deliveries so far, again only those that are no longer as they were."""
        asked = np.stack([days, *taking_part.values()])
        before, expected = self._asked
        common = min(before.shape[1], len(days))
        changed = (asked[:, :common] != before[:, :common]).any(axis=0)
        same = int(changed.argmax()) if changed.any() else common
        more = {name: of[same:] for name, of in taking_part.items()}
        fresh = expectation(self._history.ratings, more, days[same:])
        self._asked = asked, np.concatenate([expected[:same], fresh])
        return self._asked[1]

    def _looked_up(self, plays: Plays, players: InningsPlayers, entities: Entities) -> dict[str, Floats]:
        """Look up what is known of who takes part, again only when somebody has come in."""
        asked = (players.person, players.innings, plays.day, plays.position, *vars(entities).values())
        key = b"|".join(one.tobytes() for one in asked)
        if key != self._known[0]:
            history = self._history
            self._known = key, look_up(history.counts, history.ratings, plays, players, entities)
        return self._known[1]

    def _numbers(self, match: ParsedMatch, chunk: ChunkTables) -> MatchNumbers:
        if self._latest is None or self._latest.info != match.document.info:
            self._latest = _numbered(match.document.info, chunk, self._history.numbering)
        return self._latest


def _chunk(match: ParsedMatch) -> ChunkTables:
    builder = ChunkBuilder()
    builder.add(match)
    return builder.finish()


def _numbered(info: Info, chunk: ChunkTables, known: Numbering) -> MatchNumbers:
    table = pl.DataFrame([chunk.matches[0].row], schema=MATCHES)
    teams = texts(team_keys(pl.Series(info.teams), pl.Series([info.gender] * len(info.teams))))
    return MatchNumbers(
        info=info,
        venue=int(numbers_of(texts(venue_keys(table)), known.venue)[0]),
        competition=int(numbers_of(texts(competition_keys(table)), known.competition)[0]),
        era=GENDERS.index(info.gender),
        team=dict(zip(info.teams, numbers_of(teams, known.team).tolist(), strict=True)),
    )


def _entities(regular: list[Row], person: Ints, numbers: MatchNumbers) -> Entities:
    every = len(regular)
    return Entities(
        person=person,
        venue=np.full(every, numbers.venue),
        batting_team=np.array([numbers.team[row["batting_team"]] for row in regular], dtype=np.int64),
        bowling_team=np.array([numbers.team[row["bowling_team"]] for row in regular], dtype=np.int64),
        competition=np.full(every, numbers.competition),
        era=np.full(every, numbers.era),
    )


def _plays(chunk: ChunkTables, regular: list[Row], in_progress: bool) -> Plays:
    lengths = [row["deliveries"] for row in chunk.innings]
    kept = np.repeat([row in regular for row in chunk.innings], lengths)
    columns = chunk.deliveries | labelled(chunk.deliveries)
    column = {name: columns[name][kept].astype(np.int32) for name in DELIVERY_COLUMNS}
    return plays_of(column, _facts(chunk.matches[0].row, regular, in_progress), len(chunk.people))


def _facts(match: Row, regular: list[Row], in_progress: bool) -> InningsFacts:
    every = len(regular)

    def each(value: Any) -> Any:
        return np.full(every, value)

    def of(name: str) -> Ints:
        return np.array([row[name] or 0 for row in regular], dtype=np.int64)

    return InningsFacts(
        match=each(0),
        position=of("innings"),
        deliveries=of("deliveries"),
        day=each(number_of(match["date"])),
        last_day=each(number_of(match["last_date"])),
        penalty_pre=of("penalty_pre_runs"),
        targets=PrintedTargets(
            overs=each(match["scheduled_overs"]),
            is_t20=each(match["match_type"] in T20_TYPES),
            balls_per_over=each(match["balls_per_over"]),
            runs=of("target_runs"),
            balls=of("target_balls"),
            current=np.arange(every) == every - 1 if in_progress else None,
        ),
        is_female=each(match["gender"] == "female"),
        is_international=each(match["team_type"] == "international"),
        batting_won_toss=np.array(
            [row["batting_team"] == match["toss_winner"] for row in regular], dtype=bool
        ),
    )
