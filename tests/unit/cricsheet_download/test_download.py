"""Archives arrive whole or not at all, and are not fetched again while they are unchanged."""

from __future__ import annotations

import hashlib
import json
import socket
from pathlib import Path

import pytest

from cricketgnn.cricsheet.download import download_archives
from cricketgnn.cricsheet.transfer import RetryPolicy
from cricketgnn.cricsheet.zip_safety import ZipLimits
from cricketgnn.errors import DownloadError, UsageError

from .conftest import Fetch
from .server import Answer, Script
from .zips import MATCH, bad_checksum, two_matches, zip_bytes

GOOD = two_matches()
TAGS = {"ETag": '"v1"', "Last-Modified": "Tue, 31 Dec 2024 10:00:00 GMT", "Content-Type": "application/zip"}


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} if folder.exists() else set()


def test_a_good_archive_lands_with_its_record(server: Script, fetch: Fetch, folder: Path) -> None:
    server.on("ipl_json.zip", Answer(GOOD, headers=TAGS))
    archive = fetch("ipl_json")
    assert (archive.name, archive.path) == ("ipl_json", folder / "ipl_json.zip")
    assert (archive.status, archive.bytes, archive.matches) == ("downloaded", len(GOOD), 2)
    assert archive.path.read_bytes() == GOOD
    assert json.loads((folder / "ipl_json.zip.meta.json").read_text()) == {
        "url": f"{server.url}ipl_json.zip",
        "etag": '"v1"',
        "last_modified": "Tue, 31 Dec 2024 10:00:00 GMT",
        "bytes": len(GOOD),
        "sha256": hashlib.sha256(GOOD).hexdigest(),
        "matches": 2,
    }
    assert names_in(folder) == {"ipl_json.zip", "ipl_json.zip.meta.json"}


def test_the_bytes_are_asked_for_as_they_are(server: Script, fetch: Fetch) -> None:
    server.on("ipl_json.zip", Answer(GOOD))
    fetch("ipl_json")
    ((_, headers),) = server.requests
    assert headers["Accept-Encoding"] == "identity"
    assert headers["User-Agent"].startswith("cricketgnn/")
    assert "If-None-Match" not in headers


def test_an_unchanged_archive_is_not_sent_again(server: Script, fetch: Fetch) -> None:
    server.on("ipl_json.zip", Answer(GOOD, headers=TAGS), Answer(status=304))
    fetch()
    archive = fetch()
    assert (archive.status, archive.bytes, archive.matches) == ("unchanged", len(GOOD), 2)
    _, (_, headers) = server.requests
    assert headers["If-None-Match"] == '"v1"'
    assert headers["If-Modified-Since"] == "Tue, 31 Dec 2024 10:00:00 GMT"


def test_a_changed_archive_replaces_the_old_one(server: Script, fetch: Fetch) -> None:
    newer = zip_bytes({f"{match}.json": MATCH for match in range(3)})
    server.on(
        "ipl_json.zip",
        Answer(GOOD, headers=TAGS),
        Answer(newer, headers={"ETag": '"v2"'}),
        Answer(status=304),
    )
    fetch()
    archive = fetch()
    assert (archive.status, archive.matches) == ("downloaded", 3)
    assert archive.path.read_bytes() == newer
    assert fetch().status == "unchanged"
    assert server.requests[-1][1]["If-None-Match"] == '"v2"'


def test_force_asks_without_conditions(server: Script, fetch: Fetch) -> None:
    server.on("ipl_json.zip", Answer(GOOD, headers=TAGS))
    fetch()
    assert fetch(force=True).status == "downloaded"
    assert "If-None-Match" not in server.requests[-1][1]


@pytest.mark.parametrize(
    "spoilt", ["same size, other bytes", "cut", "gone", "no record", "record is no JSON"]
)
def test_a_file_that_its_record_does_not_vouch_for_is_fetched_anew(
    server: Script, fetch: Fetch, folder: Path, spoilt: str
) -> None:
    server.on("ipl_json.zip", Answer(GOOD, headers=TAGS))
    fetch()
    path, record = folder / "ipl_json.zip", folder / "ipl_json.zip.meta.json"
    match spoilt:
        case "same size, other bytes":
            path.write_bytes(GOOD[:-1] + b"x")
        case "cut":
            path.write_bytes(GOOD[:-1])
        case "gone":
            path.unlink()
        case "no record":
            record.unlink()
        case "record is no JSON":
            record.write_text("{", encoding="utf-8")
    assert fetch().status == "downloaded"
    assert "If-None-Match" not in server.requests[-1][1]
    assert path.read_bytes() == GOOD


