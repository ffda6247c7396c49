"""A reader sees the old file or the new one, never half of one."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from cricketgnn.files import as_json_text, atomic_path, nearest_file, write_json, write_text


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_new_file_appears_whole_in_a_folder_made_for_it(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "er" / "note.txt"
    with atomic_path(path) as temporary:
        assert temporary.parent == path.parent  # a rename within one file system
        temporary.write_text("half")
        assert not path.exists()
        temporary.write_text("whole")
    assert path.read_text() == "whole"
    assert names(path.parent) == ["note.txt"]


def _write_half_and_raise(path: Path, error: type[BaseException]) -> None:
    path.write_text("ne")
    raise error


@pytest.mark.parametrize("error", [KeyError, KeyboardInterrupt, OSError])
def test_an_error_leaves_the_old_file_and_nothing_else(tmp_path: Path, error: type[BaseException]) -> None:
    path = tmp_path / "note.txt"
    path.write_text("old")
    with pytest.raises(error), atomic_path(path) as temporary:
        _write_half_and_raise(temporary, error)
    assert path.read_text() == "old"
    assert names(tmp_path) == ["note.txt"]


def test_rights_are_those_of_a_plain_file(tmp_path: Path) -> None:
    (tmp_path / "plain").write_text("x")
    write_text(tmp_path / "ours", "x")
    assert stat.S_IMODE((tmp_path / "ours").stat().st_mode) == stat.S_IMODE(
        (tmp_path / "plain").stat().st_mode
    )
    before = os.umask(0o077)
    try:
        write_text(tmp_path / "private", "x")
        assert os.umask(0o077) == 0o077
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "private").stat().st_mode) == 0o600


def test_trouble_names_the_file_and_not_the_temporary_one(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(IsADirectoryError) as trouble:
        write_text(tmp_path / "folder", "x")
    assert trouble.value.filename == str(tmp_path / "folder")
    (tmp_path / "file").write_text("x")
    with pytest.raises(OSError, match="file") as trouble:
        write_text(tmp_path / "file" / "x", "x")
    assert ".tmp" not in str(trouble.value)
    with pytest.raises(OSError, match="No space") as trouble, atomic_path(tmp_path / "note"):
        raise OSError(28, "No space left on device")
    assert trouble.value.filename == str(tmp_path / "note")


def test_trouble_with_another_file_keeps_its_name(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as trouble, atomic_path(tmp_path / "note"):
        (tmp_path / "source").read_text()
    assert trouble.value.filename == str(tmp_path / "source")


def test_json_is_indented_ends_its_line_and_refuses_what_is_none(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    write_json(path, {"b": [1, None], "a": Path("p")}, default=str)
    assert path.read_text() == '{\n  "b": [\n    1,\n    null\n  ],\n  "a": "p"\n}\n'
    assert json.loads(as_json_text({"a": 1})) == {"a": 1}
    with pytest.raises(ValueError, match="JSON compliant"):
        write_json(path, {"a": float("nan")})
    with pytest.raises(TypeError):
        write_json(path, {"a": Path("p")})
    assert json.loads(path.read_text())["a"] == "p"


def test_text_is_utf_8(tmp_path: Path) -> None:
    write_text(tmp_path / "x", "\N{CRICKET BAT AND BALL}")
    assert (tmp_path / "x").read_bytes() == "\N{CRICKET BAT AND BALL}".encode()


@pytest.mark.parametrize(
    ("missing", "near"),
    [("leage.json", "league.json"), ("nosuch.json", None), ("league", "league.json"), ("runn", "run")],
)
def test_the_nearest_name_is_alike_in_more_than_its_ending(
    tmp_path: Path, missing: str, near: str | None
) -> None:
    for name in ("league.json", "finished.json"):
        (tmp_path / name).touch()
    (tmp_path / "run").mkdir()
    assert nearest_file(tmp_path / missing) == (tmp_path / near if near else None)
