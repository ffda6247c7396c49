"""Where the figures of a study go: its own folder for good, and the phase's folder for the latest."""

from __future__ import annotations

from pathlib import Path

from cricketgnn.places import FIGURES
from cricketgnn.tuning.results import OWN_FIGURES
from cricketgnn.tuning.run import SearchResult
from cricketgnn.tuning.study import completed


def write_study_figures(result: SearchResult) -> list[Path]:
    """Draw the figures of a study once a trial has completed; none before.

    The phase's folder always shows the latest study of the phase; the study's own folder keeps its figures.
    """
    if not completed(result.study):
        return []
    from cricketgnn.reporting.figures import write_figures

    search = result.search
    latest = search.folder.parent / FIGURES.name
    return write_figures(
        result.study, {latest: f"{search.phase.file_stem}_", search.folder / OWN_FIGURES: ""}
    )
