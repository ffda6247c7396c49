"""Match tables of hand-written matches."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cricketgnn.deliveries import MatchTables, load_matches
from match_files import Document, write_folder

Load = Callable[..., MatchTables]
Column = Callable[[MatchTables, str], list[Any]]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Load matches, numbered from 1 in the order given."""

    def load_documents(*documents: Document) -> MatchTables:
        files = {str(number): document for number, document in enumerate(documents, 1)}
        tables, report = load_matches([write_folder(tmp_path / "matches", files)], strict=True)
        assert report.ok == len(documents)
        return tables

    return load_documents


@pytest.fixture
def names() -> Column:
    """Give a person column of the delivery table as names."""

    def as_names(tables: MatchTables, column: str) -> list[Any]:
        return list(tables.people["name"].gather(tables.deliveries[column]))

    return as_names
