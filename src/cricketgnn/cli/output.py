"""What every command prints with: one JSON document on stdout, everything for people on stderr."""

from __future__ import annotations

import datetime as dt
import json
import sys
from collections.abc import Callable
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, NoReturn

from cricketgnn.errors import Interrupted

if TYPE_CHECKING:
    from rich.console import Console


def json_wanted() -> bool:
    """Tell whether this command line asked for JSON, also before it has been parsed."""
    return "--json" in sys.argv[1:]


def emit(document: dict[str, Any], as_json: bool, render: Callable[[Console], None]) -> None:
    """Print a command's result: ``document`` as the one JSON document, or ``render`` for people."""
    if as_json:
        sys.stdout.write(json.dumps(document, indent=2, allow_nan=False, default=_as_text) + "\n")
        sys.stdout.flush()
        return
    from rich.console import Console

    render(Console(file=sys.stdout, highlight=False, emoji=False, soft_wrap=False))


def _as_text(value: object) -> str:
    """Write paths and times as text; anything else that is no JSON value is a bug that shall be seen.

    Raises:
        TypeError: it is neither.
    """
    if isinstance(value, PurePath):
        return str(value)
    if isinstance(value, dt.date):
        return value.isoformat()
    raise TypeError(f"got a {type(value).__name__} in a JSON document, expected plain values")


def console() -> Console:
    """Give the console for progress and remarks: stderr, plain without a terminal or with NO_COLOR."""
    from rich.console import Console

    return Console(stderr=True, highlight=False, emoji=False)


def remark(line: str) -> None:
    """Tell the user something beside the result: a plain line on stderr."""
    console().print(line, soft_wrap=True, markup=False)


def leave_unfinished(line: str, code: int = Interrupted.exit_code) -> NoReturn:
    """Leave a command that was stopped after its result was printed, which stays the one JSON document.

    Who pressed Ctrl-C is told how to go on, not that something went wrong.
    """
    if code == Interrupted.exit_code:
        remark(line)
    else:
        _print_red(line)
    sys.exit(code)  # a typer.Exit with this code would look like a Ctrl-C nobody handled


def print_error(message: str, kind: str, code: int) -> None:
    """Print one red line to stderr and, where JSON was asked for, the error as the JSON document."""
    _print_red(message)
    if json_wanted():
        error = {"type": kind, "code": code, "message": message}
        try:
            sys.stdout.write(json.dumps({"error": error}, indent=2) + "\n")
            sys.stdout.flush()
        except BrokenPipeError:
            raise
        except OSError:  # stdout itself is what failed: the line on stderr has said so
            return


def _print_red(message: str) -> None:
    from rich.text import Text

    line = Text.assemble(("error: ", "bold red"), (" ".join(message.split()), "red"))
    console().print(line, soft_wrap=True)
