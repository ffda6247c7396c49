"""Today's figures before each delivery: striker, non-striker, partnership, bowler, match-up, over."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cricketgnn.cricket.outcomes import BatOutcome, DeliveryKind
from cricketgnn.features.grouped import AsOfCounts, Floats, Ints, pair_codes, sums_before
from cricketgnn.features.plays import Plays


def figure_features(plays: Plays) -> Floats:
    """Compute the columns of :data:`cricketgnn.features.names.FIGURES`, ``[D, len(FIGURES)]``."""
    column = plays.column
    faced = column["kind"] != DeliveryKind.WIDE  # a no-ball is faced, a wide is not
    boundary = (column["outcome"] == BatOutcome.FOUR) | (column["outcome"] == BatOutcome.SIX)
    dot = column["outcome"] == BatOutcome.DOT
    batting = np.stack([faced, column["bat_runs"], boundary, dot], axis=1)
    striker, non_striker = plays.today("striker"), plays.today("non_striker")
    striker_figures = sums_before(batting, striker)
    rows = np.arange(len(striker))
    partner_figures = AsOfCounts.of(striker, rows, batting[:, :2]).before(non_striker, rows)
    return np.concatenate(
        [
            striker_figures,
            _arrival_order(plays)[:, None],
            partner_figures,
            _partnership(plays, striker, non_striker),
            _bowler_figures(plays, dot, boundary),
            sums_before(np.stack([faced, column["bat_runs"]], axis=1), pair_codes(striker, column["bowler"])),
            sums_before(
                np.stack([column["total_runs"], column["dismissals"]], axis=1),
                plays.over_code,
            ),
        ],
        axis=1,
    ).astype(np.float32)


def _bowler_figures(
    plays: Plays, dot: npt.NDArray[np.bool_], boundary: npt.NDArray[np.bool_]
) -> npt.NDArray[np.float64]:
    """Sum balls, runs conceded, wickets, dots, boundaries and extras of the bowler today, ``[D, 6]``."""
    column = plays.column
    legal = column["kind"] == DeliveryKind.LEGAL
    conceded = column["bat_runs"] + column["wide_runs"] + column["noball_runs"]  # byes are not charged
    bowling = np.stack([legal, conceded, column["bowler_wickets"], dot, boundary, ~legal], axis=1)
    return sums_before(bowling, plays.today("bowler"))


def _arrival_order(plays: Plays) -> npt.NDArray[np.float64]:
    """Count the batters who came in before the striker did, ``[D]``.

    At an innings' first delivery the striker counts as the first and the non-striker as the second.
    """
    rows = np.arange(len(plays.innings_of))
    both = np.concatenate([plays.today("striker"), plays.today("non_striker")])
    when = np.concatenate([rows * 2, rows * 2 + 1])
    order = np.argsort(when, kind="stable")
    _, first, inverse = np.unique(both[order], return_index=True, return_inverse=True)
    arrived = np.zeros(len(order))
    arrived[first] = 1
    innings = np.concatenate([plays.innings_of] * 2)[order]
    place_at_arrival = sums_before(arrived, innings)[first]
    place = np.empty(len(order))
    place[order] = place_at_arrival[inverse]
    return place[: len(rows)]


def _partnership(plays: Plays, striker: Ints, non_striker: Ints) -> npt.NDArray[np.float64]:
    """Count deliveries and runs since this pair of batters came together, ``[D, 2]``."""
    low, high = np.minimum(striker, non_striker), np.maximum(striker, non_striker)
    changed = np.ones(len(low), dtype=bool)
    changed[1:] = (low[1:] != low[:-1]) | (high[1:] != high[:-1])
    stand = np.cumsum(changed)
    totals = np.stack([np.ones(len(low)), plays.column["total_runs"]], axis=1)
    return sums_before(totals, stand)
