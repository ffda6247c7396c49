"""``cricketgnn data validate``: check match files without using them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cricketgnn.cli.output import console, emit
from cricketgnn.errors import DataError

if TYPE_CHECKING:
    from rich.console import Console

    from cricketgnn.cricsheet import IngestReport

SHOWN_REJECTED = 20
"""How many refused files are listed for people; JSON lists all."""


def validate(
    paths: Annotated[
        list[str], typer.Argument(metavar="PATH", help="Zip archives, folders, .json files, or globs.")
    ],
    strict: Annotated[bool, typer.Option("--strict", help="Stop at the first match refused.")] = False,
    max_rejected: Annotated[
        float, typer.Option(min=0, max=1, help="Share of matches that may be refused.")
    ] = 0.05,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as one JSON document.")] = False,
) -> None:
    """Check match files: types, people, teams, runs. Lists every match refused, and why."""
    import msgspec

    from cricketgnn.cricsheet import find_sources
    from cricketgnn.deliveries.build import build_tables, usable_processes

    _, report = build_tables(find_sources(paths), strict=strict, processes=usable_processes())
    emit(msgspec.to_builtins(report), as_json, lambda screen: _render(screen, report))
    if report.exceeds(max_rejected):
        refused = f"{len(report.rejected)} of {report.matches} matches refused ({report.rejected_share:.1%})"
        console().print(f"{refused}; at most {max_rejected:.1%} are let through", style="red", soft_wrap=True)
        raise typer.Exit(DataError.exit_code)


def _render(screen: Console, report: IngestReport) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column()
    table.add_column(justify="right")
    table.add_row("match files", f"{report.matches:,}")
    table.add_row("ok", f"{report.ok:,}")
    table.add_row("rejected", f"{len(report.rejected):,}")
    table.add_row("superseded copies", f"{len(report.duplicates):,}")
    screen.print(table)
    # Text, not markup: places in the JSON are full of square brackets.
    for rejected in report.rejected[:SHOWN_REJECTED]:
        screen.print(Text(f"\n{rejected.file}\n  {rejected.where}\n  {rejected.reason}"), soft_wrap=True)
    more = len(report.rejected) - SHOWN_REJECTED
    if more > 0:
        screen.print(f"\nand {more:,} more; --json lists all")
