"""Who is learned from, who is chosen on and who is scored: by date and whole match, never at random."""

from __future__ import annotations

import datetime as dt
import zlib
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from cricketgnn.config import DataConfig
from cricketgnn.cricket.days import day_numbered, number_of
from cricketgnn.cricket.outcomes import NO_OUTCOME
from cricketgnn.errors import DataError
from cricketgnn.features.grouped import Ints
from cricketgnn.graph.store import GraphStore


@dataclass(frozen=True)
class Split:
    """Innings of a store parted by the days of their match.

    A match with a reserve day that begins before a boundary and ends on or after it belongs to no part:
    what it brought was not known at the boundary, and it had begun.

    Attributes:
        val_from: first day of validation.
        test_from: first day of test.
        training, validation, test: rows of the store, ascending, ``[N]`` each, disjoint.
    """

    val_from: dt.date
    test_from: dt.date
    training: Ints
    validation: Ints
    test: Ints

    def part(self, name: str) -> Ints:
        """Give the innings of ``train``, ``val`` or ``test``."""
        return {"train": self.training, "val": self.validation, "test": self.test}[name]

    def to_json(self) -> dict[str, Any]:
        """Describe the split by its dates and sizes."""
        return {
            "val_from": self.val_from.isoformat(),
            "test_from": self.test_from.isoformat(),
            "innings": {name: len(self.part(name)) for name in ("train", "val", "test")},
        }


def split_of(store: GraphStore, config: DataConfig) -> Split:
    """Part the innings as a configuration says.

    Raises:
        DataError: see :func:`split_by_date`.
    """
    return split_by_date(store, config.val_from, config.test_from, config.data_fraction)


def split_by_date(
    store: GraphStore, val_from: dt.date | None, test_from: dt.date | None, fraction: float = 1.0
) -> Split:
    """Part the innings at two dates; matches of one day never fall into two parts.

    Without dates, the last tenth of the matches is for test and the tenth before for validation.

    Args:
        store: all innings.
        val_from: first day of validation.
        test_from: first day of test.
        fraction: share of the matches that is used, chosen by their id: the same matches every time, those
            of a smaller share among those of a larger one.

    Raises:
        DataError: training would be empty, or validation less than two matches (the decision rule is fitted
            on one half of them and scored on the other), matches of nothing but wides not counted; the
            message gives the dates the data has.
    """
    if val_from is None or test_from is None:
        val_from, test_from = _default_dates(store)
    split = part_at(store, val_from, test_from)
    if fraction < 1:
        split = _sample(store, split, fraction)
    for name, innings, needed in (("training", split.training, 1), ("validation", split.validation, 2)):
        got, faced = len(np.unique(store.match[innings])), matches_faced(store, innings)
        if faced < needed:
            first, last = (day_numbered(int(day)) for day in (store.day.min(), store.day.max()))
            only_wides = f" ({got - faced} of them with nothing but wides)" if faced < got else ""
            raise DataError(
                f"got {got} matches for {name}{only_wides} with val_from {val_from} and test_from "
                f"{test_from}, expected at least {needed} in which a ball was no wide: the matches run from "
                f"{first} to {last}; give other --val-from and --test-from within these dates, or more --data"
            )
    return split


def _sample(store: GraphStore, split: Split, fraction: float) -> Split:
    """Keep the matches whose id hashes below ``fraction``."""
    of_each = np.array([zlib.crc32(match_id.encode()) for match_id in store.match_ids.tolist()])
    kept = (of_each / 2**32 < fraction)[store.match]
    parts = {name: getattr(split, name) for name in ("training", "validation", "test")}
    return replace(split, **{name: innings[kept[innings]] for name, innings in parts.items()})


def matches_faced(store: GraphStore, innings: Ints) -> int:
    """Count the matches of some innings in which a delivery has a bat outcome: others cannot be scored."""
    match = np.repeat(store.match[innings], np.diff(store.pointers)[innings])
    return len(np.unique(match[store.outcome[store.rows_of(innings)] != NO_OUTCOME]))


def part_at(store: GraphStore, val_from: dt.date, test_from: dt.date) -> Split:
    """Part the innings at two dates; any part may be empty.

    Training ended before ``val_from``; validation began there or later and ended before ``test_from``; test
    began there or later. A match across a boundary is left out.
    """
    val_day, test_day = number_of(val_from), number_of(test_from)
    return Split(
        val_from,
        test_from,
        training=np.flatnonzero(store.last_day < val_day),
        validation=np.flatnonzero((store.day >= val_day) & (store.last_day < test_day)),
        test=np.flatnonzero(store.day >= test_day),
    )


def _default_dates(store: GraphStore) -> tuple[dt.date, dt.date]:
    _, first = np.unique(store.match, return_index=True)
    days = np.sort(store.day[first])
    if len(days) < 3 or days[0] == days[-1]:
        raise DataError(
            f"got {len(days)} matches on {len(np.unique(days))} days, expected enough for training, "
            "validation and test by date; name more data with --data"
        )
    # At the boundary the whole day moves to the later part: the earlier one stays strictly before it.
    val_day, test_day = days[len(days) * 8 // 10], days[len(days) * 9 // 10]
    if val_day == test_day:
        raise DataError(
            "the default split puts validation and test on the same day; give --val-from and --test-from"
        )
    return day_numbered(int(val_day)), day_numbered(int(test_day))
