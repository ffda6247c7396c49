"""Cache entries on disk: folders named after everything their content depends on.

An entry is either right or absent. It is written beside its place and renamed, never changed afterwards,
and every file is checked against its digest when the entry is read. Two processes that want the same
entry build it once: the second waits for the first.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

import filelock
import platformdirs

from cricketgnn.files import expanded

CACHE_VARIABLE: Final = "CRICKETGNN_CACHE_DIR"
"""Environment variable that puts the cache somewhere else than the user's cache folder."""
_MANIFEST: Final = "manifest.json"
_PARTIAL: Final = ".partial"
_HASHED_AT_ONCE: Final = 4

Built = TypeVar("Built")
Log = Callable[[str], None]


def silent(line: str) -> None:
    """Hear a line and tell nobody."""


class EntryMissing(Exception):
    """There is no entry under this key."""


class EntryDamaged(Exception):
    """There is an entry, and it is not what was written; the message says how."""


def cache_folder() -> Path:
    """Give the folder everything is cached in: ``CRICKETGNN_CACHE_DIR``, else the user's cache folder."""
    chosen = os.environ.get(CACHE_VARIABLE)
    return expanded(chosen) if chosen else platformdirs.user_cache_path("cricketgnn")


def digest_of(*parts: str) -> str:
    """Name a combination of texts, 32 hex digits; no two different lists share a name in practice."""
    return hashlib.blake2b(json.dumps(parts).encode(), digest_size=16).hexdigest()


class EntryStore:
    """Entries of one kind, by key.

    Args:
        folder: where the entries are; made when the first one is written.
        mapped: what is read shares memory with the files: what was built is given up for it at once.
    """

    def __init__(self, folder: Path, mapped: bool = False) -> None:
        self.folder, self._mapped = folder, mapped

    def get(
        self,
        key: str,
        *,
        read: Callable[[Path], Built],
        build: Callable[[], Built],
        write: Callable[[Built, Path], None],
        log: Log,
    ) -> Built:
        """Read an entry, or build it, keep it and give what was built.

        Args:
            key: names everything the content depends on.
            read: makes the content from an entry's folder; may raise :class:`EntryDamaged`.
            build: makes the content anew.
            write: writes the content's files into a folder.
            log: told in one line when an entry is rebuilt or cannot be kept.
        """
        try:
            return read(self._checked(key))
        except EntryMissing:
            pass
        except EntryDamaged as damage:
            log(f"cache entry {self.folder.name}/{key[:12]} is damaged ({damage}): rebuilding it")
        _refuse_unguarded_script()
        try:
            with self._lock(key):
                return self._build_under_lock(key, read, build, write, log)
        except _CannotWrite as trouble:
            log(f"cannot use the cache folder {self.folder} ({trouble}): going on without it")
            return build()

    def _build_under_lock(
        self,
        key: str,
        read: Callable[[Path], Built],
        build: Callable[[], Built],
        write: Callable[[Built, Path], None],
        log: Log,
    ) -> Built:
        try:
            return read(self._checked(key))  # another process built it while we waited
        except (EntryMissing, EntryDamaged):
            built = build()
        try:
            self._write(key, built, write)
        except OSError as error:
            log(
                f"cannot keep a cache entry in {self.folder} ({error.strerror or error}): going on without it"
            )
            return built
        try:
            return read(self.folder / key) if self._mapped else built
        except EntryDamaged:  # somebody cleared the cache in between
            return built

    def _checked(self, key: str) -> Path:
        """Give an entry's folder after every byte was checked against the manifest."""
        entry = self.folder / key
        try:
            if not entry.is_dir():
                raise EntryMissing(key)
            digests: dict[str, str] = json.loads((entry / _MANIFEST).read_bytes())["files"]
            found = _digests([entry / name for name in digests])
            for name, digest in digests.items():
                if found[name] != digest:
                    raise EntryDamaged(f"{name}: checksum differs")
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise EntryDamaged(str(error) or type(error).__name__) from error
        return entry

    def _write(self, key: str, built: Built, write: Callable[[Built, Path], None]) -> None:
        partial = self._partial(key)
        self._clear_away()
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        try:
            write(built, partial)
            manifest: dict[str, Any] = {"files": _digests(sorted(partial.iterdir()))}
            (partial / _MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
            for path in partial.iterdir():
                _sync(path)
            entry = self.folder / key
            if entry.exists():
                shutil.rmtree(entry)
            partial.rename(entry)
        finally:
            shutil.rmtree(partial, ignore_errors=True)

    def _partial(self, key: str) -> Path:
        return self.folder / f".{key}{_PARTIAL}"

    def _clear_away(self) -> None:
        """Remove what processes left that were killed while they wrote: entries nobody holds the lock of."""
        for left in self.folder.glob(f".*{_PARTIAL}"):
            key = left.name.removeprefix(".").removesuffix(_PARTIAL)
            try:
                with filelock.FileLock(self._lock_file(key), timeout=0):
                    shutil.rmtree(left, ignore_errors=True)
            except OSError:  # a timeout, for it is being written; or not ours to remove
                continue

    def _lock_file(self, key: str) -> Path:
        return self.folder / f"{key}.lock"

    @contextmanager
    def _lock(self, key: str) -> Iterator[None]:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = filelock.FileLock(self._lock_file(key))
            lock.acquire()
        except OSError as error:
            raise _CannotWrite(error.strerror or str(error)) from error
        try:
            yield
        finally:
            lock.release()


def _refuse_unguarded_script() -> None:
    """Refuse to wait for the process that waits for this one.

    What builds an entry may spawn processes, and each of them first imports the script that was started. One
    that does its work on import asks for the same entry there, and both would wait for ever.

    Raises:
        RuntimeError: this process is spawned and still imports its script.
    """
    if getattr(multiprocessing.current_process(), "_inheriting", False):
        raise RuntimeError(
            "this script reads matches while the processes that parse them import it; put what it does below "
            'if __name__ == "__main__":'
        )


class _CannotWrite(Exception):
    """The cache folder cannot be written to."""


def _digests(paths: Sequence[Path]) -> dict[str, str]:
    """Hash files, by name, some at once: hashing leaves other threads room."""
    with ThreadPoolExecutor(_HASHED_AT_ONCE) as pool:
        return dict(zip((path.name for path in paths), pool.map(_file_digest, paths), strict=True))


def _file_digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


def _sync(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())
