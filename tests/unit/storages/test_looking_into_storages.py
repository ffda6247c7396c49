"""What is seen of a storage, what is refused, what is found wrong, and what is copied: on real databases."""

from __future__ import annotations

import dataclasses
import itertools
import json
import math
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
import zipfile
from pathlib import Path
from typing import Any, Final

import filelock
import optuna
import polars as pl
import pytest
from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState

from cricketgnn.errors import ConfigError, StorageError, UnknownNameError, UsageError
from cricketgnn.storages import looking, verifying
from cricketgnn.storages.copying import back_up, export, take_in
from cricketgnn.storages.mending import let_go, lost_trials, open_to_change, remove_study
from cricketgnn.storages.reading import Place, StorageKind, open_to_read, place_of
from cricketgnn.storages.verifying import Finding, Gravity, findings
from cricketgnn.tuning.database import address_of, open_storage
from cricketgnn.tuning.folders import folder_of
from cricketgnn.tuning.leases import this_process
from cricketgnn.tuning.study import attributes_of_copy, load_study

OURS, THEIRS = "phase1_coarse_1", "somebody_elses"


def url(path: Path) -> str:
    return f"sqlite:///{path}"


def fill(storage: optuna.storages.BaseStorage, folder: Path) -> None:
    """A study of ours with a trial in each state, and one of another program's."""
    ours = optuna.create_study(study_name=OURS, storage=storage, direction="maximize")
    ours.set_user_attr("identity", {"phase": "phase1-coarse"})
    folder.mkdir()
    ours.set_user_attr("folder", str(folder))
    leave_results(ours, folder)
    complete, pruned, failed = TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL
    for number, (state, value) in enumerate(
        [(complete, 0.2), (complete, 0.3), (pruned, None), (failed, None)]
    ):
        trial = ours.ask()
        trial.suggest_float("lr", 1e-4, 1e-2, log=True)
        trial.suggest_categorical("hidden_dim", [64, 128])
        trial.report(-1.4 - number / 100, 0)
        trial.set_user_attr("epochs", 1)
        if state is TrialState.COMPLETE:
            (folder / f"trial_{number:04d}").mkdir()
            with zipfile.ZipFile(folder / f"trial_{number:04d}" / "best_model.pt", "w") as model:
                model.writestr("data.pkl", b"weights")
        if state is TrialState.FAIL:
            trial.set_user_attr("failure", "the loss is nan")
        ours.tell(trial, value, state=state)
    lost = ours.ask()
    lost.suggest_float("lr", 1e-4, 1e-2, log=True)
    ours.enqueue_trial({"lr": 1e-3})
    theirs = optuna.create_study(study_name=THEIRS, storage=storage, direction="minimize")
    theirs.optimize(lambda trial: trial.suggest_int("n", 1, 9), n_trials=3)


