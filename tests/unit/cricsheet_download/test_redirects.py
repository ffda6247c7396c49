"""A redirect is followed only where the connection stays at least as safe as it was."""

from __future__ import annotations

import httpx
import pytest

from cricketgnn.cricsheet.transfer import redirect_allowed
from cricketgnn.errors import DownloadError

from .conftest import Fetch
from .server import Answer, Script
from .zips import two_matches


def moved(to: str) -> Answer:
    return Answer(status=302, headers={"Location": to})


@pytest.mark.parametrize(
    ("source", "target", "allowed"),
    [
        ("https://cricsheet.org/a", "https://cricsheet.org/b", True),
        ("https://cricsheet.org/a", "https://mirror.example/b", True),
        ("http://127.0.0.1:8000/a", "https://cricsheet.org/b", True),
        ("http://127.0.0.1:8000/a", "http://127.0.0.1:8000/b", True),
        ("https://cricsheet.org/a", "http://cricsheet.org/a", False),
        ("http://127.0.0.1:8000/a", "http://example.org/a", False),
        ("https://cricsheet.org/a", "ftp://cricsheet.org/a", False),
        ("https://cricsheet.org/a", "file:///etc/passwd", False),
    ],
)
def test_where_a_redirect_may_lead(source: str, target: str, allowed: bool) -> None:
    assert redirect_allowed(httpx.URL(source), httpx.URL(target)) is allowed


def test_a_redirect_within_the_host_is_followed(server: Script, fetch: Fetch) -> None:
    server.on("ipl_json.zip", moved("/downloads/moved.zip"))
    server.on("moved.zip", Answer(two_matches()))
    assert fetch("ipl_json").path.name == "ipl_json.zip"


def test_a_redirect_to_another_plain_host_is_not(server: Script, fetch: Fetch) -> None:
    server.on("ipl_json.zip", moved("http://example.org/ipl_json.zip"))
    with pytest.raises(DownloadError, match=r"redirected to http://example\.org/.*expected an https address"):
        fetch("ipl_json")


def test_a_circle_of_redirects_ends(server: Script, fetch: Fetch) -> None:
    server.on("ipl_json.zip", moved("/downloads/ipl_json.zip"))
    with pytest.raises(DownloadError, match="redirected more than 5 times"):
        fetch("ipl_json")
    assert len(server.requests) == 6
