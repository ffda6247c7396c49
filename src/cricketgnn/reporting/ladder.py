"""The ladder as a table on the console, as Markdown, and as a page with reliability diagrams."""

from __future__ import annotations

import html
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from cricketgnn.evaluation import Score
from cricketgnn.files import write_text
from cricketgnn.ladder.run import REFERENCE, Ladder, RungScores
from cricketgnn.reporting.run.drawing import draw_reliability
from cricketgnn.reporting.tables import print_whole

MARKDOWN: Final = "ladder.md"
PAGE: Final = "ladder.html"
_COLUMNS: Final[dict[str, Callable[[RungScores], str]]] = {
    "model": lambda rung: rung.model,
    "log loss": lambda rung: f"{rung.evaluation['log_loss'].value:.4f}",
    "skill": lambda rung: _share(rung.evaluation["skill"].value),
    "Brier": lambda rung: f"{rung.evaluation['brier'].value:.4f}",
    "F1": lambda rung: f"{rung.evaluation['macro_f1'].value:.3f}",
    "F1 rule": lambda rung: f"{rung.evaluation['macro_f1_rule'].value:.3f}",
    "calib.": lambda rung: f"{rung.evaluation['calibration_error'].value:.4f}",
    "wicket AUC": lambda rung: f"{rung.evaluation['wicket_auc'].value:.3f}",
    "4/6 AUC": lambda rung: f"{rung.evaluation['boundary_auc'].value:.3f}",
    "fit": lambda rung: _minutes(rung.fit_seconds),
    "per s": lambda rung: f"{rung.deliveries_per_second:,.0f}",
}
_AGAINST: Final[dict[str, Callable[[RungScores], str]]] = {
    "model": lambda rung: rung.model,
    "log loss less by": lambda rung: _interval(rung.against_reference["log_loss"].difference, "{:.5f}", -1),
    "skill, times": lambda rung: _interval(rung.against_reference["skill"].ratio, "{:.3f}"),
    "F1 by rule, more by": lambda rung: _interval(
        rung.against_reference["macro_f1_rule"].difference, "{:+.4f}"
    ),
}


def describe_ladder(screen: Console, ladder: Ladder) -> None:
    """Print the ladder, each model against the reference, and the slices."""
    for title, header, rows in _tables(ladder):
        table = Table(title=title, title_justify="left", box=None)
        for number, name in enumerate(header):
            table.add_column(name, justify="left" if number == 0 else "right", no_wrap=True)
        for row in rows:
            table.add_row(*row)
        print_whole(screen, table)
    for model, reason in ladder.failed.items():
        screen.print(f"{model}: {reason}", style="red", soft_wrap=True, markup=False)
    screen.print(f"ladder: {ladder.folder}", soft_wrap=True, markup=False)


def write_ladder(ladder: Ladder) -> list[Path]:
    """Write the ladder as Markdown and as a page that works offline."""
    markdown, page = ladder.folder / MARKDOWN, ladder.folder / PAGE
    write_text(markdown, as_markdown(ladder))
    write_text(page, _page(ladder))
    return [markdown, page]


def as_markdown(ladder: Ladder) -> str:
    """Give the tables of the ladder as Markdown."""
    blocks = [f"# Ladder\n\n{_words(ladder)}"]
    for title, header, rows in _tables(ladder):
        lines = ["| " + " | ".join(header) + " |", "|" + "|".join("---" for _ in header) + "|"]
        lines += ["| " + " | ".join(row) + " |" for row in rows]
        blocks.append(f"## {title}\n\n" + "\n".join(lines))
    blocks += [f"{model} has no row: {reason}" for model, reason in ladder.failed.items()]
    return "\n\n".join(blocks) + "\n"


def _tables(ladder: Ladder) -> list[tuple[str, list[str], list[list[str]]]]:
    """Give title, header and rows of each table."""
    compared = [rung for rung in ladder.rungs if rung.against_reference]
    tables = [
        (
            "Test matches",
            list(_COLUMNS),
            [[show(rung) for show in _COLUMNS.values()] for rung in ladder.rungs],
        )
    ]
    if compared:
        rows = [[show(rung) for show in _AGAINST.values()] for rung in compared]
        tables.append((f"Against {REFERENCE}, on the same draws of matches (95 %)", list(_AGAINST), rows))
    names = [one.name for one in ladder.rungs[0].slices]
    rows = [
        [rung.model, *(_share(one.scores["skill"].value) for one in rung.slices)] for rung in ladder.rungs
    ]
    tables.append(("Skill over the class prior, by slice", ["model", *names], rows))
    rows = [
        [rung.model, *(f"{one.scores['calibration_error'].value:.4f}" for one in rung.slices)]
        for rung in ladder.rungs
    ]
    tables.append(("Classwise calibration error, by slice", ["model", *names], rows))
    return tables


def _words(ladder: Ladder) -> str:
    protocol = ladder.protocol
    innings = protocol["innings"]
    return (
        f"Training before {protocol['val_from']} ({innings['train']:,} innings), choices on the matches "
        f"before {protocol['test_from']} ({innings['val']:,}), scored on those from then on "
        f"({innings['test']:,}). Protocol {protocol['digest'][:12]}."
    )


def reliability_figure(rung: RungScores) -> Any:
    """Draw the reliability curve of each outcome of a model."""
    figure = draw_reliability(rung.reliability)
    title = f"{rung.model}: forecast (across) and observed share (up), tenths of the deliveries"
    figure.update_layout(title=title, template="plotly_white", height=520)
    return figure


def _page(ladder: Ladder) -> str:
    """Make one page with all tables and the reliability diagrams, plotly.js in it once."""
    parts = [f"<p>{html.escape(_words(ladder))}</p>"]
    for title, header, rows in _tables(ladder):
        head = "".join(f"<th scope='col'>{html.escape(name)}</th>" for name in header)
        body = "".join(
            "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
        )
        parts.append(
            f"<h2>{html.escape(title)}</h2><div class='wide'><table><thead><tr>{head}</tr></thead>"
            f"<tbody>{body}</tbody></table></div>"
        )
    for number, rung in enumerate(ladder.rungs):
        figure = reliability_figure(rung)
        parts.append(figure.to_html(full_html=False, include_plotlyjs=number == 0))
    return _HTML.format(body="\n".join(parts))


_HTML: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Ladder</title><style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 75rem; margin: 2rem auto; padding: 0 1rem; }}
.wide {{ overflow-x: auto; }} table {{ border-collapse: collapse; }}
th, td {{ padding: .3rem .7rem; text-align: right; border-bottom: 1px solid #ccc; white-space: nowrap; }}
th:first-child, td:first-child {{ text-align: left; }}
</style></head><body><h1>Ladder</h1>
{body}
</body></html>
"""


def _interval(score: Score, form: str, sign: int = 1) -> str:
    if math.isnan(score.value):
        return "-"
    low, high = sorted((sign * score.low, sign * score.high))
    return f"{form.format(sign * score.value)} ({form.format(low)} to {form.format(high)})"


def _share(value: float) -> str:
    return f"{round(value, 4) + 0.0:+.2%}"  # no -0.00%


def _minutes(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
