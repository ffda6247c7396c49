"""Ready graphs come out of the cache as they were built, and never as something else."""

from __future__ import annotations

import json
import multiprocessing
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from cricketgnn.entries import EntryStore
from cricketgnn.errors import DataError
from cricketgnn.graph.load import LoadedGraphs, load_graphs
from cricketgnn.graph.store import ARRAYS
from match_files import Document, ball, innings, match, over, write_zip

GOOD = match(innings(over(0, ball(1), ball(6))))
LATER = match(innings(over(0, ball(4))), dates=["2024-05-02"])
CONTENT = {*(f"{name}.npy" for name in ARRAYS), "facts.json", "report.json"}


@pytest.fixture
def cup(tmp_path: Path) -> Path:
    return write_zip(tmp_path / "cup.zip", {"1": GOOD, "2": LATER})


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the graph entries, not there yet."""
    monkeypatch.setenv("CRICKETGNN_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache" / "graphs"


def _load(path: Path, lines: list[str]) -> LoadedGraphs:
    return load_graphs([path], max_rejected=0.5, log=lines.append)


def _same(one: LoadedGraphs, other: LoadedGraphs) -> bool:
    arrays = all(np.array_equal(getattr(one.store, name), getattr(other.store, name)) for name in ARRAYS)
    types = all(getattr(one.store, name).dtype == getattr(other.store, name).dtype for name in ARRAYS)
    return (
        arrays and types and one.store.fingerprint == other.store.fingerprint and one.report == other.report
    )


def _entries(cache: Path) -> list[Path]:
    return sorted(path for path in cache.iterdir() if path.is_dir())


def test_the_second_reading_comes_from_the_cache_and_is_the_same(cup: Path, cache: Path) -> None:
    lines: list[str] = []
    built = _load(cup, lines)
    (entry,) = _entries(cache)
    written = {path.name: path.stat().st_mtime_ns for path in entry.iterdir()}
    cached = _load(cup, lines)
    assert _same(built, cached)
    assert {path.name: path.stat().st_mtime_ns for path in entry.iterdir()} == written
    assert set(written) == CONTENT | {"manifest.json"}
    assert isinstance(cached.store.delivery_x.base, np.memmap)
    assert lines == []


def test_the_columns_of_a_store_have_the_types_it_promises(cup: Path, cache: Path) -> None:
    store = _load(cup, []).store
    assert {
        name: str(getattr(store, name).dtype) for name in ARRAYS if not name.endswith(("_ids", "_names"))
    } == {
        "delivery_x": "float32",
        "outcome_x": "int8",
        "outcome": "int8",
        "kind": "int8",
        "over": "int16",
        "ball": "int16",
        "striker": "int16",
        "non_striker": "int16",
        "bowler": "int16",
        "pointers": "int64",
        "player_pointers": "int64",
        "person": "int32",
        "player_counts": "float32",
        "context_counts": "float32",
        "player_ratings": "float32",
        "venue_ratings": "float32",
        "competition_ratings": "float32",
        "team_ratings": "float32",
        "context_entity": "int32",
        "match": "int32",
        "position": "int8",
        "day": "int32",
        "last_day": "int32",
        "is_female": "bool",
    }


def _replace(file: Path, content: bytes) -> None:
    """Put another file in a file's place; graphs that are mapped from the old one stay as they are."""
    file.unlink()
    file.write_bytes(content)


