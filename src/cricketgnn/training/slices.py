"""Parts of the deliveries that are looked at apart."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt

from cricketgnn.cricket.overs import Phase, phases
from cricketgnn.cricket.teams import is_full_member
from cricketgnn.features import names
from cricketgnn.features.grouped import Floats, Ints
from cricketgnn.graph.batch import InningsGraphs
from cricketgnn.graph.fitted import UNKNOWN

Mask = npt.NDArray[np.bool_]


class _Deliveries:
    """Some deliveries of the graphs, and the innings they are of."""

    def __init__(self, graphs: InningsGraphs, rows: Ints) -> None:
        self.graphs, self.store, self.rows = graphs, graphs.store, rows
        self.innings = np.searchsorted(graphs.store.pointers, rows, side="right") - 1

    def column(self, name: str) -> Floats:
        """Give a feature by its name, ``[D]``."""
        return np.asarray(self.store.delivery_x[self.rows, names.DELIVERY_COLUMN[name]])


def slices(graphs: InningsGraphs, rows: Ints) -> dict[str, Mask]:
    """Name the slices and mark the deliveries in each, ``[D]``; those without a delivery are left out.

    Args:
        graphs: under what was fitted on training: who was never seen there follows from it.
        rows: of the deliveries in the store, ``[D]``.
    """
    deliveries = _Deliveries(graphs, rows)
    masks = {name: mask(deliveries) for name, mask in _SLICES.items()}
    return {name: mask for name, mask in masks.items() if mask.any()}


def _phase(wanted: Phase) -> Callable[[_Deliveries], Mask]:
    def mask(of: _Deliveries) -> Mask:
        bowled, scheduled = (of.column(name).astype(np.int64) for name in ("balls_bowled", "scheduled_balls"))
        return np.asarray(phases(bowled, scheduled) == wanted)

    return mask


def _flag(name: str, value: bool) -> Callable[[_Deliveries], Mask]:
    return lambda of: np.asarray((of.column(name) > 0) == value)


def _female(of: _Deliveries) -> Mask:
    return np.asarray(of.store.is_female[of.innings])


def _unseen(of: _Deliveries) -> Mask:
    """Striker or bowler played in no training match."""
    first = of.store.player_pointers[of.innings]
    known = of.graphs.nodes.person != UNKNOWN
    both = [known[first + getattr(of.store, role)[of.rows]] for role in ("striker", "bowler")]
    return np.asarray(~(both[0] & both[1]))


def _associates(of: _Deliveries) -> Mask:
    """Internationals in which a side is no full member of the ICC."""
    full = np.array([is_full_member(name.rpartition("|")[0]) for name in of.store.team_names.tolist()])
    batting, bowling = (
        full[of.store.context_entity[names.CONTEXT_ROLES.index(role)][of.innings]]
        for role in ("batting_team", "bowling_team")
    )
    return np.asarray(_flag("is_international", True)(of) & ~(batting & bowling))


_SLICES: Final[dict[str, Callable[[_Deliveries], Mask]]] = {
    "men": lambda of: ~_female(of),
    "women": _female,
    "internationals": _flag("is_international", True),
    "leagues": _flag("is_international", False),
    "powerplay": _phase(Phase.POWERPLAY),
    "middle": _phase(Phase.MIDDLE),
    "death": _phase(Phase.DEATH),
    "first innings": _flag("is_chase", False),
    "chase": _flag("is_chase", True),
    "unseen player": _unseen,
    "associates": _associates,
}
