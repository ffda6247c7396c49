"""Squads of every team and season, and the eleven a selector picks for one match."""

from __future__ import annotations

from typing import Final

import numpy as np

from cricketgnn.synthetic.competitions import Competition
from cricketgnn.synthetic.people import POOL_ROLES, People
from cricketgnn.synthetic.skills import Ints, Role, Skills

_CLUB: Final = {Role.BATTER: 5, Role.KEEPER: 2, Role.ALL_ROUNDER: 3, Role.BOWLER: 6}
_CLUB_ROLES: Final = np.array([role for role, count in _CLUB.items() for _ in range(count)], dtype=np.int8)
_ELEVEN: Final = {Role.BATTER: 4, Role.KEEPER: 1, Role.ALL_ROUNDER: 2, Role.BOWLER: 4}
_TRANSFER_RATE: Final = 0.12
_SELECTION_NOISE: Final = 0.35
_ORDER_BY_ROLE: Final = np.array([0.0, 0.7, 1.6, 3.0])
_ORDER_NOISE: Final = 0.4


def draw_squads(rng: np.random.Generator, competition: Competition, people: People, teams: int) -> Ints:
    """Give the squad of every team, persons by (season, team, place)."""
    pools = people.pools[:, int(competition.female)]
    if competition.international:
        return pools[:, :teams]
    squads = np.full((len(pools), teams, len(_CLUB_ROLES)), -1)
    for season, pool in enumerate(pools):
        if season:
            stays = np.isin(squads[season - 1], pool) & (rng.random(squads.shape[1:]) >= _TRANSFER_RATE)
            squads[season] = np.where(stays, squads[season - 1], -1)
        for role in Role:
            _sign(rng, squads[season], pool, role, people.skills)
    return squads


def _sign(rng: np.random.Generator, squads: Ints, pool: Ints, role: Role, skills: Skills) -> None:
    """Fill the open places of one role from the active cricketers without a team, the better ones first."""
    free = np.setdiff1d(pool[:, role == POOL_ROLES], squads)
    worth = skills.bowling_worth if role == Role.BOWLER else skills.batting_worth
    ranked = free[np.argsort(-(worth[free] + rng.normal(scale=0.5, size=len(free))))]
    open_places = (squads == -1) & (role == _CLUB_ROLES)
    squads[open_places] = rng.permutation(ranked[: open_places.sum()])


def pick_side(rng: np.random.Generator, squad: Ints, skills: Skills, twelfth: Role | None) -> Ints:
    """Pick the side for one match.

    Args:
        rng: source of randomness.
        squad: persons to pick from.
        skills: of everybody.
        twelfth: role of a twelfth player who may be brought in, if one is named.

    Returns:
        ``[12]`` persons: places 0 to 10 in batting order, 11 the twelfth player or nobody (-1).
    """
    picked, reserve = [], {}
    for role, count in _ELEVEN.items():
        members = squad[skills.role[squad] == role]
        worth = skills.bowling_worth[members] if role == Role.BOWLER else skills.batting_worth[members]
        ranked = members[np.argsort(-(worth + rng.normal(scale=_SELECTION_NOISE, size=len(members))))]
        picked.append(ranked[:count])
        reserve[role] = int(ranked[count])
    eleven = np.concatenate(picked)
    place = _ORDER_BY_ROLE[skills.role[eleven]] - skills.batting_worth[eleven]
    order = np.argsort(place + rng.normal(scale=_ORDER_NOISE, size=len(eleven)))
    return np.append(eleven[order], -1 if twelfth is None else reserve[twelfth])
