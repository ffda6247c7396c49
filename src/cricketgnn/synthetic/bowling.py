"""Which bowler takes the next over: a captain's taste within the rules on how much one may bowl."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from cricketgnn.errors import DataError
from cricketgnn.synthetic.skills import Floats, Ints

NOBODY: Final = -1
_SPELL_BONUS: Final = 0.8
"""Log odds for the bowler of the over before last: captains bowl in spells."""


def permitted(quota: Ints, barred: Ints, overs_left: Ints) -> npt.NDArray[np.bool_]:
    """Tell who may bowl the over so that every later over still has a bowler.

    Overs without two running by one bowler can be arranged if and only if the quotas, each cut to every
    second of the remaining overs, add up to the remaining overs; whoever bowls now cannot take the first.

    Args:
        quota: overs each of the twelve may still bowl, ``[L, 12]``.
        barred: place that has bowled too recently, or :data:`NOBODY`, ``[L]``.
        overs_left: overs to come, this one counted, ``[L]``.

    Returns:
        ``[L, 12]`` bool.
    """
    places = np.arange(quota.shape[1])
    later = (overs_left - 1)[:, None, None]
    after = quota[:, None, :] - np.eye(quota.shape[1], dtype=np.int64)
    others_cap = (later + 1) // 2
    cap = np.where(np.eye(quota.shape[1], dtype=np.bool_), later // 2, others_cap)
    enough = np.minimum(after, cap).sum(axis=2) >= (overs_left - 1)[:, None]
    allowed: npt.NDArray[np.bool_] = (quota > 0) & (places != barred[:, None]) & enough
    return allowed


def draw_bowlers(
    rng: np.random.Generator, allowed: npt.NDArray[np.bool_], taste: Floats, before_last: Ints
) -> Ints:
    """Draw a bowler for each of ``L`` overs among those allowed, :data:`NOBODY` where none is.

    Args:
        rng: source of randomness.
        allowed: who may bowl, ``[L, 12]``.
        taste: log weight of each, ``[L, 12]``.
        before_last: place that bowled the over before last, ``[L]``.
    """
    spell = np.arange(allowed.shape[1]) == before_last[:, None]
    weight = taste + _SPELL_BONUS * spell + rng.gumbel(size=taste.shape)
    chosen = np.where(allowed, weight, -np.inf).argmax(axis=1)
    return np.where(allowed.any(axis=1), chosen, NOBODY)


def require_bowler(chosen: Ints) -> Ints:
    """Refuse an over that nobody may bowl.

    Raises:
        DataError: a side ran out of overs, which the choice of earlier bowlers must prevent.
    """
    if (chosen == NOBODY).any():
        raise DataError(
            f"{int((chosen == NOBODY).sum())} synthetic innings have no bowler left for the next over; "
            "expected one for every over: this is a fault of the simulator, please report it with the seed"
        )
    return chosen
