"""The guide's three figures of a study, as self-contained interactive pages."""

from __future__ import annotations

import html
from pathlib import Path
from typing import Any, Final

import optuna

from cricketgnn.files import write_text
from cricketgnn.reporting.study.drawing import draw_history, draw_importance, draw_parallel
from cricketgnn.reporting.study.parameters import DRAWS, importance, parallel
from cricketgnn.reporting.study.progress import history
from cricketgnn.reporting.study.record import read_study
from cricketgnn.words import counted

_OPTIONS: Final = {"responsive": True, "showSendToCloud": False, "plotlyServerURL": ""}
FIGURES: Final = ("param_importance", "history", "parallel")


def study_figures(study: optuna.Study, draws: int = DRAWS) -> dict[str, Any]:
    """Draw importance, history and parallel coordinates of a study, by name.

    Args:
        study: with at least one completed trial.
        draws: behind the intervals of the importances; 0 for none, where figures are drawn often.
    """
    record = read_study(study)
    figures = {
        "param_importance": draw_importance(importance(record, draws)),
        "history": draw_history(history(record)),
        "parallel": draw_parallel(parallel(record)),
    }
    words = f"study {record.name}, {counted(len(record.completed), 'completed trial')}"
    for figure in figures.values():
        title = {"subtitle": {"text": words}, "y": 0.97, "yanchor": "top", "yref": "container"}
        figure.update_layout(title=title, margin={"t": 110})
    return figures


def write_figures(study: optuna.Study, folders: dict[Path, str]) -> list[Path]:
    """Write the figures into folders, each file named with the folder's prefix.

    Args:
        study: a study with at least one completed trial.
        folders: folder to the prefix of its file names.
    """
    written = []
    for name, figure in study_figures(study).items():
        page = figure.to_html(include_plotlyjs=True, full_html=True, default_height="96vh", config=_OPTIONS)
        title = html.escape(f"{study.study_name}: {name.replace('_', ' ')}")
        page = page.replace("<head>", f"<head><title>{title}</title>", 1)
        for folder, prefix in folders.items():
            path = folder / f"{prefix}{name}.html"
            write_text(path, page)
            written.append(path)
    return written
