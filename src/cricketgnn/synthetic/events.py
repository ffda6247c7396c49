"""What happens on one delivery: the outcome drawn from its true chances, then runs, extras and dismissals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from cricketgnn.cricket.outcomes import BatOutcome, DeliveryKind
from cricketgnn.synthetic.chances import ALLOWED_ON_FREE_HIT, WICKET_KINDS, WICKET_SHARES
from cricketgnn.synthetic.skills import Floats, Ints

Flags = npt.NDArray[np.bool_]

RETIREMENTS: Final = ("retired hurt", "retired not out", "retired out")
DEPARTURES: Final = (*WICKET_KINDS, *RETIREMENTS)
"""Every way to leave the crease; the code of a way is its row here."""
STAYS: Final = -1

CAUGHT: Final = DEPARTURES.index("caught")
STUMPED: Final = DEPARTURES.index("stumped")
RUN_OUT: Final = DEPARTURES.index("run out")
OBSTRUCTING: Final = DEPARTURES.index("obstructing the field")
RETIRED_HURT: Final = DEPARTURES.index("retired hurt")
RETIRED_NOT_OUT: Final = DEPARTURES.index("retired not out")
RETIRED_OUT: Final = DEPARTURES.index("retired out")

_FREE_HIT_SHARES: Final = WICKET_SHARES * ALLOWED_ON_FREE_HIT / (WICKET_SHARES @ ALLOWED_ON_FREE_HIT)[:, None]

_BAT_RUNS: Final = np.array([0, 1, 2, 3, 4, 6, 0])
_BYE_RUNS: Final = np.array([1, 2, 3, 4])
_BYE_SHARES: Final = np.array([0.84, 0.06, 0.01, 0.09])
_WIDE_RUNS: Final = np.array([1, 2, 3, 4, 5])
_WIDE_SHARES: Final = np.array([0.924, 0.032, 0.010, 0.002, 0.032])
_RUN_OUT_SHARES: Final = np.array([0.58, 0.36, 0.05, 0.01])
"""Runs completed before a run out."""

_LEG_BYE_RATE: Final = 0.036
_BYE_RATE: Final = 0.0095
_STRIKER_RUN_OUT: Final = 0.53
_RUN_OUT_OFF_LEG_BYES: Final = 0.12

# The rates below are multiplied by the league's `oddities`.
_FIVE_RATE: Final = 0.0020
_ALL_RUN_FOUR_RATE: Final = 0.0015
_SEVEN_RATE: Final = 0.0015
_ALL_RUN_SIX_RATE: Final = 0.0015
_PENALTY_RATE: Final = 0.00006
_WIDE_STUMPED_RATE: Final = 0.005
_WIDE_RUN_OUT_RATE: Final = 0.002
_RETIRED_HURT_RATE: Final = 0.00015
_NOT_OUT_AMONG_RETIRED: Final = 0.15


@dataclass
class Events:
    """What happened on ``n`` deliveries, each column ``[n]``; the wire's words in the comments.

    ``departure`` is a row of :data:`DEPARTURES` or :data:`STAYS`; ``striker_leaves`` says who departs.
    """

    kind: Ints  # DeliveryKind
    bat: Ints  # runs.batter
    non_boundary: Flags
    wides: Ints
    no_balls: Ints
    byes: Ints
    leg_byes: Ints
    penalty: Ints
    departure: Ints
    striker_leaves: Flags

    @property
    def total(self) -> Ints:
        """Runs added to the score."""
        return self.bat + self.wides + self.no_balls + self.byes + self.leg_byes + self.penalty

    @property
    def crossings(self) -> Ints:
        """How often the batters change ends: the first wide and the no-ball penalty are not run."""
        return self.bat + self.byes + self.leg_byes + np.maximum(self.wides - 1, 0)


def draw_rows(chances: Floats, uniform: Floats) -> Ints:
    """Draw one category a row of ``chances`` ``[n, C]`` with uniform numbers ``[n]``."""
    reached = np.cumsum(chances, axis=1)[:, :-1]
    drawn: Ints = (uniform[:, None] >= reached).sum(axis=1)
    return drawn


def _draw(values: Ints, shares: Floats, uniform: Floats) -> Ints:
    return values[np.searchsorted(np.cumsum(shares)[:-1], uniform, side="right")]


def draw_events(
    rng: np.random.Generator,
    kinds: Floats,
    legal: Floats,
    no_ball: Floats,
    retires_out: Floats,
    spin: Flags,
    free_hit: Flags,
    may_retire: Flags,
    no_ball_runs: Ints,
    oddities: float,
) -> Events:
    """Draw what happens on ``n`` deliveries.

    Args:
        rng: source of randomness.
        kinds: chances of (legal, wide, no-ball), ``[n, 3]``.
        legal: outcome chances of a legal delivery, ``[n, 7]``.
        no_ball: outcome chances of a no-ball, ``[n, 7]``.
        retires_out: chance that a batter not dismissed retires out, ``[n]``.
        spin: the bowler bowls spin.
        free_hit: only the run out and its like can dismiss.
        may_retire: somebody is left to replace a batter who retires.
        no_ball_runs: penalty of a no-ball.
        oddities: multiplier of rare rates.
    """
    uniform = rng.random((len(spin), 10)).T
    kind = draw_rows(kinds, uniform[0])
    wide, not_legal = kind == DeliveryKind.WIDE, kind == DeliveryKind.NO_BALL
    outcome = draw_rows(np.where(not_legal[:, None], no_ball, legal), uniform[1])
    outcome[wide] = BatOutcome.DOT
    nothing = np.zeros(len(kind), dtype=np.int64)
    events = Events(
        kind=kind,
        bat=_BAT_RUNS[outcome],
        non_boundary=np.zeros(len(kind), dtype=np.bool_),
        wides=np.where(wide, _draw(_WIDE_RUNS, _WIDE_SHARES, uniform[2]), 0),
        no_balls=np.where(not_legal, no_ball_runs, 0),
        byes=nothing.copy(),
        leg_byes=nothing.copy(),
        penalty=np.where(~wide & (uniform[3] < _PENALTY_RATE * oddities), 5, 0),
        departure=np.full(len(kind), STAYS),
        striker_leaves=uniform[4] < _STRIKER_RUN_OUT,
    )
    _odd_boundaries(events, outcome, uniform[5], oddities)
    _byes(events, (outcome == BatOutcome.DOT) & ~wide, uniform[5], uniform[6])
    _dismissals(events, outcome == BatOutcome.WICKET, spin, free_hit | not_legal, uniform[5], uniform[6:8])
    _dismissals_off_wides(events, wide, free_hit, uniform[5], oddities)
    _retirements(events, retires_out, may_retire, uniform[8], uniform[9], oddities)
    return events


def _odd_boundaries(events: Events, outcome: Ints, uniform: Floats, oddities: float) -> None:
    """Turn a few fours into five runs or all-run fours, a few sixes into seven or all-run sixes."""
    four, six = outcome == BatOutcome.FOUR, outcome == BatOutcome.SIX
    five, seven = _FIVE_RATE * oddities, _SEVEN_RATE * oddities
    events.bat[four & (uniform < five)] = 5
    events.bat[six & (uniform < seven)] = 7
    events.non_boundary |= four & (uniform >= five) & (uniform < five + _ALL_RUN_FOUR_RATE * oddities)
    events.non_boundary |= six & (uniform >= seven) & (uniform < seven + _ALL_RUN_SIX_RATE * oddities)


def _byes(events: Events, dot: Flags, uniform: Floats, which: Floats) -> None:
    """Let the batters run byes and leg-byes off some deliveries that the bat missed."""
    runs = _draw(_BYE_RUNS, _BYE_SHARES, which)
    leg = dot & (uniform < _LEG_BYE_RATE)
    bye = dot & ~leg & (uniform < _LEG_BYE_RATE + _BYE_RATE)
    events.leg_byes[leg] = runs[leg]
    events.byes[bye] = runs[bye]


def _dismissals(
    events: Events, wicket: Flags, spin: Flags, only_run_out: Flags, uniform: Floats, which: Floats
) -> None:
    """Say how the batter was out; the non-striker only by run out or for obstructing."""
    shares = np.where(
        only_run_out[:, None], _FREE_HIT_SHARES[spin.astype(int)], WICKET_SHARES[spin.astype(int)]
    )
    events.departure[wicket] = draw_rows(shares, uniform)[wicket]
    run_out = events.departure == RUN_OUT
    completed = _draw(np.arange(4), _RUN_OUT_SHARES, which[0])
    off_pads = run_out & (which[1] < _RUN_OUT_OFF_LEG_BYES)
    events.leg_byes[off_pads] = completed[off_pads]
    off_bat = run_out & ~off_pads
    events.bat[off_bat] = completed[off_bat]
    events.striker_leaves |= wicket & ~run_out & (events.departure != OBSTRUCTING)


def _dismissals_off_wides(
    events: Events, wide: Flags, free_hit: Flags, uniform: Floats, oddities: float
) -> None:
    """Let a batter be stumped or run out off a wide, which is no labelled delivery."""
    stumped = wide & ~free_hit & (uniform < _WIDE_STUMPED_RATE * oddities)
    run_out = wide & (uniform > 1.0 - _WIDE_RUN_OUT_RATE * oddities)
    events.wides[stumped] = 1
    events.wides[run_out] = np.minimum(events.wides[run_out], 2)
    events.departure[stumped] = STUMPED
    events.departure[run_out] = RUN_OUT
    events.striker_leaves |= stumped


def _retirements(
    events: Events,
    retires_out: Floats,
    may_retire: Flags,
    uniform: Floats,
    which: Floats,
    oddities: float,
) -> None:
    """Let a batter who was not dismissed retire, out or hurt."""
    stays = events.departure == STAYS
    out = stays & (uniform < retires_out)
    hurt = stays & may_retire & (uniform > 1.0 - _RETIRED_HURT_RATE * oddities)
    events.departure[hurt] = np.where(which[hurt] < _NOT_OUT_AMONG_RETIRED, RETIRED_NOT_OUT, RETIRED_HURT)
    events.departure[out] = RETIRED_OUT
