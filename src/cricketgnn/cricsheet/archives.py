"""Archives as Cricsheet publishes them, and folders of match files: what they hold, read one by one.

A :class:`Source` reads its match files (``*.json``; anything else, such as the README in each
archive, is passed over). How paths become sources is in :mod:`cricketgnn.cricsheet.sources`.
"""

from __future__ import annotations

import hashlib
import lzma
import struct
import zipfile
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Final, Self

from cricketgnn.cricsheet.zip_safety import MAX_MEMBER_BYTES, check_entries, is_match_file
from cricketgnn.errors import DataError

_DAMAGE: Final = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    KeyError,
    NotImplementedError,  # a compression that Python does not know
    OSError,
    RuntimeError,  # encrypted
    ValueError,
)
"""All that zipfile raises on an archive that is torn or no archive at all."""


@dataclass(frozen=True)
class MatchFile:
    """One match file as read: its match id, what reports call it, and its bytes."""

    match_id: str
    label: str
    content: bytes


@dataclass(frozen=True)
class Source(ABC):
    """Some match files that lie together.

    Attributes:
        path: the archive, or the folder.
        name: what reports call it.
        members: names of the match files within it, sorted.
    """

    path: Path
    name: str
    members: tuple[str, ...]

    def parts(self, size: int) -> Iterator[Self]:
        """Cut the source into pieces of at most ``size`` match files, to be read one by one."""
        for start in range(0, len(self.members), size):
            yield replace(self, members=self.members[start : start + size])

    @abstractmethod
    def read(self) -> Iterator[MatchFile]:
        """Read the match files in order.

        Raises:
            DataError: one cannot be read, is damaged, or is larger than a match file can be.
        """

    @abstractmethod
    def digest(self) -> str:
        """Hash everything the source holds (BLAKE2b, 128 bit, hex).

        Raises:
            DataError: something cannot be read.
        """


@dataclass(frozen=True)
class ZipSource(Source):
    """A zip archive of match files."""

    @classmethod
    def open(cls, path: Path, name: str) -> ZipSource:
        """List an archive without unpacking it.

        Raises:
            DataError: no readable zip archive, or one that would expand beyond all reason.
        """
        with _opened(path) as archive:
            check_entries(archive, name=str(path))
            members = sorted(filter(is_match_file, archive.namelist()))
        return cls(path, name, tuple(members))

    def read(self) -> Iterator[MatchFile]:
        """Read the match files of the archive; see :meth:`Source.read`."""
        archive = _being_read(self.path)
        for member in self.members:
            try:
                # No more is unpacked than the size that was checked: zipfile stops there.
                content = archive.read(member)
            except _DAMAGE as error:
                raise _damaged(f"{self.path} at {member}", error) from error
            yield MatchFile(PurePosixPath(member).stem, f"{self.name}:{member}", content)

    def digest(self) -> str:
        """Hash the archive as it lies on disk."""
        with _readable(self.path), self.path.open("rb") as stream:
            return hashlib.file_digest(stream, _hasher).hexdigest()


@dataclass(frozen=True)
class FolderSource(Source):
    """Match files that lie in one folder."""

    def read(self) -> Iterator[MatchFile]:
        """Read the match files of the folder; see :meth:`Source.read`."""
        for member in self.members:
            path = self.path / member
            with _readable(path):
                _check_size(str(path), path.stat().st_size)
                content = path.read_bytes()
            yield MatchFile(path.stem, f"{self.name}/{member}", content)

    def digest(self) -> str:
        """Hash the names and contents of the match files."""
        whole = _hasher()
        for file in self.read():
            head = f"{file.match_id}\0{len(file.content)}\0"
            whole.update(head.encode(errors="surrogateescape"))
            whole.update(file.content)
        return whole.hexdigest()


def _hasher() -> hashlib.blake2b:
    return hashlib.blake2b(digest_size=16)


def _check_size(label: str, size: int) -> None:
    if size > MAX_MEMBER_BYTES:
        limit = MAX_MEMBER_BYTES // 2**20
        raise DataError(f"{label} has {size:,} bytes; a match file has at most {limit} MiB, not read")


def _damaged(label: str, error: BaseException) -> DataError:
    reason = str(error) or type(error).__name__
    return DataError(f"{label} is no intact zip archive ({reason}); download it again")


def _opened(path: Path) -> zipfile.ZipFile:
    with _readable(path):
        path.open("rb").close()  # what ails the file is told apart from what ails the archive
    try:
        return zipfile.ZipFile(path)
    except _DAMAGE as error:
        raise _damaged(str(path), error) from error


def _being_read(path: Path) -> zipfile.ZipFile:
    """Open an archive, once for all that is read of it in a row.

    Its table of contents is read whole each time it is opened: for each of hundreds of parts that would take
    as long as parsing them.
    """
    with _readable(path):
        stat = path.stat()
    return _kept_open(path, stat.st_ino, stat.st_size, stat.st_mtime_ns)


@lru_cache(maxsize=1)
def _kept_open(path: Path, *written: int) -> zipfile.ZipFile:
    """Open an archive; ``written`` changes when the file is replaced. It closes when nobody holds it."""
    return _opened(path)


def let_go() -> None:
    """Keep no archive open any longer."""
    _kept_open.cache_clear()


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}") from error
