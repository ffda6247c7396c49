"""The true chances of one delivery, from what is known before it and the hidden skills.

Every effect adds to the logits of the seven outcomes (:class:`cricketgnn.cricket.outcomes.BatOutcome`, the
dot at zero). What the rules forbid is then taken away: on a no-ball and on a free hit only the run out and
its like dismiss. Everything here is a pure function of arrays over ``L`` deliveries of ``L`` matches.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from cricketgnn.cricket.outcomes import BatOutcome
from cricketgnn.synthetic.skills import AXES, Floats, Ints

BASE_MEN: Final = np.array([0.0, 0.12, -1.60, -4.66, -1.65, -2.72, -2.32])
BASE_WOMEN: Final = np.array([0.0, 0.00, -1.64, -4.50, -1.62, -3.82, -2.44])

_SITUATION: Final = {
    #                           dot    one    two  three   four    six  wicket
    "power play": np.array([0.00, -0.95, -0.70, 0.15, 0.32, -0.20, -0.10]),
    "death": np.array([0.00, 0.40, 0.75, 0.20, 0.35, 1.15, 1.05]),
    "caution": np.array([0.00, 0.03, -0.03, 0.00, -0.12, -0.18, -0.10]),
    "newness": np.array([0.00, -0.15, -0.35, -0.20, -0.50, -1.10, 0.25]),
    "pressure": np.array([0.00, -0.05, 0.10, 0.00, 0.25, 0.45, 0.30]),
    "after boundary": np.array([0.00, 0.12, 0.00, 0.00, -0.06, -0.06, 0.06]),
    "dots running": np.array([0.00, 0.05, 0.00, 0.00, 0.03, 0.08, 0.05]),
    "free hit": np.array([0.00, -0.25, 0.00, 0.00, 0.40, 0.85, 0.00]),
}
_SITUATION_WEIGHTS: Final = np.stack(list(_SITUATION.values()))

_KIND_BASE: Final = {"wide": (-3.50, -3.12), "no_ball": (-5.50, -5.15)}
"""Logits against a legal delivery, of men and of women."""
_DEATH_WIDE: Final = 0.35

WICKET_KINDS: Final = (
    "caught",
    "bowled",
    "lbw",
    "caught and bowled",
    "stumped",
    "run out",
    "hit wicket",
    "obstructing the field",
    "hit the ball twice",
)
_SHARE_PACE: Final = np.array([0.640, 0.178, 0.065, 0.033, 0.000, 0.0805, 0.0020, 0.0010, 0.0005])
_SHARE_SPIN: Final = np.array([0.560, 0.138, 0.075, 0.043, 0.100, 0.0805, 0.0020, 0.0010, 0.0005])
WICKET_SHARES: Final = np.stack([_SHARE_PACE, _SHARE_SPIN])
"""Kind of a dismissal off a legal delivery by (pace, spin), ``[2, 9]``."""
ALLOWED_ON_FREE_HIT: Final = np.array(
    [kind in {"run out", "obstructing the field", "hit the ball twice"} for kind in WICKET_KINDS]
)
FREE_HIT_SHARE: Final = float(_SHARE_PACE[ALLOWED_ON_FREE_HIT].sum())
"""Part of all dismissals that the rules allow on a free hit or no-ball; the same for pace and spin."""


@dataclass(frozen=True)
class Situation:
    """What the scoreboard shows before each of ``L`` deliveries.

    Attributes:
        progress: share of the scheduled balls that are gone, 0 to 1.
        wickets: batters out.
        faced: balls the striker has faced.
        needed_per_ball: runs still needed for each ball left in a chase; NaN in a first innings.
        after_boundary: the delivery before went for four or six.
        dots_running: deliveries in a row without a run, to a maximum of 4.
        free_hit: only the run out and its like can dismiss.
    """

    progress: Floats
    wickets: Ints
    faced: Ints
    needed_per_ball: Floats
    after_boundary: npt.NDArray[np.bool_]
    dots_running: Ints
    free_hit: npt.NDArray[np.bool_]

    def features(self) -> Floats:
        """Give the rows of the situation table that apply, ``[L, 8]``."""
        death = np.clip((self.progress - 0.7) / 0.3, 0.0, 1.0)
        caution = np.clip(self.wickets - (1.2 + 5.5 * self.progress), -3.0, 4.0)
        pressure = np.clip((6.0 * self.needed_per_ball - 7.8) / 4.0, -1.2, 2.5)
        return np.column_stack(
            [
                self.progress < 0.3,
                death,
                caution,
                np.exp(-self.faced / 6.0),
                np.nan_to_num(pressure),
                self.after_boundary,
                self.dots_running,
                self.free_hit,
            ]
        ).astype(np.float64)


def outcome_chances(
    situation: Situation, context: Floats, batting: Floats, bowling: Floats, spin_edge: Floats
) -> Floats:
    """Give the chances of the seven outcomes of a legal delivery, free hits not yet considered.

    Args:
        situation: the scoreboard.
        context: logits of sex, competition, ground, era and day, ``[L, 7]``.
        batting: logits of the striker, ``[L, 7]``.
        bowling: logits of the bowler, ``[L, 7]``.
        spin_edge: tempo the striker gains from the bowler's type, ``[L]``.
    """
    logits = context + batting + bowling + situation.features() @ _SITUATION_WEIGHTS
    logits = logits + spin_edge[:, None] * AXES[0]
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    chances: Floats = odds / odds.sum(axis=1, keepdims=True)
    return chances


def without_bowled_dismissals(chances: Floats) -> Floats:
    """Turn the dismissals that a free hit or no-ball forbids into dot balls; ``[L, 7]``."""
    allowed = chances.copy()
    forbidden = chances[:, BatOutcome.WICKET] * (1.0 - FREE_HIT_SHARE)
    allowed[:, BatOutcome.WICKET] -= forbidden
    allowed[:, BatOutcome.DOT] += forbidden
    return allowed


def kind_chances(female: npt.NDArray[np.bool_], progress: Floats, wide: Floats, no_ball: Floats) -> Floats:
    """Give the chances of (legal, wide, no-ball), ``[L, 3]``.

    Args:
        female: played by women.
        progress: share of the scheduled balls that are gone.
        wide: the bowler's logit for wides.
        no_ball: the bowler's logit for no-balls.
    """
    death = np.clip((progress - 0.7) / 0.3, 0.0, 1.0)
    wides = np.where(female, _KIND_BASE["wide"][1], _KIND_BASE["wide"][0]) + wide + _DEATH_WIDE * death
    no_balls = np.where(female, _KIND_BASE["no_ball"][1], _KIND_BASE["no_ball"][0]) + no_ball
    odds = np.exp(np.column_stack([np.zeros_like(wides), wides, no_balls]))
    chances: Floats = odds / odds.sum(axis=1, keepdims=True)
    return chances


def label_chances(kinds: Floats, legal: Floats, no_ball: Floats, retires_out: Floats) -> Floats:
    """Give the true chances of the seven-class label of a delivery that is not a wide, ``[L, 7]``.

    The label does not tell a no-ball from a legal delivery, and a batter who retires out on a delivery is a
    wicket whatever it brought, so both are mixed in.

    Args:
        kinds: chances of (legal, wide, no-ball), ``[L, 3]``.
        legal: outcome chances if the delivery is legal, ``[L, 7]``.
        no_ball: outcome chances if it is a no-ball, ``[L, 7]``.
        retires_out: chance that a batter not dismissed retires out, ``[L]``.
    """
    no_ball_share = (kinds[:, 2] / (kinds[:, 0] + kinds[:, 2]))[:, None]
    mixed = legal * (1.0 - no_ball_share) + no_ball * no_ball_share
    label = mixed * (1.0 - retires_out)[:, None]
    label[:, BatOutcome.WICKET] += retires_out
    return label
