"""``cricketgnn resume``: go on with what was interrupted, a training or a search."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cricketgnn.cli import options
from cricketgnn.cli.completion import studies
from cricketgnn.cli.output import emit, remark
from cricketgnn.cli.searching import run_and_show
from cricketgnn.errors import UsageError
from cricketgnn.places import STORAGE

if TYPE_CHECKING:
    from rich.console import Console

    from cricketgnn.config.models import Device
    from cricketgnn.tuning.unfinished import Unfinished


def resume(
    target: Annotated[
        str | None,
        typer.Argument(
            metavar="STUDY|RUN",
            help="Name or folder of a study, name of phases in a row, folder of a run (default: the latest).",
            autocompletion=studies,
        ),
    ] = None,
    storage: options.StorageOption = STORAGE,
    show_list: Annotated[bool, typer.Option("--list", help="List what can go on, and stop.")] = False,
    n_trials: Annotated[
        int | None, typer.Option(min=1, help="Finished trials the study shall have in all.")
    ] = None,
    workers: options.WorkersOption = None,
    timeout: options.TimeoutOption = None,
    data: options.RunDataOption = None,
    people: options.PeopleOption = None,
    device: options.RunDeviceOption = None,
    devices: options.DevicesOption = None,
    as_json: options.JsonOption = False,
) -> None:
    """Continue an interrupted search or training to the result it would have had.

    Example: cricketgnn resume phase1_coarse_20260101-120000 --n-trials 20
    """
    from cricketgnn.config.models import Device
    from cricketgnn.config.tuning import named, parse_duration
    from cricketgnn.tuning.unfinished import find_target, find_unfinished, request_of

    if show_list:
        _show_list(find_unfinished(storage), storage, as_json)
        return
    found = find_target(target, storage)
    where = None if device is None else named("device", Device, device)
    changes: dict[str, Any] = {"n_trials": n_trials, "workers": workers}
    if found.run is not None:
        _refuse_of_study(found.run, {**changes, "timeout": timeout})
        _resume_run(found.run, target is None, data or [], people, where, devices, as_json)
    elif found.study is not None:
        if devices is not None:
            raise UsageError("--devices is for a training; trials of a search run side by side: --workers")
        remark(f"resuming study '{found.study}'")
        request = request_of(found.storage, found.study).with_data(data, people).with_device(where)
        seconds = None if timeout is None else parse_duration(timeout)
        run_and_show(request.changed(changes), found.storage, found.study, as_json, seconds=seconds)


def _refuse_of_study(run: Path, typed: dict[str, Any]) -> None:
    """Refuse options of a search for a training, which would do nothing.

    Raises:
        UsageError: one was typed.
    """
    for name, value in typed.items():
        if value is not None:
            raise UsageError(f"{run} is a training: --{name.replace('_', '-')} is for studies; leave it out")


def _resume_run(
    folder: Path,
    found: bool,
    data: list[str],
    people: str | None,
    device: Device | None,
    devices: int | None,
    as_json: bool,
) -> None:
    from cricketgnn.cli.training import run_and_show as train_and_show
    from cricketgnn.cli.training import run_in_processes
    from cricketgnn.tracking.training import kept_tracking
    from cricketgnn.training.group import in_group
    from cricketgnn.training.run import resume_run

    tracked = kept_tracking(folder)
    if not in_group():
        run_in_processes(*_processes(folder, devices, device), *([str(folder)] if found else []))
    train_and_show(
        lambda observer, log, group: resume_run(folder, data, observer, log, device, people, group),
        tracked,
        as_json,
    )


def _processes(folder: Path, devices: int | None, device: Device | None) -> tuple[int, Device]:
    """Choose how many processes go on with a training, and where."""
    from cricketgnn.training.checkpoint import find_checkpoint, load_checkpoint
    from cricketgnn.training.group import processes_again
    from cricketgnn.training.run_folder import LAST

    was = load_checkpoint(find_checkpoint(folder, LAST))
    where = device or was.config.training.device
    return devices or processes_again(was.provenance, where, remark), where


def _show_list(found: list[Unfinished], storage: str, as_json: bool) -> None:
    from rich.table import Table
    from rich.text import Text

    from cricketgnn.places import RUNS
    from cricketgnn.provenance import without_passwords
    from cricketgnn.reporting.tables import print_whole

    table = Table("kind", "name", "progress", "last change", box=None)
    for one in found:
        document = one.to_json()
        cells = (document["kind"], one.name, one.words, f"{one.changed:%Y-%m-%d %H:%M}")
        table.add_row(*map(Text, cells))  # brackets in a name are no markup

    def show(screen: Console) -> None:
        if not found:
            places = f"{without_passwords(storage)} and {RUNS}"
            words = f"nothing is unfinished in {places}; a run elsewhere goes on by its folder"
            screen.print(words, soft_wrap=True, markup=False)
        else:
            print_whole(screen, table)

    emit({"unfinished": [one.to_json() for one in found]}, as_json, show)
