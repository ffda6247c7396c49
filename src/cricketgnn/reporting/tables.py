"""Tables that are whole, or fit the terminal but for the last column, which is cut and says so."""

from __future__ import annotations

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


def _natural_width(screen: Console, table: Table) -> int:
    return Measurement.get(screen, screen.options.update(max_width=_ANY_WIDTH), table).maximum
