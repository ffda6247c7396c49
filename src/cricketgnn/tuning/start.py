"""From what a user asked for to a search ready to run: matches, study, folder, resources."""

from __future__ import annotations

import atexit
import datetime as dt
import tempfile
from collections.abc import Callable, Mapping
from itertools import count
from pathlib import Path
from typing import Any

import optuna
from optuna.storages import RDBStorage

from cricketgnn.config import ResolvedConfig
from cricketgnn.config.models import Device
from cricketgnn.config.search_space import Phase, SearchSpace
from cricketgnn.config.tuning import ExecutorName
from cricketgnn.errors import ArtifactError, UsageError
from cricketgnn.graph.load import write_store
from cricketgnn.graph.store import GraphStore
from cricketgnn.places import STUDIES
from cricketgnn.training.choice import check_choice, named_matches
from cricketgnn.training.sources import open_matches
from cricketgnn.training.split import Split, split_of
from cricketgnn.tuning.database import open_storage, storage_errors, storage_option
from cricketgnn.tuning.folders import RESULTS, folder_of, keep_folder, owner_of, used_elsewhere, usual_folder
from cricketgnn.tuning.parameters import check_space
from cricketgnn.tuning.pruners import make_pruner
from cricketgnn.tuning.request import SearchRequest
from cricketgnn.tuning.resources import plan
from cricketgnn.tuning.results import check_models
from cricketgnn.tuning.samplers import make_sampler
from cricketgnn.tuning.search import Search
from cricketgnn.tuning.study import (
    METRIC,
    VALIDATED,
    check_name,
    finished,
    open_study,
    searches_else,
    study_exists,
)


def start_search(
    request: SearchRequest,
    storage_url: str,
    study_name: str | None,
    tell: Callable[[str], None],
    or_new: bool = False,
) -> Search:
    """Open the matches and the study, and give its folder.

    A study name that exists goes on if phase, space, data and split are the same.

    Args:
        request: what to search, and how.
        storage_url: where studies live.
        study_name: None for a new one named by phase and time.
        tell: told one line an event.
        or_new: where the named study searched something else, begin one whose name has a number behind it.

    Raises:
        UsageError: the study's name cannot name a folder, or it has more trials than it shall have.
        ConfigError: the space does not hold together, a device is not there, or an earlier phase was
            chosen on matches of the test part.
        StorageError: the storage cannot be opened, or the study was another search.
        ArtifactError: a new study's folder already exists.
        DataError: no matches to search on.
    """
    if study_name is not None:
        check_name(study_name)
    base, tuning = request.base, request.tuning
    check_space(base, request.space)
    # What a cluster has is asked of it when the search runs; a device that is not here may be there.
    device = Device.CPU if tuning.executor is ExecutorName.RAY else base.config.training.device
    resources = plan(device, tuning.workers, tuning.n_trials)
    storage = open_storage(storage_url)
    name = study_name or _fresh_name(storage, request.phase)
    store, _ = open_matches(base.config.data, tell)
    split = split_of(store, base.config.data)
    check_choice(base.chosen_on, split, store, tell)
    with storage_errors("begin it again"):
        identity = _identity(request.phase, request.space, base, store, split)
        if or_new and searches_else(storage, name, identity):
            taken, name = name, _name_beside(storage, name, identity)
            tell(f"study '{taken}' searched something else: this one is '{name}'")
        study = _study(storage, name, request, identity)
        if VALIDATED not in study.user_attrs:
            study.set_user_attr(VALIDATED, named_matches(store, split.validation))
        folder = _folder(study)
        done = len(finished(study))
        if done > tuning.n_trials:
            raise UsageError(
                f"study '{name}' has {done} finished trials, more than --n-trials {tuning.n_trials}, which "
                f"is their total; give {done} to end with those it has, or more"
            )
    folder.mkdir(parents=True, exist_ok=True)
    return Search(study, request, _shared(store), folder, resources)


def _name_beside(storage: RDBStorage, name: str, identity: Mapping[str, Any]) -> str:
    """Number a name up to one that is free, or that searches the same."""
    names = (f"{name}_{number}" for number in count(2))
    return next(beside for beside in names if not searches_else(storage, beside, identity))


def _study(
    storage: RDBStorage, name: str, request: SearchRequest, identity: Mapping[str, Any]
) -> optuna.Study:
    if not study_exists(storage, name) and (STUDIES / name).exists():
        raise ArtifactError(
            f"{STUDIES / name} already exists, but study '{name}' is new; give another --study-name, or "
            "name the --storage it is in"
        )
    training = request.config.training
    return open_study(
        storage,
        name,
        identity,
        make_sampler(request.tuning.sampler, request.space, training.seed, request.phase.value),
        make_pruner(request.tuning.pruner, training.epochs),
    )


def _folder(study: optuna.Study) -> Path:
    """Give the folder of a study on this machine, below the current one where it has none yet.

    Raises:
        ArtifactError: it is that of the same study in another storage, of which this one is a copy; or the
            study's models are gone with its folder.
    """
    folder, here = folder_of(study), usual_folder(study)
    if folder is None and used_elsewhere(study, here):
        storage = (owner_of(here) or ("", None))[1] or ""
        raise ArtifactError(
            f"{_from_here(here)} is the folder of study '{study.study_name}' in {storage}: go on with that, "
            f"cricketgnn resume {study.study_name}{storage_option(storage)}; or, if that is to go on here "
            f"instead, remove {RESULTS} from the folder first"
        )
    if folder is None:
        check_models(study, here)
    folder = folder or here
    keep_folder(study, folder)
    return _from_here(folder)


def _shared(store: GraphStore) -> Path:
    """Give a folder from which all children map the graphs; a passing one where there is no cache."""
    if store.folder is not None:
        return store.folder
    passing = tempfile.TemporaryDirectory(prefix="cricketgnn-graphs-")
    atexit.register(passing.cleanup)
    write_store([store], Path(passing.name))
    return Path(passing.name)


def _fresh_name(storage: RDBStorage, phase: Phase) -> str:
    """Name a new study by phase and time; a number follows where another began in the same second."""
    stem = f"{phase.file_stem}_{dt.datetime.now().astimezone():%Y%m%d-%H%M%S}"
    names = (stem if number == 1 else f"{stem}_{number}" for number in count(1))
    return next(name for name in names if not study_exists(storage, name) and not (STUDIES / name).exists())


def _from_here(folder: Path) -> Path:
    """Shorten a folder's name where it lies below the current one."""
    here = Path.cwd()
    return folder.relative_to(here) if folder.is_relative_to(here) else folder


def _identity(
    phase: Phase, space: SearchSpace, base: ResolvedConfig, store: GraphStore, split: Split
) -> Mapping[str, Any]:
    """What must be the same for two trials to be compared."""
    return {
        "phase": phase.value,
        "metric": METRIC,
        "data": store.fingerprint,
        "val_from": split.val_from.isoformat(),
        "test_from": split.test_from.isoformat(),
        "data_fraction": base.config.data.data_fraction,
        "space": space.model_dump(mode="json")["parameters"],
        "fixed": _fixed(base, space),
    }


def _fixed(base: ResolvedConfig, space: SearchSpace) -> dict[str, Any]:
    """List the settings that every trial shares, the device left out."""
    document = {
        **base.config.model.model_dump(mode="json"),
        **base.config.training.model_dump(mode="json", exclude={"device"}),
    }
    return {name: value for name, value in document.items() if name not in space.parameters}
