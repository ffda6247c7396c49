"""By date and whole match, never at random."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cricketgnn.config import DataConfig
from cricketgnn.errors import DataError
from cricketgnn.graph.load import load_graphs
from cricketgnn.graph.store import GraphStore
from cricketgnn.training.split import Split, part_at, split_by_date, split_of
from match_files import ball, innings, match, over, write_folder
from stores import day, on_days

PARTS = ("train", "val", "test")


def test_match_files_are_parted_by_their_dates(tmp_path: Path) -> None:
    chase = innings(over(0, ball(striker="B1", partner="B2", bowler="R11")), team="Blues")
    documents = {
        str(number): match(innings(over(0, ball())), chase, dates=[day(number).isoformat()])
        for number in range(20)
    }
    store = load_graphs([write_folder(tmp_path / "cup", documents)]).store
    split = split_by_date(store, None, None)
    assert (split.val_from, split.test_from) == (day(16), day(18))
    parts = {
        name: store.match_ids[store.match[split.part(name)]].tolist() for name in ("train", "val", "test")
    }
    assert parts["val"] == ["16", "16", "17", "17"]
    assert parts["test"] == ["18", "18", "19", "19"]
    assert len(parts["train"]) == 32
    assert split.to_json() == {
        "val_from": "2024-01-17",
        "test_from": "2024-01-19",
        "innings": {"train": 32, "val": 4, "test": 4},
    }


def test_given_dates_are_first_days(store: GraphStore) -> None:
    split = split_by_date(on_days(store, range(10), 1), day(4), day(7))
    assert split.training.tolist() == [0, 1, 2, 3]
    assert split.validation.tolist() == [4, 5, 6]
    assert split.test.tolist() == [7, 8, 9]


def test_a_match_with_a_reserve_day_across_a_boundary_belongs_to_no_part(tmp_path: Path) -> None:
    dates = {
        "a": [1],
        "b": [2, 3],  # ends before validation
        "c": [3, 4],  # ends on its first day
        "d": [4, 5],
        "e": [5],
        "f": [6, 7],  # ends on the first day of test
        "g": [6, 9],
        "h": [7, 8],
    }
    documents = {
        name: match(innings(over(0, ball())), dates=[day(number).isoformat() for number in numbers])
        for name, numbers in dates.items()
    }
    store = load_graphs([write_folder(tmp_path / "cup", documents)]).store
    split = split_by_date(store, day(4), day(7))
    assert {name: "".join(store.match_ids[store.match[split.part(name)]]) for name in PARTS} == {
        "train": "ab",
        "val": "de",
        "test": "h",
    }
    assert split.to_json()["innings"] == {"train": 2, "val": 2, "test": 1}


def test_a_day_at_a_boundary_belongs_to_the_later_part_as_a_whole(store: GraphStore) -> None:
    # The 17th of 20 matches is played on the same day as the two before it.
    days = [*range(14), 14, 14, 14, 15, 16, 17]
    split = split_by_date(on_days(store, days), None, None)
    assert (split.val_from, split.test_from) == (day(14), day(16))
    assert [len(split.part(name)) // 2 for name in ("train", "val", "test")] == [14, 4, 2]


def test_the_test_part_may_be_empty(store: GraphStore) -> None:
    split = split_by_date(on_days(store, range(10)), day(6), day(90))
    assert len(split.test) == 0
    assert len(split.validation) == 8


@pytest.mark.parametrize(
    ("val_from", "test_from", "message"),
    [
        (day(-5), day(5), "got 0 matches for training with val_from 2023-12-27 and test_from 2024-01-06"),
        (day(20), day(30), "got 0 matches for validation with val_from 2024-01-21"),
        (day(8), day(9), "got 1 matches for validation with val_from 2024-01-09 and test_from 2024-01-10"),
    ],
)
def test_an_empty_part_is_told_with_the_dates_there_are(
    store: GraphStore, val_from: dt.date, test_from: dt.date, message: str
) -> None:
    with pytest.raises(DataError) as refused:
        split_by_date(on_days(store, range(10)), val_from, test_from)
    assert message in str(refused.value)
    assert "the matches run from 2024-01-01 to 2024-01-10; give other --val-from and --test-from" in str(
        refused.value
    )


@pytest.mark.parametrize(
    ("wides_on", "words"),
    [
        ([5], "got 2 matches for validation (1 of them with nothing but wides) with val_from 2024-01-05"),
        ([4, 5], "got 2 matches for validation (2 of them with nothing but wides)"),
        ([0, 1, 2, 3], "got 4 matches for training (4 of them with nothing but wides)"),
    ],
)
def test_matches_of_nothing_but_wides_do_not_count(tmp_path: Path, wides_on: list[int], words: str) -> None:
    documents = {
        str(number): match(
            innings(over(0, ball(wides=1) if number in wides_on else ball())), dates=[day(number).isoformat()]
        )
        for number in range(8)
    }
    store = load_graphs([write_folder(tmp_path / "cup", documents)]).store
    with pytest.raises(DataError) as refused:
        split_by_date(store, day(4), day(6))
    assert str(refused.value).startswith(words)
    assert "in which a ball was no wide: the matches run from 2024-01-01 to 2024-01-08; give other" in str(
        refused.value
    )


@pytest.mark.parametrize(
    ("days", "message"),
    [
        ([0, 1], "got 2 matches on 2 days, expected enough for training, validation and test"),
        ([0] * 30, "got 30 matches on 1 days"),
        ([*range(8), 8, 8, 8, 8], "puts validation and test on the same day"),
        (range(10), "got 1 matches for validation"),
    ],
)
def test_too_few_matches_for_a_default_split_are_told(
    store: GraphStore, days: Sequence[int], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        split_by_date(on_days(store, days), None, None)


MANY = 600
BOUNDARIES = (day(300), day(450))


@pytest.fixture
def many(store: GraphStore) -> GraphStore:
    """Six hundred matches of two innings, one a day, whose ids are numbers."""
    ids = np.array([str(1_000_000 + 37 * number) for number in range(MANY)])
    return replace(on_days(store, range(MANY)), match_ids=ids)


def innings_of(split: Split) -> set[int]:
    return {int(row) for name in PARTS for row in split.part(name)}


def test_all_of_the_matches_are_all_of_them(many: GraphStore) -> None:
    whole, asked = split_by_date(many, *BOUNDARIES), split_by_date(many, *BOUNDARIES, 1.0)
    assert [whole.part(name).tolist() for name in PARTS] == [asked.part(name).tolist() for name in PARTS]
    assert [len(whole.part(name)) for name in PARTS] == [600, 300, 300]


@pytest.mark.parametrize("fraction", [0.05, 0.3, 0.5, 0.9])
def test_a_share_of_the_matches_is_about_that_share_of_each_part(many: GraphStore, fraction: float) -> None:
    whole, some = split_by_date(many, *BOUNDARIES), split_by_date(many, *BOUNDARIES, fraction)
    for name in PARTS:
        matches = len(whole.part(name)) // 2
        deviation = (matches * fraction * (1 - fraction)) ** 0.5
        assert abs(len(some.part(name)) / 2 - matches * fraction) < 4 * deviation
        assert set(some.part(name).tolist()) < set(whole.part(name).tolist())
        assert np.all(np.diff(some.part(name)) > 0)


def test_a_share_keeps_matches_whole(many: GraphStore) -> None:
    kept = innings_of(split_by_date(many, *BOUNDARIES, 0.3))
    assert kept
    assert {row ^ 1 for row in kept} == kept  # the two innings of match m are rows 2 m and 2 m + 1


def test_the_matches_of_a_smaller_share_are_among_those_of_a_larger_one(many: GraphStore) -> None:
    kept = [innings_of(split_by_date(many, *BOUNDARIES, share)) for share in (0.1, 0.3, 0.7, 1.0)]
    assert kept[0] < kept[1] < kept[2] < kept[3]


def test_a_share_is_the_same_matches_every_time_also_among_others(many: GraphStore) -> None:
    """Which matches are kept depends on their ids alone, not on how many there are or in which order."""
    split = split_by_date(many, *BOUNDARIES, 0.3)
    again = split_by_date(many, *BOUNDARIES, 0.3)
    assert [split.part(name).tolist() for name in PARTS] == [again.part(name).tolist() for name in PARTS]
    kept = {many.match_ids[many.match[row]] for row in innings_of(split)}
    turned = replace(many, match_ids=many.match_ids[::-1].copy())
    others = split_by_date(turned, *BOUNDARIES, 0.3)
    assert {turned.match_ids[turned.match[row]] for row in innings_of(others)} == kept
    assert innings_of(others) != innings_of(split)


@pytest.mark.parametrize(
    ("match_id", "least"),
    [("123456789", 0xCBF43926 / 2**32), ("a", 0xE8B7BE43 / 2**32)],
    ids=["check value of the checksum", "published value"],
)
def test_which_matches_a_share_keeps_is_fixed_for_good(many: GraphStore, match_id: str, least: float) -> None:
    """Studies are compared by their share: two versions must mean the same matches by it."""
    ids = many.match_ids.astype("<U9")
    ids[7] = match_id
    named = replace(many, match_ids=ids)
    for fraction, kept in ((least + 0.01, True), (least - 0.01, False)):
        assert (14 in innings_of(split_by_date(named, *BOUNDARIES, fraction))) == kept


def test_a_share_leaves_the_dates_as_they_are(many: GraphStore) -> None:
    whole, some = split_by_date(many, None, None), split_by_date(many, None, None, 0.3)
    assert (some.val_from, some.test_from) == (whole.val_from, whole.test_from) == (day(480), day(540))
    assert some.to_json()["innings"]["train"] == len(some.training) < len(whole.training)


def test_a_share_too_small_to_validate_on_is_told(many: GraphStore) -> None:
    with pytest.raises(DataError, match=r"expected at least \d in which a ball was no wide"):
        split_by_date(many, *BOUNDARIES, 1e-6)


def test_a_configuration_says_how_to_part(many: GraphStore) -> None:
    val_from, test_from = BOUNDARIES
    config = DataConfig(val_from=val_from, test_from=test_from, data_fraction=0.3)
    asked, expected = split_of(many, config), split_by_date(many, val_from, test_from, 0.3)
    assert [asked.part(name).tolist() for name in PARTS] == [expected.part(name).tolist() for name in PARTS]
    whole = split_of(many, DataConfig())
    assert (whole.val_from, whole.test_from) == (day(480), day(540))
    assert len(innings_of(whole)) == 2 * MANY


@given(days=st.lists(st.integers(0, 40), min_size=1, max_size=60))
def test_parts_are_whole_days_in_order_and_about_tenths(store: GraphStore, days: list[int]) -> None:
    played = on_days(store, days)
    try:
        split = split_by_date(played, None, None)
    except DataError:
        return
    parts = [split.part(name) for name in ("train", "val", "test")]
    assert np.concatenate(parts).tolist() == list(range(len(played)))
    ends = [(played.day[part].min(), played.day[part].max()) for part in parts]
    assert ends[0][1] < ends[1][0] <= ends[1][1] < ends[2][0]
    # A part can only grow by the matches that share its first day.
    exact = len(days) - len(days) * 9 // 10
    shared = np.count_nonzero(played.day == ends[2][0]) // 2
    assert exact <= len(parts[2]) // 2 < exact + shared


@given(
    days=st.lists(st.tuples(st.integers(0, 20), st.integers(0, 3)), min_size=1),
    cuts=st.tuples(st.integers(-1, 22), st.integers(0, 10)),
)
def test_no_part_holds_a_day_of_a_later_one(
    store: GraphStore, days: list[tuple[int, int]], cuts: tuple[int, int]
) -> None:
    days.sort()
    played = on_days(store, [first for first, _ in days], 1)
    played = replace(played, last_day=played.day + np.array([more for _, more in days], dtype=np.int32))
    split = part_at(played, day(cuts[0]), day(sum(cuts)))
    expected: dict[str, list[int]] = {name: [] for name in PARTS}
    for number, (first, more) in enumerate(days):
        of = {PARTS[(on >= cuts[0]) + (on >= sum(cuts))] for on in (first, first + more)}
        if len(of) == 1:
            expected[of.pop()].append(number)
    assert {name: split.part(name).tolist() for name in PARTS} == expected


@given(days=st.lists(st.integers(0, 40), min_size=1), cuts=st.tuples(st.integers(-3, 43), st.integers(0, 10)))
def test_any_two_dates_part_the_innings(store: GraphStore, days: list[int], cuts: tuple[int, int]) -> None:
    played = on_days(store, days)
    split = part_at(played, day(cuts[0]), day(cuts[0] + cuts[1]))
    numbers = np.sort(np.array(days)).repeat(2)
    assert numbers[split.training].tolist() == [number for number in numbers if number < cuts[0]]
    assert numbers[split.test].tolist() == [number for number in numbers if number >= sum(cuts)]
    assert sum(len(split.part(name)) for name in ("train", "val", "test")) == len(played)