def test_a_record_of_another_server_does_not_count(server: Script, fetch: Fetch, folder: Path) -> None:
    server.on("ipl_json.zip", Answer(GOOD, headers=TAGS))
    fetch()
    record = folder / "ipl_json.zip.meta.json"
    document = json.loads(record.read_text()) | {"url": "https://example.org/ipl_json.zip"}
    record.write_text(json.dumps(document), encoding="utf-8")
    assert fetch().status == "downloaded"


def test_a_304_that_was_not_asked_for_is_an_error(server: Script, fetch: Fetch) -> None:
    server.on("ipl_json.zip", Answer(status=304))
    with pytest.raises(DownloadError, match="304 Not Modified, expected 200"):
        fetch()


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer(GOOD, sent_bytes=len(GOOD) // 2), "peer closed connection"),
        (Answer(GOOD, sent_bytes=len(GOOD) // 2, reset=True), "reset|peer closed connection"),
        (Answer(b"busy", 500), "500 Internal Server Error"),
        (Answer(b"busy", 503), "503 Service Unavailable"),
        (Answer(b"busy", 429), "429 Too Many Requests"),
    ],
    ids=["cut short", "reset", "500", "503", "429"],
)
def test_passing_trouble_is_tried_again_a_few_times(
    server: Script, fetch: Fetch, folder: Path, waits: list[float], answer: Answer, reason: str
) -> None:
    server.on("ipl_json.zip", answer)
    with pytest.raises(DownloadError, match=f"(?i){reason}.*4 attempts"):
        fetch()
    assert len(server.requests) == 4
    assert waits == [1.0, 2.0, 4.0]
    assert names_in(folder) == set()


@pytest.mark.parametrize(
    "trouble", [Answer(b"busy", 500), Answer(GOOD, sent_bytes=20)], ids=["500", "cut short"]
)
def test_passing_trouble_that_passes_is_no_trouble(
    server: Script, fetch: Fetch, waits: list[float], trouble: Answer
) -> None:
    server.on("ipl_json.zip", trouble, Answer(GOOD))
    assert fetch().status == "downloaded"
    assert waits == [1.0]


def test_no_server_at_all(folder: Path, waits: list[float]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    with pytest.raises(DownloadError, match=r"refused.*--base-url"):
        download_archives(
            ["ipl_json"],
            folder,
            base_url=f"http://127.0.0.1:{port}/",
            retry=RetryPolicy(attempts=2, sleep=waits.append),
        )
    assert waits == [1.0]
    assert names_in(folder) == set()


def test_a_proxy_that_cannot_be_used_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("ALL_PROXY", "socks5://127.0.0.1:1"), ("NO_PROXY", ""), ("no_proxy", "")):
        monkeypatch.setenv(name, value)
    with pytest.raises(DownloadError, match=r"cannot use the proxy that the environment names .*ALL_PROXY"):
        download_archives(["ipl_json"], folder, base_url="http://127.0.0.1:1/")


def test_an_unknown_archive_is_met_with_the_nearest(server: Script, fetch: Fetch) -> None:
    with pytest.raises(DownloadError, match=r"no such archive.*404.*did you mean 't20s_male_json'"):
        fetch("t20_male_json")
    assert len(server.requests) == 1


def test_a_known_archive_that_is_not_there_is_not_offered_again(fetch: Fetch) -> None:
    with pytest.raises(DownloadError, match="no such archive") as error:
        fetch("ipl_json")
    assert "did you mean" not in str(error.value)


def test_being_turned_away_is_not_tried_again(server: Script, fetch: Fetch, waits: list[float]) -> None:
    server.on("ipl_json.zip", Answer(b"no", 403))
    with pytest.raises(DownloadError, match="403 Forbidden, expected 200"):
        fetch()
    assert waits == []


@pytest.mark.parametrize(
    ("body", "headers", "reason"),
    [
        (GOOD[:-30], {}, "no sound zip archive"),
        (b"", {}, "no sound zip archive"),
        (b"<html>Welcome to the Wi-Fi</html>", {}, "no sound zip archive"),
        (b"<html>Welcome</html>", {"Content-Type": "text/html"}, r"sent a page \(text/html\)"),
        (GOOD, {"Content-Encoding": "gzip"}, "sent gzip data"),
        (bad_checksum(), {}, "Bad CRC-32 for file '1.json'"),
        (zip_bytes({"../evil.json": MATCH}), {}, r"'\.\./evil\.json' points outside"),
        (zip_bytes({"/etc/evil.json": MATCH}), {}, "'/etc/evil.json' points outside"),
        (zip_bytes({"a.csv": b"1,2"}), {}, r"1 members but no match"),
    ],
    ids=["truncated", "empty", "html", "html type", "encoded", "crc", "dotdot", "absolute", "no match"],
)
def test_what_is_no_sound_archive_replaces_nothing(
    server: Script,
    fetch: Fetch,
    folder: Path,
    waits: list[float],
    body: bytes,
    headers: dict[str, str],
    reason: str,
) -> None:
    server.on("ipl_json.zip", Answer(GOOD, headers=TAGS), Answer(body, headers=headers))
    fetch()
    record = (folder / "ipl_json.zip.meta.json").read_bytes()
    with pytest.raises(DownloadError, match=reason):
        fetch()
    assert (folder / "ipl_json.zip").read_bytes() == GOOD
    assert (folder / "ipl_json.zip.meta.json").read_bytes() == record
    assert names_in(folder) == {"ipl_json.zip", "ipl_json.zip.meta.json"}
    assert waits == []


def test_a_bomb_is_not_kept(server: Script, fetch: Fetch, folder: Path) -> None:
    bomb = zip_bytes({"1.json": b"0" * 100_000})
    assert len(bomb) < 1_000
    server.on("ipl_json.zip", Answer(bomb))
    with pytest.raises(DownloadError, match="100,000 bytes, expected at most 5,000"):
        fetch(limits=ZipLimits(member_bytes=5_000))
    assert names_in(folder) == set()


def test_an_archive_announced_too_large_is_not_even_begun(server: Script, fetch: Fetch, folder: Path) -> None:
    server.on("ipl_json.zip", Answer(GOOD))
    seen: list[int] = []
    with pytest.raises(DownloadError, match="expected at most 10"):
        fetch(max_bytes=10, on_progress=lambda name, received, total: seen.append(received))
    assert seen == []


def test_an_archive_of_unannounced_size_is_stopped_when_too_large(server: Script, fetch: Fetch) -> None:
    chunked = b"%x\r\n%b\r\n0\r\n\r\n" % (len(GOOD), GOOD)
    server.on("ipl_json.zip", Answer(chunked, headers={"Transfer-Encoding": "chunked"}))
    with pytest.raises(DownloadError, match="expected at most 10"):
        fetch(max_bytes=10)
    assert fetch().status == "downloaded"


def test_progress_runs_from_nothing_to_all_of_it(server: Script, fetch: Fetch) -> None:
    server.on("ipl_json.zip", Answer(GOOD))
    seen: list[tuple[str, int, int | None]] = []
    fetch(on_progress=lambda *step: seen.append(step))
    assert seen[0] == ("ipl_json", 0, len(GOOD))
    assert seen[-1] == ("ipl_json", len(GOOD), len(GOOD))
    received = [step[1] for step in seen]
    assert received == sorted(received)


def test_stopping_in_the_middle_leaves_nothing_behind(server: Script, fetch: Fetch, folder: Path) -> None:
    server.on("ipl_json.zip", Answer(GOOD))
    held: list[set[str]] = []

    def stop_once_begun(name: str, received: int, total: int | None) -> None:
        if received:
            held.append(names_in(folder))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(on_progress=stop_once_begun)
    assert len(held[0]) == 1, "the archive was being written"
    assert names_in(folder) == set()


def test_a_folder_that_cannot_be_written_is_a_download_error(
    server: Script, fetch: Fetch, folder: Path
) -> None:
    server.on("ipl_json.zip", Answer(GOOD))
    folder.write_text("a file stands where the folder should", encoding="utf-8")
    with pytest.raises(DownloadError, match="choose another folder with --out"):
        fetch()


def test_several_archives_come_in_order_and_each_once(server: Script, folder: Path) -> None:
    for name in ("ipl_json.zip", "bbl_json.zip"):
        server.on(name, Answer(GOOD))
    archives = download_archives(["bbl_json", "ipl_json.zip", "bbl_json.zip"], folder, base_url=server.url)
    assert [archive.name for archive in archives] == ["bbl_json", "ipl_json"]
    assert len(server.requests) == 2


def test_an_impossible_name_stops_before_anything_is_asked(server: Script, folder: Path) -> None:
    server.on("ipl_json.zip", Answer(GOOD))
    with pytest.raises(UsageError, match=r"'\.\./ipl_json' cannot be an archive's name"):
        download_archives(["ipl_json", "../ipl_json"], folder, base_url=server.url)
    assert server.requests == []


@pytest.mark.parametrize(
    "base_url", ["ftp://example.org/", "downloads/", "http://", "https://e.org/?a=1", "http://host:port"]
)
def test_a_base_that_is_no_web_address_is_refused(folder: Path, base_url: str) -> None:
    with pytest.raises(UsageError, match="expected"):
        download_archives(["ipl_json"], folder, base_url=base_url)
