"""Archives, folders, globs and single files give the match files meant, each once, in one order."""

from __future__ import annotations

import os
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cricketgnn.cricsheet import find_sources, zip_safety
from cricketgnn.cricsheet.archives import FolderSource, ZipSource
from cricketgnn.errors import DataError
from match_files import content, match, write_folder, write_zip

ONE = content(match())


def _labels(*paths: str | Path) -> list[str]:
    return [file.label for source in find_sources(paths) for file in source.read()]


def test_an_archive_is_read_in_order_and_only_its_matches(tmp_path: Path) -> None:
    path = tmp_path / "cup.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("20.json", "README.txt", "deep/3.json", "10.json", "__MACOSX/._10.json", ".4.json"):
            archive.writestr(name, ONE)
        archive.mkdir("folder.json")
    (source,) = find_sources([path])
    assert [(file.match_id, file.label, file.content) for file in source.read()] == [
        ("10", "cup.zip:10.json", ONE),
        ("20", "cup.zip:20.json", ONE),
        ("3", "cup.zip:deep/3.json", ONE),
    ]


def test_a_folder_stands_for_matches_and_archives_in_and_below_it(tmp_path: Path) -> None:
    write_folder(tmp_path / "all", {"2": ONE, "1": ONE})
    write_folder(tmp_path / "all" / "more", {"9": ONE})
    write_folder(tmp_path / "all", {".hidden": ONE})
    write_zip(tmp_path / "all" / "cup.zip", {"5": ONE})
    (tmp_path / "all" / "people.csv").write_text("id,name")
    (tmp_path / "all" / "odd.json").mkdir()
    assert _labels(tmp_path / "all") == ["all/1.json", "all/2.json", "cup.zip:5.json", "more/9.json"]


def test_a_file_named_in_several_ways_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_folder(tmp_path / "all", {"1": ONE, "2": ONE, "30": ONE})
    write_zip(tmp_path / "cup.zip", {"5": ONE})
    monkeypatch.chdir(tmp_path)
    expected = ["all/1.json", "all/2.json", "cup.zip:5.json"]
    assert _labels("all/?.json", folder / "1.json", "*.zip", "./cup.zip") == expected
    assert _labels("cup.zip", str(tmp_path / "al?" / "[12].json")) == expected
    assert _labels("**/*.json") == ["all/1.json", "all/2.json", "all/30.json"]


def test_a_link_goes_by_its_own_name(tmp_path: Path) -> None:
    write_zip(tmp_path / "store" / "blob-77", {"5": ONE})
    (tmp_path / "cup.zip").symlink_to(tmp_path / "store" / "blob-77")
    assert _labels(tmp_path / "cup.zip") == ["cup.zip:5.json"]


def test_sources_of_one_name_are_called_by_their_path(tmp_path: Path) -> None:
    first = write_zip(tmp_path / "a" / "cup.zip", {"1": ONE})
    second = write_zip(tmp_path / "b" / "cup.zip", {"1": ONE})
    assert _labels(second, first) == [f"{first}:1.json", f"{second}:1.json"]


@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_parts_hold_every_match_once_in_order(tmp_path: Path, size: int) -> None:
    (source,) = find_sources([write_zip(tmp_path / "cup.zip", {str(i): ONE for i in range(5)})])
    parts = list(source.parts(size))
    assert max(len(part.members) for part in parts) <= size
    assert [file.label for part in parts for file in part.read()] == [file.label for file in source.read()]


def test_archives_read_in_turns_and_one_that_is_replaced_are_read_right(tmp_path: Path) -> None:
    one, two = (
        ZipSource.open(write_zip(tmp_path / name, {"1": digit, "2": digit}), name)
        for name, digit in (("one.zip", b"1"), ("two.zip", b"2"))
    )
    read = [file.content for pair in zip(one.read(), two.read(), strict=True) for file in pair]
    assert read == [b"1", b"2", b"1", b"2"]
    write_zip(tmp_path / "new.zip", {"1": b"3", "2": b"3"}).replace(two.path)
    assert [file.content for file in two.read()] == [b"3", b"3"]


def test_a_path_that_does_not_exist_gives_the_nearest_that_does(tmp_path: Path) -> None:
    write_zip(tmp_path / "t20s_male_json.zip", {"1": ONE})
    with pytest.raises(DataError, match=r"does not exist; did you mean '.*/t20s_male_json\.zip'\?"):
        find_sources([tmp_path / "t20_male_json.zip"])
    with pytest.raises(DataError, match=rf"does not exist; did you mean '{tmp_path}'\?"):
        find_sources([tmp_path.with_name(tmp_path.name + "x") / "t20s.zip"])
    with pytest.raises(DataError, match=r"t20s_male_json\.zip is not a folder"):
        find_sources([tmp_path / "t20s_male_json.zip" / "1.json"])
    with pytest.raises(DataError, match=r"'.*/zzz' does not exist$"):
        find_sources([tmp_path / "zzz"])


def test_what_holds_no_match_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("id,name")
    with pytest.raises(DataError, match="no match files given"):
        find_sources([])
    with pytest.raises(DataError, match="holds no match file"):
        find_sources([tmp_path])
    with pytest.raises(DataError, match=r"cup\.zip holds no match file"):
        find_sources([write_zip(tmp_path / "cup.zip", {})])
    with pytest.raises(DataError, match=r"people\.csv is no source of matches"):
        find_sources([tmp_path / "people.csv"])
    with pytest.raises(DataError, match=r"nothing matches '.*\*\.jsn'"):
        find_sources([tmp_path / "*.jsn"])


