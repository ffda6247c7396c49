"""The two sides of every match as arrays over places, and the conditions they play in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from cricketgnn.synthetic.chances import BASE_MEN, BASE_WOMEN
from cricketgnn.synthetic.competitions import COMPETITIONS
from cricketgnn.synthetic.names import TOWNS
from cricketgnn.synthetic.people import People
from cricketgnn.synthetic.scenario import NEVER, Batting, Bowling
from cricketgnn.synthetic.schedule import Fixture
from cricketgnn.synthetic.skills import AXES, HAZARD, POWER, TEMPO, Floats, Ints, Role

GROUNDS: Final = 3 * len(TOWNS)
_GROUND_SPREAD: Final = np.array([0.10, 0.16, 0.08, 0.08])
_DAY_SPREAD: Final = np.array([0.09, 0.08, 0.05, 0.08])
"""Spread of what the pitch does on the day; nobody sees it but in the deliveries themselves."""
_FORM_SPREAD: Final = 0.10
_SIX_A_SEASON: Final = 0.03
"""The game drifts towards sixes."""

_ROLE_TASTE: Final = np.array([-2.2, -9.0, 0.1, 0.9])
_PART_TIMERS: Final = 2
LAST: Final = 11


@dataclass(frozen=True)
class World:
    """What never changes in a league: the cricketers, and how the grounds play (``[grounds, 7]`` logits)."""

    people: People
    grounds: Floats


def draw_grounds(rng: np.random.Generator) -> Floats:
    """Draw how each ground tilts the outcome logits, ``[grounds, 7]``."""
    tilt: Floats = rng.normal(size=(GROUNDS, 4)) * _GROUND_SPREAD @ AXES
    return tilt


@dataclass(frozen=True)
class Sides:
    """Both sides of ``M`` matches; side 0 bats first.

    Attributes:
        people: person in each place or -1, ``[M, 2, 12]``.
        form: how the batter's day moves the outcome logits, ``[M, 2, 12]`` in units of tempo.
        context: logits of everything that is not a player, ``[M, 7]``.
        bowls: who bowls at all (place 11 only once brought in), ``[M, 2, 12]``.
        keeper: place of the keeper, ``[M, 2]``.
        order: places in batting order, ``[M, 2, 11]``.
        available: how many of them can bat, ``[M, 2]``.
        leaves: place that makes way for place 11, or ``NEVER``, ``[M, 2]``.
        enters_over: over of the second innings at which place 11 comes in, or ``NEVER``, ``[M]``.
        female, balls_per_over, no_ball_runs: of each match, ``[M]``.
    """

    world: World
    people: Ints
    form: Floats
    context: Floats
    bowls: npt.NDArray[np.bool_]
    keeper: Ints
    order: Ints
    available: Ints
    leaves: Ints
    enters_over: Ints
    female: npt.NDArray[np.bool_]
    balls_per_over: Ints
    no_ball_runs: Ints

    def batting(self, matches: Ints, side: int | Ints) -> Batting:
        """Give the batting side of some matches."""
        skills, people = self.world.people.skills, self.people[matches, side]
        logits = skills.batting[people] + self.form[matches, side][:, :, None] * TEMPO
        return Batting(
            order=self.order[matches, side],
            available=self.available[matches, side],
            logits=logits,
            spin_game=skills.spin_game[people],
        )

    def bowling(self, matches: Ints, side: int | Ints) -> Bowling:
        """Give the bowling side of some matches."""
        skills, people = self.world.people.skills, self.people[matches, side]
        taste = skills.phase_taste[people] + (_ROLE_TASTE[skills.role[people]])[:, :, None]
        return Bowling(
            bowls=self.bowls[matches, side],
            taste=taste + skills.bowling_worth[people][:, :, None],
            logits=skills.bowling[people],
            spin=skills.spin[people],
            wide=skills.wide[people],
            no_ball=skills.no_ball[people],
            keeper=self.keeper[matches, side],
        )


def draw_sides(
    rng: np.random.Generator, world: World, fixtures: list[Fixture], absent: npt.NDArray[np.bool_]
) -> Sides:
    """Set up both sides of the given matches.

    Args:
        rng: source of randomness for the conditions and the form of the day.
        world: cricketers and grounds.
        fixtures: the ``M`` matches.
        absent: the last of the batting order is hurt and cannot bat, ``[M, 2]``.
    """
    people = np.stack([fixture.sides for fixture in fixtures])
    competitions = [COMPETITIONS[fixture.competition] for fixture in fixtures]
    female = np.array([competition.female for competition in competitions])
    role = np.where(people >= 0, world.people.skills.role[people], -1)
    bowls = _bowlers(world, people, role)
    impact = np.array([fixture.impact for fixture in fixtures])
    twelfth = people[:, 0, LAST] >= 0
    specialist = (role == Role.BATTER) & ~bowls
    batter_out = specialist[:, 0, :LAST].argmax(axis=1)
    bowler_out = (role == Role.BOWLER)[:, 0, :LAST].argmax(axis=1)
    leaves = np.full((len(fixtures), 2), NEVER)
    leaves[:, 0] = np.where(impact, batter_out, np.where(twelfth, bowler_out, NEVER))
    leaves[:, 1] = np.where(impact, LAST - 1, NEVER)
    order = np.broadcast_to(np.arange(LAST), (len(fixtures), 2, LAST)).copy()
    order[impact, 1] = [0, 1, 2, 3, LAST, 4, 5, 6, 7, 8, 9]
    enters = np.where(impact, 0, rng.integers(3, 12, size=len(fixtures)))
    return Sides(
        world=world,
        people=people,
        form=rng.normal(scale=_FORM_SPREAD, size=people.shape),
        context=_context(rng, world, fixtures, female),
        bowls=bowls,
        keeper=(role == Role.KEEPER).argmax(axis=2),
        order=order,
        available=LAST - absent.astype(np.int64),
        leaves=leaves,
        enters_over=np.where(twelfth, enters, NEVER),
        female=female,
        balls_per_over=np.array([competition.balls_per_over for competition in competitions]),
        no_ball_runs=np.array([competition.no_ball_runs for competition in competitions]),
    )


def _bowlers(world: World, people: Ints, role: Ints) -> npt.NDArray[np.bool_]:
    """Tell who bowls: the bowlers, the all-rounders and the two best part-timers; ``[M, 2, 12]``."""
    batters = role == Role.BATTER
    batters[:, :, LAST] = False
    worth = np.where(batters, world.people.skills.bowling_worth[people], -np.inf)
    rank = np.argsort(np.argsort(-worth, axis=2), axis=2)
    bowls = (role == Role.BOWLER) | (role == Role.ALL_ROUNDER) | (batters & (rank < _PART_TIMERS))
    bowls[:, :, LAST] = False
    return bowls


def _context(
    rng: np.random.Generator, world: World, fixtures: list[Fixture], female: npt.NDArray[np.bool_]
) -> Floats:
    """Add up all that is no player: sex, competition, ground, era, the day; ``[M, 7]`` logits."""
    tilt = np.array([COMPETITIONS[fixture.competition].tilt for fixture in fixtures]) @ AXES
    ground = world.grounds[[fixture.venue for fixture in fixtures]]
    season = np.array([fixture.season for fixture in fixtures], dtype=np.float64)
    era = (season - 5.0)[:, None] * _SIX_A_SEASON * (POWER - 0.2 * HAZARD)
    day = rng.normal(size=(len(fixtures), 4)) * _DAY_SPREAD @ AXES
    base: Floats = np.where(female[:, None], BASE_WOMEN, BASE_MEN)
    return base + tilt + ground + era + day
