"""No archive is trusted before it has been read to its end within its limits."""

from __future__ import annotations

import stat
import zipfile
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cricketgnn.cricsheet.archives import ZipSource
from cricketgnn.cricsheet.zip_safety import ArchiveSummary, ZipLimits, check_archive, check_entries
from cricketgnn.errors import DataError

from .zips import MATCH, bad_checksum, bad_deflate_stream, two_matches, zip_bytes


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    return tmp_path / "a.zip"


def test_a_sound_archive_is_summed_up(stored: Path) -> None:
    stored.write_bytes(
        zip_bytes({"README.txt": b"abc", "1.json": b"{}", "2.json": b"{} "}, zipfile.ZIP_STORED)
    )
    assert check_archive(stored) == ArchiveSummary(
        members=3, matches=2, compressed_bytes=3 + 2 + 3, expanded_bytes=3 + 2 + 3
    )


def test_the_matches_counted_are_the_matches_read(stored: Path) -> None:
    names = ("1.json", "cup/2.json", "3.JSON", ".4.json", "__MACOSX/._1.json")
    stored.write_bytes(zip_bytes(dict.fromkeys(names, MATCH)))
    assert ZipSource.open(stored, "a.zip").members == ("1.json", "cup/2.json")
    assert check_archive(stored).matches == 2


def test_a_folder_and_an_empty_archive_are_sound(stored: Path) -> None:
    stored.write_bytes(zip_bytes({"matches/": b"", "matches/1.json": MATCH}))
    assert check_archive(stored).matches == 1
    stored.write_bytes(zip_bytes({}))
    assert check_archive(stored).members == 0


@pytest.mark.parametrize(
    "member",
    ["../evil.json", "a/../../evil.json", "/evil.json", "..", "C:evil.json", "C:/evil.json", "..\\evil.json"],
)
def test_a_member_that_leaves_the_folder_is_refused(stored: Path, member: str) -> None:
    stored.write_bytes(zip_bytes({member: MATCH}))
    with pytest.raises(DataError, match="points outside the archive's folder"):
        check_archive(stored)


def test_a_name_with_a_nul_is_refused(stored: Path) -> None:
    stored.write_bytes(zip_bytes({"1.jsonX": MATCH}).replace(b"1.jsonX", b"1.json\0"))
    with pytest.raises(DataError, match="points outside"):
        check_archive(stored)


def test_dots_within_a_name_are_fine(stored: Path) -> None:
    stored.write_bytes(zip_bytes({"a..b/1...json": MATCH}))
    assert check_archive(stored).matches == 1


def test_a_symbolic_link_is_refused(stored: Path) -> None:
    link = zipfile.ZipInfo("1.json")
    link.create_system = 3
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(stored, "w") as archive:
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(DataError, match="symbolic link"):
        check_archive(stored)


def test_a_name_that_comes_twice_is_refused(stored: Path) -> None:
    stored.write_bytes(zip_bytes({"1.json": MATCH, "2.json": MATCH}).replace(b"2.json", b"1.json"))
    with pytest.raises(DataError, match=r"two members are called '1\.json'"):
        check_archive(stored)


def test_an_encrypted_member_is_refused(stored: Path) -> None:
    sound = bytearray(zip_bytes({"1.json": MATCH}))
    sound[6] |= 1
    sound[sound.index(b"PK\x01\x02") + 8] |= 1
    stored.write_bytes(sound)
    with pytest.raises(DataError, match="is encrypted"):
        check_archive(stored)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_only_deflate_can_be_read_in_bounded_memory(stored: Path, method: int) -> None:
    stored.write_bytes(zip_bytes({"1.json": MATCH}, method))
    with pytest.raises(DataError, match=f"compressed by method {method}, expected 0 .* or 8"):
        check_archive(stored)


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (ZipLimits(members=2), "3 members, expected at most 2"),
        (ZipLimits(member_bytes=999), r"'1\.json' expands to 1,000 bytes, expected at most 999"),
        (ZipLimits(total_bytes=2_999), "expands to 3,000 bytes, expected at most 2,999"),
        (
            ZipLimits(compression_ratio=10, ratio_free_bytes=999),
            r"'1\.json' expands from \d+ to 1,000 bytes, expected at most 10 times",
        ),
        (
            ZipLimits(compression_ratio=10, ratio_free_bytes=2_999),
            r"a\.zip expands from \d+ to 3,000 bytes, expected at most 10 times",
        ),
    ],
    ids=["members", "member", "total", "ratio of a member", "ratio of all"],
)
def test_each_limit_holds(stored: Path, limits: ZipLimits, reason: str) -> None:
    stored.write_bytes(zip_bytes({f"{match}.json": b"0" * 1_000 for match in (1, 2, 3)}))
    with pytest.raises(DataError, match=reason):
        check_archive(stored, limits=limits)
    just_enough = ZipLimits(members=3, member_bytes=1_000, total_bytes=3_000, ratio_free_bytes=3_000)
    assert check_archive(stored, limits=just_enough).matches == 3


