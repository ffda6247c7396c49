"""The numbers of a training and of its test drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from cricketgnn.cricket.outcomes import OUTCOME_NAMES
from cricketgnn.evaluation import ReliabilityInfo, Score, SliceScores
from cricketgnn.evaluation.predictions import FloatArray
from cricketgnn.reporting.study.drawing import ACCENT, DARK, FAINT, SCALE

_LEARNED: Final = {
    "train_loss": ("loss on training", FAINT),
    "val_log_loss": ("log loss on validation", DARK),
}


def draw_learning(history: Sequence[Mapping[str, Any]]) -> Any:
    """Draw the loss on training and the log loss on validation, a pair of curves a network."""
    figure = go.Figure()
    for member in sorted({report["member"] for report in history}):
        of = [report for report in history if report["member"] == member]
        epochs = [report["epoch"] for report in of]
        name = f", network {member}" if member > 1 else ""
        for key, (words, colour) in _LEARNED.items():
            figure.add_trace(
                go.Scatter(
                    x=epochs,
                    y=[report[key] for report in of],
                    mode="lines+markers",
                    name=f"{words}{name}",
                    line={"color": colour},
                    showlegend=member == 1,
                )
            )
    figure.update_xaxes(title="epoch", dtick=max(1, max(report["epoch"] for report in history) // 10))
    figure.update_yaxes(title="nats a delivery")
    return figure


def draw_reliability(curves: Sequence[ReliabilityInfo]) -> Any:
    """Draw the observed share over the forecast of each outcome, with intervals where they are known."""
    figure = make_subplots(rows=2, cols=4, subplot_titles=OUTCOME_NAMES)
    for number, curve in enumerate(curves):
        row, column = divmod(number, 4)
        most = max(curve.mean_probability.max(), curve.observed_share.max()) * 1.05
        diagonal = go.Scatter(
            x=[0, most],
            y=[0, most],
            mode="lines",
            line={"color": FAINT, "dash": "dot"},
            hoverinfo="skip",
        )
        points = go.Scatter(
            x=curve.mean_probability.tolist(),
            y=curve.observed_share.tolist(),
            mode="lines+markers",
            line={"color": DARK},
            error_y={
                "type": "data",
                "symmetric": False,
                "array": (curve.high - curve.observed_share).tolist(),
                "arrayminus": (curve.observed_share - curve.low).tolist(),
                "color": FAINT,
                "thickness": 1,
            },
            text=[f"{deliveries:,} deliveries" for deliveries in curve.deliveries],
            hovertemplate="forecast %{x:.3f}, came %{y:.3f}, %{text}<extra></extra>",
        )
        figure.add_traces([diagonal, points], rows=[row + 1] * 2, cols=[column + 1] * 2)
    figure.update_layout(showlegend=False, height=560)
    return figure


def draw_confusion(counts: FloatArray) -> Any:
    """Draw what each outcome was called, as shares of its deliveries, ``[7, 7]`` by (came, called)."""
    shares = counts / counts.sum(axis=1, keepdims=True).clip(min=1)
    figure = go.Figure(
        go.Heatmap(
            z=shares.tolist(),
            x=list(OUTCOME_NAMES),
            y=list(OUTCOME_NAMES),
            colorscale=SCALE,
            zmin=0,
            zmax=1,
            text=[[f"{share:.0%}" for share in row] for row in shares],
            texttemplate="%{text}",
            customdata=counts.astype(int).tolist(),
            hovertemplate="came %{y}, called %{x}: %{customdata:,} deliveries, %{text}<extra></extra>",
            colorbar={"title": "share", "tickformat": ".0%"},
        )
    )
    figure.update_xaxes(title="called")
    figure.update_yaxes(title="came", autorange="reversed")
    return figure


def draw_slices(slices: Sequence[SliceScores]) -> Any:
    """Draw the skill over the class prior in each part of the deliveries, with its interval."""
    return draw_skills({one.name: one.scores["skill"] for one in slices})


def draw_skills(skills: Mapping[str, Score]) -> Any:
    """Draw skills over the class prior one below the other, each with its interval."""
    scores = list(skills.values())
    points = go.Scatter(
        x=[skill.value for skill in scores],
        y=list(skills),
        mode="markers",
        marker={"size": 10, "color": DARK},
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [skill.high - skill.value for skill in scores],
            "arrayminus": [skill.value - skill.low for skill in scores],
            "color": ACCENT,
        },
        hovertemplate="%{y}: %{x:.2%}<extra></extra>",
    )
    figure = go.Figure(points)
    figure.update_xaxes(title="skill over the class prior", tickformat=".2~%", rangemode="tozero")
    figure.update_yaxes(autorange="reversed")
    return figure
