"""A study in its storage: made or found again, its identity compared, its trials listed."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Self

import optuna
from optuna.trial import FrozenTrial, TrialState

from cricketgnn.errors import StorageError, UnknownNameError, UsageError
from cricketgnn.places import FIGURES, TRASH
from cricketgnn.tuning.database import resuming
from cricketgnn.tuning.leases import CONFIRMER, LEASE

DIRECTION: Final = "maximize"
METRIC: Final = "validation macro-F1 by the decision rule, cross-fitted over matches"
LOG: Final = "optuna.log"
FOLDER: Final = "folder"
"""Attribute of a study: where it was begun to leave its files."""
_LOGGER: Final = logging.getLogger("optuna.study")
_IDENTITY: Final = "identity"
VALIDATED: Final = "validation_matches"
"""Attribute of a study: some of the matches that its trials were compared on."""
_NOT_SET: Final = "not set"
_LONGEST_NAME: Final = 100
_TAKEN: Final = frozenset({FIGURES.name, TRASH.name})
"""Folders beside those of studies."""


def check_name(name: str) -> None:
    """Refuse a study name that cannot name a folder.

    Raises:
        UsageError: it cannot.
    """
    if name in _TAKEN:
        raise UsageError(f"study name '{name}': its folder has another use; expected any other name")
    if not re.fullmatch(r"[^\W_][\w.+-]*", name) or len(name) > _LONGEST_NAME:
        raise UsageError(
            f"study name '{name}' cannot name a folder; expected up to {_LONGEST_NAME} letters, digits and "
            "._+-, a letter or digit first"
        )


def study_exists(storage: optuna.storages.RDBStorage, name: str) -> bool:
    """Tell whether the storage holds a study of that name."""
    return name in optuna.get_all_study_names(storage)


def open_study(
    storage: optuna.storages.RDBStorage,
    name: str,
    identity: Mapping[str, Any],
    sampler: optuna.samplers.BaseSampler,
    pruner: optuna.pruners.BasePruner,
) -> optuna.Study:
    """Make a study, or go on with the one of that name if it is the same search.

    Args:
        storage: from :func:`open_storage`.
        name: of the study.
        identity: what must not change between trials that are compared: phase, space, data, split, metric.
        sampler: who proposes parameters.
        pruner: who stops trials early.

    Raises:
        StorageError: a study of that name searched something else; names the first difference.
    """
    study = optuna.create_study(
        study_name=name,
        storage=storage,
        direction=DIRECTION,
        load_if_exists=True,
        sampler=sampler,
        pruner=pruner,
    )
    begun = bool(study.get_trials(deepcopy=False))  # before the identity, which is older than any trial
    stored = study.user_attrs.get(_IDENTITY)
    directions = " and ".join(direction.name.lower() for direction in study.directions)
    if (begun and stored is None) or directions != DIRECTION:
        raise StorageError(
            f"study '{name}' was made by another program (its direction is {directions}, "
            "and it does not say what it searches); give another --study-name"
        )
    if stored is None:
        study.set_user_attr(_IDENTITY, dict(identity))
    else:
        _check_identity(study, stored, identity)
    return study


def is_ours(study: optuna.Study) -> bool:
    """Tell whether a study is a search of this program's, and not another's."""
    return _IDENTITY in study.user_attrs


def attributes_of_copy(study: optuna.Study, with_folder: bool) -> dict[str, Any]:
    """Give what a copy of a study keeps of its attributes, the identity last: with it the copy is ours.

    Who works on the original does not work on the copy, and the folder is the original's while that is there.
    """
    kept = {
        name: value
        for name, value in study.user_attrs.items()
        if not name.startswith(LEASE) and name != CONFIRMER and (with_folder or not name.startswith(FOLDER))
    }
    if _IDENTITY in kept:
        kept[_IDENTITY] = kept.pop(_IDENTITY)
    return kept


def searches_else(storage: optuna.storages.RDBStorage, name: str, identity: Mapping[str, Any]) -> bool:
    """Tell whether a study of that name exists and searched something else."""
    if not study_exists(storage, name):
        return False
    stored = load_study(storage, name).user_attrs.get(_IDENTITY)
    return stored is not None and _flat(stored) != _flat(identity)


def load_study(storage: optuna.storages.BaseStorage, name: str) -> optuna.Study:
    """Load a study that must exist.

    Raises:
        UnknownNameError: there is none of that name; carries the closest.
    """
    names = optuna.get_all_study_names(storage)
    if name not in names:
        raise UnknownNameError("study", name, names, "in this storage")
    return optuna.load_study(study_name=name, storage=storage)


def finished(study: optuna.Study) -> list[FrozenTrial]:
    """List the trials that count towards the study's total: completed and pruned ones."""
    return study.get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED))


def completed(study: optuna.Study) -> list[FrozenTrial]:
    """List the trials that have a value."""
    return study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))


class StudyLog:
    """Keeps Optuna's own log lines, and one a trial in Optuna's form, in the study's folder."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / LOG
        self._handler: logging.Handler | None = None

    def __enter__(self) -> Self:
        self._handler = logging.FileHandler(self._path, encoding="utf-8")
        self._handler.setFormatter(optuna.logging.create_default_formatter())
        self._handler.addFilter(lambda record: "_in_memory" not in record.name)  # copies made for figures
        logging.getLogger("optuna").addHandler(self._handler)
        return self

    def __exit__(self, *error: object) -> None:
        if self._handler is not None:
            logging.getLogger("optuna").removeHandler(self._handler)
            self._handler.close()

    def finished(
        self, number: int, value: float, parameters: Mapping[str, Any], best: FrozenTrial | None
    ) -> None:
        """Keep that a trial finished."""
        line = f"Trial {number} finished with value: {value} and parameters: {dict(parameters)}."
        leader = f" Best is trial {best.number} with value: {best.value}." if best else ""
        _LOGGER.info("%s%s", line, leader)

    def pruned(self, number: int) -> None:
        """Keep that a trial was pruned."""
        _LOGGER.info("Trial %d pruned.", number)

    def failed(self, number: int, reason: str) -> None:
        """Keep that a trial failed."""
        _LOGGER.warning("Trial %d failed: %s", number, reason)


def _check_identity(study: optuna.Study, stored: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    before, now = _flat(stored), _flat(wanted)
    differing = [key for key in dict.fromkeys([*now, *before]) if before.get(key) != now.get(key)]
    if not differing:
        return
    key, *more = differing
    others = f" (and other {', '.join(more)})" if more else ""
    raise StorageError(
        f"study '{study.study_name}' was made with {key} {_shown(before, key)}, this search has "
        f"{_shown(now, key)}{others}: their trials cannot be compared; go on as it was made with: "
        f"{resuming(study)}; or give another --study-name, or begin one with --or-new"
    )


def _flat(identity: Mapping[str, Any]) -> dict[str, Any]:
    """Lay an identity out flat: its settings by their own name, ranges as ``range of lr``."""
    flat: dict[str, Any] = {}
    for key, value in identity.items():
        if key == "space" and isinstance(value, Mapping):
            flat.update({f"range of {name}": dimension for name, dimension in value.items()})
        elif isinstance(value, Mapping):
            flat.update(value)
        else:
            flat[key] = value
    return flat


def _shown(identity: Mapping[str, Any], key: str) -> str:
    value = identity.get(key, _NOT_SET)
    return value if isinstance(value, str) else json.dumps(value)
