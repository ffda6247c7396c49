"""Fingerprints tell match data apart by content, and cache keys by everything a result depends on."""

from __future__ import annotations

from pathlib import Path

from cricketgnn.cricsheet import find_sources
from cricketgnn.deliveries import load_matches
from cricketgnn.deliveries.fingerprint import content_fingerprint, source_key
from match_files import Document, ball, innings, match, over, write_folder, write_zip

ONE, TWO = match(innings(over(0, ball(1)))), match(innings(over(0, ball(2))))


def _fingerprint(*paths: Path) -> str:
    return load_matches(paths)[0].fingerprint


def test_the_same_matches_have_one_fingerprint_wherever_they_lie(tmp_path: Path) -> None:
    files: dict[str, Document | bytes] = {"1": ONE, "2": TWO}
    archive = write_zip(tmp_path / "cup.zip", files)
    folder = write_folder(tmp_path / "cup", files)
    expected = _fingerprint(archive)
    assert len(expected) == 32
    assert _fingerprint(folder) == expected
    assert _fingerprint(folder / "2.json", folder / "1.json") == expected
    assert _fingerprint(archive, folder) == expected  # copies are superseded


def test_other_matches_have_another_fingerprint(tmp_path: Path) -> None:
    others = [
        {"1": ONE, "2": TWO},
        {"1": TWO, "2": ONE},
        {"1": ONE},
        {"3": ONE, "2": TWO},
        {"1": ONE, "2": TWO, "3": TWO},
        {"1": ONE, "2": match(innings(over(0, ball(2))), venue="The Red")},
    ]
    folders = [write_folder(tmp_path / str(at), files) for at, files in enumerate(others)]
    assert len({_fingerprint(folder) for folder in folders}) == len(others)


def test_ids_and_digests_do_not_run_into_each_other() -> None:
    assert content_fingerprint([("1", "aa"), ("2", "bb")]) != content_fingerprint([("1", "aa2"), ("", "bb")])
    assert content_fingerprint([]) != content_fingerprint([("", "")])


def test_the_key_depends_on_content_and_names_but_not_on_order_or_place(tmp_path: Path) -> None:
    def key(*paths: Path) -> str:
        return source_key(find_sources(paths))

    cup, trophy = write_zip(tmp_path / "cup.zip", {"1": ONE}), write_zip(tmp_path / "trophy.zip", {"2": TWO})
    moved = tmp_path / "moved" / "cup.zip"
    moved.parent.mkdir()
    moved.write_bytes(cup.read_bytes())
    renamed = tmp_path / "bowl.zip"
    renamed.write_bytes(cup.read_bytes())
    assert key(cup, trophy) == key(trophy, cup)
    assert key(moved) == key(cup)
    assert len({key(cup), key(trophy), key(cup, trophy), key(renamed)}) == 4
