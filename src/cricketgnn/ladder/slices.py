"""Parts of the deliveries on which the ladder is looked at apart."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt

from cricketgnn.cricket.overs import Phase, phases
from cricketgnn.cricket.teams import is_full_member
from cricketgnn.features import names
from cricketgnn.graph.fitted import UNKNOWN
from cricketgnn.ladder.task import Part, Task

Mask = npt.NDArray[np.bool_]


def slices(task: Task, part: Part) -> dict[str, Mask]:
    """Name the slices and mark the deliveries in each, ``[D]``; those without a delivery are left out."""
    masks = {name: mask(task, part) for name, mask in _SLICES.items()}
    return {name: mask for name, mask in masks.items() if mask.any()}


def _phase(wanted: Phase) -> Callable[[Task, Part], Mask]:
    def mask(task: Task, part: Part) -> Mask:
        bowled, scheduled = (
            task.column(part, name).astype(np.int64) for name in ("balls_bowled", "scheduled_balls")
        )
        return np.asarray(phases(bowled, scheduled) == wanted)

    return mask


def _flag(name: str, value: bool) -> Callable[[Task, Part], Mask]:
    return lambda task, part: np.asarray((task.column(part, name) > 0) == value)


def _unseen(task: Task, part: Part) -> Mask:
    """Striker or bowler played in no training match."""
    first = task.store.player_pointers[part.innings]
    known = task.graphs.nodes.person != UNKNOWN
    both = [known[first + getattr(task.store, role)[part.rows]] for role in ("striker", "bowler")]
    return np.asarray(~(both[0] & both[1]))


def _associates(task: Task, part: Part) -> Mask:
    """Internationals in which a side is no full member of the ICC."""
    full = np.array([is_full_member(name.rpartition("|")[0]) for name in task.store.team_names.tolist()])
    batting, bowling = (
        full[task.store.context_entity[names.CONTEXT_ROLES.index(role)][part.innings]]
        for role in ("batting_team", "bowling_team")
    )
    return np.asarray(_flag("is_international", True)(task, part) & ~(batting & bowling))


_SLICES: Final[dict[str, Callable[[Task, Part], Mask]]] = {
    "men": lambda task, part: ~part.female,
    "women": lambda task, part: part.female,
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
