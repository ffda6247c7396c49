"""A study in its storage: its identity, its trials, its log, and what a storage raises."""

from __future__ import annotations

import re
import socket
import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.trial import TrialState

from cricketgnn.errors import StorageError, UnknownNameError
from cricketgnn.tuning.database import open_existing, open_storage, storage_errors
from cricketgnn.tuning.folders import folder_of, keep_folder
from cricketgnn.tuning.study import (
    LOG,
    StudyLog,
    completed,
    finished,
    load_study,
    open_study,
    study_exists,
)
from cricketgnn.tuning.trials import best_trial
from studies import ours

Storage = optuna.storages.RDBStorage
IDENTITY: dict[str, Any] = {
    "phase": "phase1-coarse",
    "data": "abc",
    "val_from": "2020-01-01",
    "space": {"lr": {"kind": "float", "low": 0.1, "high": 1.0}},
    "fixed": {"epochs": 3, "seed": 0},
}


def opened(storage: Storage, name: str = "s", identity: dict[str, Any] = IDENTITY) -> optuna.Study:
    return open_study(
        storage, name, identity, optuna.samplers.RandomSampler(seed=0), optuna.pruners.NopPruner()
    )


def test_finished_are_complete_and_pruned_trials(storage: Storage) -> None:
    study = opened(storage)
    for state, value in ((TrialState.COMPLETE, 0.1), (TrialState.PRUNED, None), (TrialState.FAIL, None)):
        study.tell(study.ask(), value, state=state)
    study.ask()
    study.enqueue_trial({"lr": 0.1})
    assert [trial.number for trial in finished(study)] == [0, 1]
    assert [trial.number for trial in completed(study)] == [0]


def test_a_study_opened_again_is_the_same_one(storage: Storage) -> None:
    opened(storage).tell(opened(storage).ask(), 0.3)
    assert opened(storage, identity=dict(IDENTITY)).best_value == 0.3
    assert study_exists(storage, "s")
    assert not study_exists(storage, "t")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"phase": "full"}, "made with phase phase1-coarse, this search has full"),
        ({"data": "xyz"}, "made with data abc, this search has xyz"),
        ({"val_from": "2021-01-01"}, "made with val_from 2020-01-01, this search has 2021-01-01"),
        ({"fixed": {"epochs": 4, "seed": 0}}, "made with epochs 3, this search has 4"),
        ({"fixed": {"epochs": 3, "seed": 1}}, "made with seed 0, this search has 1"),
        ({"fixed": {"epochs": 3, "seed": 0, "lr": 0.5}}, "made with lr not set, this search has 0.5"),
        (
            {"space": {"lr": {"kind": "float", "low": 0.2, "high": 1.0}}},
            'made with range of lr {"kind": "float", "low": 0.1, "high": 1.0}, this search has '
            '{"kind": "float", "low": 0.2, "high": 1.0}',
        ),
        (
            {"space": {}},
            'made with range of lr {"kind": "float", "low": 0.1, "high": 1.0}, this search has not set',
        ),
    ],
)
def test_another_search_under_the_same_name_is_refused(
    storage: Storage, change: dict[str, Any], message: str
) -> None:
    opened(storage)
    with pytest.raises(StorageError) as refused:
        opened(storage, identity={**IDENTITY, **change})
    assert message in str(refused.value)
    assert "give another --study-name" in str(refused.value)


def test_a_study_that_must_exist_is_met_with_the_nearest(storage: Storage) -> None:
    opened(storage, "phase1_coarse_1")
    assert load_study(storage, "phase1_coarse_1").study_name == "phase1_coarse_1"
    with pytest.raises(
        UnknownNameError, match=r"unknown study 'phase1_coars_1' .*did you mean 'phase1_coarse_1'"
    ):
        load_study(storage, "phase1_coars_1")


@pytest.mark.parametrize("url", ["", "nothing", "sqlite+none:///x.db"])
def test_a_storage_that_cannot_be_opened_names_its_url(url: str) -> None:
    with pytest.raises(StorageError, match=r"such as sqlite:///optuna_studies\.db") as refused:
        open_storage(url)
    assert f"cannot open the study storage {url} (" in str(refused.value)


