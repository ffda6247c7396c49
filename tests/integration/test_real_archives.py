"""Every real match is read, and what it says is what happened on the field."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from cricketgnn.cricket.outcomes import NO_OUTCOME
from cricketgnn.deliveries import LoadedTables, MatchTables, load_matches, load_tables

pytestmark = pytest.mark.real_data


@pytest.fixture(scope="module")
def everything(real_data: Path) -> LoadedTables:
    """All archives, through the cache."""
    return load_tables([real_data], strict=True, processes=2)


@pytest.fixture(scope="module")
def tables(everything: LoadedTables) -> MatchTables:
    return everything.tables


def test_no_real_match_is_refused(everything: LoadedTables) -> None:
    report, tables = everything.report, everything.tables
    assert (report.matches, report.ok) == (10_022, 10_022)
    assert (report.rejected, report.duplicates) == ((), ())
    assert (tables.matches.height, tables.innings.height) == (10_022, 20_057)
    assert tables.deliveries.height == 2_294_107
    assert tables.matches["date"].min() == dt.date(2005, 2, 17)


def test_rows_refer_to_each_other(tables: MatchTables) -> None:
    innings, deliveries = tables.innings, tables.deliveries
    counts = innings["deliveries"].cast(pl.Int64)
    assert (innings["first_delivery"] == counts.cum_sum() - counts).all()
    assert counts.sum() == deliveries.height
    assert (innings["match"].gather(deliveries["innings_row"]) == deliveries["match"]).all()
    assert deliveries["innings_row"].is_sorted()
    for column in ("striker", "non_striker", "bowler"):
        assert deliveries[column].is_between(0, tables.people.height - 1).all()
    assert tables.matches["date"].is_sorted()
    assert tables.people["person_id"].n_unique() == tables.people.height
    assert tables.deliveries.null_count().sum_horizontal().item() == 0


def test_runs_and_labels_add_up(tables: MatchTables) -> None:
    deliveries = tables.deliveries
    extras = pl.sum_horizontal("wide_runs", "noball_runs", "bye_runs", "legbye_runs", "penalty_runs")
    wrong = deliveries.filter(
        (pl.col("total_runs") != pl.col("bat_runs") + pl.col("extra_runs"))
        | (pl.col("extra_runs") != extras)
        | ((pl.col("outcome") == NO_OUTCOME) != (pl.col("wide_runs") > 0))
        | (pl.col("bowler_wickets") > pl.col("dismissals"))
    )
    assert wrong.height == 0


def test_a_famous_innings(tables: MatchTables) -> None:
    """18 April 2008: McCullum 158 not out off 73 balls, Kolkata 222 for 3, Bangalore all out for 82."""
    match = tables.matches.with_row_index("row").filter(match_id="335982").row(0, named=True)
    assert (match["date"], match["competition"]) == (dt.date(2008, 4, 18), "Indian Premier League")
    played = tables.deliveries.filter(match=match["row"])
    totals = played.group_by("innings_row", maintain_order=True).agg(
        pl.col("total_runs").sum(), pl.col("dismissals").sum()
    )
    assert totals.select("total_runs", "dismissals").rows() == [(222, 3), (82, 10)]
    mccullum = tables.people["name"].to_list().index("BB McCullum")
    faced = played.filter(striker=mccullum).filter(pl.col("outcome") != NO_OUTCOME)
    assert (faced["bat_runs"].sum(), faced.height) == (158, 73)


def test_a_chase_of_full_length_needs_one_more_than_was_scored(tables: MatchTables) -> None:
    scored = tables.deliveries.group_by("innings_row").agg(pl.col("total_runs").cast(pl.Int64).sum())
    innings = (
        tables.innings.with_row_index("innings_row")
        .with_columns(pl.col("innings_row").cast(pl.Int32))
        .join(scored, on="innings_row", how="left")
        .with_columns(total=pl.sum_horizontal("total_runs", "penalty_pre_runs", "penalty_post_runs"))
    )
    first = innings.filter(innings=0).select("match", first="total")
    chases = innings.filter(innings=1).join(first, on="match")
    full = chases.filter(
        pl.col("target_balls")
        == (tables.matches["scheduled_overs"] * tables.matches["balls_per_over"].cast(pl.Int16)).gather(
            chases["match"]
        )
    )
    exact = full.filter(pl.col("target_runs") == pl.col("first") + 1).height
    assert exact / full.height > 0.98


def test_any_number_of_processes_gives_the_same(real_data: Path) -> None:
    archive = real_data / "leagues_female_json.zip"
    alone, report = load_matches([archive])
    shared, report_shared = load_matches([archive], processes=2)
    assert report_shared == report
    assert shared.fingerprint == alone.fingerprint
    for table in ("people", "matches", "lineups", "innings", "deliveries"):
        assert getattr(shared, table).equals(getattr(alone, table)), table
