"""The scoreboard of many innings at once: who is in, who bowls, and how a delivery moves it on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from cricketgnn.cricket.outcomes import DeliveryKind
from cricketgnn.synthetic.bowling import NOBODY
from cricketgnn.synthetic.chances import Situation
from cricketgnn.synthetic.events import RETIRED_HURT, RETIRED_NOT_OUT, STAYS, Events
from cricketgnn.synthetic.scenario import NO_TARGET, Scenario
from cricketgnn.synthetic.skills import Floats, Ints

Flags = npt.NDArray[np.bool_]

PLACES: Final = 12
_EARLY_RETURN_RATE: Final = 0.15
_LATE_RETURN_RATE: Final = 0.6
_MOST_DOTS_COUNTED: Final = 4


@dataclass
class Innings:
    """State of ``L`` innings before their next delivery, every column ``[L]`` unless said.

    Places are those of a side; ``over`` and ``legal`` count from 0; ``ball`` counts wides and no-balls too.
    ``quota`` (overs each may still bowl) and ``faced`` (balls) are ``[L, 12]``.
    """

    live: Flags
    over: Ints
    ball: Ints
    legal: Ints
    runs: Ints
    wickets: Ints
    target: Ints
    overs: Ints
    striker: Ints
    non_striker: Ints
    next_in: Ints
    retired: Ints
    bowler: Ints
    previous: Ints
    before_last: Ints
    quota: Ints
    faced: Ints
    free_hit: Flags
    after_boundary: Flags
    dots_running: Ints
    all_out: Flags

    @classmethod
    def start(cls, scenario: Scenario) -> Innings:
        """Give the state before the first delivery: the first two of the order are in."""
        count = len(scenario)

        def numbers(value: int = 0) -> Ints:
            return np.full(count, value)

        def flags(value: bool = False) -> Flags:
            return np.full(count, value)

        length = scenario.plan.overs + (scenario.plan.spare_balls > 0)
        quota = np.where(scenario.bowling.bowls, ((length + 4) // 5)[:, None], 0)
        return cls(
            live=flags(True),
            over=numbers(),
            ball=numbers(),
            legal=numbers(),
            runs=scenario.start_runs.copy(),
            wickets=numbers(),
            target=scenario.target.copy(),
            overs=scenario.plan.overs.copy(),
            striker=scenario.batting.order[:, 0].copy(),
            non_striker=scenario.batting.order[:, 1].copy(),
            next_in=numbers(2),
            retired=numbers(NOBODY),
            bowler=numbers(NOBODY),
            previous=numbers(NOBODY),
            before_last=numbers(NOBODY),
            quota=quota,
            faced=np.zeros((count, PLACES), dtype=np.int64),
            free_hit=flags(),
            after_boundary=flags(),
            dots_running=numbers(),
            all_out=flags(),
        )

    def scheduled_balls(self, scenario: Scenario, lanes: Ints) -> Ints:
        """Give the legal balls the innings is to have as things stand, ``[n]``."""
        return self.overs[lanes] * scenario.balls_per_over[lanes] + scenario.plan.spare_balls[lanes]

    def balls_gone(self, scenario: Scenario, lanes: Ints) -> Ints:
        """Give the legal balls gone; an over with a ball too many counts as one over, ``[n]``."""
        per_over = scenario.balls_per_over[lanes]
        return self.over[lanes] * per_over + np.minimum(self.legal[lanes], per_over)

    def progress(self, scenario: Scenario, lanes: Ints) -> Floats:
        """Give the share of the scheduled balls that are gone, ``[n]``."""
        share: Floats = self.balls_gone(scenario, lanes) / self.scheduled_balls(scenario, lanes)
        return share

    def situation(self, scenario: Scenario, lanes: Ints) -> Situation:
        """Give what the scoreboards of the innings in ``lanes`` show."""
        left = np.maximum(self.scheduled_balls(scenario, lanes) - self.balls_gone(scenario, lanes), 1)
        chasing = self.target[lanes] < NO_TARGET
        needed = (self.target[lanes] - self.runs[lanes]) / left
        return Situation(
            progress=self.progress(scenario, lanes),
            wickets=self.wickets[lanes],
            faced=self.faced[lanes, self.striker[lanes]],
            needed_per_ball=np.where(chasing, needed, np.nan),
            after_boundary=self.after_boundary[lanes],
            dots_running=self.dots_running[lanes],
            free_hit=self.free_hit[lanes],
        )

    def apply(self, rng: np.random.Generator, scenario: Scenario, lanes: Ints, events: Events) -> None:
        """Move the innings in ``lanes`` on by one delivery, ends of overs and innings included."""
        self.runs[lanes] += events.total
        self.ball[lanes] += 1
        self.legal[lanes] += events.kind == DeliveryKind.LEGAL
        self.faced[lanes, self.striker[lanes]] += events.kind != DeliveryKind.WIDE
        self._remember(lanes, events)
        leaver = np.where(events.striker_leaves, self.striker[lanes], self.non_striker[lanes])
        self._swap(lanes[events.crossings % 2 == 1])
        self._replace_leavers(rng, scenario, lanes, events, leaver)
        self.live[lanes] &= ~self.all_out[lanes] & (self.runs[lanes] < self.target[lanes])
        self._end_overs(scenario, lanes)

    def _remember(self, lanes: Ints, events: Events) -> None:
        boundary = ~events.non_boundary & ((events.bat == 4) | (events.bat == 6))
        self.after_boundary[lanes] = boundary
        dots = np.minimum(self.dots_running[lanes] + 1, _MOST_DOTS_COUNTED)
        self.dots_running[lanes] = np.where(events.total == 0, dots, 0)
        carried = self.free_hit[lanes] & (events.kind == DeliveryKind.WIDE)
        self.free_hit[lanes] = carried | (events.kind == DeliveryKind.NO_BALL)

    def _swap(self, lanes: Ints) -> None:
        self.striker[lanes], self.non_striker[lanes] = self.non_striker[lanes], self.striker[lanes]

    def _replace_leavers(
        self, rng: np.random.Generator, scenario: Scenario, lanes: Ints, events: Events, leaver: Ints
    ) -> None:
        """Put the next batter where the one who leaves stood once the runs were completed."""
        happened = events.departure != STAYS
        gone, leaver, departure = lanes[happened], leaver[happened], events.departure[happened]
        if not gone.size:
            return
        hurt = (departure == RETIRED_HURT) | (departure == RETIRED_NOT_OUT)
        self.wickets[gone] += ~hurt
        left_to_bat = self.next_in[gone] < scenario.batting.available[gone]
        wish = rng.random(len(gone))
        rate = np.where(left_to_bat, _EARLY_RETURN_RATE, _LATE_RETURN_RATE)
        returns = (self.retired[gone] != NOBODY) & ~hurt & (wish < rate)
        last = scenario.batting.order.shape[1] - 1
        following = scenario.batting.order[gone, np.minimum(self.next_in[gone], last)]
        comes = np.where(returns, self.retired[gone], np.where(left_to_bat, following, NOBODY))
        self.next_in[gone] += left_to_bat & ~returns
        self.retired[gone[returns]] = NOBODY
        first_hurt = hurt & (self.retired[gone] == NOBODY)
        self.retired[gone[first_hurt]] = leaver[first_hurt]
        self.all_out[gone] = comes == NOBODY
        at_strike = self.striker[gone] == leaver
        self.striker[gone] = np.where(at_strike, comes, self.striker[gone])
        self.non_striker[gone] = np.where(at_strike, self.non_striker[gone], comes)

    def _end_overs(self, scenario: Scenario, lanes: Ints) -> None:
        """End overs that are complete, and innings that have run their length or are cut off."""
        plan = scenario.plan
        due = np.where(
            self.over[lanes] == plan.miscounted_over[lanes],
            plan.miscounted_balls[lanes],
            scenario.balls_per_over[lanes],
        )
        last_part = (self.over[lanes] == self.overs[lanes]) & (plan.spare_balls[lanes] > 0)
        due = np.where(last_part, plan.spare_balls[lanes], due)
        cut = (self.over[lanes] == plan.stop_over[lanes]) & (self.legal[lanes] == plan.stop_balls[lanes])
        self.live[lanes] &= ~cut
        over_up = (self.legal[lanes] == due) & self.live[lanes]
        ended = lanes[over_up]
        # Ends change after every over, but only after every second set of five.
        self._swap(ended[(scenario.balls_per_over[ended] != 5) | (self.over[ended] % 2 == 1)])
        self.before_last[ended] = self.previous[ended]
        self.previous[ended] = self.bowler[ended]
        self.bowler[ended] = NOBODY
        self.legal[ended] = self.ball[ended] = 0
        self.over[ended] += 1
        complete = (self.over[ended] == self.overs[ended]) & (plan.spare_balls[ended] == 0)
        complete |= self.over[ended] > self.overs[ended]
        complete |= (self.over[ended] == plan.stop_over[ended]) & (plan.stop_balls[ended] == 0)
        self.live[ended] = ~complete
