"""All innings of a data source as flat arrays: the ready graphs, without the edges that follow from them.

An innings is a range of rows, so a batch is a gather and nothing is stored twice. Every array is
independent of how the matches are split and of anything fitted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from cricketgnn.cricket.outcomes import N_KINDS, N_OUTCOMES
from cricketgnn.features.career import (
    InningsPlayers,
    context_codes,
    context_counts,
    innings_players,
    player_counts,
)
from cricketgnn.features.figures import figure_features
from cricketgnn.features.grouped import AsOfCounts, Floats, Ints
from cricketgnn.features.identity import Entities
from cricketgnn.features.plays import Plays
from cricketgnn.features.recent import recent_features
from cricketgnn.features.standing import (
    Ratings,
    competition_standing,
    player_standing,
    team_standing,
    venue_standing,
)
from cricketgnn.features.state import state_features
from cricketgnn.features.styles import StylesOf, style_features
from cricketgnn.features.today import surprise_features


@dataclass(frozen=True)
class GraphStore:
    """Flat arrays over ``I`` innings with ``D`` deliveries and ``P`` player entries.

    Attributes:
        delivery_x: what is known before each delivery, ``[D, len(names.DELIVERY)]`` float32.
        outcome_x: what happened on it, ``[D, len(names.OUTCOME)]`` int8.
        outcome, kind: labels, ``[D]`` int8; outcome -1 for wides.
        over, ball: place in the match file, ``[D]``.
        striker, non_striker, bowler: entry within the innings' players, ``[D]``.
        pointers: rows of innings ``i`` are ``pointers[i]:pointers[i + 1]``, ``[I + 1]``.
        player_pointers: the same for player entries, ``[I + 1]``.
        person: row of each player entry in ``person_ids``, ``[P]``.
        player_counts: as-of counts by role (batter, bowler, partner), ``[3, P, 9]``.
        context_counts: as-of counts by role (``names.CONTEXT_ROLES``), ``[5, I, 9]``.
        context_entity: code of the entity in each role, ``[5, I]``.
        player_ratings: log ratings before the day of each player entry, ``[P, 40]``.
        venue_ratings, competition_ratings: of each innings' ground and competition, ``[I, 20]``.
        team_ratings: of each innings' batting and bowling side, ``[I, 2, 5]``.
        match: row of the match in ``match_ids``, ``[I]``, ascending in time.
        position: place of the innings in its match file, ``[I]``.
        day, last_day: first and last day of the match since 1970-01-01, ``[I]``; a reserve day parts them.
        is_female: sex of the match, ``[I]``.
        match_ids, person_ids: text keys.
        team_names: key of each team, by its code in the roles of the two sides.
        fingerprint: hex digest of the matches and of the feature version.
        folder: where the arrays are memory-mapped from; None where they are in memory only.
    """

    delivery_x: Floats
    outcome_x: npt.NDArray[np.int8]
    outcome: npt.NDArray[np.int8]
    kind: npt.NDArray[np.int8]
    over: npt.NDArray[np.int16]
    ball: npt.NDArray[np.int16]
    striker: npt.NDArray[np.int16]
    non_striker: npt.NDArray[np.int16]
    bowler: npt.NDArray[np.int16]
    pointers: npt.NDArray[np.int64]
    player_pointers: npt.NDArray[np.int64]
    person: npt.NDArray[np.int32]
    player_counts: Floats
    context_counts: Floats
    context_entity: npt.NDArray[np.int32]
    player_ratings: Floats
    venue_ratings: Floats
    competition_ratings: Floats
    team_ratings: Floats
    match: npt.NDArray[np.int32]
    position: npt.NDArray[np.int8]
    day: npt.NDArray[np.int32]
    last_day: npt.NDArray[np.int32]
    is_female: npt.NDArray[np.bool_]
    match_ids: npt.NDArray[np.str_]
    person_ids: npt.NDArray[np.str_]
    team_names: npt.NDArray[np.str_]
    fingerprint: str
    folder: Path | None = None

    def __len__(self) -> int:
        """Count the innings."""
        return len(self.match)

    @property
    def deliveries(self) -> int:
        """Count the deliveries."""
        return len(self.outcome)

    def rows_of(self, innings: Ints) -> Ints:
        """List the delivery rows of some innings, one innings after the other."""
        return ranges(self.pointers[innings], self.pointers[innings + 1])


ARRAYS = tuple(field.name for field in fields(GraphStore) if field.name not in ("fingerprint", "folder"))


def ranges(starts: Ints, ends: Ints) -> Ints:
    """Concatenate ``starts[i]:ends[i]`` for all i without a loop."""
    lengths = ends - starts
    offsets = np.repeat(starts - np.concatenate([[0], np.cumsum(lengths)[:-1]]), lengths)
    return np.arange(int(lengths.sum())) + offsets


class OwnFeatures(NamedTuple):
    """What some innings tell without the history of who takes part.

    Attributes:
        state, figures, recent, style: columns of ``names.STATE`` and so on, ``[D, *]``.
        players: who takes part.
    """

    state: Floats
    figures: Floats
    recent: Floats
    style: Floats
    players: InningsPlayers

    @classmethod
    def of(cls, plays: Plays, styles: StylesOf) -> Self:
        """Compute them.

        Args:
            plays: the innings.
            styles: of batting and bowling, of each person of ``plays``.
        """
        state, figures = state_features(plays), figure_features(plays)
        style = style_features(plays, styles)
        return cls(state, figures, recent_features(plays), style, innings_players(plays))


def lay_out(
    plays: Plays,
    own: OwnFeatures,
    expected: Floats,
    known: Mapping[str, Any],
    entities: Entities,
    **named: Any,
) -> GraphStore:
    """Put everything about some innings together.

    Args:
        plays: the innings.
        own: their own features.
        expected: what the ratings expected of each delivery, log-probabilities ``[D, 7]``.
        known: of everybody and everything before the day, by array's name; see :func:`look_up`.
        entities: who and what takes part.
        named: texts and fingerprint of the store.
    """
    players = own.players
    first_entry = players.pointers[plays.innings_of]
    surprises = surprise_features(plays, expected)
    columns = [own.state, own.figures, own.recent, expected, surprises, own.style]
    return GraphStore(
        delivery_x=np.concatenate(columns, axis=1),
        outcome_x=_outcome_matrix(plays),
        outcome=plays.column["outcome"].astype(np.int8),
        kind=plays.column["kind"].astype(np.int8),
        over=plays.column["over"].astype(np.int16),
        ball=plays.column["ball"].astype(np.int16),
        striker=(players.striker - first_entry).astype(np.int16),
        non_striker=(players.non_striker - first_entry).astype(np.int16),
        bowler=(players.bowler - first_entry).astype(np.int16),
        pointers=plays.pointers.astype(np.int64),
        match=plays.match.astype(np.int32),
        position=plays.position.astype(np.int8),
        day=plays.day.astype(np.int32),
        last_day=plays.last_day.astype(np.int32),
        is_female=plays.is_female,
        player_pointers=players.pointers.astype(np.int64),
        person=players.person.astype(np.int32),
        context_entity=context_codes(plays, entities).astype(np.int32),
        **known,
        **named,
    )


def look_up(
    counts: Mapping[str, AsOfCounts],
    ratings: Ratings,
    plays: Plays,
    players: InningsPlayers,
    entities: Entities,
) -> dict[str, Floats]:
    """Give what was known of everybody and everything in some innings before their day, by array's name."""
    return {
        "player_counts": player_counts(counts, plays, players, entities),
        "context_counts": context_counts(counts, plays, entities),
        "player_ratings": player_standing(ratings, plays, players, entities),
        "venue_ratings": venue_standing(ratings, plays, entities),
        "competition_ratings": competition_standing(ratings, plays, entities),
        "team_ratings": team_standing(ratings, plays, entities),
    }


def _outcome_matrix(plays: Plays) -> npt.NDArray[np.int8]:
    column = plays.column
    happened = [
        *(column["outcome"] == outcome for outcome in range(N_OUTCOMES)),
        *(column["kind"] == kind for kind in range(N_KINDS)),
        column["total_runs"],
        column["bye_runs"] + column["legbye_runs"],
        column["bowler_wickets"],
        column["non_striker_out"],
    ]
    return np.stack(happened, axis=1).astype(np.int8)