@contextmanager
def unprivileged() -> Iterator[None]:
    """Be nobody in particular while inside: root may read everything."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.parametrize("mode", [0o000, 0o444, 0o111], ids=oct)
@pytest.mark.parametrize("named", ["all", "all/closed"])
def test_a_folder_that_cannot_be_read_is_told_and_not_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int, named: str
) -> None:
    write_folder(tmp_path / "all", {"1": ONE})
    closed = write_folder(tmp_path / "all" / "closed", {"2": ONE})
    tmp_path.chmod(0o755)
    closed.chmod(mode)
    monkeypatch.chdir(tmp_path)
    try:
        with unprivileged(), pytest.raises(DataError) as refused:
            find_sources([named])
    finally:
        closed.chmod(0o755)
    place = "all/closed/2.json" if mode == 0o444 else "all/closed"
    assert str(refused.value) == (
        f"cannot read {place}: Permission denied; make it readable or name what lies beside it"
    )


def test_a_link_that_leads_nowhere_is_no_match_file(tmp_path: Path) -> None:
    write_folder(tmp_path / "all", {"1": ONE})
    (tmp_path / "all" / "2.json").symlink_to(tmp_path / "gone.json")
    (tmp_path / "all" / "3.json").symlink_to("3.json")
    assert _labels(tmp_path / "all") == ["all/1.json"]


@pytest.mark.skipif(sys.platform != "linux", reason="only there may a file name hold any bytes")
def test_a_name_that_is_no_text_is_an_error(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"1\xff.json")).write_bytes(content(match()))
    with pytest.raises(DataError, match=r"1\\udcff\.json': this name is not in UTF-8; rename it"):
        find_sources([tmp_path])


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    large = write_zip(tmp_path / "large.zip", {"1": b" " * (zip_safety.MAX_MEMBER_BYTES + 1)})
    with pytest.raises(DataError, match=r"large\.zip: member '1\.json' expands to 16,777,217 bytes"):
        ZipSource.open(large, "large.zip")
    path = tmp_path / "stored.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("1.json", b" " * (zip_safety.MAX_MEMBER_BYTES + 1))
    with pytest.raises(DataError, match=r"expands to 16,777,217 bytes, expected at most 16,777,216"):
        ZipSource.open(path, "stored.zip")


def test_a_file_too_large_for_a_match_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "1.json"
    with path.open("wb") as stream:
        stream.truncate(zip_safety.MAX_MEMBER_BYTES + 1)
    (source,) = find_sources([path])
    with pytest.raises(DataError, match="at most 16 MiB"):
        list(source.read())


def test_a_size_that_lies_is_found_out(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "cup.zip", {"1": b" " * 5000})
    honest, lying = (5000).to_bytes(4, "little"), (50).to_bytes(4, "little")
    path.write_bytes(path.read_bytes().replace(honest, lying))
    (source,) = find_sources([path])
    with pytest.raises(DataError, match=r"cup\.zip at 1\.json is no intact zip archive"):
        list(source.read())


def test_an_archive_that_is_none_or_cut_off_is_refused(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "cup.zip", {"1": ONE})
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(DataError, match=r"cup\.zip is no intact zip archive .*; download it again"):
        find_sources([path])
    path.write_text("<html>404</html>")
    with pytest.raises(DataError, match="no intact zip archive"):
        find_sources([path])


def test_a_source_that_went_away_is_an_error(tmp_path: Path) -> None:
    archive = write_zip(tmp_path / "cup.zip", {"1": ONE})
    sources = find_sources([archive, write_folder(tmp_path / "all", {"2": ONE})])
    archive.unlink()
    (tmp_path / "all" / "2.json").unlink()
    for source in sources:
        with pytest.raises(DataError, match="cannot read"):
            list(source.read())
        with pytest.raises(DataError, match="cannot read"):
            source.digest()


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_a_flipped_byte_is_refused_or_harmless(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = write_zip(tmp_path_factory.getbasetemp() / "flipped.zip", {"1": ONE, "2": ONE})
    torn = bytearray(path.read_bytes())
    at = data.draw(st.integers(0, len(torn) - 1))
    torn[at] ^= data.draw(st.integers(1, 255))
    path.write_bytes(torn)
    try:
        contents = [file.content for source in find_sources([path]) for file in source.read()]
    except DataError:
        return
    assert set(contents) == {ONE}  # names and dates are not covered by a checksum, content is


def test_the_digest_covers_names_and_content(tmp_path: Path) -> None:
    def digest(name: str, files: dict[str, bytes]) -> str:
        folder = write_folder(tmp_path / name, files)
        return FolderSource(folder, "any", tuple(sorted(f"{file}.json" for file in files))).digest()

    plain = digest("plain", {"1": b"ab", "2": b"c"})
    assert digest("same", {"2": b"c", "1": b"ab"}) == plain
    different = [
        digest("moved", {"1": b"a", "2": b"bc"}),
        digest("renamed", {"1": b"ab", "3": b"c"}),
        digest("changed", {"1": b"ab", "2": b"d"}),
        digest("fewer", {"1": b"ab"}),
    ]
    assert len({plain, *different}) == 5


def test_what_a_download_left_beside_an_archive_is_no_match(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "cup.zip", "w") as archive:
        archive.writestr("10.json", ONE)
    (tmp_path / "cup.zip.meta.json").write_text("{}")
    (tmp_path / "meta.json").write_bytes(ONE)
    assert sorted(_labels(tmp_path)) == ["cup.zip:10.json", f"{tmp_path.name}/meta.json"]
