"""The numbers of a study drawn: one function a figure, no number computed here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from cricketgnn.reporting.study.parameters import ImportanceInfo, PairInfo, ParallelInfo, SliceInfo
from cricketgnn.reporting.study.progress import HistoryInfo, OverTimeInfo, SpreadInfo
from cricketgnn.reporting.study.training import CurveInfo, SpanInfo

DARK: Final = "#1f4e8c"
ACCENT: Final = "#d9541e"
FAINT: Final = "#8a94a3"
SCALE: Final = [[0.0, "#a9c3de"], [1.0, "#08306b"]]
"""Colours of values, from low to high: light to dark in one hue, so that they can be told apart in print."""
STATE_COLOURS: Final = {
    **{"complete": DARK, "pruned": "#c58b00", "fail": "#b3261e"},
    **{"running": "#3a8a4d", "waiting": FAINT},
}
TARGET: Final = "macro-F1 on validation"
_LEAST_SPAN: Final = 0.01
"""Least range of values a figure spans: smaller differences are noise between seeds and shall look it."""
_MOST_CURVES: Final = 400
"""Learning curves drawn one by one; of more, the latest."""


def draw_history(info: HistoryInfo) -> Any:
    """Draw every value, and the best so far as steps: it holds until a better one comes.

    Pruned trials have no value: crosses along the lower edge show when they were.
    """
    low = _around(info.values)[0] if info.values else 0.0
    last = max([*info.numbers, *info.pruned], default=0)
    figure = go.Figure(
        [
            go.Scatter(
                x=info.numbers, y=info.values, mode="markers", name="trial", marker={"size": 8, "color": DARK}
            ),
            go.Scatter(
                x=[*info.numbers, last], y=[*info.best, *info.best[-1:]], mode="lines", name="best so far",
                line={"shape": "hv", "color": ACCENT},
            ),
            go.Scatter(
                x=info.pruned, y=[low] * len(info.pruned), mode="markers", name="pruned",
                marker={"symbol": "x-thin", "size": 7, "line": {"width": 1.5, "color": FAINT}},
                hovertemplate="trial %{x}: pruned<extra></extra>", cliponaxis=False,
            ),
        ]
    )  # fmt: skip
    figure.update_xaxes(title="trial", dtick=max(1, (last + 1) // 10))
    _value_axis(figure, info.values)
    return _titled(figure, "Optimisation history")


def draw_over_time(info: OverTimeInfo) -> Any:
    """Draw the best value through the hours."""
    figure = go.Figure(
        go.Scatter(
            x=[*info.hours, info.until],
            y=[*info.values, *info.values[-1:]],
            mode="lines+markers",
            marker={"size": [6] * len(info.hours) + [0]},  # the end of the study is no improvement
            line={"shape": "hv", "color": ACCENT},
            text=[*_names(info.numbers), "the study's last trial ended"],
            hovertemplate="%{text}: %{y:.4f}<extra></extra>",
        )
    )
    figure.update_xaxes(title="hours since the first trial began", rangemode="tozero")
    _value_axis(figure, info.values)
    return _titled(figure, "Best value over time")


def draw_spread(info: SpreadInfo) -> Any:
    """Draw the share of trials at or below each value."""
    figure = go.Figure(
        go.Scatter(x=info.values, y=info.shares, mode="lines", line={"shape": "hv", "color": DARK})
    )
    figure.update_xaxes(title=TARGET, tickformat=".4f", range=_around(info.values))
    figure.update_yaxes(title="share of the trials at or below", range=[0, 1.02], tickformat=".0%")
    return _titled(figure, "Empirical distribution")


def draw_importance(info: ImportanceInfo) -> Any:
    """Draw a bar a parameter with its interval, or say why there is none."""
    if not info.shares:
        return _empty("Hyperparameter importances", info.words)
    names = list(reversed(info.shares))
    shares = [info.shares[name] for name in names]
    bars = go.Bar(x=shares, y=names, orientation="h", marker={"color": DARK})
    what = f"share of the variance of {TARGET}"
    if info.intervals:
        above = [max(0.0, info.intervals[name][1] - info.shares[name]) for name in names]
        below = [max(0.0, info.shares[name] - info.intervals[name][0]) for name in names]
        ends = {"array": above, "arrayminus": below, "color": ACCENT}
        bars.update(error_x={"type": "data", "symmetric": False, **ends})
        what += ", with 90 % intervals"
    figure = go.Figure(bars)
    caution = f": {info.words}" if info.words else ""
    figure.update_xaxes(title=what, range=[0, 1])
    figure.update_yaxes(ticksuffix="  ")
    trials = f"{info.trials} completed trial{'' if info.trials == 1 else 's'}"
    return _titled(figure, f"Hyperparameter importances ({info.evaluator}, {trials}{caution})")


_LONG_LABEL: Final = 5
"""Characters of a tick's label beyond which it runs into the next."""
_AXIS_PIXELS: Final = 100
"""What an axis needs beside others; a page of less width scrolls the figure."""


