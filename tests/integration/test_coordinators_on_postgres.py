"""Several coordinators on one study in a real PostgreSQL server; one of them is killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.trial import TrialState
from postgres import server

from cricketgnn.storages.mending import let_go, lost_trials
from cricketgnn.tuning import trials
from cricketgnn.tuning.database import open_storage
from cricketgnn.tuning.leases import LeasedClaims, leases_of, this_process
from small_league import make_league, tiny_toml

pytest.importorskip("psycopg", reason="the extra 'postgres' is not installed")

TRIALS = 12
Open = Callable[[], optuna.storages.RDBStorage]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with server() as url:
        yield url


@pytest.fixture
def opened(address: str) -> Iterator[Open]:
    """Open the storage, each time through connections of its own, all closed in the end."""
    storages: list[optuna.storages.RDBStorage] = []

    def open_one() -> optuna.storages.RDBStorage:
        storages.append(open_storage(address))
        return storages[-1]

    yield open_one
    for storage in storages:
        storage.remove_session()
        storage.engine.dispose()


def study_on(opened: Open, name: str) -> tuple[optuna.Study, LeasedClaims, LeasedClaims]:
    """Make a study and two coordinators' claims on it, each through a connection of its own."""
    made = []
    for _ in range(2):
        storage = opened()
        study = optuna.create_study(
            study_name=name, storage=storage, direction="maximize", load_if_exists=True
        )
        made.append(LeasedClaims(study, storage.engine, grace=0.0, beat=0.0))
    return made[0]._study, made[0], made[1]


def test_a_trial_of_a_living_coordinator_is_not_lost_and_one_of_a_dead_is(opened: Open) -> None:
    study, ours, theirs = study_on(opened, "leases")
    with ours, theirs:
        with ours.taking():
            trial = study.ask()
            ours.sign(trial)
        assert ours.holds(trial)
        assert theirs.lost(study) == []  # seen for the first time
        ours.beat()
        assert theirs.lost(study) == []  # it has counted up since
        time.sleep(0.01)
        assert [lost.number for lost in theirs.lost(study)] == [trial.number]  # it has not: dead
        theirs.sign(trial)
        assert not ours.holds(trial)
        assert ours.may_confirm()
        ours.beat()
        assert not theirs.may_confirm()
    assert ours.lost(study) != []  # who has left has given its trials back


def test_an_unsigned_trial_was_taken_by_somebody_who_died(opened: Open) -> None:
    study, ours, _ = study_on(opened, "unsigned")
    with ours:
        trial = study.ask()
        assert [lost.number for lost in ours.lost(study)] == [trial.number]


def search_command(address: str, league: Path, settings: Path, name: str, n_trials: int) -> list[str]:
    """Give the command line of a search on the server."""
    return [
        sys.executable, "-m", "cricketgnn", "tune", "phase3-training", "--data", str(league),
        "--config", str(settings), "--storage", address, "--study-name", name, "--n-trials", str(n_trials),
    ]  # fmt: skip


def start(command: list[str], folder: Path, number: int) -> subprocess.Popen[str]:
    """Start a coordinator; what it says goes into a file."""
    with (folder / f"said_{number}.txt").open("w") as said:
        return subprocess.Popen(command, cwd=folder, stdout=said, stderr=said, text=True)


