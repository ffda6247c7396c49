"""Hidden skills of batters and bowlers: a few axes, each a direction in the seven outcome logits.

Outcome logits are in the order of :class:`cricketgnn.cricket.outcomes.BatOutcome` with the dot at zero, so
an axis says how one unit of that skill moves every other outcome against the dot ball.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


class Role(IntEnum):
    """What a player is picked for."""

    BATTER = 0
    KEEPER = 1
    ALL_ROUNDER = 2
    BOWLER = 3


#                        dot  one   two  three  four   six  wicket
TEMPO: Final = np.array([0.0, 0.70, 0.80, 0.70, 1.00, 1.00, 0.10])
POWER: Final = np.array([0.0, -0.10, 0.00, 0.00, 0.55, 1.30, 0.20])
ROTATION: Final = np.array([0.0, 0.90, 0.70, 0.40, -0.30, -0.50, -0.10])
HAZARD: Final = np.array([0.0, 0.00, 0.00, 0.00, 0.00, 0.00, 1.00])
AXES: Final = np.stack([TEMPO, POWER, ROTATION, HAZARD])
"""Skill axes, ``[4, 7]``: scoring tempo, boundary power, rotation of the strike, dismissal hazard."""

BATTING_SPREAD: Final = np.array([0.36, 0.36, 0.38, 0.32])
BOWLING_SPREAD: Final = np.array([0.28, 0.20, 0.24, 0.26])
NATION_SPREAD: Final = np.array([0.07, 0.07, 0.00, 0.07])
SPIN_GAME_SPREAD: Final = 0.14
WIDE_SPREAD: Final = 0.45
NO_BALL_SPREAD: Final = 0.60

# Rows: Role. A bowler bats slowly and gets out, a batter who bowls a little is easy to score off.
BATTING_MEAN: Final = np.array(
    [
        [0.10, 0.05, 0.05, -0.10],
        [0.06, 0.00, 0.05, -0.05],
        [-0.02, 0.12, 0.0, 0.10],
        [-0.40, -0.35, -0.1, 0.60],
    ]
)
BOWLING_MEAN: Final = np.array(
    [
        [0.22, 0.10, 0.05, -0.25],
        [0.30, 0.10, 0.05, -0.30],
        [0.05, 0.05, 0.0, -0.08],
        [-0.06, -0.05, 0.0, 0.08],
    ]
)


@dataclass(frozen=True)
class Skills:
    """What every person can do; ``P`` people.

    Attributes:
        role: :class:`Role`, ``[P]``.
        spin: bowls spin rather than pace, ``[P]`` bool.
        batting: how the person at the bat moves the outcome logits, ``[P, 7]``.
        bowling: how the person as the bowler moves them, ``[P, 7]``.
        spin_game: tempo against spin gained, and against pace lost, ``[P]``.
        wide, no_ball: how the bowler moves the logits of these two kinds, ``[P]``.
        batting_worth, bowling_worth: what a selector goes by, one number a person, higher is better, ``[P]``.
        phase_taste: how gladly a captain uses the bowler in power play, middle and death, ``[P, 3]``.
    """

    role: npt.NDArray[np.int8]
    spin: npt.NDArray[np.bool_]
    batting: Floats
    bowling: Floats
    spin_game: Floats
    wide: Floats
    no_ball: Floats
    batting_worth: Floats
    bowling_worth: Floats
    phase_taste: Floats


def draw_skills(rng: np.random.Generator, roles: npt.NDArray[np.int8], nation_strength: Floats) -> Skills:
    """Draw the hidden skills of ``P`` people.

    Args:
        rng: source of randomness.
        roles: :class:`Role` of each, ``[P]``.
        nation_strength: strength of each one's nation on the four axes, positive is better, ``[P, 4]``.
    """
    people = len(roles)
    better_at_bat = np.array([1.0, 1.0, 0.0, -1.0])
    bat_axes = BATTING_MEAN[roles] + nation_strength * better_at_bat
    bat_axes = bat_axes + rng.normal(size=(people, 4)) * BATTING_SPREAD
    bowl_axes = BOWLING_MEAN[roles] - nation_strength * better_at_bat
    bowl_axes = bowl_axes + rng.normal(size=(people, 4)) * BOWLING_SPREAD
    spin = rng.random(people) < np.where(roles == Role.BATTER, 0.8, 0.4)
    taste = rng.normal(scale=0.7, size=(people, 3)) + np.where(spin, 1.0, -0.6)[:, None] * [-0.6, 0.6, -0.6]
    return Skills(
        role=roles,
        spin=spin,
        batting=bat_axes @ AXES,
        bowling=bowl_axes @ AXES,
        spin_game=rng.normal(scale=SPIN_GAME_SPREAD, size=people),
        wide=rng.normal(scale=WIDE_SPREAD, size=people) - np.where(spin, 0.25, 0.0),
        no_ball=rng.normal(scale=NO_BALL_SPREAD, size=people) - np.where(spin, 0.5, 0.0),
        batting_worth=bat_axes @ [1.0, 0.6, 0.4, -1.0],
        bowling_worth=-(bowl_axes @ [1.0, 0.6, 0.4, -1.0]),
        phase_taste=taste,
    )


def nation_strengths(rng: np.random.Generator, nations: int) -> Floats:
    """Draw how strong the cricketers of each nation are on the four axes, ``[nations, 4]``."""
    level = rng.normal(size=(nations, 1))
    strengths: Floats = level * NATION_SPREAD
    return strengths
