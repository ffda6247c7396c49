"""What is known of everybody and everything by day: asked for any match, of these matches or of others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cricketgnn.deliveries.schema import MatchTables
from cricketgnn.features.career import as_of_counts
from cricketgnn.features.effects import EFFECTS, effect_entities
from cricketgnn.features.figures import figure_features
from cricketgnn.features.grouped import AsOfCounts
from cricketgnn.features.identity import Numbering
from cricketgnn.features.plays import regular_plays
from cricketgnn.features.ratings import AsOfRatings, rate
from cricketgnn.features.state import state_features


@dataclass(frozen=True)
class History:
    """As-of counts and ratings of some matches: they answer for the state before any day.

    Attributes:
        numbering: whose they are.
        counts: by role of ``names.PLAYER_ROLES`` and ``names.CONTEXT_ROLES``.
        ratings: by effect.
        last_day: of the latest match, days since 1970-01-01.
    """

    numbering: Numbering
    counts: Mapping[str, AsOfCounts]
    ratings: Mapping[str, AsOfRatings]
    last_day: int


def learn_history(tables: MatchTables) -> History:
    """Learn what the features of these matches are made from, without making the features."""
    plays = regular_plays(tables)
    numbering = Numbering.of(tables)
    entities = numbering.entities(tables)
    taking_part = effect_entities(plays, state_features(plays), figure_features(plays), entities)
    day, last_day = plays.day[plays.innings_of], plays.last_day[plays.innings_of]
    return History(
        numbering=numbering,
        counts=as_of_counts(plays, entities),
        ratings=rate(EFFECTS, taking_part, plays.column["outcome"], day, last_day).ratings,
        last_day=int(last_day.max(initial=0)),
    )
