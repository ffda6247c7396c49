"""What ``train`` and ``resume`` share: run a training, and show what came of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from cricketgnn.cli.output import console, emit, leave_unfinished

if TYPE_CHECKING:
    from cricketgnn.config.tracking import TrackingConfig
    from cricketgnn.training.observing import TrainingObserver
    from cricketgnn.training.run import RunResult


def run_and_show(
    train: Callable[[TrainingObserver], RunResult],
    tracked: TrackingConfig | None,
    as_json: bool,
) -> None:
    """Train, watched and tracked, and print how it ended.

    Args:
        train: trains while an observer watches.
        tracked: where to show it beside the run folder.
        as_json: print the result as one JSON document.
    """
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
