"""Sums before each row and as-of look-ups, against loops that anybody can check."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from cricketgnn.features.grouped import AsOfCounts, RunningCounts, pair_codes, sums_before, window_sums

SMALL = st.integers(0, 4)
sizes = st.integers(0, 25)
Ints = npt.NDArray[np.int64]


def ints(size: int, low: int = 0, high: int = 4) -> st.SearchStrategy[Ints]:
    return arrays.arrays(np.int64, size, elements=st.integers(low, high))


@st.composite
def grouped(draw: st.DrawFn) -> tuple[Ints, Ints]:
    size = draw(sizes)
    return draw(arrays.arrays(np.int64, (size, 2), elements=st.integers(-9, 9))), draw(ints(size))


def test_sums_before_by_hand() -> None:
    values, groups = np.array([1, 2, 4, 8, 16]), np.array([7, 3, 7, 7, 3])
    assert sums_before(values, groups).tolist() == [0, 0, 1, 5, 2]


@given(grouped(), st.booleans())
def test_sums_before_are_those_of_a_loop(drawn: tuple[Ints, Ints], in_order: bool) -> None:
    values, groups = drawn
    if in_order:
        groups = np.sort(groups)
    for row, result in enumerate(sums_before(values, groups)):
        earlier = [values[other] for other in range(row) if groups[other] == groups[row]]
        assert result.tolist() == (np.sum(earlier, axis=0).tolist() if earlier else [0, 0])
    assert sums_before(values[:, 0], groups).tolist() == sums_before(values, groups)[:, 0].tolist()


@given(grouped(), st.integers(1, 8), st.data())
def test_window_sums_are_those_of_a_loop(drawn: tuple[Ints, Ints], window: int, data: st.DataObject) -> None:
    values, _ = drawn
    lengths = data.draw(st.lists(st.integers(1, 6), max_size=8))
    of = np.repeat(np.arange(len(lengths)), lengths)[: len(values)]
    values = values[: len(of)]
    starts = np.searchsorted(of, of)
    sums = window_sums(values, starts, window)
    assert sums.shape == values.shape
    for row, result in enumerate(sums):
        reach = range(max(row - window, int(starts[row])), row)
        assert result.tolist() == [sum(int(values[other, column]) for other in reach) for column in (0, 1)]


@given(st.data())
def test_pair_codes_are_equal_exactly_when_both_codes_are(data: st.DataObject) -> None:
    size = data.draw(sizes)
    first, second = data.draw(ints(size)), data.draw(ints(size))
    both = pair_codes(first, second)
    same = (first[:, None] == first) & (second[:, None] == second)
    assert ((both[:, None] == both) == same).all()


@st.composite
def events_and_questions(draw: st.DrawFn) -> tuple[Ints, Ints, Ints, Ints, Ints]:
    size, asked = draw(sizes), draw(sizes)
    return (
        draw(ints(size)),
        draw(ints(size, -6, 6)),
        draw(arrays.arrays(np.int64, (size, 2), elements=st.integers(0, 9))),
        draw(ints(asked, 0, 6)),
        draw(ints(asked, -9, 9)),
    )


@given(events_and_questions(), st.none() | st.integers(0, 12))
def test_as_of_counts_are_those_of_a_loop(
    drawn: tuple[Ints, Ints, Ints, Ints, Ints], within: int | None
) -> None:
    entities, days, counts, asked, on_days = drawn
    answers = AsOfCounts.of(entities, days, counts).before(asked, on_days, within)
    assert answers.dtype == np.float32
    for entity, day, answer in zip(asked, on_days, answers, strict=True):
        earlier = (entities == entity) & (days < day)
        if within is not None:
            earlier &= days >= day - within
        assert answer.tolist() == counts[earlier].sum(axis=0).tolist()


@given(
    events_and_questions(),
    st.data(),
    st.lists(st.integers(-9, 9), max_size=6),
    st.sampled_from([None, 1, 2, 5]),
)
def test_counts_that_come_in_blocks_answer_as_all_at_once(
    drawn: tuple[Ints, Ints, Ints, Ints, Ints], data: st.DataObject, cuts: list[int], reach: int | None
) -> None:
    entities, begun, counts, asked, on_days = drawn
    days = begun + data.draw(ints(len(begun), 0, 5))  # a reserve day, perhaps after the block
    whole, running, before = AsOfCounts.of(entities, days, counts), RunningCounts(reach), -100
    for until in sorted({*cuts, 100}):
        came, questions = (before < begun) & (begun <= until), (before < on_days) & (on_days <= until)
        known = running.take_in(entities[came], days[came], counts[came], until)
        of_block = asked[questions], on_days[questions], reach
        assert known.before(*of_block).tolist() == whole.before(*of_block).tolist()
        before = until
