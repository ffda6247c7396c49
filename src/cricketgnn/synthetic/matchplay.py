"""A block of matches from toss to result: two innings each, revised targets, super overs, the result."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np
import numpy.typing as npt

from cricketgnn.synthetic.competitions import COMPETITIONS
from cricketgnn.synthetic.innings import Log, play_innings
from cricketgnn.synthetic.oddities import Weather, draw_weather, par_score, revised_target
from cricketgnn.synthetic.scenario import NEVER, NO_TARGET, Plan, Scenario
from cricketgnn.synthetic.schedule import Fixture
from cricketgnn.synthetic.sides import LAST, Sides, World, draw_sides
from cricketgnn.synthetic.skills import Ints
from cricketgnn.synthetic.state import Innings

_SUPER_OVER_ROUNDS: Final = 3
_FEWEST_OVERS: Final = 5
"""A chase shorter than this gives no result."""
WICKETS: Final = 10


class Result(IntEnum):
    """How a match ended."""

    BY_RUNS = 0
    BY_WICKETS = 1
    TIE = 2
    ELIMINATOR = 3
    NO_RESULT = 4


@dataclass(frozen=True)
class PlayedInnings:
    """One innings position of a block; ``L`` matches have it.

    Attributes:
        matches: match of each, ``[L]``.
        side: which side bats (0 batted first in the match), ``[L]``.
        super_over: an eliminator of one over.
        log: the deliveries; ``log.lane`` is a row here.
        bounds: deliveries of row ``i`` are ``bounds[i]:bounds[i + 1]`` of the log, ``[L + 1]``.
        target: final target in runs, ``NO_TARGET`` where none, ``[L]``.
        overs, spare_balls: final scheduled length, ``[L]``.
        started_overs: overs the innings was to have at its first delivery, a part of one counted, ``[L]``.
    """

    matches: Ints
    side: Ints
    super_over: bool
    log: Log
    bounds: Ints
    target: Ints
    overs: Ints
    spare_balls: Ints
    started_overs: Ints


@dataclass(frozen=True)
class Block:
    """Some played matches and their results.

    Attributes:
        fixtures: the ``M`` matches.
        sides: who played.
        weather: what befell them.
        innings: in the order of the files.
        result: :class:`Result`, ``[M]``.
        winner: side 0 or 1, or ``NEVER``, ``[M]``.
        margin: runs or wickets, ``[M]``.
        by_rain_rule: decided or revised by the D/L method, ``[M]``.
    """

    fixtures: list[Fixture]
    sides: Sides
    weather: Weather
    innings: list[PlayedInnings]
    result: Ints
    winner: Ints
    margin: Ints
    by_rain_rule: npt.NDArray[np.bool_]


def play_block(rng: np.random.Generator, world: World, fixtures: list[Fixture], oddities: float) -> Block:
    """Play a block of matches in lockstep."""
    per_over = np.array([COMPETITIONS[fixture.competition].balls_per_over for fixture in fixtures])
    weather = draw_weather(rng, per_over, oddities)
    sides = draw_sides(rng, world, fixtures, weather.absent)
    everyone = np.arange(len(fixtures))
    first = _scenario(sides, everyone, np.zeros_like(everyone), _first_plan(weather), weather, oddities)
    first_log, first_end = play_innings(rng, first)
    total = first_end.runs + weather.penalty_after[:, 0]
    cut = _was_cut(first, first_end)
    chasing = np.flatnonzero(~(weather.abandoned & cut))
    chase = _chase(sides, weather, chasing, total, cut, oddities)
    chase_log, chase_end = play_innings(rng, chase)
    innings = [
        _played(everyone, np.zeros_like(everyone), first, first_log, first_end),
        _played(chasing, np.ones_like(chasing), chase, chase_log, chase_end),
    ]
    shortened = (chase.plan.overs != weather.overs[chasing]) | (chase.plan.spare_balls > 0)
    shortened |= (chase.plan.revise_over != NEVER) & (chase_end.overs == chase.plan.revised_overs)
    result, winner, margin, rain = _results(
        len(fixtures), chasing, total[chasing], chase, chase_end, shortened
    )
    innings += _super_overs(rng, sides, fixtures, weather, result, winner, rain, oddities)
    return Block(fixtures, sides, weather, innings, result, winner, margin, rain)


def _scenario(
    sides: Sides, matches: Ints, batting_side: Ints, plan: Plan, weather: Weather, oddities: float
) -> Scenario:
    """Put together what an ordinary innings of some matches starts from, target left open."""
    return Scenario(
        batting=sides.batting(matches, batting_side),
        bowling=sides.bowling(matches, 1 - batting_side),
        plan=plan,
        context=sides.context[matches],
        female=sides.female[matches],
        balls_per_over=sides.balls_per_over[matches],
        no_ball_runs=sides.no_ball_runs[matches],
        target=np.full(len(matches), NO_TARGET),
        start_runs=weather.penalty_before[matches, batting_side],
        oddities=oddities,
        super_over=False,
    )


def _first_plan(weather: Weather) -> Plan:
    plan = Plan.plain(weather.overs)
    plan.stop_over, plan.stop_balls = weather.first_stop_over, weather.first_stop_balls
    plan.miscounted_over, plan.miscounted_balls = (
        weather.miscounted_over[:, 0],
        weather.miscounted_balls[:, 0],
    )
    return plan


def _was_cut(scenario: Scenario, end: Innings) -> npt.NDArray[np.bool_]:
    """Tell which innings rain ended, rather than wickets, overs or the target."""
    plan = scenario.plan
    at_stop = (end.over == plan.stop_over) & (end.legal == plan.stop_balls)
    cut: npt.NDArray[np.bool_] = at_stop & ~end.all_out & (end.runs < end.target)
    return cut


def _chase(
    sides: Sides, weather: Weather, matches: Ints, total: Ints, cut: npt.NDArray[np.bool_], oddities: float
) -> Scenario:
    """Put together the chases: length and target after what rain did so far, and what it will do."""
    cut, total = cut[matches], total[matches]
    reduced = weather.chase_over[matches] != NEVER
    full = weather.overs[matches]
    plan = Plan.plain(
        np.where(cut, weather.first_stop_over[matches], np.where(reduced, weather.chase_over[matches], full))
    )
    plan.spare_balls = np.where(
        cut, weather.first_stop_balls[matches], np.where(reduced, weather.chase_balls[matches], 0)
    )
    plan.stop_over, plan.stop_balls = weather.chase_stop_over[matches], weather.chase_stop_balls[matches]
    plan.revise_over, plan.revised_overs = weather.revise_over[matches], weather.revised_overs[matches]
    plan.revised_target = revised_target(total, np.maximum(plan.revised_overs, 1) / full)
    plan.miscounted_over = weather.miscounted_over[matches, 1]
    plan.miscounted_balls = weather.miscounted_balls[matches, 1]
    plan.enters_over, plan.leaves = sides.enters_over[matches], sides.leaves[matches, 0]
    chase = _scenario(sides, matches, np.ones_like(matches), plan, weather, oddities)
    share = (plan.overs + plan.spare_balls / chase.balls_per_over) / full
    chase.target = np.where(reduced, revised_target(total, share), total + 1)
    return chase


def _results(
    count: int,
    chasing: Ints,
    total: Ints,
    chase: Scenario,
    end: Innings,
    shortened: npt.NDArray[np.bool_],
) -> tuple[Ints, Ints, Ints, npt.NDArray[np.bool_]]:
    """Decide the matches: result, winning side, margin and whether the rain rule had a hand in it."""
    cut = _was_cut(chase, end)
    share = (
        np.minimum(chase.plan.stop_over + chase.plan.stop_balls / chase.balls_per_over, 20) / chase.plan.overs
    )
    level = np.where(cut, par_score(total, share, end.wickets), end.target - 1)
    ahead = end.runs - level
    decided = np.select(
        [cut & (end.over < _FEWEST_OVERS), ahead == 0, (ahead > 0) & ~cut],
        [Result.NO_RESULT, Result.TIE, Result.BY_WICKETS],
        Result.BY_RUNS,
    )
    result, winner, margin = (
        np.full(count, Result.NO_RESULT),
        np.full(count, NEVER),
        np.zeros(count, np.int64),
    )
    result[chasing] = decided
    won = (decided == Result.BY_RUNS) | (decided == Result.BY_WICKETS)
    winner[chasing] = np.where(won, (ahead > 0).astype(np.int64), NEVER)
    margin[chasing] = np.where(decided == Result.BY_WICKETS, WICKETS - end.wickets, np.abs(ahead))
    rain = np.zeros(count, dtype=np.bool_)
    rain[chasing] = (cut | shortened) & (decided != Result.NO_RESULT)
    return result, winner, margin, rain


def _super_overs(
    rng: np.random.Generator,
    sides: Sides,
    fixtures: list[Fixture],
    weather: Weather,
    result: Ints,
    winner: Ints,
    rain: npt.NDArray[np.bool_],
    oddities: float,
) -> list[PlayedInnings]:
    """Break ties where the competition does so; the side that batted last bats first. Updates the results."""
    breaks = np.array([f.season >= COMPETITIONS[f.competition].super_overs_from for f in fixtures])
    tied = np.flatnonzero((result == Result.TIE) & breaks & ~rain)
    innings: list[PlayedInnings] = []
    for round_ in range(_SUPER_OVER_ROUNDS):
        if not tied.size:
            break
        opens = np.full(len(tied), (1 + round_) % 2)
        runs: list[Ints] = []
        for side in (opens, 1 - opens):
            scenario = _super_over(sides, tied, side, round_, weather, oddities)
            if runs:
                scenario.target = runs[0] + 1
            log, end = play_innings(rng, scenario)
            runs.append(end.runs)
            innings.append(_played(tied, side, scenario, log, end, super_over=True))
        decided = runs[0] != runs[1]
        result[tied[decided]] = Result.ELIMINATOR
        winner[tied[decided]] = np.where(runs[0] > runs[1], opens, 1 - opens)[decided]
        tied = tied[~decided]
    return innings


def _super_over(
    sides: Sides, matches: Ints, batting_side: Ints, round_: int, weather: Weather, oddities: float
) -> Scenario:
    """Put together one super over: three fresh batters, one bowler, everybody who is still in the side."""
    plan = Plan.plain(np.ones_like(matches))
    scenario = _scenario(sides, matches, batting_side, plan, weather, oddities)
    skills, rows = sides.world.people.skills, np.arange(len(matches))
    people = sides.people[matches, batting_side]
    places = np.arange(LAST + 1)
    absent = np.where(weather.absent[matches, batting_side], sides.order[matches, batting_side, -1], NEVER)
    gone = (places == LAST) | (places == sides.leaves[matches, batting_side][:, None])
    gone |= places == absent[:, None]
    hitters = np.argsort(np.where(gone, np.inf, -skills.batting_worth[people]), axis=1)
    scenario.batting.order = hitters[:, 3 * round_ : 3 * round_ + 3]
    scenario.batting.available = np.full(len(matches), 3)
    fielding = sides.people[matches, 1 - batting_side]
    absent_bowler = places == sides.leaves[matches, 1 - batting_side][:, None]
    worth = np.where(scenario.bowling.bowls & ~absent_bowler, skills.bowling_worth[fielding], -np.inf)
    chosen = np.argsort(-worth, axis=1)[rows, round_]
    scenario.bowling.bowls = places == chosen[:, None]
    scenario.start_runs = np.zeros_like(matches)
    scenario.super_over = True
    return scenario


def _played(
    matches: Ints, side: Ints, scenario: Scenario, log: Log, end: Innings, super_over: bool = False
) -> PlayedInnings:
    return PlayedInnings(
        matches=matches,
        side=side,
        super_over=super_over,
        log=log,
        bounds=np.searchsorted(log.lane, np.arange(len(matches) + 1)),
        target=end.target,
        overs=end.overs,
        spare_balls=scenario.plan.spare_balls,
        started_overs=scenario.plan.overs + (scenario.plan.spare_balls > 0),
    )
