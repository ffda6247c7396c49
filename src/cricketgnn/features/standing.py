"""What the ratings say of each player, ground, side and competition of an innings, before its day.

The ratings' product is a column of every delivery (``names.EXPECTED``). Here they are apart, so that a model
may weigh a batter of few balls otherwise than a ground of many, and see the phases still to come.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cricketgnn.cricket.overs import Phase
from cricketgnn.features.career import InningsPlayers
from cricketgnn.features.grouped import Floats, Ints
from cricketgnn.features.identity import Entities
from cricketgnn.features.names import RATED_OUTCOMES
from cricketgnn.features.plays import Plays
from cricketgnn.features.ratings import AsOfRatings

Ratings = Mapping[str, AsOfRatings]


def player_standing(ratings: Ratings, plays: Plays, players: InningsPlayers, entities: Entities) -> Floats:
    """Give the log ratings of each player entry with bat and ball, ``[P, 40]``; see ``names.PLAYER``."""
    person, day = entities.person[players.person], plays.day[players.innings]
    return np.concatenate(
        [_whole_and_phases(ratings, effect, person, day) for effect in ("batter", "bowler")], axis=1
    )


def venue_standing(ratings: Ratings, plays: Plays, entities: Entities) -> Floats:
    """Give the log ratings of the ground of each innings, ``[I, 20]``; see ``names.VENUE``."""
    return _whole_and_phases(ratings, "venue", entities.venue, plays.day)


def competition_standing(ratings: Ratings, plays: Plays, entities: Entities) -> Floats:
    """Give the log ratings of the competition of each innings, ``[I, 20]``; see ``names.COMPETITION``."""
    return _whole_and_phases(ratings, "competition", entities.competition, plays.day)


def team_standing(ratings: Ratings, plays: Plays, entities: Entities) -> Floats:
    """Give the log ratings of the batting side, then of the bowling side, ``[I, 2, 5]``."""
    batting = _of(ratings["batting_team"], entities.batting_team, plays.day)
    return np.stack([batting, _of(ratings["bowling_team"], entities.bowling_team, plays.day)], axis=1)


def _whole_and_phases(ratings: Ratings, effect: str, entity: Ints, day: Ints) -> Floats:
    phases = [_of(ratings[f"{effect}_phase"], entity * len(Phase) + phase, day) for phase in Phase]
    return np.concatenate([_of(ratings[effect], entity, day), *phases], axis=1)


def _of(rating: AsOfRatings, entity: Ints, day: Ints) -> Floats:
    return rating.before(entity, day)[:, RATED_OUTCOMES]
