"""Cache entries: right or absent, built once, and never a reason to fail."""

from __future__ import annotations

import json
import multiprocessing
from collections.abc import Callable
from pathlib import Path
from typing import Any

import filelock
import pytest

from cricketgnn.entries import EntryDamaged, EntryStore, cache_folder, digest_of

KEY = "0123456789abcdef"


class Shelf:
    """A store of one text, that counts what is done with it."""

    def __init__(self, folder: Path) -> None:
        self.store = EntryStore(folder)
        self.said: list[str] = []
        self.built = 0

    def get(self, text: str = "built", build: Callable[[], str] | None = None) -> str:
        def count() -> str:
            self.built += 1
            return text

        return self.store.get(KEY, read=read, build=build or count, write=write, log=self.said.append)


def read(folder: Path) -> str:
    text = (folder / "text.txt").read_text(encoding="utf-8")
    if text == "of an older kind":
        raise EntryDamaged("an older kind")
    return text


def write(text: str, folder: Path) -> None:
    (folder / "text.txt").write_text(text, encoding="utf-8")


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "texts")


def test_built_once_and_read_ever_after(shelf: Shelf, tmp_path: Path) -> None:
    assert [shelf.get("one"), shelf.get("two")] == ["one", "one"]
    assert Shelf(tmp_path / "texts").get("three") == "one"
    assert (shelf.built, shelf.said) == (1, [])
    entry = tmp_path / "texts" / KEY
    assert sorted(path.name for path in entry.iterdir()) == ["manifest.json", "text.txt"]
    assert sorted(path.name for path in (tmp_path / "texts").iterdir()) == [KEY, f"{KEY}.lock"]


def damage_text(entry: Path) -> None:
    (entry / "text.txt").write_text("One")


def lose_text(entry: Path) -> None:
    (entry / "text.txt").unlink()


def lose_manifest(entry: Path) -> None:
    (entry / "manifest.json").unlink()


def tear_manifest(entry: Path) -> None:
    (entry / "manifest.json").write_text('{"files": {')


def empty_manifest(entry: Path) -> None:
    (entry / "manifest.json").write_text("[]")


@pytest.mark.parametrize("damage", [damage_text, lose_text, lose_manifest, tear_manifest, empty_manifest])
def test_a_damaged_entry_is_told_and_rebuilt(
    shelf: Shelf, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    shelf.get("one")
    damage(tmp_path / "texts" / KEY)
    assert shelf.get("two") == "two"
    assert len(shelf.said) == 1
    assert shelf.said[0].startswith(f"cache entry texts/{KEY[:12]} is damaged (")
    assert shelf.get("three") == "two"
    assert shelf.built == 2


def test_what_the_reader_calls_damaged_is_rebuilt(shelf: Shelf) -> None:
    shelf.get("of an older kind")
    assert shelf.get("new") == "new"
    assert shelf.said == [f"cache entry texts/{KEY[:12]} is damaged (an older kind): rebuilding it"]


def test_the_leavings_of_a_killed_writer_are_no_obstacle(shelf: Shelf, tmp_path: Path) -> None:
    partial = tmp_path / "texts" / f".{KEY}.partial"
    partial.mkdir(parents=True)
    (partial / "half").write_text("x")
    assert shelf.get("one") == "one"
    assert not partial.exists()


def test_a_writer_clears_away_what_killed_ones_left_and_nothing_that_is_being_written(
    shelf: Shelf, tmp_path: Path
) -> None:
    folder = tmp_path / "texts"
    left, written = (folder / f".{digest_of(name)}.partial" for name in ("killed", "working"))
    for one in (left, written):
        one.mkdir(parents=True)
    with filelock.FileLock(folder / f"{digest_of('working')}.lock"):
        shelf.get("one")
        assert written.exists()
    assert not left.exists()


def test_a_build_that_fails_leaves_nothing_and_may_be_tried_again(shelf: Shelf, tmp_path: Path) -> None:
    def fail() -> str:
        raise KeyError("no data")

    with pytest.raises(KeyError):
        shelf.get(build=fail)
    assert not (tmp_path / "texts" / KEY).exists()
    assert shelf.get("one") == "one"


def test_a_cache_that_cannot_be_used_is_told_and_gone_without(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    shelf = Shelf(tmp_path / "file" / "texts")
    assert [shelf.get("one"), shelf.get("two")] == ["one", "two"]
    assert len(shelf.said) == 2
    assert shelf.said[0].startswith(f"cannot use the cache folder {tmp_path}/file/texts (")
    assert shelf.said[0].endswith("): going on without it")


def test_an_entry_that_cannot_be_kept_is_told_and_used(shelf: Shelf, tmp_path: Path) -> None:
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / KEY).write_text("a file in the way")
    assert shelf.get("one") == "one"
    assert len(shelf.said) == 1
    assert shelf.said[0].startswith("cannot keep a cache entry in ")


def _build_for(folder: Path, started: Any, results: Any) -> None:
    def build() -> str:
        results.put("built")
        return "text"

    started.wait()
    results.put(EntryStore(folder).get(KEY, read=read, build=build, write=write, log=results.put))


def test_of_two_processes_one_builds_and_the_other_waits(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    started, results = context.Barrier(2), context.Queue()
    processes = [
        context.Process(target=_build_for, args=(tmp_path / "texts", started, results)) for _ in range(2)
    ]
    for process in processes:
        process.start()
    got = sorted(results.get(timeout=60) for _ in range(3))
    for process in processes:
        process.join()
    assert got == ["built", "text", "text"]
    assert results.empty()


def test_the_cache_folder_can_be_chosen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CRICKETGNN_CACHE_DIR", str(tmp_path))
    assert cache_folder() == tmp_path
    monkeypatch.setenv("CRICKETGNN_CACHE_DIR", "~/cache")
    assert cache_folder() == Path.home() / "cache"
    monkeypatch.delenv("CRICKETGNN_CACHE_DIR")
    assert "cricketgnn" in str(cache_folder())


def test_names_tell_combinations_apart() -> None:
    assert len(digest_of("a", "b")) == 32
    assert digest_of("a", "b") == digest_of("a", "b")
    assert len({digest_of(*parts) for parts in (("a", "b"), ("ab",), ("b", "a"), ("a", "b", ""), ())}) == 5


def test_a_manifest_lists_every_file_with_its_digest(shelf: Shelf, tmp_path: Path) -> None:
    shelf.get("one")
    manifest = json.loads((tmp_path / "texts" / KEY / "manifest.json").read_text())
    assert list(manifest["files"]) == ["text.txt"]
    assert len(manifest["files"]["text.txt"]) == 32
