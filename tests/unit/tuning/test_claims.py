"""Who may take the trials of a study: one coordinator, for as long as its process lives."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import optuna
import pytest
from optuna.trial import TrialState

from cricketgnn.errors import StorageError
from cricketgnn.tuning.claims import SoleClaims
from cricketgnn.tuning.study import open_study
from cricketgnn.tuning.trials import put_back

_HOLD = """
import sys
from pathlib import Path
from cricketgnn.tuning.claims import SoleClaims
with SoleClaims("s", Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not wait for a holder that is not about to end."""
    monkeypatch.setattr("cricketgnn.tuning.claims._ENDING_SECONDS", 0)


@contextmanager
def held_by_another_process(folder: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", _HOLD, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "held\n"
            yield process
        finally:
            process.kill()


def test_a_second_coordinator_is_refused_by_name_and_process(tmp_path: Path) -> None:
    with held_by_another_process(tmp_path) as process:
        for _ in range(2):
            with pytest.raises(StorageError) as refused, SoleClaims("my study", tmp_path):
                pass
            message = str(refused.value)
            assert message.startswith(f"study 'my study' is being worked on by process {process.pid}; wait")


def test_a_killed_holder_leaves_the_study_free(tmp_path: Path) -> None:
    with held_by_another_process(tmp_path) as process:
        process.kill()
        assert process.wait() == -9
        with SoleClaims("s", tmp_path) as claims:
            assert isinstance(claims, SoleClaims)


def test_a_holder_that_ends_just_now_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cricketgnn.tuning.claims._ENDING_SECONDS", 60)
    with held_by_another_process(tmp_path) as process:
        assert process.stdin is not None
        process.stdin.close()  # it ends as soon as it has read this
        with SoleClaims("s", tmp_path):
            pass


def test_claims_are_given_back_also_after_an_error(tmp_path: Path) -> None:
    claims = SoleClaims("s", tmp_path)  # kept: the lock goes with the object as well
    with pytest.raises(KeyError), claims:
        raise KeyError
    with SoleClaims("s", tmp_path), pytest.raises(StorageError), SoleClaims("s", tmp_path):
        pass
    with SoleClaims("s", tmp_path):
        pass


def test_a_holder_that_did_not_say_who_it_is_is_not_named(tmp_path: Path) -> None:
    with SoleClaims("s", tmp_path):
        (tmp_path / "coordinator.pid").write_text("half a num")
        with pytest.raises(StorageError, match="study 's' is being worked on; wait or stop it first"):
            SoleClaims("s", tmp_path).__enter__()


def test_two_studies_do_not_meet(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    with SoleClaims("a", tmp_path / "a"), SoleClaims("b", tmp_path / "b"):
        assert (tmp_path / "b" / "coordinator.lock").exists()


def test_every_trial_that_was_left_running_is_lost(
    tmp_path: Path, storage: optuna.storages.RDBStorage
) -> None:
    study = open_study(storage, "s", {}, optuna.samplers.RandomSampler(seed=0), optuna.pruners.NopPruner())
    asked = [study.ask() for _ in range(4)]
    study.tell(asked[0], 0.5)
    put_back(study, asked[2])
    with SoleClaims("s", tmp_path) as claims, claims.taking():
        claims.sign(asked[1])
        claims.beat()
        assert [trial.number for trial in claims.lost(study)] == [1, 3]
    assert [trial.state for trial in study.trials] == [
        TrialState.COMPLETE, TrialState.RUNNING, TrialState.WAITING, TrialState.RUNNING,
    ]  # fmt: skip
