"""The regular innings of some matches, a block of whole days at a time: memory follows the block."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from cricketgnn.deliveries.schema import MatchTables
from cricketgnn.features.grouped import Ints
from cricketgnn.features.identity import Entities, Numbering
from cricketgnn.features.plays import Plays, plays_of_innings, regular_innings

BLOCK_DELIVERIES: Final = 100_000
"""Deliveries of a block, about: its arrays stay below a hundred megabytes."""


@dataclass(frozen=True)
class Block:
    """Innings of matches that began on some days, and no other match began on those days.

    Attributes:
        plays: the innings.
        entities: who and what takes part.
        until: the last of the days: the matches of later blocks began later. Of the last block, the day on
            which the last match of all was over.
    """

    plays: Plays
    entities: Entities
    until: int


def blocks(tables: MatchTables, numbering: Numbering, deliveries: int = BLOCK_DELIVERIES) -> Iterator[Block]:
    """Give the regular innings of the tables in time order, one block of them at least.

    Args:
        tables: the matches.
        numbering: whose numbers the entities get.
        deliveries: how many a block has, about: days stay whole.
    """
    innings, people = regular_innings(tables), numbering.people(tables)
    cuts = _cuts(
        tables.matches["date"].to_physical().to_numpy()[innings["match"].to_numpy()],
        innings["deliveries"].to_numpy().astype(np.int64),
        deliveries,
    )
    over = int(tables.matches["last_date"].to_physical().to_numpy().max(initial=0))
    for start, end in pairwise(cuts.tolist()):
        part = innings[start:end]
        plays = plays_of_innings(tables, part)
        until = over if end == len(innings) else int(plays.day.max())
        yield Block(plays, numbering.entities(tables, part, people), until)


def _cuts(day: Ints, lengths: Ints, size: int) -> npt.NDArray[np.int64]:
    """Give the first innings of each block, and one past the last: cuts where the next day begins."""
    begin = np.flatnonzero(day[1:] != day[:-1]) + 1
    so_far = np.cumsum(lengths)
    places = np.unique(np.searchsorted(so_far[begin - 1], np.arange(size, int(lengths.sum()), size)))
    return np.concatenate([[0], begin[places[places < len(begin)]], [len(day)]])
