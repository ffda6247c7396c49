"""Options that several commands share, each written once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

DataOption = Annotated[
    list[str] | None,
    typer.Option(
        "--data",
        metavar="PATH",
        help="Match files: zip, folder or pattern; repeatable. Without it: the embedded synthetic league.",
    ),
]
ValFromOption = Annotated[
    str | None,
    typer.Option("--val-from", metavar="DATE", help="First day of validation (2023-01-01)."),
]
TestFromOption = Annotated[
    str | None,
    typer.Option("--test-from", metavar="DATE", help="First day of test; goes with --val-from."),
]
DeviceOption = Annotated[
    str | None,
    typer.Option("--device", metavar="auto|cpu|cuda|mps", help="Where to compute.  [default: auto]"),
]
SeedOption = Annotated[
    int | None,
    typer.Option("--seed", metavar="N", help="Seed of everything random.  [default: 0]"),
]
BatchSizeOption = Annotated[
    int | None,
    typer.Option("--batch-size", metavar="N", help="Innings graphs a step.  [default: 64]"),
]
PatienceOption = Annotated[
    int | None,
    typer.Option("--patience", metavar="N", help="Epochs without improvement before stopping.  [default: 5]"),
]
ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="Settings in TOML; see --print-config."),
]
BestParamsOption = Annotated[
    Path | None,
    typer.Option("--best-params", metavar="FILE", help="best_params.json of a search."),
]
OutOption = Annotated[
    Path | None,
    typer.Option(
        "--out", metavar="DIR", help="Run folder; must be new or empty.  [default: in checkpoints/]"
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as one JSON document on stdout.")]


def typed(**settings: Any) -> dict[str, Any]:
    """Keep the settings that were typed; a list of paths becomes the tuple a configuration holds."""
    return {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in settings.items()
        if value is not None
    }
