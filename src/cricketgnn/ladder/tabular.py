"""Every number the network sees about a delivery, as one row of a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from cricketgnn.features import names
from cricketgnn.features.grouped import Floats, Ints
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
_PLACE: Final = {name: place for place, name in enumerate(COLUMNS)}


def tabular(task: Task, part: Part, columns: Sequence[str] = COLUMNS) -> Floats:
    """Lay some columns of some deliveries out, ``[D, len(columns)]`` float32."""
    wanted = np.array([_PLACE[name] for name in columns])
    table = np.empty((len(part.rows), len(columns)), dtype=np.float32)
    place = 0
    for values, rows in _blocks(task, part):
        here = np.flatnonzero((wanted >= place) & (wanted < place + values.shape[1]))
        if len(here):
            table[:, here] = values[rows][:, wanted[here] - place]
        place += values.shape[1]
    return table


def _blocks(task: Task, part: Part) -> Iterator[tuple[Floats, Ints]]:
    """Give the columns in their order, those of one node after the other, each with its row by delivery."""
    store, nodes = task.store, task.graphs.nodes
    first = store.player_pointers[part.innings]
    yield store.delivery_x, part.rows
    for person in _PEOPLE:
        yield nodes.player, first + getattr(store, person)[part.rows]
    yield nodes.venue, part.innings
    yield nodes.team.reshape(len(nodes.team), -1), part.innings
    yield nodes.competition, part.innings
