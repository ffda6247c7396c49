"""Options that several commands share, each written once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from cricketgnn.cli.completion import members
from cricketgnn.errors import UsageError
from cricketgnn.places import STORAGE

if TYPE_CHECKING:
    from cricketgnn.config.tracking import TrackingConfig

DataOption = Annotated[
    list[str] | None,
    typer.Option(
        "--data",
        metavar="PATH",
        help="Match files: zip, folder or pattern; repeatable. Without it: the embedded synthetic league.",
    ),
]
RunDataOption = Annotated[
    list[str] | None,
    typer.Option(
        "--data",
        metavar="PATH",
        help="Match files: zip, folder or pattern; repeatable (default: those the run was trained from).",
    ),
]
PeopleOption = Annotated[
    str | None,
    typer.Option("--people", metavar="FILE", help="CSV file of people's batting and bowling styles."),
]
ValFromOption = Annotated[
    str | None,
    typer.Option("--val-from", metavar="DATE", help="First day of validation (2023-01-01)."),
]
TestFromOption = Annotated[
    str | None,
    typer.Option("--test-from", metavar="DATE", help="First day of test; goes with --val-from."),
]
DataFractionOption = Annotated[
    float | None,
    typer.Option("--data-fraction", metavar="SHARE", help="Share of the matches to use (default: 1)."),
]
StorageOption = Annotated[str, typer.Option("--storage", metavar="URL", help="Where studies live.")]
PlaceArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="STORAGE",
        help=f"URL, or an SQLite or journal file of Optuna's (default: {STORAGE}).",
    ),
]
PlaceOption = Annotated[
    str | None, typer.Option("--storage", metavar="URL", help="The same, as other commands take it.")
]
WorkersOption = Annotated[
    int | None,
    typer.Option("--workers", min=1, metavar="N", help="Trials at once (default: what the machine carries)."),
]
TimeoutOption = Annotated[
    str | None,
    typer.Option("--timeout", metavar="TIME", help="Stop and save after this long (30s, 10m, 1.5h)."),
]


def _device(default: str) -> Any:
    return typer.Option(
        "--device",
        metavar="auto|cpu|cuda|mps",
        help=f"Where to compute (default: {default}).",
        autocompletion=members("cricketgnn.config.models", "Device"),
    )


DeviceOption = Annotated[str | None, _device("auto")]
RunDeviceOption = Annotated[str | None, _device("what the run or study says")]
RunBatchSizeOption = Annotated[
    int | None,
    typer.Option("--batch-size", metavar="N", help="Innings graphs at once (default: the run's)."),
]
PrecisionOption = Annotated[
    str | None,
    typer.Option(
        "--precision",
        metavar="float32|bfloat16",
        help="Of the products of a training (default: float32).",
        autocompletion=members("cricketgnn.config.models", "Precision"),
    ),
]
DevicesOption = Annotated[
    int | None,
    typer.Option(
        "--devices",
        metavar="N",
        min=1,
        help="Processes that train together, a GPU or a share of the cores each (default: 1, or as many as "
        "a run that is resumed had).",
    ),
]
SeedOption = Annotated[
    int | None,
    typer.Option("--seed", metavar="N", help="Seed of everything random (default: 0)."),
]
BatchSizeOption = Annotated[
    int | None,
    typer.Option("--batch-size", metavar="N", help="Innings graphs a step (default: 64)."),
]
PatienceOption = Annotated[
    int | None,
    typer.Option("--patience", metavar="N", help="Epochs without improvement before stopping (default: 5)."),
]
ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="Settings in TOML; see --print-config."),
]
BestParamsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--best-params",
        metavar="FILE",
        help="best_params.json of a search: a file, a pattern (the newest counts), latest, or study:NAME.",
    ),
]
MoreFilesArgument = Annotated[
    list[str] | None,
    typer.Argument(metavar="FILE", help="Further files that a shell made of a --best-params pattern."),
]
OutOption = Annotated[
    Path | None,
    typer.Option("--out", metavar="DIR", help="Run folder; must be new or empty (default: in checkpoints/)."),
]
_WANDB_PANEL: Final = "Weights & Biases"
WandbOption = Annotated[
    bool,
    typer.Option("--wandb", help="Show it in Weights & Biases as well.", rich_help_panel=_WANDB_PANEL),
]
WandbProjectOption = Annotated[
    str | None,
    typer.Option("--wandb-project", metavar="NAME", help="Its project.", rich_help_panel=_WANDB_PANEL),
]
WandbModeOption = Annotated[
    str | None,
    typer.Option(
        "--wandb-mode",
        metavar="MODE",
        help="online, offline or disabled (default: WANDB_MODE, else online).",
        autocompletion=members("cricketgnn.config.tracking", "TrackingMode"),
        rich_help_panel=_WANDB_PANEL,
    ),
]
WandbEntityOption = Annotated[
    str | None,
    typer.Option("--wandb-entity", metavar="NAME", help="User or team.", rich_help_panel=_WANDB_PANEL),
]
WandbGroupOption = Annotated[
    str | None,
    typer.Option(
        "--wandb-group",
        metavar="NAME",
        help="What runs stand together under (default: the study, or the run that is tested).",
        rich_help_panel=_WANDB_PANEL,
    ),
]
WandbTagOption = Annotated[
    list[str] | None,
    typer.Option("--wandb-tag", metavar="TAG", help="A label; repeatable.", rich_help_panel=_WANDB_PANEL),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as one JSON document on stdout.")]


def place(argument: str | None, option: str | None) -> str:
    """Give the storage that was named, as an argument or by ``--storage``.

    Raises:
        UsageError: two were named.
    """
    if argument is not None and option is not None and argument != option:
        raise UsageError(f"got two storages, {argument} and --storage {option}; leave one out")
    named = option if argument is None else argument
    return STORAGE if named is None else named


def best_params_of(named: list[str] | None, more: list[str] | None) -> Path | None:
    """Find the file behind ``--best-params`` and behind what a shell made of its pattern.

    Raises:
        UsageError: files without ``--best-params``.
        ConfigError: no such file.
    """
    from cricketgnn.cli.output import remark
    from cricketgnn.config.best_params import find_best_params
    from cricketgnn.errors import UsageError

    if more and not named:
        raise UsageError(f"got '{more[0]}' beside the options, which is meant only behind --best-params")
    return find_best_params([*(named or []), *(more or [])], remark)


def tracking_of(
    wanted: bool,
    project: str | None,
    mode: str | None,
    entity: str | None,
    group: str | None,
    tags: list[str] | None,
    *,
    of_a_search: bool = False,
) -> TrackingConfig | None:
    """Check the options of W&B; None where it shall hear of nothing.

    Args:
        wanted: ``--wandb``.
        project: ``--wandb-project``.
        mode: ``--wandb-mode``.
        entity: ``--wandb-entity``.
        group: ``--wandb-group``.
        tags: ``--wandb-tag``.
        of_a_search: whether it is a search that is shown: they have a project of their own.

    Raises:
        UsageError: an option of W&B without ``--wandb``.
        ConfigError: a value that does not hold.
    """
    from cricketgnn.config.tracking import RUNS_PROJECT, SEARCHES_PROJECT, tracking_config
    from cricketgnn.errors import UsageError

    if not wanted and (project or mode or entity or group or tags):
        raise UsageError("got an option of W&B without --wandb, which alone turns it on; add --wandb")
    project = project or (SEARCHES_PROJECT if of_a_search else RUNS_PROJECT)
    return tracking_config(wanted, project, mode, entity, group, tags)


def typed(**settings: Any) -> dict[str, Any]:
    """Keep the settings that were typed; a list of paths becomes the tuple a configuration holds."""
    return {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in settings.items()
        if value is not None
    }
