"""Tables that are whole, or fit the terminal: in parts, or with a last column that is cut and says so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.cells import cell_len
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table

_ANY_WIDTH: Final = 10_000
_LEAST: Final = 12
"""Characters that are always left of a column that is cut."""


def print_whole(screen: Console, table: Table) -> None:
    """Print a table as wide as it is: numbers and names that are cut help nobody, whatever the terminal."""
    before = screen.width
    screen.width = max(before, _natural_width(screen, table))
    screen.print(table)
    screen.width = before


def print_cut(screen: Console, table: Table, whole: str) -> None:
    """Print a table whose last column is cut to what the terminal has left for it; whole to a file or pipe.

    Args:
        screen: where to.
        table: its last column holds text.
        whole: said below a table that was cut: where the whole of it is.
    """
    natural, last = _natural_width(screen, table), table.columns[-1]
    longest = max(cell_len(str(cell)) for cell in (last.header, *last.cells))
    room = max(screen.width - (natural - longest), _LEAST)
    if screen.is_terminal and longest > room:
        last.no_wrap, last.overflow, last.max_width = True, "ellipsis", room
    print_whole(screen, table)
    if last.max_width is not None:
        screen.print(f"long values are cut; {whole}", soft_wrap=True)


def print_in_parts(screen: Console, title: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table of numbers, its columns one below the other where the terminal is too narrow for all.

    Args:
        screen: where to; a file or pipe gets all columns side by side.
        title: above the first part.
        header: of the columns; the first names the rows and comes again with each part.
        rows: of cells.
    """
    rest = [*range(1, len(header))]
    while rest:
        part = [0, rest.pop(0)]
        while rest and (
            not screen.is_terminal
            or _natural_width(screen, _numbers(title, header, rows, [*part, rest[0]])) <= screen.width
        ):
            part.append(rest.pop(0))
        print_whole(screen, _numbers(title, header, rows, part))
        title = ""


def _numbers(
    title: str, header: Sequence[str], rows: Sequence[Sequence[str]], columns: Sequence[int]
) -> Table:
    table = Table(title=title or None, title_justify="left", box=None)
    for column in columns:
        table.add_column(header[column], justify="right" if column else "left", no_wrap=True)
    for row in rows:
        table.add_row(*(row[column] for column in columns))
    return table


def _natural_width(screen: Console, table: Table) -> int:
    return Measurement.get(screen, screen.options.update(max_width=_ANY_WIDTH), table).maximum
