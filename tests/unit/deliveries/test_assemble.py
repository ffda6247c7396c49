"""Matches in time order, people by registry id, one copy of a match: however the files were cut."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cricketgnn.cricsheet import find_sources
from cricketgnn.deliveries import MatchTables, load_matches
from cricketgnn.deliveries.assemble import assemble
from cricketgnn.deliveries.build import parse_part
from cricketgnn.deliveries.schema import DELIVERIES, INNINGS, LINEUPS, MATCHES, PEOPLE
from match_files import BLUES, REDS, Document, ball, innings, match, over, person_id, write_folder, write_zip

Load = Callable[..., MatchTables]
Column = Callable[[MatchTables, str], list[Any]]

SCHEMAS = {
    "people": PEOPLE,
    "matches": MATCHES,
    "lineups": LINEUPS,
    "innings": INNINGS,
    "deliveries": DELIVERIES,
}


def _day(day: int, *deliveries: Document, **info: Any) -> Document:
    return match(innings(over(0, *deliveries)), dates=[f"2024-05-{day:02d}"], **info)


def _same(one: MatchTables, other: MatchTables) -> bool:
    frames = all(getattr(one, name).equals(getattr(other, name)) for name in SCHEMAS)
    return frames and one.fingerprint == other.fingerprint


def test_rows_are_in_time_order_and_refer_to_each_other(load: Load, names: Column) -> None:
    tables = load(
        _day(9, ball(1), ball(2)), _day(2, ball(3, striker="R3")), _day(9, ball(6, striker="R4")), _day(5)
    )
    assert tables.matches["match_id"].to_list() == ["2", "4", "1", "3"]
    assert tables.innings.select("match", "first_delivery", "deliveries").rows() == [
        (0, 0, 1),
        (1, 1, 0),
        (2, 1, 2),
        (3, 3, 1),
    ]
    assert tables.deliveries.select("match", "innings_row", "bat_runs").rows() == [
        (0, 0, 3),
        (2, 2, 1),
        (2, 2, 2),
        (3, 3, 6),
    ]
    assert names(tables, "striker") == ["R3", "R1", "R1", "R4"]


def test_every_table_has_the_columns_of_the_schema(load: Load) -> None:
    tables = load(_day(1, ball(1)))
    for name, schema in SCHEMAS.items():
        assert getattr(tables, name).schema == pl.Schema(schema), name


def test_the_match_row(load: Load) -> None:
    tables = load(
        match(season=2024, city="Littleton", dates=["2024-05-01", "2024-05-03"], gender="female", revision=3),
        match(event=None, season="2007/08", dates=["2024-05-02"]),
    )
    assert tables.matches.rows(named=True)[0] == {
        "match_id": "1",
        "date": dt.date(2024, 5, 1),
        "last_date": dt.date(2024, 5, 3),
        "gender": "female",
        "match_type": "T20",
        "team_type": "club",
        "competition": "Village Cup",
        "season": "2024",
        "venue": "The Green",
        "city": "Littleton",
        "team_1": "Reds",
        "team_2": "Blues",
        "toss_winner": "Blues",
        "toss_decision": "field",
        "balls_per_over": 6,
        "scheduled_overs": 20,
        "revision": 3,
    }
    assert tables.matches.select("competition", "season", "city").row(1) == ("", "2007/08", None)


def test_line_ups_follow_the_teams_and_the_order_of_the_file(load: Load) -> None:
    tables = load(_day(1, players={"Blues": ["B2", "B1"], "Reds": ["R7"]}))
    in_names = tables.lineups.with_columns(name=tables.people["name"].gather(tables.lineups["person"]))
    assert in_names.select("match", "team", "name").rows() == [
        (0, "Reds", "R7"),
        (0, "Blues", "B2"),
        (0, "Blues", "B1"),
    ]


def test_a_person_is_the_registry_id_under_the_latest_spelling(load: Load) -> None:
    def spelled(day: int, name: str) -> Document:
        people = {player: person_id(player) for player in REDS + BLUES if player != "R1"}
        registry = {"people": people | {name: person_id("R1"), "Umpire": "0000cc01"}}
        line_ups = {"Reds": [name], "Blues": ["B11"]}
        return _day(day, ball(striker=name), players=line_ups, registry=registry)

    tables = load(spelled(8, "Robert One"), spelled(3, "R One"), spelled(5, "Rob One"))
    # R2 is the non-striker though in no line-up; the umpire and those who do not play are no people here.
    assert tables.people.rows() == [
        ("0000aa01", "Robert One"),
        ("0000aa02", "R2"),
        ("0000bb0b", "B11"),
    ]
    assert tables.deliveries["striker"].to_list() == [0, 0, 0]


def test_one_name_may_be_two_people(load: Load) -> None:
    other = {"people": {name: person_id(name) for name in REDS + BLUES} | {"R1": "0000dd01"}}
    tables = load(_day(1, ball()), _day(2, ball(), registry=other))
    assert tables.people.filter(name="R1")["person_id"].to_list() == ["0000aa01", "0000dd01"]
    first, second = tables.people["person_id"].gather(tables.deliveries["striker"])
    assert (first, second) == ("0000aa01", "0000dd01")


def test_the_highest_revision_replaces_all_other_copies(tmp_path: Path) -> None:
    old = write_zip(tmp_path / "old.zip", {"7": _day(1, ball(1), revision=1), "8": _day(2, ball(2))})
    new = write_zip(tmp_path / "new.zip", {"7": _day(1, ball(4, striker="R9"))})
    corrected = match(innings(over(0, ball(4, striker="R9"))), dates=["2024-05-01"], revision=2)
    write_zip(new, {"7": corrected})
    for paths in ([old, new], [new, old]):
        tables, report = load_matches(paths)
        assert tables.deliveries["bat_runs"].to_list() == [4, 2]
        assert tables.matches["revision"].to_list() == [2, 1]
        assert (report.matches, report.ok) == (3, 2)
        (duplicate,) = report.duplicates
        assert (duplicate.file, duplicate.kept) == ("old.zip:7.json", "new.zip:7.json")
        assert duplicate.reason == "revision 1, kept 2"


def test_a_broken_copy_leaves_the_sound_one(tmp_path: Path) -> None:
    broken = write_zip(tmp_path / "new.zip", {"7": b"{}"})
    sound = write_zip(tmp_path / "old.zip", {"7": _day(1, ball(1))})
    tables, report = load_matches([broken, sound], max_rejected=0.5)
    assert tables.matches["match_id"].to_list() == ["7"]
    assert [rejected.file for rejected in report.rejected] == ["new.zip:7.json"]
    assert report.duplicates == ()


SEASON = {str(number): _day(1 + number * 7 % 11, *[ball(number % 7)] * (number % 4)) for number in range(12)}


@pytest.fixture(scope="module")
def season(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of twelve matches of none to three deliveries, one refused and one in two copies."""
    folder = tmp_path_factory.mktemp("season")
    write_folder(folder / "one", SEASON | {"99": b"{}"})
    write_folder(folder / "two", {"3": SEASON["3"]})
    return folder


