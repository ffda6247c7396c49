"""A store that comes in parts: put together in memory, or written behind one another into files."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
import numpy.typing as npt

from cricketgnn.graph.store import ARRAYS, GraphStore

_POINTERS: Final = ("pointers", "player_pointers")
_TEXTS: Final = ("match_ids", "person_ids", "team_names")
"""The same in every part."""
_BY_ROLE: Final = ("player_counts", "context_counts", "context_entity")
"""Their first axis is the role, the second grows."""
_HEADER_BYTES: Final = 128
"""What NumPy writes ahead of an array of few axes, with room for a longer first axis."""

Array = npt.NDArray[Any]


def joined(parts: Iterable[GraphStore]) -> GraphStore:
    """Put the parts of a store together, one at least."""
    first, *more = _placed(parts)
    if not more:
        return first
    whole: dict[str, Any] = {
        name: np.concatenate([getattr(part, name) for part in (first, *more)], axis=int(name in _BY_ROLE))
        for name in ARRAYS
        if name not in _TEXTS
    }
    return replace(first, **whole)


def write_parts(parts: Iterable[GraphStore], folder: Path) -> str:
    """Write every array of a store into a file of its own, one part behind the other.

    Args:
        parts: one at least.
        folder: where to; it is there.

    Returns:
        The fingerprint of the store.

    Raises:
        OSError: the disk is full or read-only.
    """
    with ExitStack() as stack:
        files = {
            name: stack.enter_context(_GrowingArray(folder / f"{name}.npy", name in _BY_ROLE))
            for name in ARRAYS
            if name not in _TEXTS
        }
        for part in _placed(parts):
            for name, file in files.items():
                file.append(getattr(part, name))
    for name in _TEXTS:
        np.save(folder / f"{name}.npy", getattr(part, name), allow_pickle=False)
    return part.fingerprint


def _placed(parts: Iterable[GraphStore]) -> Iterator[GraphStore]:
    """Let the pointers of each part begin where those before it end."""
    ends = dict.fromkeys(_POINTERS, 0)
    for number, part in enumerate(parts):
        pointers = {name: getattr(part, name) + ends[name] for name in _POINTERS}
        ends = {name: int(pointers[name][-1]) for name in _POINTERS}
        yield replace(part, **{name: of[min(number, 1) :] for name, of in pointers.items()})


class _GrowingArray:
    """An ``.npy`` file of an array whose parts come one after the other.

    Args:
        path: the file.
        by_role: the second axis grows, not the first: each row of the first has a file until the end.
    """

    def __init__(self, path: Path, by_role: bool) -> None:
        self._path, self._by_role = path, by_role
        self._files: list[BinaryIO] = []
        self._length = 0

    def __enter__(self) -> _GrowingArray:
        return self

    def append(self, part: Array) -> None:
        """Write one more part."""
        rows = list(part) if self._by_role else [part]
        if not self._files:
            self._like = part
            names = [self._path, *(Path(f"{self._path}.{row}") for row in range(1, len(rows)))]
            self._files = [name.open("wb+") for name in names]
            self._files[0].write(bytes(_HEADER_BYTES))
        for row, file in zip(rows, self._files, strict=True):
            file.write(np.ascontiguousarray(row).data)
        self._length += part.shape[int(self._by_role)]

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self._finish()
        finally:
            for file in self._files:
                file.close()

    def _finish(self) -> None:
        whole, *rows = self._files
        for row in rows:
            row.seek(0)
            shutil.copyfileobj(row, whole, 1 << 20)
            Path(row.name).unlink()
        whole.seek(0)
        whole.write(self._header())

    def _header(self) -> bytes:
        shape = list(self._like.shape)
        shape[int(self._by_role)] = self._length
        kind = np.lib.format.dtype_to_descr(self._like.dtype)
        header = io.BytesIO()
        np.lib.format.write_array_header_1_0(
            header, {"descr": kind, "fortran_order": False, "shape": tuple(shape)}
        )
        assert header.tell() == _HEADER_BYTES
        return header.getvalue()