def test_three_coordinators_share_a_study_and_survive_one_of_them(
    address: str, opened: Open, tmp_path: Path
) -> None:
    league, settings = make_league(tmp_path), tiny_toml(tmp_path, epochs=3)
    command = [
        *search_command(address, league, settings, "shared", TRIALS), "--workers", "2", "--confirm", "0",
    ]  # fmt: skip
    coordinators = [start(command, tmp_path, number) for number in range(3)]
    storage = opened()
    deadline = time.monotonic() + 240

    def wait_for_trials(count: int) -> None:
        while time.monotonic() < deadline:
            names = optuna.get_all_study_names(storage)
            if "shared" in names:
                study = optuna.load_study(study_name="shared", storage=storage)
                done = study.get_trials(states=(TrialState.COMPLETE, TrialState.PRUNED))
                if len(done) >= count:
                    return
            time.sleep(0.1)
        raise AssertionError(_said(tmp_path))

    wait_for_trials(3)
    os.kill(coordinators[1].pid, signal.SIGKILL)
    codes = [coordinator.wait(timeout=240) for coordinator in coordinators]
    assert codes == [0, -signal.SIGKILL, 0], _said(tmp_path)
    study = optuna.load_study(study_name="shared", storage=storage)
    states = [trial.state for trial in study.trials]
    finished = [state in (TrialState.COMPLETE, TrialState.PRUNED) for state in states]
    assert sum(finished) == TRIALS, states
    assert TrialState.RUNNING not in states
    assert [trial.number for trial in study.trials] == list(range(len(states)))
    by_coordinator = {trial.user_attrs["coordinator"] for trial in study.trials}
    assert len(by_coordinator) >= 2
    for trial in study.trials:  # nothing was trained twice: one report an epoch, one folder a trial
        assert len(trial.intermediate_values) == trial.user_attrs["epochs"] or "same_as" in trial.user_attrs
    assert not list((tmp_path / "checkpoints").rglob("*.tmp"))


def gone() -> dict[str, Any]:
    """The lease of a coordinator of this machine that was killed."""
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        ended.wait()
    return {**this_process(), "pid": ended.pid, "count": 1}


def lost_trial(study: optuna.Study) -> None:
    """Leave a trial and a lease as a killed coordinator leaves them."""
    study.set_user_attr("identity", {"phase": "phase1-coarse"})
    study.set_user_attr("lease:dead", gone())
    study.ask().set_user_attr("coordinator", "dead")


def test_fix_leaves_no_lease_of_the_dead(opened: Open) -> None:
    study, _, _ = study_on(opened, "fixed")
    lost_trial(study)
    (lost,) = lost_trials(study._storage, "fixed")
    assert let_go(study._storage, lost) == [0]
    assert study.trials[0].state is TrialState.WAITING
    assert leases_of(study) == []


def test_fix_leaves_a_trial_that_a_colleague_has_taken_meanwhile(opened: Open) -> None:
    study, colleague, _ = study_on(opened, "taken")
    lost_trial(study)
    (lost,) = lost_trials(study._storage, "taken")
    with colleague:
        with colleague.taking():
            (trial,) = colleague.lost(study)
            trials.put_back(study, trial)
            colleague.sign(taken := study.ask())
        assert let_go(study._storage, lost) == []
        assert colleague.holds(taken)


def test_who_begins_clears_the_leases_of_those_killed_without_a_trial(opened: Open) -> None:
    study, ours, _ = study_on(opened, "confirming")
    study.set_user_attr("lease:dead", gone())
    with ours:
        assert [lease.pid for lease in leases_of(study)] == [os.getpid()]


def test_one_coordinator_confirms_and_the_other_waits_for_it(
    address: str, opened: Open, tmp_path: Path
) -> None:
    league, settings = make_league(tmp_path), tiny_toml(tmp_path, epochs=2)
    command = [
        *search_command(address, league, settings, "confirmed", 3), "--workers", "1", "--confirm", "2",
        "--seeds", "2",
    ]  # fmt: skip
    coordinators = [start(command, tmp_path, number) for number in range(2)]
    codes = [coordinator.wait(timeout=240) for coordinator in coordinators]
    assert codes == [0, 0], _said(tmp_path)
    said = _said(tmp_path)
    assert said.count("confirming trials") == 1
    study = optuna.load_study(study_name="confirmed", storage=opened())
    winner = study.user_attrs["confirmation"]["winner"]
    results = (tmp_path / "checkpoints/optuna/confirmed/winner_test.json").read_text()
    assert json.loads(results)["trial"] == winner
    assert study.user_attrs["closed"] == {"n_trials": 3, "confirm": 2, "seeds": 2, "completed": 3}


def _said(folder: Path) -> str:
    return "\n\n".join(path.read_text() for path in sorted(folder.glob("said_*.txt")))
