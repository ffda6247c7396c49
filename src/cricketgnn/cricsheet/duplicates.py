"""The same match in several copies: archives overlap, and a match is published again when corrected."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from cricketgnn.cricsheet.report import Duplicate


@dataclass(frozen=True)
class Copy:
    """One file of a match, as far as the choice between copies goes."""

    match_id: str
    revision: int
    created: dt.date
    digest: str
    file: str


def superseded(copies: Sequence[Copy]) -> dict[int, Duplicate]:
    """Choose one copy of each match and tell which others it supersedes.

    The highest revision wins, then the one created last, then the larger content digest: the choice
    depends on what the files hold, never on their order.

    Returns:
        Position in ``copies`` to the reason it is dropped, sorted by match id.
    """
    by_match: defaultdict[str, list[int]] = defaultdict(list)
    for position, copy in enumerate(copies):
        by_match[copy.match_id].append(position)
    dropped: dict[int, Duplicate] = {}
    for match_id in sorted(match_id for match_id, positions in by_match.items() if len(positions) > 1):
        best, *others = sorted(by_match[match_id], key=lambda position: _rank(copies[position]), reverse=True)
        for position in others:
            reason = _reason(copies[position], copies[best])
            dropped[position] = Duplicate(match_id, copies[position].file, copies[best].file, reason)
    return dropped


def _rank(copy: Copy) -> tuple[int, dt.date, str]:
    return copy.revision, copy.created, copy.digest


def _reason(copy: Copy, kept: Copy) -> str:
    if copy.digest == kept.digest:
        return "the same content"
    if copy.revision != kept.revision:
        return f"revision {copy.revision}, kept {kept.revision}"
    if copy.created != kept.created:
        return f"revision {copy.revision} created {copy.created}, kept {kept.created}"
    return f"other content of the same revision {copy.revision} and date"
