"""A study in its storage: made or found again, its identity compared, its seeds never repeated."""

from __future__ import annotations

import hashlib
import json
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import optuna
from optuna.trial import TrialState
from sqlalchemy.exc import SQLAlchemyError

from cricketgnn.errors import StorageError, UnknownNameError
from cricketgnn.provenance import without_passwords
from cricketgnn.training.seeding import derived_seed

DIRECTION: Final = "maximize"
METRIC: Final = "validation macro-F1 by the decision rule, cross-fitted over matches"
STARTUP_TRIALS: Final = 5
WARMUP_EPOCHS: Final = 5
_IDENTITY: Final = "identity"
_NOT_SET: Final = "not set"


def open_storage(url: str) -> optuna.storages.RDBStorage:
    """Open a study storage, made if it does not exist.

    Raises:
        StorageError: it cannot be opened or is no study database.
    """
    try:
        return optuna.storages.RDBStorage(url)
    except (SQLAlchemyError, ImportError, RuntimeError, ValueError) as error:
        reason = str(error).strip().splitlines()[0]
        raise StorageError(
            without_passwords(
                f"cannot open the study storage {url} ({reason}); "
                "expected a URL such as sqlite:///optuna_studies.db"
            )
        ) from error


@contextmanager
def storage_errors() -> Iterator[None]:
    """Turn what the storage raises while inside (read-only, locked, full, gone) into our error.

    Raises:
        StorageError: the storage failed.
    """
    try:
        yield
    except (SQLAlchemyError, optuna.exceptions.StorageInternalError) as error:
        reason = str(error.__cause__ or error).strip().splitlines()[0]
        raise StorageError(
            f"the study storage failed ({reason}); check its place, rights and space, then go on with the "
            "same --study-name"
        ) from error


def study_exists(storage: optuna.storages.RDBStorage, name: str) -> bool:
    """Tell whether the storage holds a study of that name."""
    return name in optuna.get_all_study_names(storage)


def open_study(
    storage: optuna.storages.RDBStorage, name: str, seed: int, identity: Mapping[str, Any]
) -> optuna.Study:
    """Make a study, or go on with the one of that name if it is the same search.

    Args:
        storage: from :func:`open_storage`.
        name: of the study.
        seed: base seed of the sampler.
        identity: what must not change between trials that are compared: phase, space, data, split, metric.

    Raises:
        StorageError: a study of that name searched something else; names the first difference.
    """
    study = optuna.create_study(
        study_name=name,
        storage=storage,
        direction=DIRECTION,
        load_if_exists=True,
        sampler=optuna.samplers.RandomSampler(seed=0),  # replaced below, once the trials are known
        pruner=median_pruner(),
    )
    stored = study.user_attrs.get(_IDENTITY)
    if stored is None:
        study.set_user_attr(_IDENTITY, dict(identity))
    else:
        _check_identity(name, stored, identity)
    study.sampler = _sampler(study, seed)
    return study


def median_pruner() -> optuna.pruners.MedianPruner:
    """Give the pruning rule: after 5 complete trials and 5 epochs, a best so far below their median."""
    return optuna.pruners.MedianPruner(n_startup_trials=STARTUP_TRIALS, n_warmup_steps=WARMUP_EPOCHS)


def load_study(storage: optuna.storages.RDBStorage, name: str) -> optuna.Study:
    """Load a study that must exist.

    Raises:
        UnknownNameError: there is none of that name; carries the closest.
    """
    names = optuna.get_all_study_names(storage)
    if name not in names:
        raise UnknownNameError("study", name, names, "in this storage")
    return optuna.load_study(study_name=name, storage=storage)


def finished(study: optuna.Study) -> list[optuna.trial.FrozenTrial]:
    """List the trials that count towards the study's total: completed and pruned ones."""
    return study.get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED))


def completed(study: optuna.Study) -> list[optuna.trial.FrozenTrial]:
    """List the trials that have a value."""
    return study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))


def _sampler(study: optuna.Study, seed: int) -> optuna.samplers.BaseSampler:
    """Seed TPE from (seed, study, trials so far): a study that goes on never repeats its first samples."""
    number = int.from_bytes(hashlib.blake2b(study.study_name.encode(), digest_size=4).digest(), "big")
    derived = derived_seed(seed, number, len(study.get_trials(deepcopy=False))) % 2**32
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return optuna.samplers.TPESampler(seed=derived, n_startup_trials=STARTUP_TRIALS, group=True)


def _check_identity(name: str, stored: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    before, now = _flat(stored), _flat(wanted)
    for key in dict.fromkeys([*now, *before]):
        if before.get(key) != now.get(key):
            raise StorageError(
                f"study '{name}' was made with {key} {_shown(before, key)}, this search has "
                f"{_shown(now, key)}: their trials cannot be compared; give another --study-name"
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
