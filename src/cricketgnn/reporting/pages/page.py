"""A report as one page: everything in it, plotly.js once, nothing fetched, light and dark, printable."""

from __future__ import annotations

import html
import json
from collections.abc import Sequence

from plotly.offline import get_plotlyjs

from cricketgnn.reporting.pages.section import Section


def as_page(title: str, subtitle: str, parts: Sequence[Section]) -> str:
    """Give the page as HTML.

    Args:
        title: of the page.
        subtitle: a line below it.
        parts: its sections, in their order.
    """
    numbered = list(enumerate(parts))
    documents = {
        f"figure-{number}": _figure_json(part.figure) for number, part in numbered if part.figure is not None
    }
    contents = "".join(
        f'<li><a href="#part-{number}">{html.escape(part.heading)}</a></li>' for number, part in numbered
    )
    body = "\n".join(_section(number, part) for number, part in numbered)
    return "".join(
        [
            '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="color-scheme" content="light dark">',
            f"<title>{html.escape(title)}</title><style>{_CSS}</style></head>\n<body>",
            f"<header><h1>{html.escape(title)}</h1><p>{html.escape(subtitle)}</p></header>\n",
            f'<nav aria-label="Contents"><ol>{contents}</ol></nav>\n<main>\n{body}\n</main>\n',
            f"<script>{get_plotlyjs()}</script>\n",
            f'<script id="figures" type="application/json">{_safe(json.dumps(documents))}</script>\n',
            f"<script>{_SCRIPT}</script>\n</body></html>\n",
        ]
    )


def _figure_json(figure: object) -> dict[str, object]:
    """Give data and layout; the heading above the figure is its title."""
    document: dict[str, object] = json.loads(figure.to_json())  # type: ignore[attr-defined]
    layout = document.get("layout")
    if isinstance(layout, dict):
        for name in ("title", "template"):
            layout.pop(name, None)
    return {"data": document["data"], "layout": layout}


def _safe(text: str) -> str:
    """Keep a JSON text from ending, or changing, the script element that it stands in."""
    return text.replace("<", "\\u003c")


def _section(number: int, part: Section) -> str:
    heading = f'<h2 id="heading-{number}">{html.escape(part.heading)}</h2>'
    words = (
        "".join(f"<p>{html.escape(line)}</p>" for line in part.words)
        if len(part.words) < 3
        else "<ul>" + "".join(f"<li>{html.escape(line)}</li>" for line in part.words) + "</ul>"
    )
    label = html.escape(" ".join([part.heading, *part.words]), quote=True)
    figure = ""
    if part.figure is not None:
        sizes = {
            "height": part.figure.layout.height,
            "min-width": (part.figure.layout.meta or {}).get("least"),
        }
        style = "; ".join(f"{name}: {pixels}px" for name, pixels in sizes.items() if pixels)
        figure = (
            f'<div class="across"><div class="figure" id="figure-{number}" role="img" aria-label="{label}" '
            f'tabindex="0" style="{style}"></div></div>'
        )
    return (
        f'<section id="part-{number}" aria-labelledby="heading-{number}">{heading}{words}{figure}'
        f"{_table(part)}</section>"
    )


def _table(part: Section) -> str:
    if not part.rows:
        return ""
    head = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in part.header)
    rows = "".join(
        "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in part.rows
    )
    table = (
        f'<div class="wide" tabindex="0" role="region" aria-label="{html.escape(part.heading, quote=True)}, '
        f'table"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'
    )
    if not part.folded:
        return table
    what = "Show" if part.figure is None else "The numbers"
    return f"<details><summary>{what} ({len(part.rows):,} rows)</summary>{table}</details>"


_CSS = """
:root { --ground: #ffffff; --ink: #1b1f24; --faint: #5b6572; --line: #d7dce2; --link: #1f4e8c; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #14181d; --ink: #e6e9ed; --faint: #a2acb8; --line: #333b45; --link: #8ab8ff; }
}
* { box-sizing: border-box; }
body { font: 16px/1.55 system-ui, sans-serif; color: var(--ink); background: var(--ground); margin: 0 auto;
  max-width: 70rem; padding: 1.5rem 1rem 4rem; overflow-wrap: break-word; }
h1 { font-size: 1.6rem; margin: 0; } h2 { font-size: 1.2rem; margin: 2.2rem 0 .4rem; }
header p, nav { color: var(--faint); } a { color: var(--link); }
nav ol { columns: 16rem; padding-left: 1.2rem; margin: .5rem 0; }
p { margin: .3rem 0; } .figure { width: 100%; height: 26rem; }
.wide, .across { overflow-x: auto; } .across { overflow-y: hidden; }
details .wide { max-height: 30rem; overflow-y: auto; }
.parcoords .axis path, .parcoords .axis line { stroke: var(--faint) !important; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .92rem; }
th, td { text-align: left; padding: .25rem .8rem .25rem 0; border-bottom: 1px solid var(--line);
  vertical-align: top; }
th { position: sticky; top: 0; background: var(--ground); } summary { cursor: pointer; color: var(--link); }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
section { content-visibility: auto; contain-intrinsic-size: auto 30rem; }
@media print {
  :root { --ground: #fff; --ink: #000; --faint: #444; --line: #bbb; }
  nav { display: none; } section { content-visibility: visible; break-inside: avoid; }
  .wide, details .wide { max-height: none; overflow: visible; } .modebar { display: none; }
}
"""
_SCRIPT = """
"use strict";
const figures = JSON.parse(document.getElementById("figures").textContent);
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const lighter = {"#1f4e8c": "#7fb2ff", "#d9541e": "#ff9a6b", "#08306b": "#cfe3ff", "#a9c3de": "#27496d",
  "#b3261e": "#ff8a80", "#c58b00": "#e8c15a", "#3a8a4d": "#7fd197"};
function themed(part) {
  if (!dark.matches) return part;
  let text = JSON.stringify(part);
  for (const [from, to] of Object.entries(lighter)) text = text.replaceAll(from, to);
  return JSON.parse(text);
}
function layoutOf(layout) {
  const style = getComputedStyle(document.documentElement);
  const colour = name => style.getPropertyValue(name).trim();
  const result = Object.assign({margin: {l: 70, r: 30, t: 30, b: 60}}, layout, {
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", font: {color: colour("--ink")},
    legend: {orientation: "h", y: 1.08}, modebar: {bgcolor: "rgba(0,0,0,0)", color: colour("--faint")},
    hoverlabel: {font: {color: colour("--ink")}, bgcolor: colour("--ground")}});
  for (const name of Object.keys(result)) {
    if (/^[xy]axis/.test(name)) {
      result[name] = Object.assign({automargin: true}, result[name],
        {gridcolor: colour("--line"), linecolor: colour("--line"), zerolinecolor: colour("--line")});
    }
  }
  return result;
}
const options = {responsive: true, displaylogo: false, showSendToCloud: false, plotlyServerURL: ""};
function draw() {
  for (const [id, figure] of Object.entries(figures)) {
    Plotly.react(id, themed(figure.data), layoutOf(figure.layout), options);
  }
}
draw();
dark.addEventListener("change", draw);
window.addEventListener("beforeprint", () => {
  for (const folded of document.querySelectorAll("details")) {
    if (folded.querySelectorAll("tr").length <= 200) folded.open = true;
  }
});
"""