def test_a_storage_in_no_folder_says_what_to_look_at() -> None:
    with pytest.raises(
        StorageError, match=r"no/such/x\.db cannot be opened: check the rights on the file and"
    ):
        open_storage("sqlite:////no/such/x.db")


def test_a_short_lock_of_somebody_else_ends_no_search(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'studies.db'}"
    study = optuna.create_study(storage=open_storage(url))
    reader = sqlite3.connect(tmp_path / "studies.db", isolation_level=None, check_same_thread=False)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM studies").fetchall()
    timer = threading.Timer(6, reader.rollback)  # longer than SQLite waits by itself
    timer.start()
    study.set_user_attr("note", "written when the reader had gone")
    timer.join()
    assert study.user_attrs["note"]


def test_a_database_without_studies_gets_none_by_being_looked_at(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "other.db")) as other:
        other.execute("CREATE TABLE foo (x)")
    url = f"sqlite:///{tmp_path / 'other.db'}"
    assert open_existing(url) is None
    with closing(sqlite3.connect(tmp_path / "other.db")) as other:
        assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("foo",)]
    open_storage(url)
    assert open_existing(url) is not None


@pytest.mark.parametrize(
    "url",
    ["mysql+none://x/y", "mysql://x/y", "mariadb://x/y", "oracle://x/y", "mssql+pyodbc://x/y", "redis://x/1"],
)
def test_databases_that_keep_no_two_coordinators_apart_are_refused(url: str) -> None:
    with pytest.raises(StorageError) as refused:
        open_storage(url)
    assert str(refused.value) == (
        f"got the study storage {url}, expected sqlite:///FILE or postgresql://USER@HOST/DATABASE; "
        "other databases are not supported"
    )


def test_a_study_of_another_program_is_refused_and_left_as_it_is(storage: Storage) -> None:
    foreign = optuna.create_study(study_name="s", storage=storage, direction="maximize")
    foreign.tell(foreign.ask(), 0.9)
    with pytest.raises(StorageError) as refused:
        opened(storage)
    assert str(refused.value) == (
        "study 's' was made by another program (its direction is maximize, and it does not say what it "
        "searches); give another --study-name"
    )
    assert load_study(storage, "s").user_attrs == {}
    assert load_study(storage, "s").best_value == 0.9


@pytest.mark.parametrize("ours", [False, True], ids=["empty", "with our identity"])
def test_a_study_that_minimises_is_refused_even_before_its_first_trial(storage: Storage, ours: bool) -> None:
    foreign = optuna.create_study(study_name="s", storage=storage, direction="minimize")
    if ours:
        foreign.set_user_attr("identity", IDENTITY)
    with pytest.raises(StorageError, match=r"study 's' was made by another program .*minimize.*--study-name"):
        opened(storage)
    assert load_study(storage, "s").user_attrs == ({"identity": IDENTITY} if ours else {})


def test_a_study_with_two_objectives_is_refused(storage: Storage) -> None:
    optuna.create_study(study_name="s", storage=storage, directions=["maximize", "minimize"])
    with pytest.raises(
        StorageError, match=r"study 's' was made by another program .*direction is maximize and minimize"
    ):
        opened(storage)


def test_an_empty_study_that_maximises_is_taken(storage: Storage) -> None:
    """As one whose maker died before it could say what it searches."""
    optuna.create_study(study_name="s", storage=storage, direction="maximize")
    assert opened(storage).user_attrs == {"identity": IDENTITY}


def test_what_a_storage_raises_becomes_our_error(tmp_path: Path) -> None:
    study = opened(open_storage(f"sqlite:///{tmp_path}/studies.db"))
    with sqlite3.connect(tmp_path / "studies.db") as database:
        database.execute(
            "create trigger full before insert on trials begin select raise(abort, 'no room'); end"
        )
    with pytest.raises(StorageError, match=r"the study storage failed .*no room"), storage_errors():
        study.ask()
    with pytest.raises(KeyError), storage_errors():
        raise KeyError  # ours are let through


