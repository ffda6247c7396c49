"""Small hand-made zip archives, sound and spoilt."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

MATCH = b'{"meta": {"data_version": "1.1.0"}, "info": {}, "innings": []}'


def zip_bytes(members: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip of ``members``, name to content; the same bytes every time."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return buffer.getvalue()


def two_matches() -> bytes:
    """A sound archive: two matches and a page of words, as Cricsheet packs them."""
    return zip_bytes({"README.txt": b"two matches", "1.json": MATCH, "2.json": MATCH})


def bad_checksum() -> bytes:
    """A stored member of which one byte was changed after its checksum was taken."""
    sound = zip_bytes({"1.json": MATCH}, zipfile.ZIP_STORED)
    assert sound.count(b'"innings"') == 1
    return sound.replace(b'"innings"', b'"Innings"')


def bad_deflate_stream() -> bytes:
    """A deflated member whose first compressed byte announces a kind of block that there is none of."""
    sound = bytearray(zip_bytes({"1.json": MATCH}))
    sound[30 + len("1.json")] = 0xFF
    return bytes(sound)
