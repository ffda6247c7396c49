"""One training in a process of its own: begun, or continued from its last complete epoch."""

from __future__ import annotations

import os
import queue
import shutil
import signal
import sys
import threading
import time
import traceback
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final, NoReturn

import numpy as np
import torch

from cricketgnn.errors import DataError, OtherTrainingError
from cricketgnn.evaluation import DecisionRule, Predictions, evaluate
from cricketgnn.files import free_place, write_packed, write_text
from cricketgnn.graph.load import map_store
from cricketgnn.models.forecaster import Forecaster
from cricketgnn.provenance import provenance
from cricketgnn.training.device import OutOfMemoryError, memory_explained
from cricketgnn.training.finish import finish_run
from cricketgnn.training.inference import predict
from cricketgnn.training.observing import EpochReport, Unobserved
from cricketgnn.training.run import run_epochs
from cricketgnn.training.run_folder import LAST, LOCK, alone_in, write_run_start
from cricketgnn.training.setup import RunSetup, set_up_in
from cricketgnn.tuning.failures import FailureKind, classify
from cricketgnn.tuning.jobs import (
    Done,
    Epochs,
    Failed,
    Job,
    Line,
    Message,
    Progress,
    Remark,
    Stopped,
    Verdict,
)
from cricketgnn.words import in_one_line
from cricketgnn.workers import ORPHANED

VALIDATION: Final = "validation.npy"
"""Probabilities of bat outcome and kind for the validation deliveries in store order, ``[D, 7 + 3]``."""
TRACEBACK: Final = "traceback.txt"
_PREDECESSOR_SECONDS: Final = 60
"""How long to wait for a process that worked on the same run and is ending."""
_PROGRESS_SECONDS: Final = 0.5


class PipeLine:
    """A child's end of a pipe. When the other end closes, the coordinator is gone and so is the child."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._verdicts: queue.SimpleQueue[Verdict] = queue.SimpleQueue()
        threading.Thread(target=self._listen, daemon=True).start()

    def send(self, message: Message) -> None:
        """Say something."""
        try:
            self._connection.send(message)
        except OSError:
            os._exit(ORPHANED)

    def verdict(self) -> Verdict:
        """Wait for the answer to the last epochs."""
        return self._verdicts.get()

    def _listen(self) -> None:
        try:
            while True:
                self._verdicts.put(self._connection.recv())
        except (EOFError, OSError):
            os._exit(ORPHANED)


def work(connection: Connection, job: Job) -> NoReturn:
    """Be a child process: train, say what came of it, and end."""
    # Ctrl-C reaches every process of a terminal, and batch systems send SIGTERM to a whole group; whether
    # children stop is for the coordinator to say.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    train_job(job, PipeLine(connection))
    connection.close()
    sys.stderr.flush()
    os._exit(0)  # everything is written and said: taking the libraries down would only cost time


def train_job(job: Job, line: Line) -> None:
    """Train a job and say over the line what came of it, whatever that is."""
    torch.set_num_threads(job.threads)
    if job.gpu is not None:  # before the first call that wakes CUDA; of those this search was given
        given = os.environ.get("CUDA_VISIBLE_DEVICES")
        os.environ["CUDA_VISIBLE_DEVICES"] = given.split(",")[job.gpu] if given else str(job.gpu)
    try:
        line.send(_train(job, line))
    except Exception as error:  # the boundary of the process: nothing may be lost here
        kind = classify(error)
        if kind is FailureKind.BUG:
            _keep_traceback(job, error)
        line.send(Failed(kind, f"{type(error).__name__}: {in_one_line(error, 500)}"))


def _train(job: Job, line: Line) -> Done | Stopped:
    job.folder.mkdir(parents=True, exist_ok=True)
    with alone_in(job.folder, _PREDECESSOR_SECONDS):
        setup, facts = _set_up(job, line)
        verdict = Verdict.GO_ON

        def ask(report: EpochReport) -> bool:
            nonlocal verdict
            line.send(Epochs(list(setup.state.history), setup.unfinished))
            verdict = line.verdict()
            return verdict is not Verdict.GO_ON

        history = setup.state.history
        if not history or not ask(history[-1]):  # an epoch that was saved may not have been judged
            run_epochs(setup, job.folder, facts, _TellsProgress(line), ask)
        if verdict is Verdict.PRUNE or (verdict is Verdict.STOP and setup.unfinished):
            return Stopped(verdict)
        result, network, rule, plain = finish_run(setup, job.folder, facts)
        if job.keep_predictions:
            _write_predictions(job.folder, plain)
        return Done(
            result.validation.macro_f1_rule,
            result.best[-1],
            _test_macro_f1(setup, network, rule),
            _peak_bytes(),
        )


def _set_up(job: Job, line: Line) -> tuple[RunSetup, dict[str, Any]]:
    store, config = map_store(job.store), job.resolved.config
    try:
        setup, facts = set_up_in(job.folder, config, store)
    except OtherTrainingError:
        if job.begun:
            raise
        line.send(Remark(f"its folder held another training, which is in {_set_aside(job)} now"))
        setup, facts = set_up_in(job.folder, config, store)
    if facts is not None:
        return setup, facts
    facts = provenance(**setup.facts(), origins=job.resolved.to_json()["origins"], **job.facts)
    write_run_start(job.folder, job.resolved, facts)
    return setup, facts


def _set_aside(job: Job) -> Path:
    """Move what is in the folder of a job into the trash."""
    into = free_place(job.trash / f"{job.facts['study']}_{job.key}")
    into.mkdir(parents=True)
    # The checkpoint first: killed in between, nobody goes on with what is left.
    for entry in sorted(job.folder.iterdir(), key=lambda one: one.name != LAST):
        if entry.name != LOCK:
            shutil.move(entry, into / entry.name)  # the trash may be on another disk
    return into


class _TellsProgress(Unobserved):
    """Tells the coordinator now and then how far an epoch is."""

    def __init__(self, line: Line) -> None:
        self._line, self._told = line, 0.0

    def on_batch(self, epoch: int, done: int, total: int, loss: float) -> None:
        """Say it, unless it was said a moment ago."""
        now = time.monotonic()
        if now - self._told >= _PROGRESS_SECONDS:
            self._told = now
            self._line.send(Progress(epoch, done, total))


def _test_macro_f1(setup: RunSetup, network: Forecaster, rule: DecisionRule) -> float | None:
    """Score the test matches for the record; nothing is chosen by it, and no trial fails by it."""
    test, batch_size = setup.split.part("test"), setup.config.training.batch_size
    if not len(test):
        return None
    try:
        with memory_explained(batch_size):
            predictions = predict(network, setup.graphs, test, batch_size)
        if not predictions.scored.any():
            return None
        return evaluate(predictions, rule, resamples=0).scores["macro_f1_rule"].value
    except (DataError, OutOfMemoryError, MemoryError) as error:
        sys.stderr.write(f"no test score for the record: {error}\n")
        return None


def _write_predictions(folder: Path, plain: Predictions) -> None:
    """Keep what the network says of validation, before a scaling that was fitted on it."""
    both = np.concatenate([plain.probabilities, plain.kind_probabilities], axis=1)
    write_packed(folder / VALIDATION, lambda buffer: np.save(buffer, both, allow_pickle=False))


def _peak_bytes() -> int | None:
    if sys.platform == "win32":
        return None
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _keep_traceback(job: Job, error: Exception) -> None:
    text = "".join(traceback.format_exception(error))
    try:
        write_text(job.folder / TRACEBACK, text)
    except OSError:
        sys.stderr.write(text)
