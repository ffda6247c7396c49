"""The ``cricketgnn`` console script: the commands put together, and the one boundary for errors."""

from __future__ import annotations

import errno
import io
import os
import sys
from contextlib import suppress
from typing import NoReturn

import typer

from cricketgnn import __version__
from cricketgnn.cli import data, inspect_db
from cricketgnn.cli.benchmark import benchmark
from cricketgnn.cli.dashboard import dashboard
from cricketgnn.cli.output import print_error
from cricketgnn.cli.predict import predict
from cricketgnn.cli.report import report
from cricketgnn.cli.resume import resume
from cricketgnn.cli.test import score_run
from cricketgnn.cli.train import train
from cricketgnn.cli.tune import tune
from cricketgnn.errors import ArtifactError, ConfigError, CricketGNNError, Interrupted, UsageError

app = typer.Typer(
    name="cricketgnn",
    help="Ball-by-ball T20 cricket forecasts from one causal graph per innings.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(train)
app.command("test")(score_run)
app.command()(tune)
app.command()(resume)
app.command()(benchmark)
app.command()(predict)
app.command()(report)
app.add_typer(data.app, name="data")
app.add_typer(inspect_db.app, name="inspect-db")
app.command()(dashboard)


_RENAMED = {
    "--phase": "the phase is an argument: cricketgnn tune phase1-coarse",
    "--test-only": "a trained model is scored with: cricketgnn test [RUN]",
}
"""Options of the guide's scripts that are spelt in another way here."""
_RESUMABLE = frozenset({"train", "tune", "resume"})
_READER_LEFT = 128 + 13
_STDOUT = 1
_NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"cricketgnn {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: bool = typer.Option(
        False, "--version", help="Show the version and exit.", callback=_show_version, is_eager=True
    ),
) -> None:
    """Ball-by-ball T20 cricket forecasts from one causal graph per innings."""


def main() -> NoReturn:
    """Run the command line and leave with a stable exit code; see :mod:`cricketgnn.errors`."""
    # Threads that wait must sleep: spinning ones take the core another process (or trial) is working on,
    # which halved the speed of both. It has to be set before torch is loaded.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    # No two batches have the same shapes: the thousand compiled matrix products that oneDNN keeps by default
    # would only hold memory, more with every epoch.
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "32")
    if isinstance(sys.stdout, io.TextIOWrapper):  # a terminal that lacks a character is no reason to fail
        with suppress(OSError):  # of what was written before; it comes again
            sys.stdout.reconfigure(errors="replace")
    try:
        code = _command()
        sys.stdout.flush()  # here a closed pipe can still be met; when Python ends, no longer
    except BrokenPipeError:
        code = _reader_left()
    except SystemExit as end:
        if not isinstance(end.__context__, BrokenPipeError):  # which typer and rich turn into a code 1
            raise
        code = _reader_left()
    sys.exit(code)


def _command() -> int:
    """Run the command line; give its exit code.

    Raises:
        BrokenPipeError, SystemExit: whoever read the output has left.
    """
    try:
        code = app(standalone_mode=False)
    except typer.BadParameter as error:
        code = _of_a_value(error)
    except typer.TyperException as error:
        code = _fail(error.format_message() + _renamed(), UsageError.__name__, error.exit_code)
    except CricketGNNError as error:
        code = _fail(str(error), type(error).__name__, error.exit_code)
    except BrokenPipeError:
        raise
    except OSError as error:
        code = _fail(_file_trouble(error), type(error).__name__, ArtifactError.exit_code)
    except typer.Abort as abort:
        if isinstance(abort.__cause__, EOFError):  # Typer takes it for a Ctrl-D at a prompt; we have none
            raise abort.__cause__ from None
        code = _stopped()
    else:
        # Typer turns Ctrl-C into this return value.
        code = _stopped() if code == Interrupted.exit_code else code
    return code if isinstance(code, int) else 0


def _of_a_value(error: typer.BadParameter) -> int:
    """Tell what is wrong with a value that Typer refused: as it is told of those that it lets through."""
    from pydantic import ValidationError

    from cricketgnn.config.explaining import expected_of

    refused = error.__cause__
    if not isinstance(refused, ValidationError) or error.param is None:  # one that is missing, say
        return _fail(error.format_message(), UsageError.__name__, error.exit_code)
    problem = refused.errors()[0]
    words = f"{max(error.param.opts, key=len)} {problem['input']}: {expected_of(problem)}"
    return _fail(words, ConfigError.__name__, ConfigError.exit_code)


def _renamed() -> str:
    """Say what an option of the scripts before this one is called now, where it was just refused."""
    hints = [hint for option, hint in _RENAMED.items() if option in sys.argv[1:]]
    return "".join(f"; {hint}" for hint in hints)


def _reader_left() -> int:
    """End as programs do that SIGPIPE ends: in silence, and with the code that a shell gives them.

    Not with 0: what was still to be done (the rest of a training whose progress went into the pipe, say)
    has not been. SIGPIPE itself stays ignored, for it would end the process for a lost network connection
    as well.
    """
    os.dup2(os.open(os.devnull, os.O_WRONLY), _STDOUT)  # takes what Python still holds back for the reader
    return _READER_LEFT


def _fail(message: str, kind: str, code: int) -> int:
    print_error(message, kind=kind, code=code)
    return code


def _stopped() -> int:
    words = "stopped at once"
    if _RESUMABLE.intersection(sys.argv[1:2]):
        words += "; what was finished before is saved; what can go on: cricketgnn resume --list"
    return _fail(words, "Interrupted", Interrupted.exit_code)


def _file_trouble(error: OSError) -> str:
    """Say which file could not be read or written and what would help."""
    advice = "free some space" if error.errno in _NO_SPACE else "check the place or name another one"
    place = f"{error.filename}: " if error.filename else ""
    return f"{place}{error.strerror or error}; {advice}; files that were there before are unchanged"