def draw_parallel(info: ParallelInfo) -> Any:
    """Draw a line a completed trial across the value and all parameters."""
    if not info.values:
        return _empty("Parallel coordinates", "no completed trial has all parameters")
    value = {
        "label": TARGET,
        "values": info.values,
        "range": _around(info.values),
        "tickformat": ".4f",
    }
    rest = [
        {
            "label": name,
            "values": column,
            "tickvals": places,
            "ticktext": labels,
            "range": [min([*places, *column]), max([*places, *column])],
        }
        for name, column, (places, labels) in zip(info.names, info.columns, info.ticks, strict=True)
    ]
    line = {"color": info.values, "colorscale": SCALE, "showscale": True, "colorbar": {"tickformat": ".4f"}}
    lines = go.Parcoords(
        line=line,
        dimensions=[value, *rest],
        labelfont={"size": 13},
    )
    figure = go.Figure(lines)
    figure.update_layout(
        margin={"l": 90, "r": 60, "t": 60, "b": 40}, meta={"least": _AXIS_PIXELS * (len(rest) + 2)}
    )
    return _titled(figure, "Parallel coordinates")


def draw_slices(slices: Sequence[SliceInfo]) -> Any:
    """Draw the value over each parameter by itself."""
    figure = make_subplots(rows=1, cols=max(1, len(slices)), shared_yaxes=True)
    for column, info in enumerate(slices, start=1):
        outline = {"width": 0.5, "color": FAINT}
        points = go.Scatter(
            x=info.places,
            y=info.values,
            mode="markers",
            showlegend=False,
            marker={"color": info.numbers, "colorscale": SCALE, "size": 7, "line": outline},
            text=_names(info.numbers),
            hovertemplate="%{text}: %{y:.4f} at %{x}<extra></extra>",
        )
        figure.add_trace(points, row=1, col=column)
        kind = "category" if info.choices else "log" if info.log else "linear"
        figure.update_xaxes(title=info.name, type=kind, tickangle=-40, row=1, col=column)
        if info.choices:
            figure.update_xaxes(categoryorder="array", categoryarray=info.choices, row=1, col=column)
        else:
            places, labels = info.ticks
            angle = -40 if max(map(len, labels)) > _LONG_LABEL else 0
            figure.update_xaxes(tickvals=places, ticktext=labels, tickangle=angle, row=1, col=column)
    _value_axis(figure, [value for info in slices for value in info.values])
    for column in range(2, len(slices) + 1):
        figure.update_yaxes(title="", row=1, col=column)
    figure.update_layout(meta={"least": _AXIS_PIXELS * (len(slices) + 1)})
    return _titled(figure, "Value over each parameter (darker: later trials)")


def draw_pair(info: PairInfo) -> Any:
    """Draw the surface over two parameters, and the trials it goes through."""
    figure = go.Figure(
        [
            go.Contour(
                x=info.grid_across, y=info.grid_up, z=info.surface, colorscale=SCALE,
                colorbar={"title": "macro-F1", "tickformat": ".4f"}, line={"width": 0.5}, connectgaps=False,
            ),
            go.Scatter(
                x=[x for x, _, _ in info.points], y=[y for _, y, _ in info.points], mode="markers",
                marker={"color": ACCENT, "size": 6, "line": {"width": 1, "color": "white"}},
                text=[f"{value:.4f}" for _, _, value in info.points], hovertemplate="%{text}<extra></extra>",
            ),
        ]
    )  # fmt: skip
    figure.update_xaxes(title=info.across, type="log" if info.log_across else "linear", exponentformat="e")
    figure.update_yaxes(title=info.up, type="log" if info.log_up else "linear", exponentformat="e")
    return _titled(figure, f"Value over {info.across} and {info.up}")