def leave_results(study: optuna.Study, folder: Path) -> None:
    """What says whose the folder is."""
    results = {"study": study.study_name, "storage": address_of(study)}
    (folder / "study_results.json").write_text(json.dumps(results))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database, and the folder of a study of it; to be copied."""
    here = tmp_path_factory.mktemp("made")
    storage = RDBStorage(url(here / "studies.db"))
    fill(storage, here / OURS)
    storage.engine.dispose()
    return here


@pytest.fixture
def database(made: Path, tmp_path: Path) -> Path:
    """A database of one's own, its study's folder beside it."""
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    path = tmp_path / "studies.db"
    storage = RDBStorage(url(path))
    ours = load_study(storage, OURS)
    ours.set_user_attr("folder", str(tmp_path / OURS))
    leave_results(ours, tmp_path / OURS)
    storage.engine.dispose()
    return path


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    path = tmp_path / "journal.log"
    fill(JournalStorage(JournalFileBackend(str(path))), tmp_path / OURS)
    return path


def words(found: list[Finding]) -> str:
    return "\n".join(finding.words for finding in found)


def refusal(named: object) -> str:
    with pytest.raises(StorageError) as refused:
        open_to_read(place_of(str(named)))
    assert "\n" not in str(refused.value)
    return str(refused.value)


@pytest.mark.parametrize("kind", ["database", "journal"])
def test_studies_at_a_glance(kind: str, request: pytest.FixtureRequest) -> None:
    path: Path = request.getfixturevalue(kind)
    rows = {row.name: row for row in looking.study_rows(open_to_read(place_of(str(path))))}
    ours, theirs = rows[OURS], rows[THEIRS]
    assert ours.trials == {"running": 1, "complete": 2, "pruned": 1, "fail": 1, "waiting": 1}
    assert (ours.phase, ours.best_value, ours.best_trial) == ("phase1-coarse", 0.3, 1)
    assert ours.folder == str(path.parent / OURS)
    assert theirs.phase is None
    assert theirs.best_value == min(
        trial.value for trial in load_study(open_to_read(place_of(str(path))), THEIRS).trials
    )
    assert ours.began is not None
    assert ours.began.tzinfo is not None
    json.dumps(ours.to_json(), allow_nan=False)


def test_the_trials_of_a_study_and_one_of_them(database: Path) -> None:
    study = load_study(open_to_read(place_of(str(database))), OURS)
    rows = looking.trial_rows(study)
    assert [row["state"] for row in rows] == ["complete", "complete", "pruned", "fail", "running", "waiting"]
    assert rows[1]["val_log_loss_by_epoch"] == [1.41]
    assert rows[3]["failure"] == "the loss is nan"
    whole = looking.whole_trial(looking.trial_numbered(study, 0), ours=True)
    assert whole["distributions"]["hidden_dim"]["attributes"] == {"choices": [64, 128]}
    assert whole["intermediate_values"] == [[0, -1.4]]
    with pytest.raises(ConfigError, match="has no trial 6; it has 6, numbered from 0"):
        looking.trial_numbered(study, 6)


def test_tables_are_those_that_sql_gives(database: Path) -> None:
    storage = open_to_read(place_of(str(database)))
    with sqlite3.connect(database) as connection:
        for table, columns in {
            "trials": "trial_id, number, study_id, state",
            "studies": "study_id, study_name",
            "trial_intermediate_values": "trial_id, step, intermediate_value",
        }.items():
            by_sql = connection.execute(f"SELECT {columns} FROM {table} LIMIT 4").fetchall()
            rows = looking.table_rows(storage, table, 4)
            assert [tuple(row[name] for name in columns.split(", ")) for row in rows] == by_sql
    connection.close()
    assert len(looking.table_rows(storage, "trial_params", 100)) == 4 * 2 + 1 + 3
    with pytest.raises(UnknownNameError, match="did you mean 'trials'"):
        looking.table_rows(storage, "trails", 1)


def test_numbers_that_json_does_not_have_become_words() -> None:
    assert looking.plain({"a": [math.inf, 1.5], "b": math.nan}) == {"a": ["inf", 1.5], "b": "nan"}


def test_looking_changes_nothing(database: Path) -> None:
    before = database.read_bytes()
    database.chmod(0o444)
    looking.study_rows(open_to_read(place_of(url(database))))
    findings(place_of(str(database)))
    assert database.read_bytes() == before
    assert sorted(path.name for path in database.parent.iterdir()) == [OURS, "studies.db"]


def test_what_is_no_storage_is_refused_and_not_made(database: Path) -> None:
    here = database.parent
    assert f"did you mean '{database}'" in refusal(here / "studie.db")
    assert "give the file of a storage" in refusal(here)
    (here / "empty.db").touch()
    assert "is empty: no search has begun in it" in refusal(here / "empty.db")
    (here / "text.db").write_text("hello, this is no database")
    assert "is no storage of studies" in refusal(here / "text.db")
    with sqlite3.connect(here / "foreign.db") as connection:
        connection.execute("CREATE TABLE songs (title TEXT)")
    connection.close()
    assert "none of studies (its tables: songs)" in refusal(url(here / "foreign.db"))
    with pytest.raises(StorageError, match="expected sqlite:///FILE"):
        place_of("mysql://me:secret@host/db")
    assert not (here / "studie.db").exists()


def test_tables_of_another_optuna(database: Path) -> None:
    with sqlite3.connect(database) as connection:
        connection.execute("UPDATE alembic_version SET version_num = 'v9.9.9.z'")
        connection.execute("UPDATE version_info SET schema_version = 99")
    connection.close()
    assert "newer Optuna: pip install -U optuna" in refusal(database)


def test_a_storage_that_is_being_written_to(database: Path) -> None:
    with sqlite3.connect(database, isolation_level=None) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        place = place_of(str(database))
        assert "is locked by a process that is writing: wait a moment" in _impatient(place)
        writer.execute("ROLLBACK")
    writer.close()


def _impatient(place: Place) -> str:
    """The refusal of a reader that does not wait the usual five seconds."""
    with pytest.MonkeyPatch.context() as patch:
        connect = sqlite3.connect
        patch.setattr(sqlite3, "connect", lambda *of, **how: connect(*of, **{**how, "timeout": 0.1}))
        patch.setattr(sqlite3.dbapi2, "connect", sqlite3.connect)
        with pytest.raises(StorageError) as refused:
            open_to_read(place)
        return str(refused.value)


def test_a_sound_storage_has_only_what_was_left_in_it(database: Path) -> None:
    found = findings(place_of(str(database)))
    assert [(one.gravity, one.study) for one in found] == [(Gravity.WRONG, OURS)]
    assert "trial 4 said to run, and nobody works on the study" in found[0].words


def test_whoever_works_on_a_study_has_lost_nothing(database: Path) -> None:
    with filelock.FileLock(database.parent / OURS / "coordinator.lock"):
        assert findings(place_of(str(database))) == []
        row = looking.study_row(load_study(open_to_read(place_of(str(database))), OURS))
        assert row.workers == ("a process",)
        with pytest.raises(StorageError, match="is being worked on"):
            remove_study(open_to_change(place_of(str(database))), OURS)
    assert (database.parent / OURS / "trial_0000").is_dir()


def test_models_that_are_gone_and_values_that_are_none(database: Path) -> None:
    shutil.rmtree(database.parent / OURS / "trial_0001")
    with sqlite3.connect(database) as connection:
        connection.execute("UPDATE trial_values SET value_type = 'INF_POS', value = NULL WHERE trial_id = 1")
    connection.close()
    said = words(findings(place_of(str(database))))
    assert f"trial 1 completed, and the model is not in {database.parent / OURS}" in said
    assert "trial 0 completed with a value that is no number" in said
    shutil.rmtree(database.parent / OURS)
    said = words(findings(place_of(str(database))))
    assert "its models cannot be used here" in said
    assert "whether anybody runs them cannot be told here: its folder, which a search locks, is not" in said


def test_an_error_on_the_way_is_told_whatever_was_found_before(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(database.parent / OURS)  # worth knowing, of the first study
    names, load = [], verifying.load_study

    def lost_after_the_first(storage: BaseStorage, name: str) -> optuna.Study:
        names.append(name)
        if len(names) > 1:
            raise StorageError("the connection was lost")
        return load(storage, OURS)

    assert findings(place_of(str(database)))
    monkeypatch.setattr(verifying, "load_study", lost_after_the_first)
    with pytest.raises(StorageError, match="the connection was lost"):
        findings(place_of(str(database)))


def test_a_file_that_was_cut_off(database: Path) -> None:
    content = database.read_bytes()
    database.write_bytes(content[: len(content) - 3 * 4096 - 100])
    (found,) = findings(place_of(str(database)))
    assert "the file is 12,388 bytes shorter than it says; put a backup in its place" in found.words
    database.write_bytes(content[:4096] + b"\x55" * (len(content) - 4096))
    (found,) = findings(place_of(str(database)))
    assert "put a backup in its place" in found.words


def test_a_backup_can_take_the_place_of_the_storage(database: Path, tmp_path: Path) -> None:
    copy = tmp_path / "backup.db"
    with sqlite3.connect(database, isolation_level=None) as writer:  # somebody is in the middle of a change
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("UPDATE trial_values SET value = 0.9")
        assert back_up(place_of(str(database)), copy) == 2
        writer.execute("ROLLBACK")
    writer.close()
    before, after = (looking.study_rows(open_to_read(place_of(str(path)))) for path in (database, copy))
    without_folder = [dataclasses.replace(row, folder=None) for row in before]
    assert after == without_folder  # which is that of the original while it is there
    with pytest.raises(StorageError, match=r"backup\.db is there already"):
        back_up(place_of(str(database)), copy)


def test_a_journal_is_backed_up_as_a_database(journal: Path, tmp_path: Path) -> None:
    place = place_of(str(journal))
    assert place.kind is StorageKind.JOURNAL
    assert back_up(place, tmp_path / "backup.db") == 2
    rows = {row.name: row for row in looking.study_rows(open_to_read(place_of(str(tmp_path / "backup.db"))))}
    assert rows[OURS].trials == {"running": 1, "complete": 2, "pruned": 1, "fail": 1, "waiting": 1}


def test_exports_hold_every_trial(database: Path, tmp_path: Path) -> None:
    place = place_of(str(database))
    assert export(place, tmp_path / "all.json", None) == 9
    whole = json.loads((tmp_path / "all.json").read_text())["studies"]
    assert {study["name"]: len(study["trials_in_full"]) for study in whole} == {OURS: 6, THEIRS: 3}
    assert export(place, tmp_path / "ours.csv", [OURS]) == 6
    assert export(place, tmp_path / "all.parquet", None) == 9
    table, csv = pl.read_parquet(tmp_path / "all.parquet"), pl.read_csv(tmp_path / "ours.csv")
    assert table.filter(pl.col("study") == OURS)["param_hidden_dim"].drop_nulls().len() == 4
    assert csv["value"].drop_nulls().to_list() == [0.2, 0.3]
    with pytest.raises(UsageError, match=r"ends in \.json, \.csv or \.parquet"):
        export(place, tmp_path / "all.txt", None)


def test_numbers_that_json_does_not_have_stay_numbers_in_a_table(database: Path, tmp_path: Path) -> None:
    study = load_study(open_storage(url(database)), OURS)
    odd = study.ask()
    odd.set_user_attr("overrides", {"batch_size": 32})
    study.tell(odd, math.inf)
    export(place_of(str(database)), tmp_path / "all.parquet", None)
    table = pl.read_parquet(tmp_path / "all.parquet").filter(pl.col("number") == odd.number)
    assert table.filter(pl.col("study") == OURS)["value"].to_list() == [math.inf]
    assert table.filter(pl.col("study") == OURS)["overrides"].to_list() == ["batch_size=32"]


def told(database: Path, target: str, names: list[str] | None, name_as: str | None = None) -> list[str]:
    said: list[str] = []
    take_in(place_of(str(database)), target, names, name_as, said.append)
    return said


def test_an_import_that_was_cut_short_can_be_repeated(database: Path, tmp_path: Path) -> None:
    target = str(tmp_path / "other.db")  # a path does for an address
    told(database, target, [OURS])
    said = told(database, target, None)
    assert said[0].startswith(f"study '{OURS}' is there already; left as it is: copy it under another name")
    assert said[1:] == [f"copied: study '{THEIRS}'"]
    assert len(told(database, target, None)) == 2  # nothing is left to copy
    told(database, target, [OURS], "again")
    with pytest.raises(StorageError, match=f"'again' is in .* already; .* --study {OURS} --as NAME"):
        told(database, target, [OURS], "again")


def test_a_study_is_taken_in_from_a_backup(database: Path, tmp_path: Path) -> None:
    target = url(tmp_path / "other.db")
    assert told(database, target, [OURS]) == [f"copied: study '{OURS}'"]
    states = [trial.state for trial in load_study(open_storage(target), OURS).trials]
    assert states.count(TrialState.WAITING) == 2  # what ran there does not run here
    with pytest.raises(StorageError, match="--as"):
        take_in(place_of(str(database)), target, [OURS], None)
    assert told(database, target, [OURS], "again") == ["copied: study 'again'"]
    with pytest.raises(UsageError, match="choose one with --study"):
        take_in(place_of(str(database)), target, None, "both")
    assert {row.name for row in looking.study_rows(open_to_read(place_of(target)))} == {OURS, "again"}


def test_lost_trials_wait_again(database: Path) -> None:
    storage = open_to_change(place_of(str(database)))
    (lost,) = lost_trials(storage, None)
    assert (lost.study, [trial.number for trial in lost.trials], lost.unknown) == (OURS, [4], "")
    assert let_go(storage, lost) == [4]
    assert let_go(storage, lost) == []
    assert lost_trials(storage, None) == []
    assert load_study(storage, OURS).trials[4].state is TrialState.WAITING
    assert findings(place_of(str(database))) == []


def test_where_nobody_can_tell_only_who_is_named_is_touched(database: Path) -> None:
    storage = open_to_change(place_of(str(database)))
    load_study(storage, THEIRS).ask()
    found = {finding.study: finding for finding in findings(place_of(str(database)))}
    assert found[THEIRS].gravity is Gravity.WORTH_KNOWING
    assert "it is another program's, which leaves no sign" in found[THEIRS].words
    assert [lost.study for lost in lost_trials(storage, None)] == [OURS]
    (lost,) = lost_trials(storage, THEIRS)
    assert let_go(storage, lost) == [3]
    assert load_study(storage, THEIRS).trials[3].state is TrialState.FAIL  # nobody would go on with it
    (database.parent / OURS).rename(database.parent / "elsewhere")
    assert lost_trials(storage, None) == []
    (lost,) = lost_trials(storage, OURS)
    assert let_go(storage, lost) == [4]


def test_a_copy_has_no_folder_and_no_coordinator(database: Path, tmp_path: Path) -> None:
    storage = open_to_change(place_of(str(database)))
    load_study(storage, OURS).set_user_attr("lease:1", {"host": "far", "pid": 1, "begun": 0, "count": 1})
    take_in(place_of(str(database)), url(database), [OURS], "copy")
    assert folder_of(load_study(storage, "copy")) is None
    assert looking.study_row(load_study(storage, "copy")).workers == ()
    assert remove_study(storage, "copy") is None
    take_in(place_of(str(database)), url(tmp_path / "other.db"), [OURS], None)
    assert (
        folder_of(load_study(open_storage(url(tmp_path / "other.db")), OURS)) is None
    )  # it is the original's
    backup = tmp_path / "backup.db"
    back_up(place_of(str(database)), backup)
    of_backup = open_to_change(place_of(str(backup)))
    load_study(of_backup, OURS).set_user_attr("lease:1", None)
    assert remove_study(of_backup, OURS) is None  # the folder is that of the study it is a copy of
    assert (database.parent / OURS / "trial_0001" / "best_model.pt").is_file()


def test_a_study_that_cannot_be_removed_keeps_its_folder(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = open_to_change(place_of(str(database)))

    def full(*of: object, **named: object) -> None:
        raise optuna.exceptions.StorageInternalError("disk full")

    monkeypatch.setattr(optuna, "delete_study", full)
    with pytest.raises(StorageError, match="disk full"):
        remove_study(storage, OURS)
    assert (database.parent / OURS / "trial_0001" / "best_model.pt").is_file()
    assert OURS in optuna.get_all_study_names(storage)


def test_a_copy_that_fails_leaves_nothing(
    database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*of: object, **named: object) -> None:
        raise optuna.exceptions.StorageInternalError("gone")

    monkeypatch.setattr("cricketgnn.storages.copying.attributes_of_copy", breaks)
    with pytest.raises(StorageError, match="gone"):
        take_in(place_of(str(database)), url(tmp_path / "other.db"), [OURS], None)
    assert optuna.get_all_study_names(open_storage(url(tmp_path / "other.db"))) == []


def test_a_study_that_is_there_already_is_never_removed(database: Path, tmp_path: Path) -> None:
    other = url(tmp_path / "other.db")
    assert told(database, other, [OURS, OURS]) == [f"copied: study '{OURS}'"]  # named twice, taken once
    with pytest.raises(
        StorageError, match=rf"study '{OURS}' is in .*other.db already; copy it under another"
    ):
        take_in(place_of(str(database)), other, [OURS], None)
    assert optuna.get_all_study_names(open_storage(other)) == [OURS]


def test_a_study_that_appears_while_another_is_copied_stays(
    database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = url(tmp_path / "other.db")
    take_in(place_of(str(database)), other, [OURS], None)
    monkeypatch.setattr("cricketgnn.storages.copying.study_exists", lambda storage, name: False)
    with pytest.raises(StorageError, match="already"):
        take_in(place_of(str(database)), other, [OURS], None)
    assert len(load_study(open_storage(other), OURS).trials) == 6


def test_nobody_writes_while_a_file_is_looked_over(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = f"""
import sqlite3
connection = sqlite3.connect({str(database)!r}, timeout=0, isolation_level=None)
try:
    connection.execute("CREATE TABLE meanwhile (x)")
    print("written")
