"""What pages and Markdown have in common: parts of a heading, words, a figure and a table."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from cricketgnn.errors import ArtifactError

_Kind = TypeVar("_Kind", dict[str, Any], list[Any])


def read_document(path: Path, kind: type[_Kind]) -> _Kind:
    """Read what a training or a search left in its folder; empty where it left nothing.

    Raises:
        ArtifactError: it is damaged.
    """
    if not path.is_file():
        return kind()
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(document, kind):
            raise ValueError(f"expected a {kind.__name__}")
    except (OSError, ValueError) as error:
        raise ArtifactError(f"{path}: damaged ({error}); move it away to report without it") from error
    return document


class Section(NamedTuple):
    """One part of a report.

    Attributes:
        heading: of the part.
        words: sentences about it, each a paragraph or, of several, an item.
        figure: drawn from the same numbers; None for none.
        header: of its table; empty for none.
        rows: of its table, as texts.
        folded: whether the table opens on demand only.
    """

    heading: str
    words: Sequence[str] = ()
    figure: Any = None
    header: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()
    folded: bool = True


def flat(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Lay a document out as names and texts; inner names follow the outer one."""
    for name, value in document.items():
        if isinstance(value, Mapping):
            yield from ((f"{name} {inner}", text) for inner, text in flat(value))
        else:
            yield name, str(value)


def what_made_it(provenance: Mapping[str, Any]) -> Iterator[Section]:
    """Tell who made something, if it is known; where settings came from is told beside them."""
    made = {name: value for name, value in provenance.items() if name != "origins"}
    if made:
        yield Section("What made it", (), None, ["what", "value"], [list(row) for row in flat(made)])