def draw_curves(curves: Sequence[CurveInfo], winner: int | None) -> Any:
    """Draw the learning curve of every trial, the winner's on top; a pruned one ends with a cross."""
    figure = go.Figure()
    shown = list(curves[-_MOST_CURVES:])
    shown += [info for info in curves[:-_MOST_CURVES] if info.number == winner]
    for info in sorted(shown, key=lambda info: info.number == winner):
        figure.add_trace(_curve(info, thick=info.number == winner))
    for state, symbol in (("pruned", "x"), ("fail", "triangle-up")):
        ends = [info for info in shown if info.state == state]
        if ends:
            figure.add_trace(
                go.Scatter(
                    x=[info.epochs[-1] for info in ends],
                    y=[info.log_losses[-1] for info in ends],
                    mode="markers",
                    name=state,
                    marker={"symbol": symbol, "size": 9, "color": STATE_COLOURS[state]},
                    text=_names(info.number for info in ends),
                    hovertemplate="%{text}<extra></extra>",
                )
            )
    figure.update_xaxes(title="epoch", rangemode="tozero")
    figure.update_yaxes(title="validation log loss, nats a delivery")
    note = f", the latest {_MOST_CURVES} of {len(curves):,}" if len(curves) > _MOST_CURVES else ""
    return _titled(figure, f"Learning curves (thick: the winner{note})")


def _curve(info: CurveInfo, thick: bool) -> Any:
    colour = ACCENT if thick else STATE_COLOURS.get(info.state, FAINT)
    return go.Scatter(
        x=info.epochs,
        y=info.log_losses,
        mode="lines",
        showlegend=False,
        line={"color": colour, "width": 3 if thick else 1},
        opacity=1.0 if thick else 0.45,
        name=f"trial {info.number}, {info.state}",
        hovertemplate="%{fullData.name}<br>epoch %{x}: %{y:.4f}<extra></extra>",
    )


def draw_timeline(spans: Sequence[SpanInfo]) -> Any:
    """Draw when each worker trained which trial."""
    figure = go.Figure()
    for state, colour in STATE_COLOURS.items():
        of_state = [span for span in spans if span.state == state]
        if of_state:
            figure.add_trace(
                go.Bar(
                    base=[span.began.isoformat() for span in of_state],
                    x=[(span.ended - span.began).total_seconds() * 1000 for span in of_state],
                    y=[span.lane for span in of_state], orientation="h", name=state,
                    marker={"color": colour, "line": {"width": 1, "color": "white"}},
                    text=[f"{span.number}" for span in of_state],
                    textposition="inside",
                    insidetextanchor="middle",
                    customdata=[f"trial {span.number}, {state}" for span in of_state],
                    hovertemplate="%{customdata}<extra></extra>",
                )
            )  # fmt: skip
    figure.update_layout(barmode="overlay", xaxis={"type": "date", "title": "local time"})
    lanes = sorted({span.lane for span in spans}, key=_by_number, reverse=True)  # the first one on top
    figure.update_yaxes(title="worker", type="category", categoryorder="array", categoryarray=lanes)
    return _titled(figure, "Timeline")


def _by_number(lane: str) -> tuple[str, int]:
    """Order ``host 10`` behind ``host 2``."""
    host, _, number = lane.rpartition(" ")
    return host, int(number)


def _names(numbers: Iterable[int]) -> list[str]:
    return [f"trial {number}" for number in numbers]


def _value_axis(figure: Any, values: Sequence[float]) -> None:
    if values:
        figure.update_yaxes(range=_around(values))
    figure.update_yaxes(title=TARGET, tickformat=".4f")


def _around(values: Sequence[float]) -> list[float]:
    """Give a range that holds all values and is not narrower than noise."""
    middle, half = (max(values) + min(values)) / 2, max(max(values) - min(values), _LEAST_SPAN) * 0.55
    return [middle - half, middle + half]


def _titled(figure: Any, title: str) -> Any:
    figure.update_layout(title_text=title, template="plotly_white")
    return figure


def _empty(title: str, words: str) -> Any:
    figure = go.Figure()
    figure.update_layout(xaxis={"visible": False}, yaxis={"visible": False}, dragmode=False)
    figure.add_annotation(
        text=words, showarrow=False, font={"size": 16}, xref="paper", yref="paper", x=0.5, y=0.5
    )
    return _titled(figure, title)
