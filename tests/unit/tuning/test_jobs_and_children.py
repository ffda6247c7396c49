"""One training as a job: begun, stopped, continued, failed; in this process and in one of its own."""

from __future__ import annotations

import json
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from multiprocessing import forkserver
from pathlib import Path
from typing import Any

import filelock
import numpy as np
import psutil
import pytest
import torch

from cricketgnn.config import ResolvedConfig
from cricketgnn.errors import ArtifactError
from cricketgnn.evaluation import Predictions, cross_fitted_macro_f1
from cricketgnn.graph.store import GraphStore
from cricketgnn.training.checkpoint import load_checkpoint
from cricketgnn.training.observing import Unobserved
from cricketgnn.training.progress import run_progress
from cricketgnn.training.run import resume_run, train
from cricketgnn.training.run_folder import BEST, CONFIG, LAST, LOCK, METRICS, PROVENANCE
from cricketgnn.training.setup import set_up
from cricketgnn.training.split import split_of
from cricketgnn.tuning.child import TRACEBACK, VALIDATION, train_job
from cricketgnn.tuning.executors import LocalExecutor
from cricketgnn.tuning.failures import FailureKind
from cricketgnn.tuning.fork_server import warm_up
from cricketgnn.tuning.jobs import (
    Died,
    Done,
    Epochs,
    Failed,
    Job,
    Message,
    Progress,
    Remark,
    Stopped,
    Verdict,
)
from small_league import DIVERGING, same_weights, tiny

TAKES_TIME = ("seconds", "deliveries_per_second")
"""What is measured by the clock, and so differs between two runs of the same training."""
LONG: dict[str, Any] = {"epochs": 10_000, "patience": 10_000}
Finished = tuple[Path, Done]
PATIENCE_SECONDS = 120
"""How long a test waits for a process that has something to say."""


class FakeLine:
    """The coordinator's end of the line: writes down what is said, and answers from a list, then GO_ON."""

    def __init__(self, *answers: Verdict) -> None:
        self.said: list[Message] = []
        self._answers = iter(answers)

    def send(self, message: Message) -> None:
        pickle.dumps(message)  # as a pipe would
        self.said.append(message)

    def verdict(self) -> Verdict:
        assert isinstance(self.said[-1], Epochs)
        return next(self._answers, Verdict.GO_ON)

    @property
    def epochs(self) -> list[int]:
        """How many epochs were told each time a verdict was asked for."""
        return [len(message.reports) for message in self.said if isinstance(message, Epochs)]


@pytest.fixture
def job(store: GraphStore, tmp_path: Path) -> Job:
    """A tiny training of three epochs."""
    return job_of(store, tmp_path / "trial_0000", epochs=3)


