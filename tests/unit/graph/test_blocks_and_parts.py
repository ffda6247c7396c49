"""An archive a block of days at a time: the numbers of all at once, in memory and in files."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

import stores
from cricketgnn.features.blocks import blocks
from cricketgnn.features.history import History, learn_history
from cricketgnn.features.identity import Numbering
from cricketgnn.graph.build import build_store, store_parts
from cricketgnn.graph.load import map_store, write_store
from cricketgnn.graph.parts import joined
from cricketgnn.graph.store import ARRAYS, GraphStore
from match_files import Document

EVERYTHING = 10**9


def _documents() -> dict[str, Document]:
    """A league with a match begun on a day on which others are played and ended when they are over."""
    documents = dict(stores.league(seed=3, matches=24))
    days = sorted({stores.date_of(one) for one in documents.values()})
    of_day = {stores.date_of(one): match_id for match_id, one in documents.items()}
    for first, last in ((2, 7), (9, 10), (len(days) - 2, len(days) - 1)):
        delayed = documents[of_day[days[first]]]
        info = {**delayed["info"], "dates": [days[first], days[last]]}
        documents[of_day[days[first]]] = {**delayed, "info": info}
    last = documents[of_day[days[-1]]]  # and one that ends after all others
    documents[of_day[days[-1]]] = {**last, "info": {**last["info"], "dates": [days[-1], "2031-01-01"]}}
    return documents


TABLES = stores.tables_of(_documents())


def _assert_same(one: GraphStore, other: GraphStore) -> None:
    for name in ARRAYS:
        ours, theirs = getattr(one, name), getattr(other, name)
        assert ours.dtype == theirs.dtype, name
        assert ours.shape == theirs.shape, name
        assert ours.tobytes() == theirs.tobytes(), name
    assert one.fingerprint == other.fingerprint


def _bytes_of(history: History) -> list[bytes]:
    counts = [array.tobytes() for one in history.counts.values() for array in (one.keys, one.running)]
    columns = ("entity", "day", "observed", "expected")
    ratings = [getattr(one, name).tobytes() for one in history.ratings.values() for name in columns]
    return [*counts, *ratings, str(history.last_day).encode()]


@pytest.mark.parametrize("deliveries", [1, 400, 1500])
def test_the_size_of_a_block_changes_no_bit(deliveries: int) -> None:
    assert len(list(store_parts(TABLES, "x", block_deliveries=deliveries))) > 2
    _assert_same(
        build_store(TABLES, "x", block_deliveries=deliveries),
        build_store(TABLES, "x", block_deliveries=EVERYTHING),
    )
    assert _bytes_of(learn_history(TABLES, deliveries)) == _bytes_of(learn_history(TABLES, EVERYTHING))


@pytest.mark.parametrize("deliveries", [1, 400, 1500, EVERYTHING])
def test_blocks_are_whole_days_in_their_order_and_leave_none_out(deliveries: int) -> None:
    numbering = Numbering.of(TABLES)
    cut = list(blocks(TABLES, numbering, deliveries))
    (whole,) = blocks(TABLES, numbering, EVERYTHING)
    days = [set(block.plays.day.tolist()) for block in cut]
    assert all(max(one) < min(other) for one, other in pairwise(days))
    assert [max(one) for one in days[:-1]] == [block.until for block in cut[:-1]]
    assert cut[-1].until == whole.until == int(whole.plays.last_day.max())
    for name, column in whole.plays.column.items():
        assert np.concatenate([block.plays.column[name] for block in cut]).tolist() == column.tolist()
    assert np.concatenate([block.plays.match for block in cut]).tolist() == whole.plays.match.tolist()
    sizes = [len(block.plays.innings_of) for block in cut]
    assert len(cut) == 1 or max(sizes[:-1]) < deliveries + max(
        np.bincount(whole.plays.day[whole.plays.innings_of])
    )


@pytest.mark.parametrize("deliveries", [1, 1500, EVERYTHING])
def test_parts_in_files_are_the_store(tmp_path: Path, deliveries: int) -> None:
    write_store(store_parts(TABLES, "x", block_deliveries=deliveries), tmp_path)
    _assert_same(map_store(tmp_path), build_store(TABLES, "x"))
    assert {path.suffix for path in tmp_path.iterdir()} == {".npy", ".json"}


def test_a_store_that_is_mapped_can_be_written_and_joined_again(tmp_path: Path) -> None:
    store = build_store(TABLES, "x")
    (tmp_path / "again").mkdir()
    write_store([store], tmp_path)
    write_store([map_store(tmp_path)], tmp_path / "again")
    _assert_same(map_store(tmp_path / "again"), joined([dataclasses.replace(store)]))


def test_no_innings_is_one_empty_part() -> None:
    nothing = stores.tables_of({"1": _without_innings(next(iter(stores.league(seed=3).values())))})
    (part,) = store_parts(nothing, "x")
    assert len(part) == part.deliveries == 0
    assert part.delivery_x.shape == (0, len(stores.DELIVERY_NAMES))


@pytest.mark.parametrize("work", ["look_up", "effect_entities"])
def test_what_fails_in_the_other_thread_fails_here(work: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise MemoryError(work)

    monkeypatch.setattr(f"cricketgnn.graph.build.{work}", fail)
    with pytest.raises(MemoryError, match=work):
        list(store_parts(TABLES, "x", block_deliveries=500))


def test_parts_that_nobody_waits_for_leave_no_thread_behind() -> None:
    before = threading.active_count()
    parts = store_parts(TABLES, "x", block_deliveries=500)
    next(parts)
    parts.close()
    assert threading.active_count() == before


def _without_innings(document: Document) -> Document:
    return {**document, "innings": []}


def test_what_is_cut_off_in_the_middle_is_no_array(tmp_path: Path) -> None:
    def interrupted() -> Iterator[GraphStore]:
        yield from store_parts(TABLES, "x", block_deliveries=EVERYTHING)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_store(interrupted(), tmp_path)
    with pytest.raises(ValueError, match="pickled"):
        np.load(tmp_path / "delivery_x.npy")
