"""Many innings played in lockstep: one step is the next delivery of every innings that is still on."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

import numpy as np
import numpy.typing as npt

from cricketgnn.synthetic import chances
from cricketgnn.synthetic.bowling import NOBODY, draw_bowlers, permitted, require_bowler
from cricketgnn.synthetic.events import CAUGHT, RUN_OUT, STAYS, STUMPED, Events, draw_events
from cricketgnn.synthetic.scenario import NO_TARGET, Scenario
from cricketgnn.synthetic.skills import Floats, Ints
from cricketgnn.synthetic.state import Innings

_BOWLER_LEAVES_RATE: Final = 0.00025
_RETIRES_OUT_RATE: Final = 0.0004
_SUBSTITUTE_CATCH_RATE: Final = 0.004
_SECOND_FIELDER_RATE: Final = 0.45

SUBSTITUTE: Final = -2
"""Place of a fielder who is not in the side."""
UNCHANGED: Final = -1


@dataclass(frozen=True)
class Log:
    """Deliveries of one innings position in many matches, columns ``[D]``, by match and as bowled.

    Places are those of a side, :data:`~cricketgnn.synthetic.bowling.NOBODY` where nobody is meant.

    Attributes:
        lane: which of the innings played in lockstep.
        over, ball: 0-based; ``ball`` counts wides and no-balls.
        striker, non_striker, bowler: places.
        replaced: place of the bowler who left before this delivery in the middle of the over.
        bat, wides, no_balls, byes, leg_byes, penalty: runs.
        non_boundary: a four or six that was run.
        departure: row of ``events.DEPARTURES`` or ``STAYS``.
        leaver: place of the batter who leaves.
        fielder, second_fielder: places, or :data:`SUBSTITUTE`.
        outcome_chances: true chances of the label if the delivery is no wide, ``[D, 7]``.
        kind_chances: true chances of (legal, wide, no-ball), ``[D, 3]``.
    """

    lane: Ints
    over: Ints
    ball: Ints
    striker: Ints
    non_striker: Ints
    bowler: Ints
    replaced: Ints
    bat: Ints
    wides: Ints
    no_balls: Ints
    byes: Ints
    leg_byes: Ints
    penalty: Ints
    non_boundary: npt.NDArray[np.bool_]
    departure: Ints
    leaver: Ints
    fielder: Ints
    second_fielder: Ints
    outcome_chances: Floats
    kind_chances: Floats

    @classmethod
    def join(cls, steps: list[Log]) -> Log:
        """Put the deliveries of all steps together, innings by innings."""
        order = np.argsort(np.concatenate([step.lane for step in steps]), kind="stable")
        columns = {
            field.name: np.concatenate([getattr(step, field.name) for step in steps])[order]
            for field in fields(cls)
        }
        return cls(**columns)


def play_innings(rng: np.random.Generator, scenario: Scenario) -> tuple[Log, Innings]:
    """Play ``L`` innings to their ends.

    Returns:
        Every delivery, and the final scoreboards.
    """
    state = Innings.start(scenario)
    steps: list[Log] = []
    while (lanes := np.flatnonzero(state.live)).size:
        _open_overs(rng, scenario, state, lanes[state.bowler[lanes] == NOBODY])
        replaced = _replace_bowlers(rng, scenario, state, lanes)
        steps.append(_deliver(rng, scenario, state, lanes, replaced))
    return Log.join(steps), state


def _open_overs(rng: np.random.Generator, scenario: Scenario, state: Innings, lanes: Ints) -> None:
    """Before an over: shorten the chase, bring in the twelfth player, choose the bowler."""
    plan, over = scenario.plan, state.over[lanes]
    revised = lanes[over == plan.revise_over[lanes]]
    state.overs[revised] = plan.revised_overs[revised]
    state.target[revised] = np.maximum(plan.revised_target[revised], state.runs[revised] + 1)
    enters = lanes[over == plan.enters_over[lanes]]
    last = state.quota.shape[1] - 1
    state.quota[enters, last] = (
        scenario.plan.overs[enters] + (scenario.plan.spare_balls[enters] > 0) + 4
    ) // 5
    state.quota[enters, plan.leaves[enters]] = 0
    chosen = require_bowler(_choose(rng, scenario, state, lanes))
    state.bowler[lanes] = chosen
    state.quota[lanes, chosen] -= 1


def _choose(rng: np.random.Generator, scenario: Scenario, state: Innings, lanes: Ints) -> Ints:
    """Choose who bowls (the rest of) the over among those the rules permit, or nobody."""
    two_running = scenario.balls_per_over[lanes] == 5
    previous, before_last = state.previous[lanes], state.before_last[lanes]
    barred = np.where(two_running & (previous != before_last), NOBODY, previous)
    overs_left = state.overs[lanes] + (scenario.plan.spare_balls[lanes] > 0) - state.over[lanes]
    progress = state.progress(scenario, lanes)
    phase = np.digitize(progress, [0.3, 0.75])
    allowed = permitted(state.quota[lanes], barred, overs_left)
    return draw_bowlers(rng, allowed, scenario.bowling.taste[lanes, :, phase], before_last)


def _replace_bowlers(rng: np.random.Generator, scenario: Scenario, state: Innings, lanes: Ints) -> Ints:
    """Let a bowler leave in the middle of an over; somebody else finishes it.

    Returns:
        Place of the bowler who left, or :data:`UNCHANGED`, for each of ``lanes``.
    """
    replaced = np.full(len(lanes), UNCHANGED)
    if scenario.super_over:
        return replaced
    rate = _BOWLER_LEAVES_RATE * scenario.oddities
    hit = np.flatnonzero((rng.random(len(lanes)) < rate) & (state.ball[lanes] > 0))
    if not hit.size:
        return replaced
    hurt = lanes[hit]
    quota = state.quota[hurt].copy()
    state.quota[hurt, state.bowler[hurt]] = 0
    chosen = _choose(rng, scenario, state, hurt)
    possible = chosen != NOBODY
    state.quota[hurt[~possible]] = quota[~possible]
    hit, hurt, chosen = hit[possible], hurt[possible], chosen[possible]
    replaced[hit] = state.bowler[hurt]
    state.bowler[hurt] = chosen
    state.quota[hurt, chosen] -= 1
    return replaced


def _deliver(
    rng: np.random.Generator, scenario: Scenario, state: Innings, lanes: Ints, replaced: Ints
) -> Log:
    """Bowl the next delivery of every innings in ``lanes``: chances first, then what happens."""
    batting, bowling = scenario.batting, scenario.bowling
    striker, bowler, situation = state.striker[lanes], state.bowler[lanes], state.situation(scenario, lanes)
    spin = bowling.spin[lanes, bowler]
    legal = chances.outcome_chances(
        situation,
        scenario.context[lanes],
        batting.logits[lanes, striker],
        bowling.logits[lanes, bowler],
        np.where(spin, 1.0, -1.0) * batting.spin_game[lanes, striker],
    )
    no_ball = chances.without_bowled_dismissals(legal)
    legal = np.where(situation.free_hit[:, None], no_ball, legal)
    kinds = chances.kind_chances(
        scenario.female[lanes],
        situation.progress,
        bowling.wide[lanes, bowler],
        bowling.no_ball[lanes, bowler],
    )
    somebody_left = (state.next_in[lanes] < batting.available[lanes]) & (not scenario.super_over)
    retires_out = _retires_out(scenario, state, lanes, situation.progress, somebody_left)
    events = draw_events(
        rng,
        kinds,
        legal,
        no_ball,
        retires_out,
        spin,
        situation.free_hit,
        somebody_left,
        scenario.no_ball_runs[lanes],
        scenario.oddities,
    )
    truth = chances.label_chances(kinds, legal, no_ball, retires_out)
    log = _log(rng, scenario, state, lanes, replaced, events, truth, kinds)
    state.apply(rng, scenario, lanes, events)
    return log


def _retires_out(
    scenario: Scenario, state: Innings, lanes: Ints, progress: Floats, somebody_left: npt.NDArray[np.bool_]
) -> Floats:
    """Give the chance that a batter gives up the wicket for a better hitter, near the end of an innings."""
    undecided = (state.target[lanes] == NO_TARGET) | (state.target[lanes] - state.runs[lanes] >= 12)
    near_end = (progress > 0.75) & (progress < 0.93)
    return np.where(near_end & undecided & somebody_left, _RETIRES_OUT_RATE * scenario.oddities, 0.0)


def _log(
    rng: np.random.Generator,
    scenario: Scenario,
    state: Innings,
    lanes: Ints,
    replaced: Ints,
    events: Events,
    outcome_chances: Floats,
    kind_chances: Floats,
) -> Log:
    """Write down a delivery before the scoreboard moves on; name the fielders."""
    striker, non_striker = state.striker[lanes], state.non_striker[lanes]
    leaves = events.departure != STAYS
    fielder, second = _fielders(rng, scenario, state, lanes, events.departure)
    return Log(
        lane=lanes,
        over=state.over[lanes],
        ball=state.ball[lanes],
        striker=striker,
        non_striker=non_striker,
        bowler=state.bowler[lanes],
        replaced=replaced,
        bat=events.bat,
        wides=events.wides,
        no_balls=events.no_balls,
        byes=events.byes,
        leg_byes=events.leg_byes,
        penalty=events.penalty,
        non_boundary=events.non_boundary,
        departure=events.departure,
        leaver=np.where(leaves, np.where(events.striker_leaves, striker, non_striker), NOBODY),
        fielder=fielder,
        second_fielder=second,
        outcome_chances=outcome_chances,
        kind_chances=kind_chances,
    )


def _fielders(
    rng: np.random.Generator, scenario: Scenario, state: Innings, lanes: Ints, departure: Ints
) -> tuple[Ints, Ints]:
    """Name who caught, stumped or ran out; two may share a run out."""
    keeper, bowler = scenario.bowling.keeper[lanes], state.bowler[lanes]
    drawn = rng.integers(11, size=len(lanes))
    left_the_field = drawn == np.where(
        state.over[lanes] >= scenario.plan.enters_over[lanes], scenario.plan.leaves[lanes], -1
    )
    catcher = np.where((drawn == bowler) | left_the_field, keeper, drawn)
    odd = rng.random(len(lanes))
    catcher = np.where(odd < _SUBSTITUTE_CATCH_RATE * scenario.oddities, SUBSTITUTE, catcher)
    fielder = np.where(departure == STUMPED, keeper, catcher)
    fielder = np.where(
        (departure == CAUGHT) | (departure == STUMPED) | (departure == RUN_OUT), fielder, NOBODY
    )
    shared = (departure == RUN_OUT) & (odd > 1.0 - _SECOND_FIELDER_RATE) & (fielder != keeper)
    return fielder, np.where(shared, keeper, NOBODY)
