"""Match archives fetched from Cricsheet: whole and checked or not at all, and not again while unchanged.

Beside ``<name>.zip`` stands ``<name>.zip.meta.json`` with what the server said of it (entity tag, date) and
the file's own size and SHA-256. While file and record agree, the server is only asked whether it has a newer
one.
"""

from __future__ import annotations

import errno
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Literal

import httpx
import msgspec

from cricketgnn.cricsheet import transfer
from cricketgnn.cricsheet.catalogue import BASE_URL, KNOWN_ARCHIVES, archive_name
from cricketgnn.cricsheet.zip_safety import DEFAULT_LIMITS, RECORD, ZipLimits, check_archive
from cricketgnn.errors import DataError, DownloadError, UsageError, closest
from cricketgnn.files import atomic_path, write_json

MAX_DOWNLOAD_BYTES = 2 * 2**30
_HASH_CHUNK_BYTES = 2**20

ProgressListener = Callable[[str, int, int | None], None]
"""Called with an archive's name, the bytes so far, and the bytes in all where the server has said so."""


@dataclass(frozen=True, slots=True)
class FetchedArchive:
    """One archive that lies on disk now, whole and checked.

    Attributes:
        name: without ``.zip``.
        path: the zip file.
        status: whether it came now, or was here already and the server has none newer.
        bytes: size of the zip file.
        matches: match files in it.
    """

    name: str
    path: Path
    status: Literal["downloaded", "unchanged"]
    bytes: int
    matches: int


