"""Writing that a crash cannot tear: a reader sees the old file or the new one, never half of one."""

from __future__ import annotations

import datetime as dt
import io
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import filelock

from cricketgnn.errors import DataError, closest


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Give a temporary path beside ``path`` to write; on success it becomes ``path``, durably.

    On any error, the temporary file is removed and ``path`` is what it was before.

    Raises:
        OSError: it cannot be written; names ``path``, not the temporary file.
    """
    try:
        with _temporary_beside(path) as temporary:
            yield temporary
    except OSError as error:
        named = str(error.filename or "")
        if not named or Path(named).name.startswith(f".{path.name}."):
            error.filename, error.filename2 = str(path), None
        raise


@contextmanager
def _temporary_beside(path: Path) -> Iterator[Path]:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        with temporary.open("rb+") as written:
            os.fsync(written.fileno())
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
        _sync_folder(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write ``text`` to ``path`` atomically, as UTF-8."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_packed(path: Path, pack: Callable[[io.BytesIO], Any]) -> None:
    """Write what ``pack`` writes into a buffer to ``path`` atomically.

    Writers of libraries hide why a file could not be written; Python's own error names the reason.

    Raises:
        OSError: ``path`` cannot be written, and is what it was before.
    """
    buffer = io.BytesIO()
    pack(buffer)
    with atomic_path(path) as temporary:
        temporary.write_bytes(buffer.getbuffer())


def write_json(path: Path, document: Any, default: Callable[[Any], Any] | None = None) -> None:
    """Write ``document`` to ``path`` atomically, as :func:`as_json_text` gives it."""
    write_text(path, as_json_text(document, default))


def as_json_text(document: Any, default: Callable[[Any], Any] | None = None) -> str:
    """Give ``document`` as indented JSON with a line end; NaN is refused since it is no JSON."""
    return json.dumps(document, indent=2, allow_nan=False, default=default) + "\n"


def expanded(path: str | Path) -> Path:
    """Put the user's home in place of a leading ``~``; where there is no such user, it is part of a name."""
    return Path(os.path.expanduser(path))  # noqa: PTH111, which raises RuntimeError there


def sqlite_to_read(path: Path) -> str:
    """Give the URI under which SQLite opens a file so that nothing in it can change."""
    return f"file:{quote(str(path.absolute()))}?mode=ro"


def nearest_file(path: Path) -> Path | None:
    """Give the file or folder beside a missing one whose name is nearest to it; None when nothing is near."""
    folder = expanded(path).absolute().parent
    names = [entry.name for entry in folder.iterdir()] if folder.is_dir() else []
    near = closest(path.name, (name for name in names if not _of_one_kind_only(path, Path(name))))
    return path.parent / near if near else None


def _of_one_kind_only(path: Path, other: Path) -> bool:
    """Tell whether names have the same ending and are otherwise nothing alike."""
    within = path.stem in other.stem or other.stem in path.stem
    return path.suffix == other.suffix and not within and not closest(path.stem, [other.stem])


def read_named(path: Path, what: str) -> bytes:
    """Read a file that a user named.

    Args:
        path: the file; ``~`` is the user's home.
        what: is expected there, for the message ("a match in Cricsheet JSON").

    Raises:
        DataError: it is not there, with the nearest name, or cannot be read.
    """
    try:
        return expanded(path).read_bytes()
    except FileNotFoundError as error:
        near = nearest_file(path)
        advice = f"did you mean '{near}'?" if near else f"give {what}"
        raise DataError(f"{path}: no such file; {advice}") from error
    except OSError as error:
        raise DataError(f"{path}: {error.strerror or error}; give {what}") from error


def free_place(wanted: Path) -> Path:
    """Give a path at which nothing is: the wanted one, else with the time behind it."""
    if not wanted.exists():
        return wanted
    return wanted.with_name(f"{wanted.name}_{dt.datetime.now().astimezone():%Y%m%d-%H%M%S-%f}")


def is_held(lock: Path) -> bool | None:
    """Tell whether a process holds a lock file; not where there is none, None where it cannot be told."""
    if not lock.is_file():
        return False
    try:
        with filelock.FileLock(lock, timeout=0):
            return False
    except filelock.Timeout:
        return True
    except OSError:  # in somebody else's folder
        return None


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
