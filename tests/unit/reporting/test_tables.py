"""Tables on terminals of any width, in pipes and in files."""

from __future__ import annotations

import io

import pytest
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cricketgnn.reporting.tables import print_cut, print_in_parts, print_whole

LONG = "a failure that was told at some length, " * 5


def _printed(width: int, terminal: bool, text: str = LONG) -> list[str]:
    screen = Console(file=io.StringIO(), width=width, force_terminal=terminal, color_system=None)
    table = Table("number", "state", "parameters, or why", box=None)
    table.add_row("7", "complete", Text(text))
    print_cut(screen, table, "--json gives all")
    assert screen.width == width
    return screen.file.getvalue().splitlines()  # type: ignore[attr-defined]


@pytest.mark.parametrize("width", [60, 80, 200])
def test_the_last_column_is_cut_to_a_terminal(width: int) -> None:
    heading, row, said = _printed(width, terminal=True)
    assert max(len(heading.rstrip()), len(row.rstrip())) <= width
    assert row.rstrip().endswith("…")
    assert said == "long values are cut; --json gives all"


def test_numbers_stay_whole_on_the_narrowest_terminal() -> None:
    row = " ".join(_printed(10, terminal=True))
    assert "complete" in row
    assert "a failure t…" in row


def test_nothing_is_cut_where_it_fits_or_nobody_reads_a_terminal() -> None:
    assert LONG.strip() in _printed(10, terminal=False)[1]
    assert len(_printed(80, terminal=True, text="lr=0.001")) == 2


def test_a_whole_table_is_as_wide_as_it_must_be() -> None:
    screen = Console(file=io.StringIO(), width=10)
    table = Table("text")
    table.add_row(LONG)
    print_whole(screen, table)
    assert LONG in screen.file.getvalue()  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("width", "terminal", "parts"), [(80, True, 2), (30, True, 6), (200, True, 1), (30, False, 1)]
)
def test_columns_come_one_below_the_other_where_a_terminal_is_narrow(
    width: int, terminal: bool, parts: int
) -> None:
    screen = Console(file=io.StringIO(), width=width, force_terminal=terminal, color_system=None)
    header = ["model", *(f"a longer score {number}" for number in range(6))]
    rows = [[model, *(f"{model[0]}{number}" for number in range(6))] for model in ("mlp", "hetero-gnn")]
    print_in_parts(screen, "Scores", header, rows)
    lines = screen.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert not terminal or max(map(len, lines)) <= width
    assert sum(line.startswith(" model") for line in lines) == parts
    assert [lines[0].strip(), sum("Scores" in line for line in lines)] == ["Scores", 1]
    for row in rows:
        of_model = "".join(line for line in lines if row[0] in line)
        assert all(cell in of_model for cell in row)
