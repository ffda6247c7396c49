"""An SQLite file opened so that nothing in it can change; without Optuna, which takes a second to load."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from cricketgnn.files import sqlite_to_read

SQLITE_HEADER: Final = b"SQLite format 3\0"


@contextmanager
def sqlite_read_only(path: Path) -> Iterator[sqlite3.Connection]:
    """Open an SQLite file so that nothing in it can change."""
    with closing(sqlite3.connect(sqlite_to_read(path), uri=True)) as connection:
        yield connection
