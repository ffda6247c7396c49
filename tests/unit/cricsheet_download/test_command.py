"""``cricketgnn data download`` as a user starts it: a process of its own, its streams and its exit code."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from cricketgnn.cricsheet.catalogue import ATTRIBUTION, KNOWN_ARCHIVES

from .server import Answer, Script
from .zips import two_matches, zip_bytes

MAIN = "from cricketgnn.cli.main import main; main()"
SMALL_DISK = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)); "


def command(*words: str, before: str = "") -> list[str]:
    return [sys.executable, "-c", before + MAIN, "data", "download", *words]


def run(*words: str, before: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(*words, before=before), capture_output=True, text=True, check=False)


def test_json_is_one_document_and_the_attribution_is_on_stderr(server: Script, tmp_path: Path) -> None:
    server.on("ipl_json.zip", Answer(two_matches(), headers={"ETag": '"v1"'}), Answer(status=304))
    words = ("ipl_json", "--out", str(tmp_path), "--base-url", server.url, "--json")
    for status in ("downloaded", "unchanged"):
        done = run(*words)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout) == {
            "archives": [
                {
                    "name": "ipl_json",
                    "path": str(tmp_path / "ipl_json.zip"),
                    "status": status,
                    "bytes": len(two_matches()),
                    "matches": 2,
                }
            ],
            "attribution": ATTRIBUTION,
        }
        assert done.stderr.strip() == ATTRIBUTION


def test_people_get_one_line_an_archive(server: Script, tmp_path: Path) -> None:
    server.on("ipl_json.zip", Answer(two_matches()))
    done = run("ipl_json", "--out", str(tmp_path), "--base-url", server.url)
    size = len(two_matches())
    assert done.stdout == f"downloaded: {tmp_path / 'ipl_json.zip'} (2 matches, {size} bytes)\n"


def test_a_failure_is_one_line_and_exit_code_4(server: Script, tmp_path: Path) -> None:
    done = run("ipl_jsn", "--out", str(tmp_path), "--base-url", server.url, "--json")
    assert done.returncode == 4
    assert len(done.stderr.splitlines()) == 1
    assert "did you mean 'ipl_json'?" in done.stderr
    assert json.loads(done.stdout)["error"]["type"] == "DownloadError"


def test_a_full_disk_is_a_clear_failure_and_leaves_nothing(server: Script, tmp_path: Path) -> None:
    """The limit on the size of a file stands in for the end of the disk: both stop a write in its middle."""
    server.on("ipl_json.zip", Answer(zip_bytes({"1.json": os.urandom(10_000)})))
    done = run("ipl_json", "--out", str(tmp_path), "--base-url", server.url, before=SMALL_DISK)
    assert done.returncode == 4
    assert "make room there, or choose another folder with --out" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_an_interrupt_leaves_nothing_behind(server: Script, tmp_path: Path) -> None:
    released = threading.Event()
    server.on("ipl_json.zip", Answer(two_matches(), sent_bytes=40, hold=released))
    words = command("ipl_json", "--out", str(tmp_path), "--base-url", server.url)
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert server.holding.wait(timeout=60)
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=60)
        finally:
            released.set()
            process.kill()
    assert process.returncode == 130
    assert "Traceback" not in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["../ipl_json", "a/b"])
def test_a_name_that_leaves_the_folder_is_a_usage_error(tmp_path: Path, name: str) -> None:
    done = run(name, "--out", str(tmp_path))
    assert done.returncode == 2
    assert "cannot be an archive's name" in done.stderr


def test_no_name_at_all_is_a_usage_error() -> None:
    done = run()
    assert done.returncode == 2
    assert "--list" in done.stderr


def test_the_list_names_every_known_archive() -> None:
    lines = run("--list").stdout.splitlines()
    assert [line.split()[0] for line in lines] == list(KNOWN_ARCHIVES)
    document = json.loads(run("--list", "--json").stdout)
    assert {entry["name"]: entry["description"] for entry in document["archives"]} == dict(KNOWN_ARCHIVES)