def test_a_bomb_is_refused_by_its_table_of_contents(stored: Path) -> None:
    stored.write_bytes(zip_bytes({"1.json": b"0" * 8_000_000}))
    assert stored.stat().st_size < 10_000
    with zipfile.ZipFile(stored) as archive, pytest.raises(DataError, match="expected at most 200 times"):
        check_entries(archive, name="a bomb")


def test_a_bomb_that_lies_about_its_size_is_refused(stored: Path) -> None:
    """Declared as 10 bytes, in both places; nothing beyond them is given out, and their checksum is wrong."""
    true_size, declared = (8_000_000).to_bytes(4, "little"), (10).to_bytes(4, "little")
    bomb = zip_bytes({"1.json": b"0" * 8_000_000})
    assert bomb.count(true_size) == 2
    stored.write_bytes(bomb.replace(true_size, declared))
    with pytest.raises(DataError, match="Bad CRC-32"):
        check_archive(stored)


def test_a_member_shorter_than_declared_is_refused(stored: Path) -> None:
    size, declared = len(MATCH).to_bytes(4, "little"), (len(MATCH) + 1).to_bytes(4, "little")
    sound = zip_bytes({"1.json": MATCH})
    stored.write_bytes(sound.replace(size, declared))
    with pytest.raises(DataError, match=f"holds {len(MATCH)} bytes, expected {len(MATCH) + 1}"):
        check_archive(stored)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "no sound zip archive"),
        (b"not a zip", "no sound zip archive"),
        (two_matches()[:-1], "no sound zip archive"),
        (bad_checksum(), "Bad CRC-32"),
        (bad_deflate_stream(), "no sound zip archive"),
    ],
    ids=["empty", "text", "truncated", "checksum", "stream"],
)
def test_damage_is_a_data_error_that_names_the_archive(stored: Path, content: bytes, reason: str) -> None:
    stored.write_bytes(content)
    with pytest.raises(DataError, match=f"^ipl: .*{reason}.*fetch it again"):
        check_archive(stored, name="ipl")


def test_a_file_that_is_not_there_stays_an_os_error(stored: Path) -> None:
    with pytest.raises(FileNotFoundError):
        check_archive(stored)


@given(
    at=st.integers(min_value=0, max_value=len(two_matches()) - 1), byte=st.integers(0, 255), cut=st.booleans()
)
@example(at=268, byte=1, cut=False)  # a long comment that swallows the members behind it
@example(at=412, byte=1, cut=False)  # a table of contents from which a member would begin before the file
def test_any_damage_is_found_or_harmless(
    tmp_path_factory: pytest.TempPathFactory, at: int, byte: int, cut: bool
) -> None:
    """One byte changed, or everything after it missing: a DataError, or three members that read well."""
    sound = two_matches()
    path = tmp_path_factory.mktemp("damaged") / "a.zip"
    path.write_bytes(sound[:at] if cut else sound[:at] + bytes([byte]) + sound[at + 1 :])
    try:
        summary = check_archive(path)
    except DataError:
        return
    assert not cut
    assert summary.members == 3


@pytest.mark.real_data
def test_real_archives_pass(real_data: Path) -> None:
    summary = check_archive(real_data / "ipl_json.zip")
    assert summary.members == summary.matches == 1_095
