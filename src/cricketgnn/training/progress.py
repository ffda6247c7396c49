"""How far a run is, read off its folder or its history."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from cricketgnn.errors import CheckpointError
from cricketgnn.training.checkpoint import find_checkpoint, load_checkpoint
from cricketgnn.training.early_stopping import EarlyStopping
from cricketgnn.training.observing import EpochReport
from cricketgnn.training.run_folder import BEST, LAST


def best_reports(history: Sequence[EpochReport]) -> Iterator[EpochReport]:
    """Give the epoch that was kept of each network: the first with its lowest validation log loss."""
    for _, reports in groupby(history, key=lambda report: report.member):
        yield min(reports, key=lambda report: report.val_log_loss)


class RunProgress(NamedTuple):
    """How far a run is: epochs done, epochs planned at most, and whether it can go on."""

    done: int
    planned: int
    unfinished: bool


def run_progress(folder: Path) -> RunProgress:
    """Tell how far a run is.

    Raises:
        CheckpointError: no run, or a damaged one.
    """
    last = find_checkpoint(folder, LAST)
    checkpoint = load_checkpoint(last)
    if checkpoint.resume is None:
        raise CheckpointError(
            f"{last}: holds a finished model, nothing to resume; give a run folder's {LAST}"
        )
    training, member = checkpoint.config.training, len(checkpoint.resume["members"]) + 1
    history = checkpoint.resume["history"]
    stopping = EarlyStopping(**checkpoint.resume["stopping"])
    of_this = sum(report["member"] == member for report in history)
    to_train = member < training.seeds or (of_this < training.epochs and not stopping.exhausted)
    # What comes behind the last epoch, scaling and decision rule, may be missing as well.
    unfinished = to_train or not load_checkpoint(last.with_name(BEST)).finished
    return RunProgress(len(history), training.epochs * training.seeds, unfinished)
