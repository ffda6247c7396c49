"""Building in one process or several gives the same, and stops for what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from cricketgnn.deliveries import load_matches
from cricketgnn.deliveries.build import CHUNK_MATCHES, SERIAL_MATCHES, usable_processes
from cricketgnn.errors import DataError, MatchRejected
from match_files import ball, content, innings, match, over, write_folder, write_zip

GOOD = match(innings(over(0, ball(1), ball(4, out=[("R2", "run out")]))))


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive too large for one process alone, with one match refused in its second part."""
    good = content(GOOD)
    files: dict[str, bytes] = {
        f"{number:04d}": good.replace(b"2024-05-01", f"2024-{1 + number % 12:02d}-01".encode())
        for number in range(SERIAL_MATCHES + 1)
    }
    files[f"{CHUNK_MATCHES + 3:04d}"] = b"{}"
    return write_zip(tmp_path_factory.mktemp("many") / "many.zip", files)


def test_two_processes_build_what_one_builds(many: Path) -> None:
    alone, report_alone = load_matches([many])
    shared, report_shared = load_matches([many], processes=2)
    assert report_shared == report_alone
    assert (report_shared.ok, len(report_shared.rejected)) == (SERIAL_MATCHES, 1)
    assert shared.fingerprint == alone.fingerprint
    for table in ("people", "matches", "lineups", "innings", "deliveries"):
        assert getattr(shared, table).equals(getattr(alone, table)), table


def test_strict_names_the_first_refused_also_from_another_process(many: Path) -> None:
    with pytest.raises(MatchRejected) as caught:
        load_matches([many], strict=True, processes=2)
    assert caught.value.file == f"many.zip:{CHUNK_MATCHES + 3:04d}.json"
    assert caught.value.where == "$"


def test_a_damaged_archive_is_an_error_also_from_another_process(many: Path, tmp_path: Path) -> None:
    torn = bytearray(many.read_bytes())
    torn[2000:2040] = bytes(40)
    path = tmp_path / "torn.zip"
    path.write_bytes(torn)
    with pytest.raises(DataError, match=r"torn\.zip at \d+\.json is no intact zip archive"):
        load_matches([path], processes=2)


def test_more_refused_than_allowed_is_an_error(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "cup", {"1": GOOD, "2": GOOD, "3": b"{}"})
    with pytest.raises(
        DataError, match=r"1 of 3 matches refused \(33\.3%, at most 5\.0% allowed\), first cup/3"
    ):
        load_matches([folder])
    tables, report = load_matches([folder], max_rejected=0.34)
    assert tables.matches["match_id"].to_list() == ["1", "2"]
    assert [(one.file, one.where) for one in report.rejected] == [("cup/3.json", "$")]


def test_there_is_always_a_process_to_use() -> None:
    assert 1 <= usable_processes() <= 8
