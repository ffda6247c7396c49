"""The cache gives back what was built, notices damage, and never fails a reading."""

from __future__ import annotations

import json
import multiprocessing
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cricketgnn.deliveries import LoadedTables, load_tables
from cricketgnn.errors import DataError, MatchRejected
from match_files import ball, innings, match, over, write_zip

GOOD = match(innings(over(0, ball(1), ball(6))))
TABLES = ("people", "matches", "lineups", "innings", "deliveries")


@pytest.fixture
def cup(tmp_path: Path) -> Path:
    """An archive of two sound matches and a refused one."""
    return write_zip(tmp_path / "cup.zip", {"1": GOOD, "2": GOOD, "3": b"{}"})


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the table entries, not there yet."""
    monkeypatch.setenv("CRICKETGNN_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache" / "tables"


def _load(path: Path, lines: list[str]) -> LoadedTables:
    return load_tables([path], max_rejected=0.5, log=lines.append)


def _same(one: LoadedTables, other: LoadedTables) -> bool:
    frames = all(getattr(one.tables, name).equals(getattr(other.tables, name)) for name in TABLES)
    return frames and one.tables.fingerprint == other.tables.fingerprint and one.report == other.report


def _entry(cache: Path) -> Path:
    (entry,) = (path for path in cache.iterdir() if path.is_dir())
    return entry


def _stamps(entry: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in entry.iterdir()}


def test_the_second_reading_comes_from_the_cache_and_is_the_same(cup: Path, cache: Path) -> None:
    lines: list[str] = []
    built = _load(cup, lines)
    written = _stamps(_entry(cache))
    cached = _load(cup, lines)
    assert _same(built, cached)
    assert [one.file for one in cached.report.rejected] == ["cup.zip:3.json"]
    assert _stamps(_entry(cache)) == written
    assert set(written) == {f"{table}.parquet" for table in TABLES} | {"reading.json", "manifest.json"}
    assert lines == []


def test_the_entry_tells_rows_versions_and_checksums(cup: Path, cache: Path) -> None:
    _load(cup, [])
    reading = json.loads((_entry(cache) / "reading.json").read_text())
    assert reading["rows"] == {"people": 22, "matches": 2, "lineups": 44, "innings": 2, "deliveries": 4}
    assert {"schema_version", "parser_version", "cricketgnn", "polars", "fingerprint"} <= set(reading)
    manifest = json.loads((_entry(cache) / "manifest.json").read_text())
    assert set(manifest["files"]) == {f"{table}.parquet" for table in TABLES} | {"reading.json"}


def test_changed_match_files_are_read_anew(cup: Path, cache: Path) -> None:
    first = _load(cup, [])
    write_zip(cup, {"1": GOOD, "2": match(innings(over(0, ball(3))))})
    second = _load(cup, [])
    assert second.tables.deliveries["bat_runs"].to_list() == [1, 6, 3]
    assert second.tables.fingerprint != first.tables.fingerprint


def _alter_byte(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def _cut_off(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-10])


FILES = (*(f"{table}.parquet" for table in TABLES), "reading.json")


@pytest.mark.parametrize("file", [*FILES, "manifest.json"])
@pytest.mark.parametrize("harm", [_alter_byte, _cut_off, Path.unlink])
def test_a_damaged_entry_is_rebuilt_with_one_line(cup: Path, cache: Path, file: str, harm: object) -> None:
    built = _load(cup, [])
    assert callable(harm)
    harm(_entry(cache) / file)
    lines: list[str] = []
    assert _same(_load(cup, lines), built)
    assert len(lines) == 1
    assert "damaged" in lines[0]
    assert _same(_load(cup, lines), built)  # and is sound again
    assert len(lines) == 1


def test_an_entry_of_another_parser_is_rebuilt(cup: Path, cache: Path) -> None:
    built = _load(cup, [])
    entry = _entry(cache)
    reading = json.loads((entry / "reading.json").read_text()) | {"parser_version": 0}
    (entry / "reading.json").write_text(json.dumps(reading))
    lines: list[str] = []
    assert _same(_load(cup, lines), built)
    assert len(lines) == 1


def test_a_cache_that_cannot_be_made_does_not_fail_the_reading(
    cup: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("CRICKETGNN_CACHE_DIR", str(tmp_path / "file" / "cache"))
    lines: list[str] = []
    assert _load(cup, lines).report.ok == 2
    assert len(lines) == 1


@contextmanager
def _no_file_larger_than(size: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_does_not_fail_the_reading_and_leaves_nothing(cup: Path, cache: Path) -> None:
    lines: list[str] = []
    with _no_file_larger_than(300):
        assert _load(cup, lines).report.ok == 2
    assert len(lines) == 1
    assert [path for path in cache.iterdir() if path.is_dir()] == []
    assert _load(cup, lines).report.ok == 2
    assert _entry(cache).is_dir()
    assert len(lines) == 1


def test_what_a_killed_build_left_is_no_entry(cup: Path, cache: Path) -> None:
    _load(cup, [])
    entry = _entry(cache)
    entry.rename(cache / f".{entry.name}.partial")
    (cache / f".{entry.name}.partial" / "manifest.json").unlink()
    lines: list[str] = []
    assert _load(cup, lines).report.ok == 2
    assert _entry(cache) == entry
    assert lines == []


def test_without_the_cache_nothing_is_kept(cup: Path, cache: Path) -> None:
    load_tables([cup], max_rejected=0.5, cache=False)
    assert not cache.exists()


def test_limits_hold_for_cached_tables_as_for_new_ones(cup: Path, cache: Path) -> None:
    for _ in range(2):
        with pytest.raises(DataError, match="1 of 3 matches refused"):
            load_tables([cup])
    with pytest.raises(MatchRejected, match=r"cup\.zip:3\.json"):
        load_tables([cup], strict=True, max_rejected=1.0)


def _report_reading(path: Path, start: object, results: object) -> None:
    lines: list[str] = []
    start.wait()  # type: ignore[attr-defined]
    loaded = _load(path, lines)
    results.put((loaded.tables.fingerprint, loaded.tables.deliveries.height, lines))  # type: ignore[attr-defined]


def test_processes_that_build_at_once_do_not_disturb_each_other(cup: Path, cache: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    results, start = spawn.SimpleQueue(), spawn.Barrier(2)
    readers = [spawn.Process(target=_report_reading, args=(cup, start, results)) for _ in range(2)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    seen = [results.get() for _ in readers]
    assert seen[0] == seen[1]
    assert seen[0][1:] == (4, [])
    assert _entry(cache).is_dir()
