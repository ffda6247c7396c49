"""Every number the network sees about a delivery, as one row of a table."""

from __future__ import annotations

from typing import Final

import numpy as np

from cricketgnn.features import names
from cricketgnn.features.grouped import Floats
from cricketgnn.ladder.task import Part, Task

_PEOPLE: Final = ("striker", "bowler", "non_striker")

COLUMNS: Final = (
    *(feature.name for feature in names.DELIVERY),
    *(f"{person}_as_{feature.name}" for person in _PEOPLE for feature in names.PLAYER),
    *(feature.name for feature in names.VENUE),
    *(f"batting_side_{feature.name}" for feature in names.TEAM),
    *(f"bowling_side_{feature.name}" for feature in names.TEAM),
    *(feature.name for feature in names.COMPETITION),
)
"""The delivery's own columns, those of its three people, of the ground, the sides, the competition."""


def tabular(task: Task, part: Part) -> Floats:
    """Lay the numbers of some deliveries out, ``[D, len(COLUMNS)]`` float32."""
    store, nodes = task.store, task.graphs.nodes
    first = store.player_pointers[part.innings]
    table = np.empty((len(part.rows), len(COLUMNS)), dtype=np.float32)
    blocks = (
        store.delivery_x[part.rows],
        *(nodes.player[first + getattr(store, person)[part.rows]] for person in _PEOPLE),
        nodes.venue[part.innings],
        nodes.team[part.innings].reshape(len(part.rows), -1),
        nodes.competition[part.innings],
    )
    place = 0
    for block in blocks:
        table[:, place : place + block.shape[1]] = block
        place += block.shape[1]
    return table