except sqlite3.OperationalError as error:
    print(error)
"""
    said: list[str] = []

    def writes_meanwhile(connection: sqlite3.Connection) -> None:
        done = subprocess.run([sys.executable, "-c", write], capture_output=True, text=True, check=True)
        said.append(done.stdout.strip())

    monkeypatch.setattr(verifying, "_complaint", writes_meanwhile)
    findings(place_of(str(database)))
    assert said == ["database is locked"]


def test_what_other_programs_keep_under_our_names_means_nothing(database: Path) -> None:
    storage = open_to_change(place_of(str(database)))
    theirs = optuna.create_study(study_name="odd", storage=storage, direction="maximize")
    theirs.set_user_attr("confirmation", "yes")
    trial = theirs.ask()
    trial.suggest_categorical("x", [1.0, math.inf])
    trial.report(0.5, 0)
    trial.set_user_attr("seconds", "3.2 s")
    trial.set_user_attr("failure", True)
    theirs.tell(trial, 0.6)
    assert looking.study_row(theirs).best_value == 0.6
    (row,) = looking.trial_rows(theirs)
    assert (row["seconds"], row["failure"], row["val_log_loss_by_epoch"]) == (None, None, [])
    whole = looking.whole_trial(theirs.trials[0], ours=False)
    assert whole["distributions"]["x"]["attributes"]["choices"] == [1.0, "inf"]
    assert whole["user_attributes"]["seconds"] == "3.2 s"
    json.dumps(whole, allow_nan=False)


def test_a_study_of_several_objectives(database: Path, tmp_path: Path) -> None:
    storage = open_to_change(place_of(str(database)))
    both = optuna.create_study(study_name="both", storage=storage, directions=["minimize", "maximize"])
    both.optimize(lambda trial: (trial.suggest_float("x", 0, 1), 1.0), n_trials=2)
    assert looking.study_row(both).best_value is None
    rows = looking.trial_rows(both)
    assert rows[0]["value"] is None
    assert len(looking.whole_trial(both.trials[0], ours=False)["values"]) == 2
    assert export(place_of(str(database)), tmp_path / "all.json", None) == 11


def test_a_removed_study_leaves_its_folder_in_the_trash(database: Path) -> None:
    storage, folder = open_to_change(place_of(str(database))), database.parent / OURS
    trash = remove_study(storage, OURS)
    assert trash == database.parent / "trash" / OURS
    assert (trash / "trial_0001" / "best_model.pt").is_file()
    assert not folder.exists()
    assert optuna.get_all_study_names(storage) == [THEIRS]
    assert remove_study(storage, THEIRS) is None
    with pytest.raises(UnknownNameError):
        remove_study(storage, OURS)


def test_a_second_folder_of_that_name_finds_room_in_the_trash(database: Path, tmp_path: Path) -> None:
    (tmp_path / "trash" / OURS).mkdir(parents=True)
    trash: Any = remove_study(open_to_change(place_of(str(database))), OURS)
    assert trash.parent == tmp_path / "trash"
    assert trash.name.startswith(f"{OURS}_")


def test_a_copy_that_was_killed_is_made_anew(database: Path, tmp_path: Path) -> None:
    target = url(tmp_path / "other.db")
    killed = f"""
