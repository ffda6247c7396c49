"""What may be called an archive."""

from __future__ import annotations

import pytest

from cricketgnn.cricsheet.catalogue import KNOWN_ARCHIVES, archive_name
from cricketgnn.errors import UsageError


@pytest.mark.parametrize("name", KNOWN_ARCHIVES)
def test_known_archives_are_json_and_keep_their_names(name: str) -> None:
    assert name.endswith("_json")
    assert archive_name(name) == archive_name(f"{name}.zip") == name


def test_an_unknown_name_is_allowed() -> None:
    assert archive_name("recently_played_7_json.zip") == "recently_played_7_json"


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".zip",
        "..",
        "../ipl_json",
        "a/b",
        "a\\b",
        "/etc/passwd",
        "a..b",
        "-force",
        ".hidden",
        "a b",
        "a?b=c",
        "ipl%2fjson",
        "ipl_json\n",
        "http://example.org/ipl_json.zip",
        "é_json",
        "x" * 101,
    ],
)
def test_what_is_no_file_name_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="cannot be an archive's name"):
        archive_name(text)
