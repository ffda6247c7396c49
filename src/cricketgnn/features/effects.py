"""What takes part in a delivery and is rated: the moment, the ground, the sides, the players."""

from __future__ import annotations

from typing import Final

import numpy as np

from cricketgnn.cricket.overs import TWENTIETHS, Phase, phases, twentieths
from cricketgnn.features import names
from cricketgnn.features.grouped import Floats, Ints
from cricketgnn.features.identity import Entities
from cricketgnn.features.plays import Plays
from cricketgnn.features.ratings import Effect

EFFECTS: Final = (
    # The moment, for each sex apart: outcomes of half a match settle it.
    Effect("sex", 1, 1000),
    Effect("over", 20, 2000),
    Effect("wickets", 30, 2000),
    Effect("required_rate", 30, 2000),
    Effect("settled", 30, 2000),
    Effect("order", 40, 2000),
    Effect("ball", 15, 4000),
    # Where, and between whom.
    Effect("competition", 80, 500),
    Effect("competition_phase", 200, 1000),
    Effect("venue", 120, 2000),
    Effect("venue_phase", 300, 2000),
    Effect("batting_team", 40, 700),
    Effect("bowling_team", 80, 700),
    # Who.
    Effect("batter", 24, 1500),
    Effect("bowler", 30, 750),
    Effect("batter_phase", 80, 1250),
    Effect("bowler_phase", 80, 1250),
)
"""In the order in which they learn from a day.

Strengths and half-lives were chosen on matches of 2021 and 2022.
"""

_PHASES, _WICKETS, _ORDERS, _BALLS = len(Phase), 10, 11, 6
_RATES: Final = (3.0, 4.5, 6.0, 7.0, 8.0, 9.0, 10.0, 11.5, 13.0, 15.0, 18.0, 24.0)
"""Required rates, runs every six balls, that part a chase into steps."""
_SETTLED: Final = (1, 2, 4, 7, 11, 16, 26, 41)
"""Balls faced that part a batter's innings into steps."""
_STATE: Final = {feature.name: number for number, feature in enumerate(names.STATE)}
_FIGURES: Final = {feature.name: number for number, feature in enumerate(names.FIGURES)}


def effect_entities(plays: Plays, state: Floats, figures: Floats, entities: Entities) -> dict[str, Ints]:
    """Number who or what takes part in each delivery, for every effect, ``[D]``.

    The numbers of the moment are the same for any set of matches. Those of people, grounds, teams and
    competitions are negative for whom or what nobody has met.

    Args:
        plays: the innings.
        state: their columns of ``names.STATE``.
        figures: their columns of ``names.FIGURES``.
        entities: who and what they are.
    """
    innings = plays.innings_of
    sex = plays.is_female[innings].astype(np.int64)

    def of(name: str) -> Ints:
        return state[:, _STATE[name]].astype(np.int64)

    phase = phases(of("balls_bowled"), of("scheduled_balls")).astype(np.int64)
    over = twentieths(of("balls_bowled"), of("scheduled_balls"))
    rate = 1 + np.searchsorted(_RATES, state[:, _STATE["required_rate"]], side="right")
    settled = np.searchsorted(_SETTLED, figures[:, _FIGURES["striker_balls"]], side="right")
    order = np.minimum(figures[:, _FIGURES["striker_order"]].astype(np.int64), _ORDERS - 1)
    batter, bowler = (entities.person[plays.column[name]] for name in ("striker", "bowler"))
    competition, venue = entities.competition[innings], entities.venue[innings]
    sex_phase = sex * _PHASES + phase
    return {
        "sex": sex,
        "over": (sex * 2 + of("is_chase")) * TWENTIETHS + over,
        "wickets": sex_phase * _WICKETS + np.minimum(of("wickets_down"), _WICKETS - 1),
        "required_rate": sex_phase * (len(_RATES) + 2) + np.where(of("target_known") > 0, rate, 0),
        "settled": sex_phase * (len(_SETTLED) + 1) + settled,
        "order": sex * _ORDERS + order,
        "ball": (sex * _BALLS + np.minimum(of("over_balls"), _BALLS - 1)) * 2 + of("free_hit"),
        "competition": competition,
        "competition_phase": competition * _PHASES + phase,
        "venue": venue,
        "venue_phase": venue * _PHASES + phase,
        "batting_team": entities.batting_team[innings],
        "bowling_team": entities.bowling_team[innings],
        "batter": batter,
        "bowler": bowler,
        "batter_phase": batter * _PHASES + phase,
        "bowler_phase": bowler * _PHASES + phase,
    }
