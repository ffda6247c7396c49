"""A report as Markdown: the words and tables of the page, without its figures."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from cricketgnn.reporting.pages.section import Section

MOST_ROWS: Final = 100
"""Rows of a table that are written; of more, the first, and how many there are."""


def as_markdown(title: str, subtitle: str, parts: Sequence[Section]) -> str:
    """Give the sections that say something as Markdown."""
    blocks = [f"# {_plain(title)}", _plain(subtitle)]
    for part in parts:
        if not part.words and not part.rows:
            continue
        blocks.append(f"## {_plain(part.heading)}")
        if part.words:
            blocks.append("\n".join(f"* {_plain(line)}" for line in part.words))
        if part.rows:
            blocks.append(_table(part))
    return "\n\n".join(blocks) + "\n"


def _table(part: Section) -> str:
    lines = [_row(part.header), _row(["---"] * len(part.header))]
    lines += [_row(row) for row in part.rows[:MOST_ROWS]]
    if len(part.rows) > MOST_ROWS:
        lines.append(f"\nThe first {MOST_ROWS} of {len(part.rows):,} rows; the page and the JSON have all.")
    return "\n".join(lines)


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(_plain(cell) for cell in cells) + " |"


def _plain(text: str) -> str:
    """Keep a text on one line and from meaning anything in Markdown, HTML or a table."""
    line = " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;")
    return _MARKS.sub(r"\\\g<0>", line)


_MARKS: Final = re.compile(r"[\\|*`\[]|(?<!\w)_|_(?!\w)")
"""What means something: an underscore within a word does not."""
