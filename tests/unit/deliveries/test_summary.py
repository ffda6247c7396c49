"""The numbers that describe match data, counted by hand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from cricketgnn.deliveries import MatchTables
from cricketgnn.deliveries.summary import summarize
from match_files import ball, innings, match, over

Load = Callable[..., MatchTables]


def test_counts_and_shares(load: Load) -> None:
    first = innings(over(0, ball(), ball(1), ball(1), ball(4), ball(wides=1), ball(noballs=1)))
    super_over = innings(over(0, ball(6)), super_over=True)
    summary = summarize(
        load(
            match(first, super_over, dates=["2024-05-03"]),
            match(dates=["2024-05-01"], gender="female", event={"name": "Ashes"}),
            match(dates=["2024-05-02"], event=None),
            match(dates=["2024-05-02"], match_type="IT20"),
        )
    )
    assert (summary.matches, summary.innings, summary.deliveries) == (4, 2, 7)
    assert (summary.people, summary.super_over_deliveries) == (22, 1)
    assert (summary.first_date, summary.last_date) == (dt.date(2024, 5, 1), dt.date(2024, 5, 3))
    assert summary.by_gender == {"male": 3, "female": 1}
    assert summary.by_match_type == {"T20": 3, "IT20": 1}
    assert list(summary.competitions.items()) == [("Village Cup", 2), ("", 1), ("Ashes", 1)]
    # Five deliveries are faced: two dots (one a no-ball), two ones, a four.
    assert summary.outcomes == pytest.approx(
        {"dot": 0.4, "one": 0.4, "two": 0, "three": 0, "four": 0.2, "six": 0, "wicket": 0}
    )
    assert summary.kinds == pytest.approx({"legal": 4 / 6, "wide": 1 / 6, "no_ball": 1 / 6})


def test_data_without_deliveries_has_no_shares(load: Load) -> None:
    summary = summarize(load(match()))
    assert set(summary.outcomes.values()) == set(summary.kinds.values()) == {0.0}
