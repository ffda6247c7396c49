"""What ``train`` and ``resume`` share: a training in one process or several, and what came of it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from cricketgnn.cli.output import console, emit, leave_unfinished, remark

if TYPE_CHECKING:
    from cricketgnn.config.models import Device
    from cricketgnn.config.tracking import TrackingConfig
    from cricketgnn.entries import Log
    from cricketgnn.training.finish import RunResult
    from cricketgnn.training.group import Group
    from cricketgnn.training.observing import TrainingObserver


def run_and_show(
    train: Callable[[TrainingObserver, Log, Group], RunResult],
    tracked: TrackingConfig | None,
    as_json: bool,
) -> None:
    """Train, watched and tracked, and print how it ended; of several processes the first one does that.

    Args:
        train: trains while an observer watches, in a group.
        tracked: where to show it beside the run folder.
        as_json: print the result as one JSON document.
    """
    from cricketgnn.entries import silent
    from cricketgnn.training.group import joined
    from cricketgnn.training.observing import Unobserved

    with joined() as group:
        if group.leads:
            _lead(lambda observer: train(observer, remark, group), tracked, as_json)
        else:
            train(Unobserved(), silent, group)


def _lead(
    train: Callable[[TrainingObserver], RunResult], tracked: TrackingConfig | None, as_json: bool
) -> None:
    from cricketgnn.reporting.training import describe_run, run_document, watching
    from cricketgnn.tracking.training import TracksTraining

    with watching(console()) as watcher, TracksTraining(watcher, tracked) as observer:
        result = train(observer)
        observer.ended(result)
    emit(run_document(result), as_json, lambda screen: describe_run(screen, result))
    if result.interrupted:
        last = result.history[-1]
        of = f" of network {last.member}" if last.member > 1 else ""
        leave_unfinished(
            f"stopped after epoch {last.epoch}{of}; go on with: cricketgnn resume {result.folder}"
        )


def run_in_processes(devices: int | None, device: Device | None, *target: str) -> None:
    """Run this command line in several processes instead, and leave with their exit code, where asked to.

    Args:
        devices: how many processes; nothing happens for one, nor in a process that is one of several.
        device: where each is to compute; chosen as for one unless given.
        target: what to add to the command line: what one of them would find must be the same for all.

    Raises:
        ConfigError: this machine cannot carry so many.
        GroupError: one of them was lost, or ended badly where the first could not say so.
    """
    from cricketgnn.training.group import check_devices, in_group

    if devices is None or in_group():
        return
    check_devices(devices, device)
    if devices > 1:
        from cricketgnn.cli.main import main
        from cricketgnn.training.launch import launch

        sys.exit(launch(main, [*sys.argv[1:], *target], devices))
