"""The three figures of a study, as self-contained interactive pages."""

from __future__ import annotations

import html
import warnings
from pathlib import Path
from typing import Any, Final

import optuna
import plotly.graph_objects as go
from optuna.importance import FanovaImportanceEvaluator, get_param_importances
from plotly.colors import sample_colorscale

from cricketgnn.files import write_text
from cricketgnn.tuning.study import completed
from cricketgnn.words import counted

FIGURES: Final = ("param_importance", "history", "parallel")
MIN_TRIALS_FOR_IMPORTANCE: Final = 4
"""With fewer completed trials an importance is noise; the figure says so instead of drawing bars."""
TRUSTWORTHY: Final = 50
"""Completed trials from which importances stop changing much from one to the next."""
_LEAST_SPAN: Final = 0.01
"""Least range of values a figure spans: smaller differences are noise between seeds and shall look it."""
_DARK, _ACCENT = "#1f4e8c", "#d9541e"
_SCALE: Final = [[0.0, "#a9c3de"], [1.0, "#08306b"]]
_TARGET: Final = "macro-F1 on validation"


def study_figures(study: optuna.Study) -> dict[str, Any]:
    """Draw importance, history and parallel coordinates of a study, by name."""
    figures = {
        "param_importance": _importance(study),
        "history": _history(study),
        "parallel": _parallel(study),
    }
    words = f"study {study.study_name}, {counted(len(completed(study)), 'completed trial')}"
    for figure in figures.values():
        title = {"subtitle": {"text": words}, "y": 0.97, "yanchor": "top", "yref": "container"}
        figure.update_layout(template="plotly_white", title=title, margin={"t": 110})
    return figures


def write_figures(study: optuna.Study, folders: dict[Path, str]) -> list[Path]:
    """Write the figures into folders, each file named with the folder's prefix.

    Args:
        study: a study with at least one completed trial.
        folders: folder to the prefix of its file names.
    """
    written = []
    for name, figure in study_figures(study).items():
        page = figure.to_html(include_plotlyjs=True, full_html=True, default_height="96vh")
        title = html.escape(f"{study.study_name}: {name.replace('_', ' ')}")
        page = page.replace("<head>", f"<head><title>{title}</title>", 1)
        for folder, prefix in folders.items():
            path = folder / f"{prefix}{name}.html"
            write_text(path, page)
            written.append(path)
    return written


def _history(study: optuna.Study) -> Any:
    figure = optuna.visualization.plot_optimization_history(study, target_name=_TARGET)
    figure.update_traces(marker={"size": 9, "color": _DARK}, selector={"mode": "markers"})
    # The best value holds until a better one comes: a step, not a slope.
    figure.update_traces(
        line={"shape": "hv", "color": _ACCENT}, name="best so far", selector={"mode": "lines"}
    )
    figure.update_xaxes(title="trial", dtick=max(1, len(study.trials) // 10))
    values = [trial.value for trial in completed(study) if trial.value is not None]
    middle, half = (max(values) + min(values)) / 2, max(max(values) - min(values), _LEAST_SPAN) * 0.55
    figure.update_yaxes(range=[middle - half, middle + half], tickformat=".4f")
    figure.update_layout(title_text="Optimisation history")
    return figure


def _parallel(study: optuna.Study) -> Any:
    figure = optuna.visualization.plot_parallel_coordinate(study, target_name=_TARGET)
    values = [trial.value for trial in completed(study) if trial.value is not None]
    low, high = min(values), max(values)
    # The first axis is the value, 0 to 1; Optuna's colours fade to white where it is low.
    for line in figure.select_traces({"mode": "lines"}):
        line.update(opacity=0.9, line={"width": 2, "color": sample_colorscale(_SCALE, [line.y[0]])[0]})
    figure.update_traces(marker={"colorscale": _SCALE}, selector={"mode": "markers"})
    for tick in figure.select_annotations(lambda note: note.x == 0 and note.xanchor == "right"):
        tick.text = f"{low + tick.y * (high - low):.4f}"
    figure.update_layout(title_text="Parallel coordinates")
    return figure


def _importance(study: optuna.Study) -> Any:
    trials = completed(study)
    varied = {
        name for trial in trials for name in trial.params if len({t.params.get(name) for t in trials}) > 1
    }
    if len(trials) < MIN_TRIALS_FOR_IMPORTANCE or not varied:
        return _empty(
            "Hyperparameter importances",
            f"{len(trials)} completed trials are too few to tell importances apart; "
            f"at least {MIN_TRIALS_FOR_IMPORTANCE} are needed, {TRUSTWORTHY} or more to trust them",
        )
    if len({trial.value for trial in trials}) == 1:
        return _empty(
            "Hyperparameter importances",
            f"all {len(trials)} completed trials have the same {_TARGET}: no parameter made a difference",
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        evaluator = FanovaImportanceEvaluator(seed=0)
        importances = get_param_importances(study, evaluator=evaluator)
    names = list(reversed(importances))
    bars = go.Bar(x=[importances[name] for name in names], y=names, orientation="h", marker={"color": _DARK})
    figure = go.Figure(bars)
    caution = "" if len(trials) >= TRUSTWORTHY else f": a first hint, {TRUSTWORTHY} or more can be trusted"
    figure.update_layout(
        title=f"Hyperparameter importances (fANOVA, {counted(len(trials), 'completed trial')}{caution})",
        xaxis_title=f"share of the variance of {_TARGET}",
        yaxis_ticksuffix="  ",
        xaxis_range=[0, 1],
    )
    return figure


def _empty(title: str, words: str) -> Any:
    figure = go.Figure()
    figure.update_layout(title=title, xaxis={"visible": False}, yaxis={"visible": False}, dragmode=False)
    figure.add_annotation(
        text=words, showarrow=False, font={"size": 16}, xref="paper", yref="paper", x=0.5, y=0.5
    )
    return figure
