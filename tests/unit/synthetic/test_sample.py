"""A league on disk: the same bytes for the same seed, truth that belongs to its archive, a shared cache."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import msgspec
import polars as pl
import pytest
from pydantic import ValidationError

from cricketgnn.cricsheet import find_sources, parse_match
from cricketgnn.errors import DataError, UsageError
from cricketgnn.synthetic.config import EMBEDDED_MATCHES, LeagueConfig, embedded_config
from cricketgnn.synthetic.league import BLOCK, League, play_league, simulate_league
from cricketgnn.synthetic.sample import embedded_sample, load_truth, truth_path, write_sample

SMALL = LeagueConfig(matches=6, seed=4)


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    first = write_sample(tmp_path / "a.zip", SMALL)
    second = write_sample(tmp_path / "b.zip", SMALL)
    assert first.archive.read_bytes() == second.archive.read_bytes()
    assert first.truth.read_bytes() == second.truth.read_bytes()
    other = write_sample(tmp_path / "c.zip", SMALL.model_copy(update={"seed": 5}))
    assert first.archive.read_bytes() != other.archive.read_bytes()


def test_the_archive_holds_the_league(tmp_path: Path) -> None:
    sample = write_sample(tmp_path / "league.zip", SMALL)
    league = simulate_league(SMALL)
    with zipfile.ZipFile(sample.archive) as archive:
        assert archive.namelist() == [f"{file.match_id}.json" for file in league.files]
        assert {member.date_time for member in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        for file in league.files:
            assert msgspec.json.decode(archive.read(f"{file.match_id}.json")) == file.document
    assert load_truth(sample.archive).equals(league.truth)
    assert (sample.matches, sample.deliveries) == (6, league.truth.height)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["league.truth.parquet", "league.zip"]


def test_the_name_must_say_zip(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"'league' does not end in \.zip"):
        write_sample(tmp_path / "league", SMALL)
    assert list(tmp_path.iterdir()) == []


def test_a_truth_that_cannot_be_written_is_an_error_of_the_file(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))  # the zip has 29 kB, the truth 159 kB
    try:
        with pytest.raises(OSError, match="File too large"):
            write_sample(tmp_path / "league.zip", LeagueConfig(matches=12))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert not list(tmp_path.iterdir())


def test_the_truth_of_another_archive_is_refused(tmp_path: Path) -> None:
    sample = write_sample(tmp_path / "league.zip", SMALL)
    truth = sample.truth.read_bytes()
    write_sample(sample.archive, SMALL.model_copy(update={"seed": 5}))
    sample.truth.write_bytes(truth)
    with pytest.raises(DataError, match=r"was not written with league\.zip"):
        load_truth(sample.archive)
    sample.truth.unlink()
    with pytest.raises(DataError, match="only archives made by"):
        load_truth(sample.archive)


def test_a_league_longer_than_a_block_is_whole_and_in_order() -> None:
    config = LeagueConfig(matches=BLOCK + 3, seed=2)
    blocks = list(play_league(config))
    assert [len(block.files) for block in blocks] == [BLOCK, 3]
    ids = [int(file.match_id) for block in blocks for file in block.files]
    assert ids == list(range(ids[0], ids[0] + BLOCK + 3))
    for block in blocks:
        assert set(block.truth["match_id"]) == {file.match_id for file in block.files}


def test_truth_rows_are_the_deliveries_of_the_files_in_order(plain_league: League) -> None:
    rows = [
        (file.match_id, position, over["over"], ball)
        for file in plain_league.files
        for position, innings in enumerate(file.document["innings"])
        for over in innings["overs"]
        for ball in range(len(over["deliveries"]))
    ]
    assert plain_league.truth.select("match_id", "innings", "over", "ball").rows() == rows


ASK = """
import sys
from pathlib import Path
from cricketgnn.synthetic.sample import embedded_sample, load_truth
sample = embedded_sample(Path(sys.argv[1]))
print(sample.archive, sample.matches, sample.deliveries, load_truth(sample.archive).height)
"""


def test_two_processes_share_the_embedded_sample(tmp_path: Path) -> None:
    asked = [
        subprocess.Popen([sys.executable, "-c", ASK, str(tmp_path)], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    answers = [process.communicate()[0].split() for process in asked]
    assert [process.returncode for process in asked] == [0, 0]
    assert answers[0] == answers[1]
    archive, matches, deliveries, rows = answers[0]
    assert (matches, deliveries) == (str(EMBEDDED_MATCHES), rows)
    made = Path(archive).stat().st_mtime_ns
    sample = embedded_sample(tmp_path)
    assert (str(sample.archive), sample.archive.stat().st_mtime_ns) == (archive, made)
    assert embedded_config().digest in archive
    sample.truth.unlink()
    assert embedded_sample(tmp_path).truth == truth_path(sample.archive)
    assert load_truth(sample.archive).height == int(rows)
    whole = {path: path.read_bytes() for path in (sample.archive, sample.truth)}
    for path, content in whole.items():
        path.write_bytes(content[:-1000])
        assert embedded_sample(tmp_path) == sample
        assert sample.archive.read_bytes() == whole[sample.archive]
    (source,) = find_sources([sample.archive])
    parsed = [parse_match(file.content, file.match_id, file.label) for file in source.read()]
    days = pl.Series([match.document.info.dates[0] for match in parsed])
    assert len(parsed) == EMBEDDED_MATCHES
    assert [(days.dt.year() == year).sum() >= 10 for year in (2022, 2023, 2024)] == [True] * 3


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"matches": 0}, "greater than or equal to 1"),
        ({"seed": -1}, "greater than or equal to 0"),
        ({"teams": 5}, "multiple of 2"),
        ({"first_season": 2025}, "lies before first_season 2025"),
        ({"sead": 1}, "Extra inputs"),
    ],
)
def test_a_league_that_cannot_be_is_refused(wrong: dict[str, int], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        LeagueConfig(**wrong)


@pytest.mark.parametrize("config", [LeagueConfig(matches=1), LeagueConfig(matches=9, teams=10, seed=8)])
def test_tiny_leagues_and_many_teams_work(config: LeagueConfig) -> None:
    assert len(simulate_league(config).files) == config.matches


def test_one_season_is_a_league_too() -> None:
    config = LeagueConfig(matches=20, seed=1, first_season=2024)
    days = [file.document["info"]["dates"][0] for file in simulate_league(config).files]
    assert all("2024-01-01" <= day <= "2024-12-30" for day in days)
