"""A zip of matches is checked before it is trusted: whole, nothing that leaves its folder, no bomb.

The limits leave room to spare: of 10,022 real T20 matches the largest has 109 kB, and the densest shrinks to
1/31 of its size. Nothing is ever extracted: members are read as streams, a chunk at a time.
"""

from __future__ import annotations

import re
import stat
import struct
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from cricketgnn.errors import DataError

MAX_MEMBERS = 1_000_000
MAX_MEMBER_BYTES = 16 * 2**20
MAX_TOTAL_BYTES = 8 * 2**30
MAX_COMPRESSION_RATIO = 200
RATIO_FREE_BYTES = 2**20
"""What expands to no more than this may shrink as much as it likes: it can do no harm."""

RECORD = ".meta.json"
"""Ends the name of what a download notes beside an archive: of the server's answer, and no match."""
_CHUNK_BYTES = 2**20
_END_RECORD_REACH = 22 + 2**16
"""The end record and the longest comment behind it, in bytes."""
_COUNTED_ELSEWHERE = 0xFFFF
"""Stated where there are more members than fit the field (ZIP64)."""
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED_FLAG = 0x1
_DRIVE = re.compile(r"[A-Za-z]:")
# All that zipfile and zlib raise on bytes that are no sound zip.
_DAMAGED = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    OverflowError,
    ValueError,
)


@dataclass(frozen=True, slots=True)
class ZipLimits:
    """How large an archive of matches may be before it is refused; sizes in bytes, expanded."""

    members: int = MAX_MEMBERS
    member_bytes: int = MAX_MEMBER_BYTES
    total_bytes: int = MAX_TOTAL_BYTES
    compression_ratio: int = MAX_COMPRESSION_RATIO
    ratio_free_bytes: int = RATIO_FREE_BYTES


@dataclass(frozen=True, slots=True)
class ArchiveSummary:
    """What a checked archive holds: how many members, how many of them matches, and their sizes in bytes."""

    members: int
    matches: int
    compressed_bytes: int
    expanded_bytes: int


DEFAULT_LIMITS = ZipLimits()


def check_archive(
    path: Path, *, name: str | None = None, limits: ZipLimits = DEFAULT_LIMITS
) -> ArchiveSummary:
    """Read a whole archive of matches once, without extracting it, and say what it holds.

    Args:
        path: the zip file.
        name: how to call it in messages; its path by default.
        limits: what is refused as too large.

    Raises:
        DataError: it is no zip, is damaged or cut short, a member's checksum is wrong, a member would land
            outside the folder it is extracted to, or it expands beyond ``limits``.
        OSError: the file itself cannot be opened or read.
    """
    name = name or str(path)
    try:
        with zipfile.ZipFile(path) as archive:
            summary = check_entries(archive, name=name, limits=limits)
            _check_count(path, summary.members, name)
            for entry in archive.infolist():
                _check_content(archive, entry, name)
    except _DAMAGED as error:
        raise DataError(f"{name}: no sound zip archive ({_reason(error)}); fetch it again") from error
    return summary


