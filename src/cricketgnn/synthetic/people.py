"""Everybody of the synthetic world: cricketers by nation and season, their names and skills; officials."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from cricketgnn.synthetic import names
from cricketgnn.synthetic.skills import Ints, Role, Skills, draw_skills, nation_strengths

_POOL: Final = {Role.BATTER: 7, Role.KEEPER: 3, Role.ALL_ROUNDER: 5, Role.BOWLER: 7}
POOL_ROLES: Final = np.array([role for role, count in _POOL.items() for _ in range(count)], dtype=np.int8)
"""Role of each place in a nation's pool of active cricketers."""

RETIREMENT_RATE: Final = 0.1
"""Share of the active cricketers who stop before a season; each makes way for a debutant of the same role."""

_SHARED_NAMES: Final = 12
"""Women who bear a man's name: the registry id is the key, not the name."""
_RESPELLED_SHARE: Final = 0.03
_OFFICIALS: Final = 24
_OFFICIAL_SALT: Final = 5_000_000
NEVER: Final = 9999


@dataclass(frozen=True)
class People:
    """All ``P`` cricketers who ever play, and the officials.

    Attributes:
        ids: registry ids, ``[P]``.
        names: as first printed, ``[P]``.
        later_names: as printed from season ``respelled_from`` on, ``[P]``.
        respelled_from: season index, or :data:`NEVER`, ``[P]``.
        skills: hidden skills.
        pools: who is active, person by (season, gender, nation, place of :data:`POOL_ROLES`).
        officials: name and id of each.
    """

    ids: list[str]
    names: list[str]
    later_names: list[str]
    respelled_from: Ints
    skills: Skills
    pools: Ints
    officials: list[tuple[str, str]]

    def printed_names(self, season: int) -> list[str]:
        """Give everybody's name as files of a season print it, ``[P]``."""
        late = (self.respelled_from <= season).tolist()
        return [b if is_late else a for a, b, is_late in zip(self.names, self.later_names, late, strict=True)]


def draw_people(rng: np.random.Generator, nations: int, seasons: int) -> People:
    """Draw the cricketers of ``nations`` nations over ``seasons`` seasons, men and women."""
    pools, roles, gender, nation = _careers(rng, nations, seasons)
    strengths = np.stack([nation_strengths(rng, nations), nation_strengths(rng, nations)])
    skills = draw_skills(rng, roles, strengths[gender, nation])
    printed = _names(rng, gender)
    respelled = rng.random(len(roles)) < _RESPELLED_SHARE
    from_season = np.where(respelled, rng.integers(1, max(seasons, 2), size=len(roles)), NEVER)
    official_names = names.with_initials(rng, names.surnames(rng, _OFFICIALS), initials=3)
    return People(
        ids=names.registry_ids(len(roles), salt=0),
        names=printed,
        later_names=[names.spelled_out(name) for name in printed],
        respelled_from=from_season,
        skills=skills,
        pools=pools,
        officials=list(zip(official_names, names.registry_ids(_OFFICIALS, salt=_OFFICIAL_SALT), strict=True)),
    )


def _careers(
    rng: np.random.Generator, nations: int, seasons: int
) -> tuple[Ints, npt.NDArray[np.int8], Ints, Ints]:
    """Fill every place of every nation's pool season by season.

    Returns:
        Person by (season, gender, nation, place), and role, gender and nation of each person.
    """
    shape = (2, nations, len(POOL_ROLES))
    gender, nation, place = (axis.ravel() for axis in np.indices(shape))
    active = np.arange(gender.size)
    pools, origin = [active], [np.arange(gender.size)]
    people = gender.size
    for _ in range(seasons - 1):
        leaving = np.flatnonzero(rng.random(gender.size) < RETIREMENT_RATE)
        active = active.copy()
        active[leaving] = people + np.arange(len(leaving))
        people += len(leaving)
        pools.append(active)
        origin.append(leaving)
    places = np.concatenate(origin)
    return (
        np.stack(pools).reshape(seasons, *shape),
        POOL_ROLES[place[places]],
        gender[places],
        nation[places],
    )


def _names(rng: np.random.Generator, gender: Ints) -> list[str]:
    """Name everybody: unique within a gender, with a few women sharing a man's name."""
    printed = [""] * len(gender)
    for which in (0, 1):
        members = np.flatnonzero(gender == which).tolist()
        family = names.surnames(rng, len(members))
        for person, name in zip(members, names.with_initials(rng, family, initials=2), strict=True):
            printed[person] = name
    men, women = np.flatnonzero(gender == 0), np.flatnonzero(gender == 1)
    family_of_women = {printed[woman].split(" ", 1)[1] for woman in women.tolist()}
    lenders = [man for man in men.tolist() if printed[man].split(" ", 1)[1] not in family_of_women]
    for man, woman in zip(lenders[:_SHARED_NAMES], women.tolist(), strict=False):
        printed[woman] = printed[man]
    return printed
