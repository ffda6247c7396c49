"""What a storage holds, on the console."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cricketgnn.reporting.tables import print_cut, print_whole
from cricketgnn.storages.looking import STATES, StudyRow
from cricketgnn.storages.verifying import Finding, Gravity

_HEADINGS: Final = {"complete": "done", "fail": "failed"}
"""States that people have another word for."""
_IN_JSON: Final = "--json gives all"


def describe_studies(screen: Console, rows: Sequence[StudyRow]) -> None:
    """Print a line a study; states that no trial is in are left out."""
    if not rows:
        screen.print("no study yet")
        return
    states = [state for state in STATES if any(row.trials[state] for row in rows)]
    table = Table(
        "study", *(_HEADINGS.get(state, state) for state in states), "winner had", "last change", box=None
    )
    for column in table.columns[1 : len(states) + 2]:
        column.justify = "right"
    for row in rows:
        counts = (str(row.trials[state] or "") for state in states)
        changed = f"{row.changed:%Y-%m-%d %H:%M}" if row.changed else ""
        _add(table, row.name, *counts, _number(row.best_value), changed)
    print_whole(screen, table)
    for row in rows:
        for who in row.workers:
            screen.print(f"{row.name} is worked on by {who}", soft_wrap=True, markup=False)
        for who in row.possible_workers:
            screen.print(f"{row.name} may be worked on by {who}", soft_wrap=True, markup=False)
        for who in row.dead_workers:
            screen.print(f"{row.name} was worked on by {who}, which is gone", soft_wrap=True, markup=False)


def describe_trials(screen: Console, rows: Sequence[Mapping[str, Any]], limit: int) -> None:
    """Print a line a trial, the latest ones."""
    if not rows:
        screen.print("no trial yet")
        return
    if len(rows) > limit:
        screen.print(f"the last {limit} of {len(rows):,} trials; --limit shows more, --json all")
    table = Table("trial", "state", "value", "log loss", "epochs", "seconds", "parameters, or why", box=None)
    for column in (0, 2, 3, 4, 5):
        table.columns[column].justify = "right"
    for row in rows[-limit:]:
        parameters = ", ".join(f"{name}={_number(value)}" for name, value in row["parameters"].items())
        _add(
            table,
            str(row["number"]),
            row["state"],
            _number(row["value"]),
            _number(row["val_log_loss"]),
            str(row["epochs"]),
            "" if row["seconds"] is None else f"{row['seconds']:,.0f}",
            _in_one_row(row["failure"] or parameters),
        )
    print_cut(screen, table, _IN_JSON)


def describe_document(screen: Console, document: Mapping[str, Any]) -> None:
    """Print everything about one thing, a line a field, and the names of the fields that hold nothing."""
    table = Table(box=None, show_header=False, pad_edge=False)
    empty = [_in_words(name) for name, value in document.items() if value in (None, {}, [])]
    for name, value in document.items():
        if _in_words(name) not in empty:
            _add(table, _in_words(name), _in_one_row(value if isinstance(value, str) else json.dumps(value)))
    print_cut(screen, table, _IN_JSON)
    if empty:
        screen.print(f"empty: {', '.join(empty)}", soft_wrap=True, markup=False)


def describe_table(screen: Console, rows: Sequence[Mapping[str, Any]]) -> None:
    """Print rows of one of Optuna's tables."""
    if not rows:
        screen.print("no row")
        return
    table = Table(*rows[0], box=None, pad_edge=False)
    for row in rows:
        _add(table, *(_cell(name, value) for name, value in row.items()))
    print_cut(screen, table, _IN_JSON)


def describe_findings(screen: Console, found: Sequence[Finding]) -> None:
    """Print what is wrong with a storage, the gravest first."""
    if not found:
        screen.print("nothing is wrong with it")
    for finding in sorted(found, key=lambda finding: finding.gravity is not Gravity.WRONG):
        where = "" if finding.study is None else f"study '{finding.study}': "
        screen.print(
            f"{finding.gravity.replace('-', ' ')}: {where}{finding.words}", soft_wrap=True, markup=False
        )


def _add(table: Table, *cells: str) -> None:
    """Add a row of what people and programs wrote: brackets in it are no markup."""
    table.add_row(*(Text(cell) for cell in cells))


def _in_words(name: str) -> str:
    return name.replace("_", " ")


def _cell(column: str, value: Any) -> str:
    """Write a value of a table; times as the clock on the wall had them, since a zone takes the width."""
    if value is not None and column.startswith("datetime"):
        return str(dt.datetime.fromisoformat(value).replace(tzinfo=None))
    return _in_one_row(str(value))


def _number(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _in_one_row(text: str) -> str:
    return " ".join(text.split())
