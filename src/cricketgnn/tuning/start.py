"""From what a user asked for to a search ready to run: matches, base configuration, study, folder."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from itertools import count
from pathlib import Path
from typing import Any, Final

from optuna.storages import RDBStorage

from cricketgnn.config import ResolvedConfig
from cricketgnn.config.search_space import PRESETS, Phase, SearchSpace
from cricketgnn.errors import ArtifactError, UsageError
from cricketgnn.files import write_json
from cricketgnn.graph.store import GraphStore
from cricketgnn.training.run_folder import RUNS
from cricketgnn.training.sources import open_matches
from cricketgnn.training.split import split_by_date
from cricketgnn.tuning.search import Search
from cricketgnn.tuning.study import METRIC, open_storage, open_study, storage_errors, study_exists

STUDIES: Final = RUNS / "optuna"
FIGURES: Final = STUDIES / "visualizations"
_FOLDER: Final = "folder"
_REQUEST: Final = "request"
_LONGEST_NAME: Final = 100


def start_search(
    phase: Phase,
    base: ResolvedConfig,
    storage_url: str,
    study_name: str | None,
    tell: Callable[[str], None],
) -> Search:
    """Open the matches and the study, and give its folder.

    A study name that exists goes on if phase, space, data and split are the same.

    Args:
        phase: what to search.
        base: everything else.
        storage_url: where studies live.
        study_name: None for a new one named by phase and time.
        tell: told one line an event.

    Raises:
        UsageError: the study's name cannot name a folder.
        StorageError: the storage cannot be opened, or the study was another search.
        ArtifactError: a new study's folder already exists.
        DataError: no matches to search on.
    """
    if study_name is not None:
        _check_name(study_name)
    storage = open_storage(storage_url)
    name = study_name or _fresh_name(storage, phase)
    store, _ = open_matches(base.config.data.data, tell)
    space = PRESETS[phase]
    with storage_errors():
        if not study_exists(storage, name) and (STUDIES / name).exists():
            raise ArtifactError(
                f"{STUDIES / name} already exists, but study '{name}' is new; give another --study-name, or "
                "name the --storage it is in"
            )
        study = open_study(storage, name, base.config.training.seed, _identity(phase, space, base, store))
        if _FOLDER not in study.user_attrs:
            study.set_user_attr(_FOLDER, str((STUDIES / name).absolute()))
            study.set_user_attr(_REQUEST, {"phase": phase.value, **base.to_json()})
        folder = _from_here(Path(study.user_attrs[_FOLDER]))
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / "config.json", base.to_json())
    return Search(study, phase, space, base, store, folder, tell)


def _fresh_name(storage: RDBStorage, phase: Phase) -> str:
    """Name a new study by phase and time; a number follows where another began in the same second."""
    stem = f"{phase.file_stem}_{dt.datetime.now().astimezone():%Y%m%d-%H%M%S}"
    names = (stem if number == 1 else f"{stem}_{number}" for number in count(1))
    return next(name for name in names if not study_exists(storage, name) and not (STUDIES / name).exists())


def _check_name(name: str) -> None:
    if not re.fullmatch(r"[^\W_][\w.+-]*", name) or len(name) > _LONGEST_NAME:
        raise UsageError(
            f"study name '{name}' cannot name a folder; expected up to {_LONGEST_NAME} letters, digits and "
            "._+-, a letter or digit first"
        )


def _from_here(folder: Path) -> Path:
    """Shorten a folder's name where it lies below the current one."""
    here = Path.cwd()
    return folder.relative_to(here) if folder.is_relative_to(here) else folder


def _identity(phase: Phase, space: SearchSpace, base: ResolvedConfig, store: GraphStore) -> Mapping[str, Any]:
    """What must be the same for two trials to be compared."""
    split = split_by_date(store, base.config.data.val_from, base.config.data.test_from)
    return {
        "phase": phase.value,
        "metric": METRIC,
        "data": store.fingerprint,
        "val_from": split.val_from.isoformat(),
        "test_from": split.test_from.isoformat(),
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