@settings(max_examples=25, deadline=None)
@given(size=st.integers(1, 14), backwards=st.booleans())
def test_tables_do_not_depend_on_how_the_files_were_cut(season: Path, size: int, backwards: bool) -> None:
    parts = [part for source in find_sources([season]) for part in source.parts(size)]
    tables, report = assemble([parse_part(part) for part in (reversed(parts) if backwards else parts)])
    whole, whole_report = load_matches([season], max_rejected=0.5)
    assert _same(tables, whole)
    assert (report.matches, report.ok) == (whole_report.matches, whole_report.ok) == (14, 12)
    assert report.rejected == whole_report.rejected


@settings(max_examples=15, deadline=None)
@given(kept=st.sets(st.sampled_from(sorted(SEASON)), min_size=1))
def test_a_match_has_the_same_rows_in_any_company(
    kept: set[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    some, _ = load_matches(
        [write_folder(tmp_path_factory.mktemp("some"), {name: SEASON[name] for name in kept})]
    )
    whole, _ = load_matches([write_folder(tmp_path_factory.mktemp("whole"), SEASON)])

    def by_match(tables: MatchTables) -> dict[str, list[tuple[Any, ...]]]:
        people = tables.people["person_id"]
        rows = tables.deliveries.with_columns(
            match_id=tables.matches["match_id"].gather(tables.deliveries["match"]),
            striker=people.gather(tables.deliveries["striker"]),
            non_striker=people.gather(tables.deliveries["non_striker"]),
            bowler=people.gather(tables.deliveries["bowler"]),
        ).drop("match", "innings_row")
        return {name: rows.filter(match_id=name).rows() for name in tables.matches["match_id"]}

    expected = by_match(whole)
    assert by_match(some) == {name: expected[name] for name in by_match(some)}
    assert set(by_match(some)) == kept


def test_no_sound_match_at_all_gives_empty_tables(tmp_path: Path) -> None:
    (source,) = find_sources([write_folder(tmp_path / "bad", {"1": b"{}"})])
    tables, report = assemble([parse_part(source)])
    assert (report.matches, report.ok, len(report.rejected)) == (1, 0, 1)
    for name, schema in SCHEMAS.items():
        assert getattr(tables, name).height == 0
        assert getattr(tables, name).schema == pl.Schema(schema)
