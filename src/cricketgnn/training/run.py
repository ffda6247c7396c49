"""One training run from a configuration to a run folder; also how an interrupted one goes on."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from cricketgnn.config import ResolvedConfig
from cricketgnn.config.models import Device
from cricketgnn.entries import Log
from cricketgnn.provenance import command_line, provenance
from cricketgnn.training.checkpoint import find_checkpoint, load_checkpoint
from cricketgnn.training.choice import check_choice
from cricketgnn.training.finish import RunResult, checkpoint_of, finish_run
from cricketgnn.training.fit import FitState, fit
from cricketgnn.training.group import ALONE, Group
from cricketgnn.training.observing import EpochReport, TrainingObserver
from cricketgnn.training.run_folder import (
    BEST,
    LAST,
    alone_in,
    check_out,
    clear_torn,
    new_run_folder,
    write_metrics,
    write_run_start,
)
from cricketgnn.training.setup import RunSetup, set_up, set_up_again
from cricketgnn.training.sources import open_matches, open_matches_of_run
from cricketgnn.training.stopping_signal import StopRequest, stop_on_signal

_NOWHERE: Final = Path(os.devnull)
"""The folder of a process that writes none."""


class _HearsOfStop:
    """Passes everything on to an observer, and tells it between two batches that a stop was asked for."""

    def __init__(self, observer: TrainingObserver, stop: StopRequest) -> None:
        self._observer, self._stop, self._told = observer, stop, False
        self.say, self.on_run, self.on_epoch = observer.say, observer.on_run, observer.on_epoch
        self.on_stop_request = observer.on_stop_request

    def on_batch(self, epoch: int, done: int, total: int, loss: float) -> None:
        """Hear of a batch."""
        self._observer.on_batch(epoch, done, total, loss)
        if self._stop.requested and not self._told:
            self._told = True
            self._observer.on_stop_request(epoch)


def run_epochs(
    setup: RunSetup,
    folder: Path,
    facts: dict[str, Any],
    observer: TrainingObserver,
    give_up: Callable[[EpochReport], bool],
) -> None:
    """Train all networks; leave ``best_model.pt``, ``last.pt`` and ``metrics.json`` after every epoch.

    In a group the first process alone writes.

    Args:
        setup: from :func:`set_up` or :func:`set_up_again`; changed in place.
        folder: the run folder, already made.
        facts: provenance for the checkpoints.
        observer: hears of every batch and epoch.
        give_up: asked after every epoch, which is saved by then, whether to stop early; every process of
            a group has to say the same.
    """
    given_up = False

    def keep(state: FitState) -> None:
        checkpoint_of(setup, facts, resume=state.capture()).save(folder / LAST)

    def after_epoch(state: FitState) -> bool:
        nonlocal given_up
        if setup.group.leads:
            write_metrics(folder, state.history)
            if state.stopping.improved:
                checkpoint_of(setup, facts).save(folder / BEST)
            keep(state)
        given_up = give_up(state.history[-1])
        return given_up

    # At once, so that a run killed in its first epoch can be resumed as well.
    if setup.group.leads and not setup.state.history:
        keep(setup.state)
    while True:
        training = setup.config.training
        fit(setup.state, setup.graphs, setup.split, training, observer, after_epoch, setup.group)
        if given_up or not setup.begin_next_network():
            return


def train(setup: RunSetup, folder: Path, facts: dict[str, Any], observer: TrainingObserver) -> RunResult:
    """Train to the end, or until the user asks to stop.

    Ctrl-C finishes the epoch, saves and returns with ``interrupted`` set; a second one stops at once,
    and what the epoch before left is still there. In a group one process that is asked stops all.

    Args:
        setup: from :func:`set_up` or :func:`set_up_again`.
        folder: the run folder, already made.
        facts: provenance for the checkpoints.
        observer: hears of every batch and epoch.
    """
    setup.check_same_in_group()
    observer.on_run(folder, setup.config, facts)
    with stop_on_signal() as stop:
        asked = False

        def give_up(report: EpochReport) -> bool:
            nonlocal asked
            asked = setup.group.any(stop.requested)
            return asked

        run_epochs(setup, folder, facts, _HearsOfStop(observer, stop), give_up)
        result = finish_run(setup, folder, facts).result
    return replace(result, interrupted=asked and setup.unfinished)


def train_new(
    resolved: ResolvedConfig,
    out: Path | None,
    observer: TrainingObserver,
    log: Log,
    group: Group = ALONE,
) -> RunResult:
    """Train from a configuration into a new run folder.

    Args:
        resolved: the settings, and where each came from.
        out: the folder; a fresh one unless given.
        observer: hears of every batch and epoch.
        log: told what the user should know.
        group: the processes that train together; the first one alone has a folder.

    Raises:
        ArtifactError: ``out`` is taken.
        DataError: see :func:`set_up`.
        ConfigError: see :func:`set_up`; or the parameters were chosen on matches of the test part.
    """
    if group.leads:
        check_out(out)
    store, _ = open_matches(resolved.config.data, log)
    setup = set_up(resolved.config, store, group)
    check_choice(resolved.chosen_on, setup.split, store, log)
    facts = provenance(**setup.facts(), origins=resolved.to_json()["origins"], processes=group.size)
    if not group.leads:
        return train(setup, _NOWHERE, facts, observer)
    folder = new_run_folder(out)
    with alone_in(folder):
        write_run_start(folder, resolved, facts)
        log(f"run folder: {folder}")
        _tell_of_group(setup, log)
        return train(setup, folder, facts, observer)


def _tell_of_group(setup: RunSetup, log: Log) -> None:
    size, batch_size = setup.group.size, setup.config.training.batch_size
    if size > 1:
        log(
            f"{size} processes train together on {setup.device.type}: of the {batch_size} innings of a step "
            f"each computes up to {-(-batch_size // size)}"
        )


def resume_run(
    folder: Path,
    data: Sequence[str],
    observer: TrainingObserver,
    log: Log,
    device: Device | None = None,
    people: str | None = None,
    group: Group = ALONE,
) -> RunResult:
    """Continue an interrupted training from its last complete epoch, to the result it would have had.

    To the last bit on a CPU with as many processes as before: each draws its own dropout.

    Args:
        folder: the run folder.
        data: the match files, where they lie elsewhere now; empty for those of the run.
        observer: hears of the epochs still to come.
        log: told what was found.
        device: where to go on, if elsewhere than it began.
        people: the file of people's styles, where it lies elsewhere now.
        group: the processes that go on together, however many began.

    Raises:
        CheckpointError: nothing to resume, or the matches are not those of the run.
        FolderBusy: another process works on the run.
        ConfigError: the device is not there.
    """
    last = find_checkpoint(folder, LAST)
    with alone_in(last.parent) if group.leads else nullcontext():
        if group.leads:
            clear_torn(last.parent)
        group.wait()  # until the first process holds the folder: before, another may still write there
        checkpoint = load_checkpoint(last)
        store, _ = open_matches_of_run(data, people, checkpoint.config.data, log)
        setup = set_up_again(last, checkpoint, store, device, group)
        seeds = setup.config.training.seeds
        of = f" of network {setup.state.member} of {seeds}" if seeds > 1 else ""
        done = f"epoch {setup.state.epoch} of {setup.config.training.epochs}{of}"
        goes_on = f"continuing after {done}" if setup.unfinished else f"had come to its end with {done}"
        log(f"{folder}: {goes_on}")
        _tell_of_group(setup, log)
        had = checkpoint.provenance.get("processes", 1)
        if group.size != had:
            numbers = f"processes before: {had}, now: {group.size}"
            log(f"{numbers}; the result is as good, not the same to the last bit")
        now = {"resumed_by": command_line(), "processes": group.size}
        return train(setup, last.parent, {**checkpoint.provenance, **now}, observer)
