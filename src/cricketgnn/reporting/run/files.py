"""The report of a training and of its test."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from cricketgnn.reporting.pages.files import Format, write_files
from cricketgnn.reporting.run.sections import run_sections
from cricketgnn.reporting.run.summary import RunSummary


def write_run_report(summary: RunSummary, folder: Path, formats: Sequence[Format]) -> list[Path]:
    """Write the report of a run; its table has a row a slice."""
    scored = summary.scored
    name = scored.checkpoint.parent.name or scored.checkpoint.name
    table = pl.DataFrame(
        [
            {"slice": one.name, "deliveries": one.scored, **{m: s.value for m, s in one.scores.items()}}
            for one in summary.slices
        ]
    )
    subtitle = f"{scored.checkpoint}, scored on its {scored.part} matches"
    parts = run_sections(summary)
    return write_files(folder, formats, f"Run {name}", subtitle, parts, summary.to_json(), table)
