"""``cricketgnn data validate`` and ``info`` as a user meets them: output, exit code, one JSON document."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from cricketgnn.cli.main import main
from match_files import ball, innings, match, over, write_folder, write_zip

GOOD = match(innings(over(0, ball(), ball(1), ball(4), ball(wides=1))))


class Finished(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str


Run = Callable[..., Finished]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Run the console script in this process, in a terminal of 80 columns."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("CRICKETGNN_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)

    def run_command(*arguments: str) -> Finished:
        monkeypatch.setattr(sys, "argv", ["cricketgnn", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        assert isinstance(ended.value.code, int)
        return Finished(ended.value.code, *capsys.readouterr())

    return run_command


def test_sound_matches_pass(run: Run, tmp_path: Path) -> None:
    write_zip(tmp_path / "cup.zip", {"1": GOOD, "2": GOOD})
    finished = run("data", "validate", "cup.zip", "--json")
    assert json.loads(finished.out) == {"matches": 2, "ok": 2, "rejected": [], "duplicates": []}
    assert (finished.code, finished.err) == (0, "")


def test_every_refused_match_is_reported_and_too_many_fail(run: Run, tmp_path: Path) -> None:
    unknown = match(innings(over(0, ball(bowler="Zed"))))
    write_folder(tmp_path / "cup", {"1": GOOD, "2": unknown, "3": b"{", "4": GOOD})
    write_zip(tmp_path / "old.zip", {"4": GOOD})
    finished = run("data", "validate", "cup", "old.zip", "--json")
    assert json.loads(finished.out) == {
        "matches": 5,
        "ok": 2,
        "rejected": [
            {
                "file": "cup/2.json",
                "where": "$.innings[0].overs[0].deliveries[0].bowler",
                "reason": "'Zed' is not in $.info.registry.people",
            },
            {
                "file": "cup/3.json",
                "where": "$",
                "reason": "not a readable JSON document (Input data was truncated)",
            },
        ],
        "duplicates": [
            {"match_id": "4", "file": "old.zip:4.json", "kept": "cup/4.json", "reason": "the same content"}
        ],
    }
    assert finished.code == 4
    assert finished.err == "2 of 5 matches refused (40.0%); at most 5.0% are let through\n"


def test_a_higher_limit_lets_them_through(run: Run, tmp_path: Path) -> None:
    write_folder(tmp_path / "cup", {"1": GOOD, "2": b"{}"})
    assert run("data", "validate", "cup", "--max-rejected", "0.5").code == 0
    assert run("data", "validate", "cup", "--max-rejected", "0.49").code == 4
    assert run("data", "validate", "cup", "--max-rejected", "1.5").code == 3


def test_strict_stops_at_the_first(run: Run, tmp_path: Path) -> None:
    write_folder(tmp_path / "cup", {"1": GOOD, "2": b"{}", "3": b"[]"})
    finished = run("data", "validate", "cup", "--strict", "--json")
    error = json.loads(finished.out)["error"]
    assert (finished.code, error["type"], error["code"]) == (4, "MatchRejected", 4)
    assert error["message"] == "cup/2.json: $: object missing required field 'meta'"


def test_people_get_a_short_table_and_the_list(run: Run, tmp_path: Path) -> None:
    broken = {str(number): b"{}" for number in range(100, 125)}
    write_folder(tmp_path / "cup", {"1": match(innings(over(0, ball(striker="[bold]Zed")))), **broken})
    finished = run("data", "validate", "cup")
    lines = finished.out.splitlines()
    assert [line.split() for line in lines[:4]] == [
        ["match", "files", "26"],
        ["ok", "0"],
        ["rejected", "26"],
        ["superseded", "copies", "0"],
    ]
    assert lines[5:8] == [
        "cup/1.json",
        "  $.innings[0].overs[0].deliveries[0].batter",
        "  '[bold]Zed' is not in $.info.registry.people",
    ]
    assert lines[-1] == "and 6 more; --json lists all"
    assert finished.code == 4


def test_a_path_that_does_not_exist_suggests_another(run: Run, tmp_path: Path) -> None:
    write_zip(tmp_path / "ipl_json.zip", {"1": GOOD})
    finished = run("data", "validate", "ipl.zip")
    assert finished.code == 4
    assert finished.out == ""
    assert f"'ipl.zip' does not exist; did you mean '{tmp_path / 'ipl_json.zip'}'?" in finished.err


def test_info_counts(run: Run, tmp_path: Path) -> None:
    other = match(dates=["2024-06-01"], gender="female", event={"name": "Ashes"})
    write_folder(tmp_path / "cup", {str(number): GOOD for number in range(30)} | {"99": other})
    write_folder(tmp_path / "cup", {"100": b"{}"})
    finished = run("data", "info", "cup", "--json")
    document = json.loads(finished.out)
    assert (document["matches"], document["innings"], document["deliveries"]) == (31, 30, 120)
    assert (document["first_date"], document["last_date"]) == ("2024-05-01", "2024-06-01")
    assert document["by_gender"] == {"male": 30, "female": 1}
    assert document["competitions"] == [
        {"name": "Village Cup", "matches": 30},
        {"name": "Ashes", "matches": 1},
    ]
    assert document["more_competitions"] == 0
    assert document["outcomes"]["dot"] == pytest.approx(1 / 3)
    assert document["kinds"] == {"legal": 0.75, "wide": 0.25, "no_ball": 0.0}
    assert (document["rejected"], document["duplicates"]) == (1, 0)
    assert (finished.code, finished.err) == (0, "")


def test_info_for_people_fits_80_columns(run: Run, tmp_path: Path) -> None:
    events = {str(number): match(event={"name": f"[{number}] " + "Cup " * 30}) for number in range(12)}
    write_folder(tmp_path / "cup", events)
    finished = run("data", "info", "cup")
    lines = finished.out.splitlines()
    assert max(map(len, lines)) <= 80
    assert any(line.split() == ["matches", "12"] for line in lines)
    assert any(line.startswith("  [0] Cup Cup") for line in lines)
    assert any(line.split() == ["and", "2", "more"] for line in lines)
