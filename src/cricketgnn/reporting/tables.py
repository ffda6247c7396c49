"""Tables that nothing is cut from."""

from __future__ import annotations

from typing import Final

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table

_ANY_WIDTH: Final = 1000


def print_whole(screen: Console, table: Table) -> None:
    """Print a table as wide as it is: numbers and names that are cut help nobody, whatever the terminal."""
    width = screen.width
    natural = Measurement.get(screen, screen.options.update(max_width=_ANY_WIDTH), table).maximum
    screen.width = max(width, natural)
    screen.print(table)
    screen.width = width
