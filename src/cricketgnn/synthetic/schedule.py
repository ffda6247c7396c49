"""Who meets whom, where and when: the fixtures of all seasons in time order, with toss and line-ups."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

import numpy as np

from cricketgnn.synthetic.competitions import COMPETITIONS
from cricketgnn.synthetic.config import LeagueConfig
from cricketgnn.synthetic.names import TOWNS
from cricketgnn.synthetic.people import People
from cricketgnn.synthetic.skills import Ints, Role
from cricketgnn.synthetic.squads import draw_squads, pick_side

_FIRST_MATCH_ID: Final = 9_000_001
_FIELDS_FIRST_RATE: Final = 0.58
_LAST_SEASON_WEIGHT: Final = 1.8
"""Matches of the last season for one of the first: the game grows."""
_CONCUSSION_RATE: Final = 0.004


@dataclass(frozen=True)
class Fixture:
    """One match before its first delivery.

    Attributes:
        match_id: number of the match as a string, in time order.
        day: the day it is played.
        competition: row in ``COMPETITIONS``.
        season: season index, 0-based.
        year: calendar year the season began in.
        number: number of the match in its competition and season, from 1.
        last: it is the last of its competition and season.
        venue: ground index; ground ``v`` lies in town ``v // 3``.
        teams: names in printed order.
        bats_first: 0 or 1, which of ``teams`` bats first.
        toss_winner: 0 or 1.
        sides: persons by place, of the team that bats first and of the other, ``[2, 12]``.
        impact: both sides name a twelfth player by the rule; otherwise a twelfth of the side that bats first
            stands in for a concussion.
    """

    match_id: str
    day: date
    competition: int
    season: int
    year: int
    number: int
    last: bool
    venue: int
    teams: tuple[str, str]
    bats_first: int
    toss_winner: int
    sides: Ints
    impact: bool


def draw_fixtures(rng: np.random.Generator, config: LeagueConfig, people: People) -> list[Fixture]:
    """Draw all fixtures of a league, ordered by day; exactly ``config.matches`` of them."""
    fixtures: list[Fixture] = []
    for index, competition in enumerate(COMPETITIONS):
        squads = draw_squads(rng, competition, people, config.teams)
        for season, count in enumerate(_matches_by_season(config)[index].tolist()):
            fixtures += _season(rng, config, people, squads[season], index, season, count)
    fixtures.sort(key=lambda fixture: (fixture.day, fixture.competition, fixture.number))
    return [replace(fixture, match_id=str(_FIRST_MATCH_ID + i)) for i, fixture in enumerate(fixtures)]


def _matches_by_season(config: LeagueConfig) -> Ints:
    """Share the matches out by largest remainder, ``[competitions, seasons]``."""
    seasons = config.last_season - config.first_season + 1
    growth = np.linspace(1.0, _LAST_SEASON_WEIGHT, seasons)
    weights = np.array([c.share for c in COMPETITIONS])[:, None] * growth
    opens = np.array([min(c.from_season, seasons - 1) for c in COMPETITIONS])
    weights = np.where(np.arange(seasons) >= opens[:, None], weights, 0.0)
    exact = weights / weights.sum() * config.matches
    counts = np.floor(exact).astype(np.int64)
    missing = config.matches - int(counts.sum())
    largest = np.argsort(-(exact - counts), axis=None, kind="stable")[:missing]
    counts.ravel()[largest] += 1
    return counts


def _season(
    rng: np.random.Generator,
    config: LeagueConfig,
    people: People,
    squads: Ints,
    index: int,
    season: int,
    count: int,
) -> Iterator[Fixture]:
    """Play out the calendar of one competition and season."""
    competition = COMPETITIONS[index]
    year = config.first_season + season
    first = date(year, *competition.starts)
    days = min(competition.days, (config.last_day - first).days)
    meetings = _tours if competition.international else _rounds
    a_day = 1 if competition.international else 2
    for number, (home, away) in enumerate(meetings(rng, config.teams, count)):
        impact = competition.impact_from is not None and season >= competition.impact_from
        concussion = not impact and rng.random() < _CONCUSSION_RATE * config.oddities
        sides = []
        bats_first = int(rng.integers(2))
        pair = (home, away)
        for innings, team in enumerate((pair[bats_first], pair[1 - bats_first])):
            role = (Role.BOWLER, Role.BATTER)[innings] if impact else None
            role = Role.BOWLER if concussion and innings == 0 else role
            sides.append(pick_side(rng, squads[team], people.skills, role))
        chose_to_field = rng.random() < _FIELDS_FIRST_RATE
        yield Fixture(
            match_id="",
            day=first + timedelta(days=number // a_day * a_day * days // count),
            competition=index,
            season=season,
            year=year,
            number=number + 1,
            last=number == count - 1,
            venue=home % len(TOWNS) * 3 + int(rng.integers(3)),
            teams=(competition.teams[home], competition.teams[away]),
            bats_first=bats_first,
            toss_winner=1 - bats_first if chose_to_field else bats_first,
            sides=np.stack(sides),
            impact=impact,
        )


def _rounds(rng: np.random.Generator, teams: int, count: int) -> Iterator[tuple[int, int]]:
    """Pair the teams by the circle method, round after round: in a round each team plays once."""
    made = 0
    while made < count:
        circle = rng.permutation(teams).tolist()
        for _ in range(teams - 1):
            for i in range(teams // 2):
                if made < count:
                    yield circle[i], circle[-1 - i]
                    made += 1
            circle = [circle[0], circle[-1], *circle[1:-1]]


def _tours(rng: np.random.Generator, teams: int, count: int) -> Iterator[tuple[int, int]]:
    """Let one nation visit another for a series of three, until the year is full."""
    made = 0
    while made < count:
        host, visitor = rng.permutation(teams)[:2].tolist()
        for _ in range(min(3, count - made)):
            yield host, visitor
            made += 1
