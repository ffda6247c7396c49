"""What is known of everybody and everything by day: asked for any match, of these matches or of others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from cricketgnn.deliveries.schema import MatchTables
from cricketgnn.features.blocks import BLOCK_DELIVERIES, blocks
from cricketgnn.features.career import CareerHistory
from cricketgnn.features.effects import EFFECTS, effect_entities
from cricketgnn.features.figures import figure_features
from cricketgnn.features.grouped import BEFORE_ALL, AsOfCounts
from cricketgnn.features.identity import Numbering
from cricketgnn.features.learner import RatingLearner
from cricketgnn.features.ratings import AsOfRatings
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


def learn_history(tables: MatchTables, block_deliveries: int = BLOCK_DELIVERIES) -> History:
    """Learn what the features of these matches are made from, without making the features.

    Args:
        tables: the matches.
        block_deliveries: how many deliveries are worked on at a time; the result is the same for any number.
    """
    numbering = Numbering.of(tables)
    careers, learner = CareerHistory(), RatingLearner(EFFECTS)
    learned: dict[str, list[AsOfRatings]] = defaultdict(list)
    until, last_day = BEFORE_ALL, 0
    for block in blocks(tables, numbering, block_deliveries):
        plays = block.plays
        taking_part = effect_entities(plays, state_features(plays), figure_features(plays), block.entities)
        for name, ratings in learner.take_in_block(block, taking_part).ratings.items():
            learned[name].append(ratings.since(until))
        careers.take_in(block)
        until, last_day = block.until, max(last_day, int(plays.last_day.max(initial=0)))
    return History(
        numbering=numbering,
        counts=careers.counts(),
        ratings={name: AsOfRatings.joined(parts) for name, parts in learned.items()},
        last_day=last_day,
    )
