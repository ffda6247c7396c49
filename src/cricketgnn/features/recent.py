"""What the last few deliveries of the innings brought."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cricketgnn.cricket.outcomes import BatOutcome, DeliveryKind
from cricketgnn.features.grouped import Floats, Ints, window_sums
from cricketgnn.features.names import RECENT_WINDOWS
from cricketgnn.features.plays import Plays

LONG_AGO = 60
"""Deliveries since an event are counted up to here; also the value before the first one."""


def recent_features(plays: Plays) -> Floats:
    """Compute the columns of :data:`cricketgnn.features.names.RECENT`, ``[D, len(RECENT)]``."""
    column = plays.column
    boundary = (column["outcome"] == BatOutcome.FOUR) | (column["outcome"] == BatOutcome.SIX)
    wicket = column["dismissals"] > 0
    events = np.stack(
        [column["total_runs"], column["outcome"] == BatOutcome.DOT, boundary, column["dismissals"]], axis=1
    )
    extra = column["kind"] != DeliveryKind.LEGAL
    previous = np.stack([column["total_runs"], wicket, extra], axis=1)
    return np.concatenate(
        [
            *(window_sums(events, plays.starts, window) for window in RECENT_WINDOWS),
            _since(boundary, plays.starts)[:, None],
            _since(wicket, plays.starts)[:, None],
            window_sums(previous, plays.starts, 1),
        ],
        axis=1,
    ).astype(np.float32)


def _since(event: npt.NDArray[np.bool_], starts: Ints) -> npt.NDArray[np.int64]:
    """Count deliveries since the last earlier event in the innings, :data:`LONG_AGO` at most (``[D]``)."""
    rows = np.arange(len(event))
    if not len(event):
        return rows
    latest = np.maximum.accumulate(np.where(event, rows, -1))
    before = np.concatenate([[-1], latest[:-1]])
    return np.where(before >= starts, np.minimum(rows - before, LONG_AGO), LONG_AGO)
