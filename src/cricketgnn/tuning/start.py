"""From what a user asked for to a search ready to run: matches, base configuration, study, folder."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from cricketgnn.config import ResolvedConfig
from cricketgnn.config.search_space import PRESETS, Phase, SearchSpace
from cricketgnn.errors import ArtifactError
from cricketgnn.files import write_json
from cricketgnn.graph.store import GraphStore
from cricketgnn.training.run_folder import RUNS
from cricketgnn.training.sources import open_matches
from cricketgnn.training.split import split_by_date
from cricketgnn.tuning.search import Search
from cricketgnn.tuning.study import METRIC, open_storage, open_study

STUDIES: Final = RUNS / "optuna"
FIGURES: Final = STUDIES / "visualizations"
_FOLDER: Final = "folder"
_REQUEST: Final = "request"


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
        StorageError: the storage cannot be opened, or the study was another search.
        DataError: no matches to search on.
    """
    storage = open_storage(storage_url)
    store, _ = open_matches(base.config.data.data, tell)
    space = PRESETS[phase]
    name = study_name or f"{phase.file_stem}_{dt.datetime.now().astimezone():%Y%m%d-%H%M%S}"
    study = open_study(storage, name, base.config.training.seed, _identity(phase, space, base, store))
    folder = Path(study.user_attrs.get(_FOLDER, STUDIES / name))
    if _FOLDER not in study.user_attrs:
        if folder.exists():
            raise ArtifactError(
                f"{folder} already exists, but study '{name}' is new; give another --study-name"
            )
        study.set_user_attr(_FOLDER, str(folder))
        study.set_user_attr(_REQUEST, {"phase": phase.value, **base.to_json()})
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / "config.json", base.to_json())
    return Search(study, phase, space, base, store, folder, tell)


def _identity(phase: Phase, space: SearchSpace, base: ResolvedConfig, store: GraphStore) -> Mapping[str, Any]:
    """What must be the same for two trials to be compared."""
    split = split_by_date(store, base.config.data.val_from, base.config.data.test_from)
    digest = hashlib.blake2b(space.model_dump_json().encode(), digest_size=8).hexdigest()
    return {
        "phase": phase.value,
        "space": digest,
        "metric": METRIC,
        "data": store.fingerprint,
        "val_from": split.val_from.isoformat(),
        "test_from": split.test_from.isoformat(),
        "epochs": base.config.training.epochs,
        "fixed": hashlib.blake2b(
            json.dumps(_fixed(base, space), sort_keys=True).encode(), digest_size=8
        ).hexdigest(),
    }


def _fixed(base: ResolvedConfig, space: SearchSpace) -> dict[str, Any]:
    """List the settings that every trial shares, the device left out."""
    document = {
        **base.config.model.model_dump(mode="json"),
        **base.config.training.model_dump(mode="json", exclude={"device"}),
    }
    return {name: value for name, value in document.items() if name not in space.parameters}
