"""One copy of a match is kept, whichever order the copies come in."""

from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from cricketgnn.cricsheet import Duplicate
from cricketgnn.cricsheet.duplicates import Copy, superseded

EARLY, LATE = dt.date(2024, 5, 1), dt.date(2024, 6, 1)


def test_the_highest_revision_wins_then_the_latest_then_the_digest() -> None:
    copies = [
        Copy("7", 1, LATE, "ff", "a:7"),
        Copy("7", 2, EARLY, "ff", "b:7"),
        Copy("8", 1, EARLY, "aa", "a:8"),
        Copy("7", 2, LATE, "aa", "c:7"),
        Copy("7", 2, LATE, "bb", "d:7"),
        Copy("7", 2, LATE, "bb", "e:7"),
    ]
    assert superseded(copies) == {
        0: Duplicate("7", "a:7", "d:7", "revision 1, kept 2"),
        1: Duplicate("7", "b:7", "d:7", "revision 2 created 2024-05-01, kept 2024-06-01"),
        3: Duplicate("7", "c:7", "d:7", "other content of the same revision 2 and date"),
        5: Duplicate("7", "e:7", "d:7", "the same content"),
    }


def test_matches_without_copies_are_left_alone() -> None:
    assert superseded([Copy("7", 1, EARLY, "aa", "7"), Copy("8", 1, EARLY, "aa", "8")]) == {}


COPIES = st.lists(
    st.builds(
        Copy,
        match_id=st.sampled_from(["7", "8"]),
        revision=st.integers(1, 3),
        created=st.sampled_from([EARLY, LATE]),
        digest=st.sampled_from(["aa", "bb"]),
        file=st.just("x"),
    ),
    max_size=8,
)


@given(copies=COPIES, data=st.data())
def test_the_content_kept_does_not_depend_on_the_order(copies: list[Copy], data: st.DataObject) -> None:
    def kept(some: list[Copy]) -> list[tuple[object, ...]]:
        dropped = superseded(some)
        left = [copy for at, copy in enumerate(some) if at not in dropped]
        return sorted((copy.match_id, copy.revision, copy.created, copy.digest) for copy in left)

    assert kept(copies) == kept(data.draw(st.permutations(copies)))
    assert [match_id for match_id, *_ in kept(copies)] == sorted({copy.match_id for copy in copies})
