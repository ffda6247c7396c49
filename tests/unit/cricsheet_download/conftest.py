"""The local server, a folder to download into, and a download that never waits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cricketgnn.cricsheet.download import FetchedArchive, download_archives
from cricketgnn.cricsheet.transfer import RetryPolicy

from .server import Script, running_server

Fetch = Callable[..., FetchedArchive]


@pytest.fixture
def server() -> Iterator[Script]:
    with running_server() as script:
        yield script


@pytest.fixture
def waits() -> list[float]:
    """The seconds that the retries would have waited, in order."""
    return []


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "archives"


@pytest.fixture
def fetch(server: Script, folder: Path, waits: list[float]) -> Fetch:
    """Fetch one archive from the local server."""

    def fetch_one(name: str = "ipl_json", **options: Any) -> FetchedArchive:
        options = {"base_url": server.url, "retry": RetryPolicy(sleep=waits.append), **options}
        (archive,) = download_archives([name], folder, **options)
        return archive

    return fetch_one