class _Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was known of an archive when it was fetched; lies beside it as JSON."""

    url: str
    etag: str | None
    last_modified: str | None
    bytes: int
    sha256: str
    matches: int

    @property
    def conditions(self) -> dict[str, str]:
        """Headers that ask for the archive only if it is another one by now."""
        fields = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {field: value for field, value in fields.items() if value is not None}


@dataclass(frozen=True, slots=True)
class _Order:
    """One archive to fetch: where from, where to, and under which limits."""

    name: str
    url: str
    path: Path
    limits: ZipLimits
    max_bytes: int
    on_progress: ProgressListener


def download_archives(
    names: Sequence[str],
    folder: Path,
    *,
    base_url: str = BASE_URL,
    force: bool = False,
    retry: transfer.RetryPolicy = transfer.DEFAULT_RETRY,
    limits: ZipLimits = DEFAULT_LIMITS,
    max_bytes: int = MAX_DOWNLOAD_BYTES,
    on_progress: ProgressListener = lambda name, received, total: None,
) -> list[FetchedArchive]:
    """Fetch match archives by name into ``folder``; a file there is replaced only by a sound one.

    Args:
        names: archives such as ``t20s_male_json``, with or without ``.zip``, known or not; one named twice
            is fetched once.
        folder: made if missing.
        base_url: what the names are put behind.
        force: fetch also what is unchanged.
        retry: attempts and waits when the connection or the server fails.
        limits: on what an archive may hold.
        max_bytes: on the size of a zip file.
        on_progress: called after each piece of an archive.

    Returns:
        One result an archive, in the order of ``names``.

    Raises:
        UsageError: a name that no archive can have, or a ``base_url`` that is not http(s); nothing was asked.
        DownloadError: the first archive that could not be fetched whole. It is as before on disk, the ones
            named before it are done, the ones after it were not asked for.
    """
    base = _checked_base(base_url)
    plain_names = dict.fromkeys(archive_name(name) for name in names)
    fetched = []
    with transfer.open_client() as client:
        for name in plain_names:
            order = _Order(name, f"{base}{name}.zip", folder / f"{name}.zip", limits, max_bytes, on_progress)
            try:
                fetched.append(_fetch(client, order, force, retry))
            except OSError as error:
                raise DownloadError(_disk_message(order, error)) from error
    return fetched


def _fetch(client: httpx.Client, order: _Order, force: bool, retry: transfer.RetryPolicy) -> FetchedArchive:
    kept = None if force else _kept_record(order)
    return transfer.get(
        client,
        order.url,
        partial(_receive, order, kept),
        headers=kept.conditions if kept else {},
        retry=retry,
        not_found_hint=_not_found_hint(order.name),
    )


def _receive(order: _Order, kept: _Record | None, response: httpx.Response) -> FetchedArchive:
    """Put the archive in an answer into its place once it has proved sound, or keep the one that is there."""
    if kept is not None and response.status_code == HTTPStatus.NOT_MODIFIED:
        return FetchedArchive(order.name, order.path, "unchanged", kept.bytes, kept.matches)
    _check_headers(order, response)
    with atomic_path(order.path) as unproved:
        size, digest = _store(order, response, unproved)
        try:
            summary = check_archive(unproved, name=order.url, limits=order.limits)
        except DataError as error:
            raise DownloadError(f"{error}; {order.path} was not touched") from error
        if not summary.matches:
            raise DownloadError(
                f"{order.url}: {summary.members} members but no match (*.json); "
                "choose an archive whose name ends in _json"
            )
    record = _Record(
        url=order.url,
        etag=response.headers.get("ETag"),
        last_modified=response.headers.get("Last-Modified"),
        bytes=size,
        sha256=digest,
        matches=summary.matches,
    )
    # A crash before this line leaves a new archive with an old record: they disagree, so it is fetched anew.
    write_json(_record_path(order.path), msgspec.to_builtins(record))
    return FetchedArchive(order.name, order.path, "downloaded", record.bytes, record.matches)


def _check_headers(order: _Order, response: httpx.Response) -> None:
    kind = response.headers.get("Content-Type", "")
    if kind.startswith("text/"):
        raise DownloadError(
            f"{order.url}: the server sent a page ({kind}), expected a zip archive; check the address"
        )
    encoding = response.headers.get("Content-Encoding", "identity")
    if encoding != "identity":
        raise DownloadError(f"{order.url}: the server sent {encoding} data, expected the archive as it is")
    _check_size(order, _announced_bytes(response) or 0)


def _store(order: _Order, response: httpx.Response, target: Path) -> tuple[int, str]:
    """Write the answer's body to ``target``; size in bytes and SHA-256.

    The HTTP library raises when the connection ends before, or goes on after, the announced Content-Length.
    """
    total = _announced_bytes(response)
    received = 0
    digest = hashlib.sha256()
    order.on_progress(order.name, received, total)
    with target.open("wb") as file:
        for piece in response.iter_raw():
            received += len(piece)
            _check_size(order, received)
            file.write(piece)
            digest.update(piece)
            order.on_progress(order.name, received, total)
    return received, digest.hexdigest()


def _check_size(order: _Order, size: int) -> None:
    if size > order.max_bytes:
        raise DownloadError(f"{order.url}: {size:,} bytes or more, expected at most {order.max_bytes:,}")


def _announced_bytes(response: httpx.Response) -> int | None:
    length = response.headers.get("Content-Length")
    return None if length is None else int(length)


def _kept_record(order: _Order) -> _Record | None:
    """Give the record of the archive on disk if both are there, belong to this address and agree."""
    record_path = _record_path(order.path)
    if not (order.path.is_file() and record_path.is_file()):
        return None
    try:
        record = msgspec.json.decode(record_path.read_bytes(), type=_Record)
    except msgspec.DecodeError:
        # A record that cannot be read vouches for nothing: the archive is fetched anew, which rewrites it.
        return None
    agrees = (
        record.url == order.url
        and record.bytes == order.path.stat().st_size
        and record.sha256 == _sha256(order.path)
    )
    return record if agrees else None


def _record_path(path: Path) -> Path:
    return path.with_name(f"{path.name}{RECORD}")


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_HASH_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def _checked_base(base_url: str) -> str:
    try:
        url = httpx.URL(base_url)
    except httpx.InvalidURL as error:
        raise UsageError(f"--base-url {base_url!r}: {error}; expected such as {BASE_URL}") from error
    if url.scheme not in ("https", "http") or not url.host or url.query or url.fragment:
        raise UsageError(
            f"--base-url {base_url!r}: expected an https address of a folder, such as {BASE_URL}"
        )
    return base_url.rstrip("/") + "/"


def _not_found_hint(name: str) -> str:
    hint = closest(name, KNOWN_ARCHIVES)
    guess = f"did you mean '{hint}'? " if hint not in (None, name) else ""
    return f"; {guess}`cricketgnn data download --list` shows the known archives"


def _disk_message(order: _Order, error: OSError) -> str:
    full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    what_next = "make room there" if full else "check that it can be written to"
    return f"{order.path}: {error.strerror or error}; {what_next}, or choose another folder with --out"