def _alter_byte(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    _replace(file, content)


def _cut_off(file: Path) -> None:
    _replace(file, file.read_bytes()[:-10])


HARMS: tuple[Callable[[Path], None], ...] = (_alter_byte, _cut_off, Path.unlink)


@pytest.mark.parametrize("file", ["delivery_x.npy", "person_ids.npy", "facts.json", "report.json"])
@pytest.mark.parametrize("harm", HARMS)
def test_a_damaged_entry_is_rebuilt_with_exactly_one_line(
    cup: Path, cache: Path, file: str, harm: Callable[[Path], None]
) -> None:
    built = _load(cup, [])
    (entry,) = _entries(cache)
    harm(entry / file)
    lines: list[str] = []
    assert _same(_load(cup, lines), built)
    assert len(lines) == 1
    assert "graphs" in lines[0]
    assert "damaged" in lines[0]
    assert _same(_load(cup, lines), built)  # and is sound again
    assert len(lines) == 1


@pytest.mark.parametrize("harm", HARMS)
def test_a_damaged_manifest_is_damage(cup: Path, cache: Path, harm: Callable[[Path], None]) -> None:
    built = _load(cup, [])
    harm(_entries(cache)[0] / "manifest.json")
    lines: list[str] = []
    assert _same(_load(cup, lines), built)
    assert len(lines) == 1


def test_an_entry_whose_manifest_says_less_than_is_needed_is_damaged(cup: Path, cache: Path) -> None:
    built = _load(cup, [])
    (entry,) = _entries(cache)
    manifest = json.loads((entry / "manifest.json").read_text())
    del manifest["files"]["over.npy"]
    (entry / "manifest.json").write_text(json.dumps(manifest))
    (entry / "over.npy").unlink()
    lines: list[str] = []
    assert _same(_load(cup, lines), built)
    assert len(lines) == 1


def test_a_cache_that_cannot_be_made_does_not_fail_the_reading(
    cup: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("CRICKETGNN_CACHE_DIR", str(tmp_path / "file" / "cache"))
    lines: list[str] = []
    assert len(_load(cup, lines).store) == 2
    assert len(lines) == 2  # the tables' cache and the graphs' cache, one line each
    assert {"tables" in line for line in lines} == {"graphs" in line for line in lines} == {True, False}


def test_other_matches_are_another_entry(cup: Path, cache: Path) -> None:
    first = _load(cup, [])
    write_zip(cup, {"1": GOOD, "2": match(innings(over(0, ball(3))), dates=["2024-05-02"])})
    second = _load(cup, [])
    assert len(_entries(cache)) == 2
    assert second.store.fingerprint != first.store.fingerprint
    assert second.store.outcome.tolist() == [1, 5, 3]
    assert first.store.outcome.tolist() == [1, 5, 4]  # still what it was, though read by mapping


def test_other_features_are_another_entry(cup: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = _load(cup, [])
    monkeypatch.setattr("cricketgnn.graph.load.FEATURES_VERSION", 10_000)
    second = _load(cup, [])
    assert len(_entries(cache)) == 2
    assert second.store.fingerprint != first.store.fingerprint


def test_files_changed_while_they_are_read_make_no_entry(cup: Path, cache: Path) -> None:
    _load(cup, [])
    (entry,) = _entries(cache)
    _alter_byte(entry / "facts.json")

    def somebody_else_writes(line: str) -> None:
        write_zip(cup, {"1": GOOD})

    with pytest.raises(DataError, match="changed while they were read; run it again"):
        load_graphs([cup], log=somebody_else_writes)
    lines: list[str] = []
    assert len(_load(cup, lines).store) == 1
    assert lines == []
    write_zip(cup, {"1": GOOD, "2": LATER})
    assert len(_load(cup, lines).store) == 2


def test_the_report_of_refused_matches_is_kept_and_its_limit_holds(tmp_path: Path, cache: Path) -> None:
    archive = write_zip(tmp_path / "cup.zip", {"1": GOOD, "2": LATER, "3": b"{}"})
    for _ in range(2):
        assert [one.file for one in _load(archive, []).report.rejected] == ["cup.zip:3.json"]
        with pytest.raises(DataError, match="1 of 3 matches refused"):
            load_graphs([archive])


def test_matches_without_a_delivery_are_refused_cached_or_not(tmp_path: Path, cache: Path) -> None:
    nothing: Document = match({"team": "Reds", "forfeited": True})
    archive = write_zip(tmp_path / "cup.zip", {"1": nothing})
    lines: list[str] = []
    for _ in range(2):
        with pytest.raises(DataError, match="no innings with a delivery"):
            load_graphs([archive], log=lines.append)
    assert lines == []


def _report_reading(path: Path, start: object, results: object) -> None:
    lines: list[str] = []
    start.wait()  # type: ignore[attr-defined]
    store = _load(path, lines).store
    results.put((store.fingerprint, store.delivery_x.tolist(), lines))  # type: ignore[attr-defined]


def test_processes_that_build_at_once_build_one_entry(cup: Path, cache: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    results, start = spawn.SimpleQueue(), spawn.Barrier(2)
    readers = [spawn.Process(target=_report_reading, args=(cup, start, results)) for _ in range(2)]
    for reader in readers:
        reader.start()
    seen = [results.get() for _ in readers]
    for reader in readers:
        reader.join()
    assert seen[0] == seen[1]
    assert seen[0][2] == []
    (entry,) = _entries(cache)
    assert {path.name for path in entry.iterdir()} == CONTENT | {"manifest.json"}


def _count_building(folder: Path, start: object, results: object) -> None:
    def build() -> str:
        with (folder / "builds").open("a") as builds:
            builds.write("one\n")
        return "content"

    start.wait()  # type: ignore[attr-defined]
    got = EntryStore(folder / "entries").get(
        "key",
        read=lambda entry: (entry / "text").read_text(),
        build=build,
        write=lambda content, entry: (entry / "text").write_text(content),
        log=print,
    )
    results.put(got)  # type: ignore[attr-defined]


def test_of_processes_that_want_the_same_entry_one_builds(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    results, start = spawn.SimpleQueue(), spawn.Barrier(2)
    readers = [spawn.Process(target=_count_building, args=(tmp_path, start, results)) for _ in range(2)]
    for reader in readers:
        reader.start()
    assert [results.get() for _ in readers] == ["content"] * 2
    for reader in readers:
        reader.join()
    assert (tmp_path / "builds").read_text() == "one\n"


def test_a_script_without_its_guard_is_told_instead_of_waiting_for_ever(cup: Path, cache: Path) -> None:
    """The processes that parse import the script, which asks for the entry that is being built."""
    script = cup.with_name("script.py")
    script.write_text(
        "from cricketgnn.deliveries import build\n"
        "build.SERIAL_MATCHES, build.CHUNK_MATCHES, build.usable_processes = 0, 1, lambda: 2\n"
        "from cricketgnn.graph import load\n"
        "load.usable_processes = build.usable_processes\n"
        f"print(len(load.load_graphs([{str(cup)!r}]).store))\n",
        encoding="utf-8",
    )
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 1
    assert 'put what it does below if __name__ == "__main__":' in done.stderr
    guarded = script.read_text(encoding="utf-8").replace("print(", 'if __name__ == "__main__":\n    print(')
    script.write_text(guarded, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stdout) == (0, "2\n"), done.stderr
