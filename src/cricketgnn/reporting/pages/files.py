"""The files of a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import polars as pl

from cricketgnn.files import write_json, write_packed, write_text
from cricketgnn.reporting.pages.markdown import as_markdown
from cricketgnn.reporting.pages.page import as_page
from cricketgnn.reporting.pages.section import Section

NAME: Final = "report"


class Format(StrEnum):
    """What a report can be written as."""

    HTML = "html"
    MARKDOWN = "md"
    JSON = "json"
    CSV = "csv"


def write_files(
    folder: Path,
    formats: Sequence[Format],
    title: str,
    subtitle: str,
    parts: Sequence[Section],
    document: Mapping[str, Any],
    table: pl.DataFrame,
) -> list[Path]:
    """Write ``report.html``, ``.md``, ``.json`` and ``.csv``, as far as wanted, each atomically.

    Args:
        folder: where to.
        formats: which.
        title: of the page and the Markdown.
        subtitle: a line below it.
        parts: of both, in their order.
        document: for JSON.
        table: for CSV.
    """
    written = []
    for form in formats:
        path = folder / f"{NAME}.{form.value}"
        if form is Format.HTML:
            write_text(path, as_page(title, subtitle, parts))
        elif form is Format.MARKDOWN:
            write_text(path, as_markdown(title, subtitle, parts))
        elif form is Format.JSON:
            write_json(path, document, default=str)
        else:
            write_packed(path, table.write_csv)
        written.append(path)
    return written
