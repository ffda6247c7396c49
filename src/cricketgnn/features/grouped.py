"""Running sums within groups and as-of look-ups over arrays: the arithmetic of "before this delivery"."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple, Self

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.integer]
Floats = npt.NDArray[np.float32]

BEFORE_ALL: Final = -1_000_000
"""A day before any match, in days since 1970-01-01; whatever was seen then, all of it is forgotten."""


def sums_before(values: npt.NDArray[np.generic], groups: Ints) -> npt.NDArray[np.float64]:
    """Sum each row's values over the earlier rows of its group, the row itself left out.

    Args:
        values: ``[D]`` or ``[D, K]`` numbers, rows in time order.
        groups: ``[D]`` group of each row; rows of a group need not stand together.

    Returns:
        The shape of ``values``, float64 (exact for counts).
    """
    if (groups[1:] >= groups[:-1]).all():  # innings, matches, overs: nothing to put in order
        return _sums_before_in_order(values, groups)
    order = np.argsort(groups, kind="stable")
    sums = _sums_before_in_order(values[order], groups[order])
    result = np.empty_like(sums)
    result[order] = sums
    return result


def _sums_before_in_order(values: npt.NDArray[np.generic], groups: Ints) -> npt.NDArray[np.float64]:
    running = np.zeros((len(values) + 1, *values.shape[1:]))
    np.cumsum(values, axis=0, dtype=np.float64, out=running[1:])
    before: npt.NDArray[np.float64] = running[:-1]
    return before - before[_group_starts(groups)]


def _group_starts(ordered: Ints) -> npt.NDArray[np.int64]:
    """Give each row of an ordered group column the first row of its group."""
    new = np.ones(len(ordered), dtype=bool)
    new[1:] = ordered[1:] != ordered[:-1]
    return np.flatnonzero(new)[np.cumsum(new) - 1]


def pair_codes(first: Ints, second: Ints) -> npt.NDArray[np.int64]:
    """Combine two non-negative codes a row into one that is equal exactly when both are (``[D]``)."""
    return first.astype(np.int64) * (int(second.max(initial=0)) + 1) + second


def window_sums(values: npt.NDArray[np.generic], starts: Ints, window: int) -> npt.NDArray[np.float64]:
    """Sum the last ``window`` rows before each row, not reaching back over its innings' start.

    Args:
        values: ``[D]`` or ``[D, K]`` numbers, innings one after the other.
        starts: ``[D]`` first row of the innings of each row.
        window: rows to look back.
    """
    running = np.zeros((len(values) + 1, *values.shape[1:]))
    np.cumsum(values, axis=0, out=running[1:])
    rows = np.arange(len(values))
    return running[rows] - running[np.maximum(rows - window, starts)]


class Groups(NamedTuple):
    """What some entities did on some days: entity ``[G]``, day ``[G]``, counts ``[G, K]``."""

    entities: Ints
    days: Ints
    counts: npt.NDArray[np.generic]


@dataclass(frozen=True)
class AsOfCounts:
    """Counts of entities by day, answering "how many strictly before this date?".

    Attributes:
        keys: entity and day of each of ``G`` groups in one number, ascending, ``[G]``.
        running: counts of all earlier groups, whosever they are, ``[G + 1, K]``.
        first_day: first day of any event.
        span: how many numbers the days of one entity take.
    """

    keys: npt.NDArray[np.int64]
    running: npt.NDArray[np.float64]
    first_day: int
    span: int

    @classmethod
    def of(cls, entities: Ints, days: Ints, counts: npt.NDArray[np.generic]) -> Self:
        """Add up events.

        Args:
            entities: ``[N]`` entity of each event, non-negative.
            days: ``[N]`` day of each event, days since some epoch.
            counts: ``[N, K]`` what to add up.
        """
        first_day = int(days.min()) if len(days) else 0
        span = (int(days.max()) if len(days) else 0) - first_day + 2
        of_events = _day_keys(entities, days, first_day, span)
        order = np.argsort(of_events, kind="stable")
        ordered = of_events[order]
        last = np.flatnonzero(np.append(ordered[1:] != ordered[:-1], True)[: len(ordered)])
        running = np.zeros((len(last) + 1, counts.shape[1]))
        running[1:] = np.cumsum(counts[order], axis=0, dtype=np.float64)[last]
        return cls(ordered[last], running, first_day, span)

    def before(self, entities: Ints, days: Ints, within: int | None = None) -> Floats:
        """Sum the counts of each entity on earlier days (``[M, K]``).

        Args:
            entities: ``[M]`` entities asked for; of a negative one nothing is known.
            days: ``[M]`` the day itself does not count.
            within: only the last so many days before; None for all.
        """
        end = self._position(entities, days)
        from_day = np.full_like(days, self.first_day) if within is None else days - within
        begin = self._position(entities, from_day)
        return (self.running[end] - self.running[begin]).astype(np.float32)

    def groups(self) -> Groups:
        """Give entity ``[G]``, day ``[G]`` and counts ``[G, K]`` of every group."""
        entities, since = np.divmod(self.keys, self.span)
        return Groups(entities, self.first_day + since, np.diff(self.running, axis=0))

    def _position(self, entities: Ints, days: Ints) -> npt.NDArray[np.int64]:
        keys = _day_keys(entities, days, self.first_day, self.span)
        return np.searchsorted(self.keys, keys, side="left")


class RunningCounts:
    """As-of counts of events that come block by block: it keeps what later blocks may be asked of.

    Args:
        reach: days that questions reach back; None where they ask for all time, and every event is kept
            as a part of one sum an entity.
    """

    def __init__(self, reach: int | None = None) -> None:
        self._reach = reach
        self._kept: Groups | None = None

    def take_in(self, entities: Ints, days: Ints, counts: npt.NDArray[np.generic], until: int) -> AsOfCounts:
        """Add a block's events; answer for its days.

        Args:
            entities: ``[N]`` entity of each event, non-negative.
            days: ``[N]`` day of each event; a few may be later than ``until``.
            counts: ``[N, K]`` what to add up.
            until: the last day of the block: nobody asks for it or an earlier one any more.
        """
        events = Groups(entities, days, counts)
        known = AsOfCounts.of(*(events if self._kept is None else _both(self._kept, events)))
        self._kept = self._still_asked_of(known.groups(), until)
        return known

    def _still_asked_of(self, known: Groups, until: int) -> Groups:
        if self._reach is not None:
            return _some(known, known.days > until - self._reach)
        settled = known.days <= until
        past = _some(known, settled)
        of, first = np.unique(past.entities, return_index=True)  # the days of an entity stand together
        sums = np.add.reduceat(past.counts, first, axis=0) if len(of) else past.counts
        return _both(Groups(of, np.full(len(of), until), sums), _some(known, ~settled))


def _both(some: Groups, more: Groups) -> Groups:
    return Groups(*(np.concatenate(pair) for pair in zip(some, more, strict=True)))


def _some(groups: Groups, chosen: npt.NDArray[np.bool_]) -> Groups:
    return Groups(groups.entities[chosen], groups.days[chosen], groups.counts[chosen])


def _day_keys(entities: Ints, days: Ints, first_day: int, span: int) -> npt.NDArray[np.int64]:
    # A day before the first event sees none of them, one past the last event all: never another entity's.
    since = np.clip(days.astype(np.int64) - first_day, 0, span - 1)
    return entities.astype(np.int64) * span + since