import os, signal
from cricketgnn.storages import copying
from cricketgnn.storages.reading import place_of
copying.attributes_of_copy = lambda study, with_folder: os.kill(os.getpid(), signal.SIGKILL)
copying.take_in(place_of({str(database)!r}), {target!r}, [{OURS!r}], None)
"""
    assert subprocess.run([sys.executable, "-c", killed], capture_output=True).returncode == -9
    assert optuna.get_all_study_names(open_storage(target)) == [OURS]
    assert told(database, target, [OURS]) == [f"copied: study '{OURS}'"]
    copy, original = (load_study(open_storage(place), OURS) for place in (target, url(database)))
    assert list(attributes_of_copy(original, with_folder=True))[-1] == "identity"  # with it a copy is ours
    assert [trial.params for trial in copy.trials] == [trial.params for trial in original.trials]
    with pytest.raises(StorageError, match="already"):  # which is whole, and stays
        take_in(place_of(str(database)), target, [OURS], None)


FAR: Final = {"host": "far away", "pid": 1, "begun": 0.0, "count": 1}
"""The lease of a coordinator on another machine."""


def test_a_study_whose_coordinator_went_with_its_machine_can_be_removed(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cricketgnn.storages.mending.GRACE_SECONDS", 0.4)
    storage, said = open_to_change(place_of(str(database))), list[str]()
    load_study(storage, OURS).set_user_attr("lease:1", FAR)
    remove_study(storage, OURS, said.append)
    assert said == ["watching for 0 s whether process 1 on far gives a sign of life"]
    assert OURS not in optuna.get_all_study_names(storage)


def test_a_study_whose_coordinator_lives_elsewhere_stays(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cricketgnn.storages.mending.GRACE_SECONDS", 20)
    storage = open_to_change(place_of(str(database)))
    load_study(storage, OURS).set_user_attr("lease:1", FAR)

    over = threading.Event()

    def beat() -> None:
        for count in itertools.count(2):
            if over.wait(0.2):
                return
            load_study(storage, OURS).set_user_attr("lease:1", {**FAR, "count": count})

    beats = threading.Thread(target=beat)
    beats.start()
    try:
        with pytest.raises(StorageError, match="is being worked on by process 1 on far"):
            remove_study(storage, OURS)
    finally:
        over.set()
        beats.join()
    assert OURS in optuna.get_all_study_names(storage)


def test_a_copy_that_somebody_makes_is_left_alone(database: Path, tmp_path: Path) -> None:
    target = open_storage(url(tmp_path / "other.db"))
    begun = optuna.create_study(study_name=OURS, storage=target)
    target.set_study_system_attr(begun._study_id, "cricketgnn:copier", this_process())
    with pytest.raises(StorageError, match=rf"is being copied into .*other\.db by process {os.getpid()} on"):
        take_in(place_of(str(database)), url(tmp_path / "other.db"), [OURS], None)
    with pytest.raises(StorageError, match="is itself a copy that is not whole"):
        take_in(place_of(str(tmp_path / "other.db")), url(tmp_path / "third.db"), [OURS], None)
