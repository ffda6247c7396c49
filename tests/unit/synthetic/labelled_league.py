"""The truth of a league beside the labels its documents give, and how far the two lie apart."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import polars as pl
from match_referee import deliveries, extra

from cricketgnn.cricket.dismissals import is_dismissal
from cricketgnn.cricket.outcomes import bat_outcomes, delivery_kinds
from cricketgnn.synthetic.league import League


def labelled(league: League) -> pl.DataFrame:
    """The truth beside what the documents say happened, labelled by the rules of ``cricket.outcomes``."""
    rows = [row for file in league.files for row in _rows(file.match_id, file.document)]
    seen = pl.DataFrame(rows)
    kind = delivery_kinds(seen["wides"].to_numpy(), seen["noballs"].to_numpy())
    label = bat_outcomes(seen["bat"].to_numpy(), seen["dismissals"].to_numpy(), kind)
    seen = seen.with_columns(pl.Series("kind", kind), pl.Series("label", label))
    key = ["match_id", "innings", "over", "ball"]
    beside = league.truth.join(seen.cast({k: league.truth.schema[k] for k in key}), on=key, how="left")
    assert beside.height == seen.height == league.truth.height
    assert beside["label"].null_count() == 0
    return beside


def _rows(match_id: str, document: dict[str, Any]) -> list[dict[str, Any]]:
    rows = []
    info = document["info"]
    for position, innings in enumerate(document["innings"]):
        faced: Counter[str] = Counter()
        free_hit = False
        for over, ball, delivery in deliveries(innings):
            wides, noballs = extra(delivery, "wides"), extra(delivery, "noballs")
            rows.append(
                {
                    "match_id": match_id,
                    "innings": position,
                    "over": over,
                    "ball": ball,
                    "female": info["gender"] == "female",
                    "hundred": info["balls_per_over"] == 5,
                    "super_over": bool(innings.get("super_over")),
                    "chase": position == 1,
                    "free_hit": free_hit,
                    "new_striker": faced[delivery["batter"]] < 4,
                    "bat": delivery["runs"]["batter"],
                    "wides": wides,
                    "noballs": noballs,
                    "dismissals": sum(is_dismissal(w["kind"]) for w in delivery.get("wickets", [])),
                }
            )
            faced[delivery["batter"]] += not wides
            free_hit = bool(noballs) or (free_hit and bool(wides))
    return rows


def chi_square(chances: np.ndarray, labels: np.ndarray) -> float:
    """How far class counts lie from the sum of the chances: chi-square with ``classes - 1`` degrees.

    Args:
        chances: ``[n, classes]``.
        labels: ``[n]``.
    """
    classes = chances.shape[1]
    difference = np.bincount(labels, minlength=classes) - chances.sum(axis=0)
    covariance = np.diag(chances.sum(axis=0)) - chances.T @ chances
    # The counts add up to n, so one class says nothing new.
    reduced = np.linalg.solve(covariance[1:, 1:], difference[1:])
    return float(difference[1:] @ reduced)