def check_entries(
    archive: zipfile.ZipFile, *, name: str, limits: ZipLimits = DEFAULT_LIMITS
) -> ArchiveSummary:
    """Check the table of contents of an open archive: names, kinds and declared sizes, nothing decompressed.

    The declared size of a member can be relied upon as an upper bound: ``zipfile`` never gives out more.

    Raises:
        DataError: as :func:`check_archive`, except for damage inside the members.
    """
    entries = archive.infolist()
    if len(entries) > limits.members:
        raise DataError(f"{name}: {len(entries):,} members, expected at most {limits.members:,}")
    seen: set[str] = set()
    for entry in entries:
        _check_name(entry, name)
        _check_kind(entry, name)
        if entry.header_offset < 0:  # zipfile believes a damaged table of contents, and would ask the file
            raise DataError(
                f"{name}: no sound zip archive (member {entry.filename!r} begins before it); fetch it again"
            )
        if entry.filename in seen:
            raise DataError(f"{name}: two members are called {entry.filename!r}, expected each name once")
        seen.add(entry.filename)
        if entry.file_size > limits.member_bytes:
            raise DataError(
                f"{name}: member {entry.filename!r} expands to {entry.file_size:,} bytes, "
                f"expected at most {limits.member_bytes:,}"
            )
        _check_ratio(f"{name}: member {entry.filename!r}", entry.file_size, entry.compress_size, limits)
    compressed = sum(entry.compress_size for entry in entries)
    expanded = sum(entry.file_size for entry in entries)
    if expanded > limits.total_bytes:
        raise DataError(f"{name}: expands to {expanded:,} bytes, expected at most {limits.total_bytes:,}")
    _check_ratio(name, expanded, compressed, limits)
    matches = sum(is_match_file(entry.filename) for entry in entries)
    return ArchiveSummary(len(entries), matches, compressed, expanded)


def is_match_file(name: str) -> bool:
    """Tell by its name whether a file holds a match.

    Hidden and macOS resource files do not, nor what a download left beside an archive.
    """
    path = PurePosixPath(name)
    beside = path.name.startswith(".") or path.name.endswith(f".zip{RECORD}")
    return name.endswith(".json") and not beside and "__MACOSX" not in path.parts


def _check_count(path: Path, members: int, name: str) -> None:
    """Compare the members listed with the number the end record states: zipfile does not look at it."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _END_RECORD_REACH))
        tail = file.read()
    record = tail.rfind(b"PK\x05\x06")
    (stated,) = struct.unpack_from("<H", tail, record + 10)
    if stated not in (members, _COUNTED_ELSEWHERE):
        raise DataError(
            f"{name}: the table of contents lists {members:,} of {stated:,} members; fetch it again"
        )


def _check_name(entry: zipfile.ZipInfo, name: str) -> None:
    # The name as it stands in the file: zipfile cuts at NUL and rewrites separators in `filename`.
    member = entry.orig_filename
    inside = not (
        member.startswith("/")
        or "\\" in member
        or "\0" in member
        or _DRIVE.match(member)
        or ".." in member.split("/")
    )
    if not inside:
        raise DataError(
            f"{name}: member {member!r} points outside the archive's folder; do not use this archive"
        )


def _check_kind(entry: zipfile.ZipInfo, name: str) -> None:
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise DataError(f"{name}: member {entry.filename!r} is a symbolic link, expected a plain file")
    if entry.flag_bits & _ENCRYPTED_FLAG:
        raise DataError(f"{name}: member {entry.filename!r} is encrypted, expected a plain file")
    # bzip2 and lzma are decompressed by zipfile without a bound on a chunk's size.
    if entry.compress_type not in _METHODS:
        raise DataError(
            f"{name}: member {entry.filename!r} is compressed by method {entry.compress_type}, "
            "expected 0 (stored) or 8 (deflated)"
        )


def _check_ratio(what: str, expanded: int, compressed: int, limits: ZipLimits) -> None:
    if expanded > limits.ratio_free_bytes and expanded > limits.compression_ratio * compressed:
        raise DataError(
            f"{what} expands from {compressed:,} to {expanded:,} bytes, "
            f"expected at most {limits.compression_ratio} times as much"
        )


def _check_content(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str) -> None:
    """Decompress one member to nowhere; ``zipfile`` compares its checksum at the end."""
    length = 0
    with archive.open(entry) as member:
        while chunk := member.read(_CHUNK_BYTES):
            length += len(chunk)
    if length != entry.file_size:
        raise DataError(
            f"{name}: member {entry.filename!r} holds {length:,} bytes, "
            f"expected {entry.file_size:,}; fetch it again"
        )


def _reason(error: BaseException) -> str:
    return str(error) or type(error).__name__
