"""What today brought so far beside what was expected: the match, the innings, the bowler, the striker."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from cricketgnn.cricket.outcomes import N_OUTCOMES
from cricketgnn.features.grouped import Floats, Ints, sums_before, window_sums
from cricketgnn.features.names import LATELY
from cricketgnn.features.plays import Plays

_PRIOR: Final = 4.0
"""Expected outcomes that the prior, a day like any other, is worth."""
_GRAIN: Final = 2.0**-24
"""Expectations are rounded to multiples of it, whose sums are exact: what comes later moves no last bit."""


def surprise_features(plays: Plays, expected: Floats) -> Floats:
    """Compute the columns of :data:`cricketgnn.features.names.SURPRISE`, ``[D, len(SURPRISE)]``.

    Of each outcome, ``ln((came + 4) / (expected + 4))`` over the earlier deliveries of the scope, wides
    left out. Expectations are of the ratings before the day, so runs off a weak attack surprise less.

    Args:
        plays: the innings.
        expected: log-probabilities of the ratings, ``[D, 7]``.
    """
    both = _came_and_expected(plays.column["outcome"], expected)
    match = plays.match[plays.innings_of]
    scopes = (match, plays.innings_of, plays.today("bowler"), plays.today("striker"))
    # One scope after the other: the sums are twice as wide and twice as precise as what is kept of them.
    today = [_surprise(sums_before(both, scope)) for scope in scopes]
    return np.concatenate([*today, _surprise(window_sums(both, plays.starts, LATELY))], axis=1)


def _came_and_expected(outcome: Ints, expected: Floats) -> npt.NDArray[np.float64]:
    """Lay what came beside what was expected, zeros for wides, ``[D, 14]``."""
    both = np.zeros((len(outcome), 2 * N_OUTCOMES))
    faced = np.flatnonzero(outcome >= 0)
    both[faced, outcome[faced]] = 1
    both[faced, N_OUTCOMES:] = np.round(np.exp(expected[faced]) / _GRAIN) * _GRAIN
    return both


def _surprise(sums: npt.NDArray[np.float64]) -> Floats:
    came, expected = sums[:, :N_OUTCOMES], sums[:, N_OUTCOMES:]
    return np.log((came + _PRIOR) / (expected + _PRIOR)).astype(np.float32)
