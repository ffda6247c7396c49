"""``cricketgnn data info``: what match files consist of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cricketgnn.cli.output import emit, remark

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from cricketgnn.cricsheet import IngestReport
    from cricketgnn.deliveries.summary import DataSummary

SHOWN_COMPETITIONS = 10
"""How many competitions are named, those with the most matches."""


def info(
    paths: Annotated[
        list[str], typer.Argument(metavar="PATH", help="Zip archives, folders, .json files, or globs.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as one JSON document.")] = False,
) -> None:
    """Describe match data: how much, from when, whose, and how often each outcome occurs."""
    from cricketgnn.deliveries import load_tables
    from cricketgnn.deliveries.build import usable_processes
    from cricketgnn.deliveries.summary import summarize

    loaded = load_tables(paths, log=remark, processes=usable_processes())
    summary = summarize(loaded.tables)
    document = _as_document(summary) | {
        "rejected": len(loaded.report.rejected),
        "duplicates": len(loaded.report.duplicates),
    }
    emit(document, as_json, lambda screen: _render(screen, summary, loaded.report))


def _as_document(summary: DataSummary) -> dict[str, Any]:
    from dataclasses import asdict

    top = list(summary.competitions.items())[:SHOWN_COMPETITIONS]
    return asdict(summary) | {
        "competitions": [{"name": name, "matches": matches} for name, matches in top],
        "more_competitions": len(summary.competitions) - len(top),
    }


def _render(screen: Console, summary: DataSummary, report: IngestReport) -> None:
    table = _plain_table()
    table.add_row("matches", f"{summary.matches:,}")
    if report.rejected:
        table.add_row("  and refused, see data validate", f"{len(report.rejected):,}")
    table.add_row("innings", f"{summary.innings:,}")
    table.add_row("deliveries", f"{summary.deliveries:,}")
    table.add_row("  in super overs", f"{summary.super_over_deliveries:,}")
    table.add_row("people", f"{summary.people:,}")
    table.add_row("first match", str(summary.first_date))
    table.add_row("last match", str(summary.last_date))
    _add_counts(table, "matches by gender", summary.by_gender)
    _add_counts(table, "matches by type", summary.by_match_type)
    top = dict(list(summary.competitions.items())[:SHOWN_COMPETITIONS])
    _add_counts(table, "matches by competition", top)
    if len(summary.competitions) > len(top):
        table.add_row(f"  and {len(summary.competitions) - len(top):,} more", "")
    _add_shares(table, "bat outcomes (wides and super overs left out)", summary.outcomes)
    _add_shares(table, "delivery kinds (super overs left out)", summary.kinds)
    screen.print(table)


def _plain_table() -> Table:
    from rich.table import Table

    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(overflow="ellipsis", no_wrap=True, max_width=60)
    table.add_column(justify="right", no_wrap=True)
    return table


def _add_counts(table: Table, title: str, counts: dict[str, int]) -> None:
    from rich.text import Text

    table.add_row(title, "", style="bold")
    for name, count in counts.items():
        table.add_row(Text(f"  {name or '(none named)'}"), f"{count:,}")


def _add_shares(table: Table, title: str, shares: dict[str, float]) -> None:
    table.add_row(title, "", style="bold")
    for name, share in shares.items():
        table.add_row(f"  {name}", f"{share:.2%}")