@pytest.fixture(scope="module")
def undisturbed(store: GraphStore, tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """The same training, not once interrupted: its folder and its last word."""
    job = job_of(store, tmp_path_factory.mktemp("undisturbed") / "trial_0000", epochs=3)
    return job.folder, done(run(job))


def job_of(store: GraphStore, folder: Path, **settings: Any) -> Job:
    assert store.folder is not None
    facts = {"study": "s", "trial": 0}
    return Job(
        folder.name,
        folder,
        tiny(**settings),
        store.folder,
        torch.get_num_threads(),
        facts,
        folder.parent / "trash",
    )


def run(job: Job, *answers: Verdict) -> FakeLine:
    line = FakeLine(*answers)
    train_job(job, line)
    return line


def last_word(line: FakeLine) -> Message:
    assert all(isinstance(message, Progress | Epochs) for message in line.said[:-1])
    return line.said[-1]


def done(line: FakeLine) -> Done:
    word = last_word(line)
    assert isinstance(word, Done), word
    return word


def history(folder: Path) -> list[dict[str, Any]]:
    """The metrics of a run without what the clock measures."""
    epochs: list[dict[str, Any]] = json.loads((folder / METRICS).read_text(encoding="utf-8"))
    return [{name: value for name, value in epoch.items() if name not in TAKES_TIME} for epoch in epochs]


def assert_same_run(one: Path, other: Path) -> None:
    """Compare two finished run folders to the last bit."""
    assert history(one) == history(other)
    for name in (BEST, LAST):
        ours, theirs = load_checkpoint(one / name), load_checkpoint(other / name)
        assert ours.rule == theirs.rule
        assert same_weights(ours.members, theirs.members)


def assert_same_result(one: Done, other: Done) -> None:
    assert (one.macro_f1, one.test_macro_f1) == (other.macro_f1, other.test_macro_f1)
    assert replace(one.best, seconds=0, deliveries_per_second=0) == replace(
        other.best, seconds=0, deliveries_per_second=0
    )


# In this process ---------------------------------------------------------------------------------------


def test_a_job_trains_to_its_end_and_leaves_a_run_folder(store: GraphStore, tmp_path: Path, job: Job) -> None:
    line = run(job)
    result = done(line)
    assert line.epochs == [1, 2, 3]
    assert {CONFIG, PROVENANCE, METRICS, BEST, LAST} <= {path.name for path in job.folder.iterdir()}
    assert not (job.folder / TRACEBACK).exists()
    assert not (job.folder / VALIDATION).exists()
    assert run_progress(job.folder) == (3, 3, False)
    provenance = json.loads((job.folder / PROVENANCE).read_text(encoding="utf-8"))
    assert (provenance["study"], provenance["trial"]) == ("s", 0)
    assert provenance["data_fingerprint"] == store.fingerprint
    assert provenance["origins"] == job.resolved.to_json()["origins"]
    # The same as a plain training of the configuration.
    (tmp_path / "plain").mkdir()
    setup = set_up(job.resolved.config, store)
    plain = train(setup, tmp_path / "plain", setup.facts(), Unobserved())
    assert_same_run(job.folder, tmp_path / "plain")
    assert result.macro_f1 == plain.validation.macro_f1_rule
    assert result.best.epoch == plain.best[0].epoch
    assert result.best.val_log_loss == min(epoch["val_log_loss"] for epoch in history(job.folder))
    assert result.test_macro_f1 is not None
    assert 0 < result.test_macro_f1 < 1
    assert result.peak_bytes is not None
    assert 2**24 < result.peak_bytes < 2**40


def test_every_epoch_is_saved_before_it_is_told(job: Job) -> None:
    class Looks(FakeLine):
        saved: list[int]

        def verdict(self) -> Verdict:
            self.saved.append(run_progress(job.folder).done)
            return super().verdict()

    line = Looks()
    line.saved = []
    train_job(job, line)
    assert line.saved == line.epochs == [1, 2, 3]
    assert [len(history(job.folder))] == [3]


def test_progress_is_told_now_and_then(job: Job) -> None:
    told = [message for message in run(job).said if isinstance(message, Progress)]
    assert told[0] == (1, 1, told[0].total)
    assert all(1 <= one.epoch <= 3 and 1 <= one.done <= one.total for one in told)


def test_a_job_without_test_matches_has_no_score_on_them(store: GraphStore, tmp_path: Path) -> None:
    days = np.unique(store.day)
    val_from, test_from = (str(np.datetime64(int(day), "D")) for day in (days[-5], days[-1] + 30))
    job = job_of(store, tmp_path / "t", epochs=1, val_from=val_from, test_from=test_from)
    assert done(run(job)).test_macro_f1 is None


@pytest.mark.parametrize("verdict", [Verdict.STOP, Verdict.PRUNE])
def test_a_job_obeys_a_verdict_after_an_epoch(job: Job, verdict: Verdict) -> None:
    line = run(job, Verdict.GO_ON, verdict)
    assert last_word(line) == Stopped(verdict)
    assert line.epochs == [1, 2]
    assert run_progress(job.folder) == (2, 3, True)


def test_a_stop_in_the_last_epoch_still_finishes(job: Job) -> None:
    line = run(job, Verdict.GO_ON, Verdict.GO_ON, Verdict.STOP)
    assert done(line).macro_f1 > 0
    assert line.epochs == [1, 2, 3]


def test_a_stop_when_patience_is_out_still_finishes(store: GraphStore, tmp_path: Path) -> None:
    """A learning rate that is all but nothing does not improve: the second epoch is the last."""
    job = job_of(store, tmp_path / "t", epochs=9, patience=1, lr=1e-12, weight_decay=0.0, ema_decay=0.0)
    epochs = run(replace(job, folder=tmp_path / "undisturbed")).epochs
    assert len(epochs) < 9
    assert done(run(job, *[Verdict.GO_ON] * (len(epochs) - 1), Verdict.STOP)).best.epoch == len(epochs) - 1


def test_a_job_pruned_in_its_last_epoch_is_pruned(job: Job) -> None:
    assert last_word(run(job, Verdict.GO_ON, Verdict.GO_ON, Verdict.PRUNE)) == Stopped(Verdict.PRUNE)


@pytest.mark.parametrize("stops", [(1,), (2,), (1, 2)])
def test_a_job_that_goes_on_comes_out_the_same_to_the_last_bit(
    undisturbed: Finished, job: Job, stops: Sequence[int]
) -> None:
    saved = 0
    for stop in stops:
        line = run(job, *[Verdict.GO_ON] * (stop - max(saved, 1)), Verdict.STOP)
        assert last_word(line) == Stopped(Verdict.STOP)
        assert line.epochs == list(
            range(max(saved, 1), stop + 1)
        )  # what was saved is told, and judged, again
        saved = stop
    line = run(job)
    assert line.epochs == list(range(saved, 4))
    assert_same_result(done(line), undisturbed[1])
    assert_same_run(job.folder, undisturbed[0])


def test_a_job_whose_epochs_are_done_only_finishes(undisturbed: Finished, job: Job) -> None:
    run(job, Verdict.GO_ON, Verdict.GO_ON, Verdict.PRUNE)  # it ended between its last epoch and the rule
    line = run(job)
    assert line.epochs == [3]
    assert not any(isinstance(message, Progress) for message in line.said)
    assert_same_result(done(line), undisturbed[1])
    assert_same_run(job.folder, undisturbed[0])


def test_an_epoch_that_was_saved_and_never_judged_can_still_be_pruned(job: Job) -> None:
    run(job, Verdict.STOP)
    line = run(job, Verdict.PRUNE)
    assert last_word(line) == Stopped(Verdict.PRUNE)
    assert line.epochs == [1]
    assert run_progress(job.folder).done == 1


def test_a_job_killed_in_its_first_epoch_begins_again(undisturbed: Finished, job: Job) -> None:
    class Killed(BaseException):
        pass

    class Dies(FakeLine):
        def send(self, message: Message) -> None:
            raise Killed

    with pytest.raises(Killed):
        train_job(job, Dies())
    assert run_progress(job.folder) == (0, 3, True)
    line = run(job)
    assert line.epochs == [1, 2, 3]
    assert_same_run(job.folder, undisturbed[0])


def test_a_plain_resume_goes_on_with_a_job(archive: Path, undisturbed: Finished, job: Job) -> None:
    run(job, Verdict.STOP)
    result = resume_run(job.folder, [str(archive)], Unobserved(), lambda line: None)
    assert result.validation.macro_f1_rule == undisturbed[1].macro_f1
    assert history(job.folder) == history(undisturbed[0])


def test_torn_files_of_a_killed_predecessor_are_cleared_away(job: Job) -> None:
    run(job, Verdict.STOP)
    torn = [job.folder / f".{name}.x1y2.tmp" for name in (LAST, METRICS)]
    for path in torn:
        path.write_bytes(b"half a")
    (job.folder / "notes.tmp").write_text("somebody's")
    done(run(job))
    assert not any(path.exists() for path in torn)
    assert (job.folder / "notes.tmp").exists()


def test_the_predictions_that_are_kept_are_those_of_the_objective(store: GraphStore, job: Job) -> None:
    result = done(run(replace(job, keep_predictions=True)))
    both = np.load(job.folder / VALIDATION)
    innings = split_of(store, job.resolved.config.data).validation
    rows = store.rows_of(innings)
    assert both.shape == (len(rows), 10)
    predictions = Predictions(
        probabilities=both[:, :7],
        outcomes=store.outcome[rows],
        kind_probabilities=both[:, 7:],
        kinds=store.kind[rows],
        match=np.repeat(store.match[innings], np.diff(store.pointers)[innings]),
    )
    assert cross_fitted_macro_f1(predictions) == pytest.approx(result.macro_f1, abs=1e-12)


# What goes wrong ---------------------------------------------------------------------------------------


def failed(line: FakeLine) -> Failed:
    word = last_word(line)
    assert isinstance(word, Failed), word
    assert "\n" not in word.message
    return word


def test_a_training_that_diverges_says_so(store: GraphStore, tmp_path: Path) -> None:
    job = job_of(store, tmp_path / "t", **DIVERGING)
    word = failed(run(job))
    assert word.kind is FailureKind.DIVERGED
    assert word.message.startswith("DivergedError: ")
    assert not (job.folder / TRACEBACK).exists()


def test_a_bug_leaves_its_traceback(job: Job) -> None:
    broken: Any = ResolvedConfig(None, {})  # type: ignore[arg-type]
    word = failed(run(replace(job, resolved=broken)))
    assert word.kind is FailureKind.BUG
    assert word.message == "AttributeError: 'NoneType' object has no attribute 'data'"
    text = (job.folder / TRACEBACK).read_text(encoding="utf-8")
    assert text.startswith("Traceback (most recent call last):")
    assert "in set_up" in text
    assert text.rstrip().endswith(word.message)


def test_a_bug_in_a_folder_that_cannot_be_written_is_told_all_the_same(
    job: Job, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def odd(*args: Any) -> None:
        raise RuntimeError("line one\n" + 1000 * "x")

    def full(*args: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("cricketgnn.tuning.child.run_epochs", odd)
    monkeypatch.setattr("cricketgnn.tuning.child.write_text", full)
    word = failed(run(job))
    assert word.kind is FailureKind.BUG
    assert word.message.startswith("RuntimeError: line one xxx")
    assert len(word.message) < 600
    assert "in odd" in capsys.readouterr().err


@pytest.mark.parametrize("error", [torch.OutOfMemoryError("CUDA out of memory."), MemoryError()])
def test_running_out_of_memory_is_told(
    job: Job, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    def full(*args: Any) -> None:
        raise error

    monkeypatch.setattr("cricketgnn.graph.batch.InningsGraphs.batch", full)
    assert failed(run(job)).kind is FailureKind.OUT_OF_MEMORY


def test_graphs_that_are_gone_are_a_failure_of_the_data(job: Job, tmp_path: Path) -> None:
    word = failed(run(replace(job, store=tmp_path / "gone")))
    assert word.kind is FailureKind.DATA
    assert f"{tmp_path / 'gone'}: cannot map the graphs" in word.message


def test_a_damaged_checkpoint_is_a_failure_of_the_data(job: Job) -> None:
    run(job, Verdict.STOP)
    (job.folder / LAST).write_bytes(b"half a checkpoint")
    word = failed(run(job))
    assert word.kind is FailureKind.DATA
    assert word.message.startswith(f"CheckpointError: {job.folder / LAST}")


@pytest.mark.parametrize("name", ["lr", "num_layers"])
def test_another_training_in_the_folder_is_not_taken_for_the_trials(job: Job, name: str) -> None:
    run(job, Verdict.STOP)
    before = (job.folder / LAST).read_bytes()
    other = {"lr": 0.05, "num_layers": 2}
    known = replace(job, begun=True)  # the study has heard of its epochs
    word = failed(run(replace(known, resolved=tiny(epochs=3, **{name: other[name]}))))
    assert word.kind is FailureKind.DATA
    assert f"was trained with {name} " in word.message
    assert f"and {other[name]} is wanted" in word.message
    assert (job.folder / LAST).read_bytes() == before


def test_another_training_that_the_study_does_not_know_is_set_aside(job: Job) -> None:
    run(job, Verdict.STOP)
    before = (job.folder / LAST).read_bytes()
    line = run(replace(job, resolved=tiny(epochs=2, lr=0.05)))
    aside = job.trash / f"s_{job.key}"
    assert line.said[0] == Remark(f"its folder held another training, which is in {aside} now")
    assert isinstance(line.said[-1], Done)
    assert (aside / LAST).read_bytes() == before
    assert "lr = 0.05" in (job.folder / "config.toml").read_text()


def test_a_damaged_training_is_never_set_aside(job: Job) -> None:
    run(job, Verdict.STOP)
    (job.folder / LAST).write_bytes(b"no checkpoint")
    assert failed(run(job)).kind is FailureKind.DATA
    assert not job.trash.exists()


def test_a_trial_goes_on_where_it_is_told_to_whatever_it_began_on(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(replace(job, resolved=tiny(epochs=3, device="auto")), Verdict.STOP)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)  # what auto would take now
    done(run(replace(job, resolved=tiny(epochs=3, device="cpu"))))


def test_what_was_torn_in_the_very_first_write_is_cleared(job: Job) -> None:
    job.folder.mkdir()
    (job.folder / ".last.pt.x1.tmp").write_bytes(b"half")
    done(run(job))
    assert not list(job.folder.glob(".*.tmp"))


def test_a_folder_that_cannot_be_made_is_a_failure_of_the_data(job: Job, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert failed(run(replace(job, folder=tmp_path / "file" / "trial"))).kind is FailureKind.DATA


def test_two_children_never_work_in_one_folder(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cricketgnn.tuning.child._PREDECESSOR_SECONDS", 0)
    job.folder.mkdir()
    with filelock.FileLock(job.folder / LOCK):
        word = failed(run(job))
        assert word.kind is FailureKind.BUSY
        assert word.message.startswith(f"FolderBusy: {job.folder}: another process works in this run folder")
        assert {path.name for path in job.folder.iterdir()} == {LOCK}
    done(run(job))
    with filelock.FileLock(job.folder / LOCK, timeout=0):  # it let go
        pass


@pytest.mark.parametrize(
    ("given", "gpu", "seen"), [("", 3, "3"), ("5,7", 0, "5"), ("5,7", 1, "7"), ("GPU-a,GPU-b", 1, "GPU-b")]
)
def test_a_child_sees_the_one_gpu_it_was_given(
    job: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str, gpu: int, seen: str
) -> None:
    """Of those that the search itself was given."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", given)
    run(replace(job, store=tmp_path / "gone", gpu=gpu))
    assert os.environ["CUDA_VISIBLE_DEVICES"] == seen


@pytest.mark.parametrize(
    ("code", "cause"),
    [
        (-9, "killed by signal 9"),
        (3, "ended with code 3"),
        (0, "ended with code 0"),
        (None, "its process was lost"),
    ],
)
def test_a_death_has_a_cause(code: int | None, cause: str) -> None:
    assert Died(code).cause == cause


# In processes of their own -----------------------------------------------------------------------------


@pytest.fixture
def executor() -> Iterator[LocalExecutor]:
    executor = LocalExecutor()
    yield executor
    executor.close()


def hear(
    executor: LocalExecutor, until: type[Message] | tuple[type, ...], answer: Verdict | None = Verdict.GO_ON
) -> list[tuple[str, Message]]:
    """Listen until a message of a class comes; epochs before it are answered."""
    heard: list[tuple[str, Message]] = []
    while True:
        said = executor.wait(PATIENCE_SECONDS)
        assert said, f"silence after {heard}"
        heard += said
        if any(isinstance(message, until) for _, message in said):
            return heard
        for key, message in said:
            if isinstance(message, Epochs) and answer is not None:
                executor.answer(key, answer)


def pid_of(executor: LocalExecutor, job: Job) -> int:
    pid = executor._children[job.key].process.pid
    assert pid is not None
    return pid


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_job_runs_to_its_end_in_a_process_of_its_own(
    executor: LocalExecutor, job: Job, undisturbed: Finished
) -> None:
    executor.launch(job)
    pid = pid_of(executor, job)
    assert pid != os.getpid()
    key, word = hear(executor, Done)[-1]
    assert key == job.key
    assert isinstance(word, Done)
    assert_same_result(word, undisturbed[1])
    assert_same_run(job.folder, undisturbed[0])
    assert not is_alive(pid)
    assert executor.wait(0) == []


def test_a_forking_server_that_was_killed_is_replaced(
    executor: LocalExecutor, job: Job, undisturbed: Finished
) -> None:
    executor.launch(job)
    hear(executor, Done)
    server = forkserver._forkserver._forkserver_pid  # type: ignore[attr-defined]
    assert server is not None
    os.kill(server, signal.SIGKILL)
    executor.launch(job)
    word = hear(executor, Done)[-1][1]
    assert isinstance(word, Done)
    assert_same_result(word, undisturbed[1])
    assert forkserver._forkserver._forkserver_pid != server  # type: ignore[attr-defined]


def test_where_no_process_can_be_started_it_is_told(
    executor: LocalExecutor, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("multiprocessing.forkserver.connect_to_new_process", _refuse)
    monkeypatch.setattr("cricketgnn.tuning.executors.local._PAUSE_SECONDS", 0.0)
    with pytest.raises(ArtifactError, match=rf"cannot start a process for {job.key} \(.*too many"):
        executor.launch(job)
    assert executor.wait(0) == []


def _refuse(fds: list[int]) -> None:
    raise OSError("too many processes")


def test_a_killed_job_is_not_heard_of_again(
    store: GraphStore, tmp_path: Path, executor: LocalExecutor
) -> None:
    job = job_of(store, tmp_path / "t", **LONG)
    executor.launch(job)
    hear(executor, Epochs)
    pid = pid_of(executor, job)
    executor.kill(job.key)
    assert not is_alive(pid)
    assert executor.wait(0) == []
    executor.kill(job.key)  # as when it has just ended by itself
    assert run_progress(job.folder).done == 1


def test_a_child_that_is_killed_from_outside_dies_and_its_successor_goes_on(
    executor: LocalExecutor, job: Job, undisturbed: Finished
) -> None:
    executor.launch(job)
    hear(executor, Epochs)  # it waits for a verdict, so that it cannot have got any further
    os.kill(pid_of(executor, job), signal.SIGKILL)
    heard = hear(executor, Died)
    assert heard == [(job.key, Died(-9))]
    assert heard[0][1].cause == "killed by signal 9"  # type: ignore[union-attr]
    assert executor.wait(0) == []
    executor.launch(job)
    told = hear(executor, Done)
    assert [len(message.reports) for _, message in told if isinstance(message, Epochs)] == [1, 2, 3]
    assert_same_run(job.folder, undisturbed[0])


def test_a_verdict_for_a_child_that_has_died_is_no_error(executor: LocalExecutor, job: Job) -> None:
    executor.launch(job)
    hear(executor, Epochs)
    process = executor._children[job.key].process
    process.kill()
    process.join()
    executor.answer(job.key, Verdict.GO_ON)
    assert hear(executor, Died) == [(job.key, Died(-9))]


def test_a_child_obeys_a_stop(executor: LocalExecutor, store: GraphStore, tmp_path: Path) -> None:
    job = job_of(store, tmp_path / "t", **LONG)
    executor.launch(job)
    assert hear(executor, Stopped, Verdict.STOP)[-1] == (job.key, Stopped(Verdict.STOP))
    assert run_progress(job.folder).done == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_the_whole_group_does_not_reach_a_child(
    executor: LocalExecutor, job: Job, number: signal.Signals
) -> None:
    """Terminals and batch systems send it to every process; whether children stop, the coordinator says."""
    executor.launch(job)
    hear(executor, Epochs)
    os.kill(pid_of(executor, job), number)
    executor.answer(job.key, Verdict.GO_ON)
    assert isinstance(hear(executor, (Done, Died))[-1][1], Done)


@pytest.mark.parametrize("busy", [True, False], ids=["training", "waiting for a verdict"])
def test_a_child_ends_when_its_coordinator_is_gone(
    executor: LocalExecutor, store: GraphStore, tmp_path: Path, busy: bool
) -> None:
    job = job_of(store, tmp_path / "t", **LONG)
    executor.launch(job)
    hear(executor, Progress if busy else Epochs)
    child = executor._children.pop(job.key)
    child.connection.close()  # the system does this when a process ends, however it ends
    child.process.join(PATIENCE_SECONDS)
    assert child.process.exitcode == 3


def test_closing_ends_all_children(store: GraphStore, tmp_path: Path) -> None:
    executor = LocalExecutor()
    jobs = [job_of(store, tmp_path / f"trial_{number}", **LONG) for number in range(2)]
    for job in jobs:
        executor.launch(job)
    pids = [pid_of(executor, job) for job in jobs]
    assert len(set(pids)) == 2
    assert all(is_alive(pid) for pid in pids)
    executor.close()
    assert not any(is_alive(pid) for pid in pids)
    assert executor.wait(0) == []
    executor.close()


def test_a_failure_in_a_child_is_told_like_one_here(
    executor: LocalExecutor, job: Job, tmp_path: Path
) -> None:
    executor.launch(replace(job, store=tmp_path / "gone"))
    (_, word), *others = hear(executor, Failed)
    assert others == []
    assert isinstance(word, Failed)
    assert word.kind is FailureKind.DATA


WARMED = """
import os, signal
from multiprocessing import forkserver
from cricketgnn.tuning.fork_server import warm_up
warm_up()
server = forkserver._forkserver._forkserver_pid
with open(f"/proc/{server}/status") as status:
    blocked = next(int(line.split()[1], 16) for line in status if line.startswith("SigBlk"))
assert blocked >> (signal.SIGINT - 1) & 1, "Ctrl-C would end the server while it loads"
assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, []), "and here it would never be heard"
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc to look at another process")
def test_ctrl_c_cannot_end_a_server_that_still_loads() -> None:
    """In a fresh process: multiprocessing unblocks the signal where it starts its first helper."""
    done = subprocess.run([sys.executable, "-c", WARMED], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_server_that_was_warmed_up_forks_the_children_and_outlives_a_ctrl_c(
    executor: LocalExecutor, job: Job, undisturbed: Finished
) -> None:
    if forkserver._forkserver._forkserver_pid is not None:  # type: ignore[attr-defined]
        os.kill(forkserver._forkserver._forkserver_pid, signal.SIGKILL)  # type: ignore[attr-defined]
        os.waitpid(forkserver._forkserver._forkserver_pid, 0)  # type: ignore[attr-defined]
        forkserver._forkserver._forkserver_pid = None  # type: ignore[attr-defined]
    warm_up()
    server = forkserver._forkserver._forkserver_pid  # type: ignore[attr-defined]
    os.kill(server, signal.SIGINT)  # while it loads
    executor.launch(job)
    assert psutil.Process(pid_of(executor, job)).ppid() == server
    word = hear(executor, Done)[-1][1]
    assert isinstance(word, Done)
    assert_same_result(word, undisturbed[1])
