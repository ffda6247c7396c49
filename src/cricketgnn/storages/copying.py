"""Copies of a storage: a backup that can take its place, and its studies as a document or a table."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import optuna
import polars as pl
from optuna.storages import BaseStorage, RDBStorage

from cricketgnn.entries import Log, silent
from cricketgnn.errors import StorageError, UsageError
from cricketgnn.files import atomic_path, write_json, write_packed
from cricketgnn.provenance import without_passwords
from cricketgnn.storages.looking import plain, raw_trial_rows, study_row, whole_trial
from cricketgnn.storages.reading import Place, StorageKind, open_to_read, reading
from cricketgnn.storages.sqlite_files import sqlite_read_only
from cricketgnn.storages.working import running
from cricketgnn.tuning import trials
from cricketgnn.tuning.database import address_of, open_storage, storage_errors, storage_option, url_of
from cricketgnn.tuning.folders import folder_of, owner_of
from cricketgnn.tuning.leases import lease_of, this_process
from cricketgnn.tuning.study import (
    attributes_of_copy,
    check_name,
    is_ours,
    load_study,
    study_exists,
)
from cricketgnn.words import either

_COPIER: Final = "cricketgnn:copier"
"""System attribute of a study that is being copied: the process that does it; None once it is whole."""

FORMATS: Final = (".json", ".csv", ".parquet")


def check_free(path: Path) -> None:
    """Refuse to write over a file.

    Raises:
        StorageError: something is there.
    """
    if path.exists():
        raise StorageError(f"{path} is there already; name another file, or remove it")


def back_up(place: Place, to: Path) -> int:
    """Copy a storage whole, also while a search writes to it; give how many studies the copy holds.

    SQLite's own backup gives one moment of the database; studies on PostgreSQL and in a journal file are
    copied one after the other into an SQLite database, each as it was at one moment.

    Raises:
        StorageError: it cannot be read, or the file is there already.
    """
    check_free(to)
    with atomic_path(to) as temporary:
        if place.kind is StorageKind.SQLITE and place.path is not None:
            open_to_read(place)  # a backup of what is no storage would be none
            with reading(place), sqlite_read_only(place.path) as source:
                with closing(sqlite3.connect(temporary)) as target:
                    try:
                        source.backup(target)
                    except sqlite3.Error as error:  # which of the two files is in trouble it does not say
                        raise StorageError(
                            f"cannot copy {place.shown} to {to} ({error}); check the free space there, and "
                            f"the storage with: cricketgnn inspect-db verify{storage_option(place.url)}"
                        ) from error
                return int(source.execute("SELECT count(*) FROM studies").fetchone()[0])
        storage = open_to_read(place)
        names = optuna.get_all_study_names(storage)
        copy = optuna.storages.RDBStorage(f"sqlite:///{temporary}")
        with reading(place):
            for name in names:
                optuna.copy_study(from_study_name=name, from_storage=storage, to_storage=copy)
        copy.engine.dispose()
        return len(names)


def export(place: Place, to: Path, names: list[str] | None) -> int:
    """Write studies as JSON (everything), or their trials as CSV or Parquet (a row a trial).

    Args:
        place: the storage.
        to: the file; its name says which.
        names: of the studies; None for all.

    Returns:
        How many trials were written.

    Raises:
        UsageError: the name ends in something else.
        UnknownNameError: there is no such study.
        StorageError: the storage cannot be read, or the file is there already.
    """
    if to.suffix not in FORMATS:
        raise UsageError(f"{to}: expected a name that ends in {either(FORMATS)}")
    check_free(to)
    storage = open_to_read(place)
    with reading(place):
        studies = [load_study(storage, name) for name in names or optuna.get_all_study_names(storage)]
        whole = [_whole_study(study) for study in studies] if to.suffix == ".json" else []
        rows = _flat_rows(studies) if to.suffix != ".json" else []
        counted = sum(len(study.get_trials(deepcopy=False)) for study in studies)
    if to.suffix == ".json":
        write_json(to, {"studies": whole}, default=str)
    else:
        _write_table(pl.DataFrame(rows, infer_schema_length=None), to)
    return counted


def take_in(place: Place, url: str, names: list[str] | None, name_as: str | None, say: Log = silent) -> None:
    """Copy studies of another storage (a backup, say) into one that may not be there yet.

    A trial that ran when the copy was made waits: whoever runs it does so elsewhere. Where all studies are
    wanted, those that are there already are passed over: an import that was cut short can be repeated.

    Args:
        place: to copy from.
        url: of the storage to copy into, or the path of its SQLite file.
        names: of the studies; None for all.
        name_as: what the one study shall be called here; None for its own name.
        say: told of every study, as soon as it is copied.

    Raises:
        UsageError: several studies shall have one name, or the name cannot be a study's.
        UnknownNameError: there is no such study.
        StorageError: a storage cannot be used, or a study of that name is there already.
    """
    source = open_to_read(place)
    with reading(place):
        chosen = dict.fromkeys(names or optuna.get_all_study_names(source))
        wanted = [load_study(source, name) for name in chosen]
    if name_as is not None:
        check_name(name_as)
    if name_as is not None and len(wanted) != 1:
        raise UsageError(f"got one name, {name_as}, for {len(wanted)} studies; choose one with --study")
    url = url_of(url)
    target = open_storage(url)
    here = {study.study_name: name_as or study.study_name for study in wanted}
    for name in here.values():
        _clear_torn(target, name, url)
    taken = [name for name, name_here in here.items() if study_exists(target, name_here)]
    if taken and (names or name_as):
        raise _is_there(taken[0], here[taken[0]], url)
    for name in taken:
        say(f"study '{name}' is there already; left as it is: {_UNDER_ANOTHER_NAME.format(name=name)}")
    with storage_errors():
        for name in (one for one in here if one not in taken):
            _copy(source, name, target, url, here[name])
            say(f"copied: study '{here[name]}'")


_UNDER_ANOTHER_NAME: Final = "copy it under another name: --study {name} --as NAME"


def _is_there(name: str, name_here: str, url: str) -> StorageError:
    advice = _UNDER_ANOTHER_NAME.format(name=name)
    return StorageError(f"study '{name_here}' is in {without_passwords(url)} already; {advice}")


def _clear_torn(target: RDBStorage, name: str, url: str) -> None:
    """Remove what a copy that was killed has left of a study.

    Raises:
        StorageError: who copies it may still be doing so.
    """
    with storage_errors():
        if not study_exists(target, name):
            return
        torn = load_study(target, name)
        copier = target.get_study_system_attrs(torn._study_id).get(_COPIER)
        if not copier or is_ours(torn):  # its identity came last
            return
        lease = lease_of(copier)
        if lease.alive is not False:
            raise StorageError(
                f"study '{name}' is being copied into {without_passwords(url)} by {lease.words}; wait for "
                f"it, or, where that is gone, remove it: cricketgnn inspect-db delete {name}"
                f"{storage_option(url)}"
            )
        target.delete_study(torn._study_id)


def _copy(source: BaseStorage, name: str, target: RDBStorage, url: str, name_here: str) -> None:
    """Copy one study whole, or not at all: killed in between, it is marked, and cleared by the next copy."""
    original = load_study(source, name)
    inner = source.get_study_system_attrs(original._study_id)
    if inner.pop(_COPIER, None) and not is_ours(original):
        raise StorageError(f"study '{name}' is itself a copy that is not whole; copy the study that it is of")
    try:
        copy = optuna.create_study(study_name=name_here, storage=target, directions=original.directions)
    except optuna.exceptions.DuplicatedStudyError as error:  # somebody made it just now: it stays
        raise _is_there(name, name_here, url) from error
    try:
        target.set_study_system_attr(copy._study_id, _COPIER, this_process())
        copy.add_trials(original.get_trials(deepcopy=False))
        for trial in running(copy):
            trials.put_back(copy, trial)
        for attribute, value in inner.items():
            target.set_study_system_attr(copy._study_id, attribute, value)
        with_folder = name_here == name and _may_have_folder(original, copy)
        for attribute, value in attributes_of_copy(original, with_folder).items():
            copy.set_user_attr(attribute, value)
        target.set_study_system_attr(copy._study_id, _COPIER, None)
    except BaseException:
        target.delete_study(copy._study_id)
        raise


def _may_have_folder(original: optuna.Study, copy: optuna.Study) -> bool:
    """Tell whether a copy takes the place of the study whose folder it is, as far as it shows here."""
    folder = folder_of(original)
    return folder is None or owner_of(folder) in (None, (copy.study_name, address_of(copy)))


def _whole_study(study: optuna.Study) -> dict[str, Any]:
    ours = is_ours(study)
    return {
        **study_row(study).to_json(),
        "directions": [direction.name.lower() for direction in study.directions],
        "user_attributes": plain(study.user_attrs),
        "trials_in_full": [whole_trial(trial, ours) for trial in study.get_trials(deepcopy=False)],
    }


def _flat_rows(studies: list[optuna.Study]) -> list[dict[str, Any]]:
    """Lay every trial out flat, a column a parameter; lists are left to the JSON document."""
    rows = []
    for study in studies:
        for row in raw_trial_rows(study):
            row["overrides"] = ", ".join(f"{name}={value}" for name, value in row["overrides"].items())
            parameters = {f"param_{name}": value for name, value in row.pop("parameters").items()}
            single = {name: value for name, value in row.items() if not isinstance(value, list | dict)}
            rows.append({"study": study.study_name, **single, **parameters})
    columns = list(dict.fromkeys(name for row in rows for name in row))
    return [{name: row.get(name) for name in columns} for row in rows]


def _write_table(table: pl.DataFrame, to: Path) -> None:
    write_packed(to, table.write_csv if to.suffix == ".csv" else table.write_parquet)