def test_a_study_that_is_removed_while_it_is_worked_on_is_told(storage: Storage) -> None:
    study = opened(storage)
    optuna.delete_study(study_name=study.study_name, storage=storage)
    with pytest.raises(StorageError, match="was removed from its storage while"), storage_errors():
        study.ask()


def test_a_study_maximises_and_keeps_the_sampler_and_pruner_it_is_given(storage: Storage) -> None:
    sampler, pruner = optuna.samplers.RandomSampler(seed=1), optuna.pruners.NopPruner()
    for _ in range(2):  # made, and found again
        study = open_study(storage, "s", IDENTITY, sampler, pruner)
        assert study.direction == optuna.study.StudyDirection.MAXIMIZE
        assert study.sampler is sampler
        assert study.pruner is pruner
    assert study.user_attrs == {"identity": IDENTITY}


@pytest.mark.parametrize(
    "url",
    [
        "mysql+none://me:secret@host/studies",  # no such database
        "postgresql+none://me:secret@host/studies",  # no such driver
        "mysql://host/studies?user=me&password=secret",
        "postgresql+none://host/studies?password=secret&sslpassword=secret",
    ],
)
def test_a_password_in_the_url_is_not_repeated(url: str) -> None:
    with pytest.raises(StorageError) as refused:
        open_storage(url)
    assert "secret" not in str(refused.value)
    assert "***" in str(refused.value)
    assert "host/studies" in str(refused.value)


STAMP = r"\[(I|W) \d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}\] "


def test_the_log_keeps_lines_in_the_form_of_optuna(
    storage: Storage, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = opened(storage)
    study.tell(study.ask(), 0.5)
    with StudyLog(tmp_path) as log:
        log.finished(5, 0.2341, {"lr": 0.001, "hidden_dim": 64}, None)
        log.finished(6, 0.1, {}, best_trial(study))
        log.pruned(7)
        log.failed(8, "DivergedError: the loss is nan")
        optuna.logging.get_logger("optuna.samplers").warning("a word of Optuna's own")
    log.pruned(9)  # nobody keeps it any more
    lines = (tmp_path / LOG).read_text(encoding="utf-8").splitlines()
    assert [re.sub(f"^{STAMP}", r"\1 ", line) for line in lines] == [
        "I Trial 5 finished with value: 0.2341 and parameters: {'lr': 0.001, 'hidden_dim': 64}.",
        "I Trial 6 finished with value: 0.1 and parameters: {}. Best is trial 0 with value: 0.5.",
        "I Trial 7 pruned.",
        "W Trial 8 failed: DivergedError: the loss is nan",
        "W a word of Optuna's own",
    ]
    assert capsys.readouterr() == ("", "")


def test_a_log_that_is_opened_again_is_continued(tmp_path: Path) -> None:
    for number in range(2):
        with StudyLog(tmp_path) as log:
            log.pruned(number)
    lines = (tmp_path / LOG).read_text(encoding="utf-8").splitlines()
    assert [line.split("] ")[1] for line in lines] == ["Trial 0 pruned.", "Trial 1 pruned."]


def test_a_study_has_a_folder_on_every_machine_that_works_on_it(
    storage: Storage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = ours(optuna.create_study(storage=storage, study_name="s"))
    assert folder_of(study) is None
    first, second = tmp_path / "first", tmp_path / "second"
    keep_folder(study, first)
    assert folder_of(study) is None  # it is not there (any more)
    first.mkdir()
    assert folder_of(study) == first
    monkeypatch.setattr(socket, "gethostname", lambda: "another")
    assert folder_of(study) == first  # a file system that both machines see
    first.rmdir()
    assert folder_of(study) is None
    second.mkdir()
    keep_folder(study, second)
    assert folder_of(study) == second
    monkeypatch.undo()
    first.mkdir()
    assert folder_of(study) == first
