"""A study in its storage: made or found again, its identity compared, its seeds never repeated."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Mapping
from typing import Any, Final

import optuna
from optuna.trial import TrialState
from sqlalchemy.exc import SQLAlchemyError

from cricketgnn.errors import StorageError, UnknownNameError
from cricketgnn.training.seeding import derived_seed

DIRECTION: Final = "maximize"
METRIC: Final = "validation macro-F1 by the decision rule, cross-fitted over matches"
STARTUP_TRIALS: Final = 5
WARMUP_EPOCHS: Final = 5
_IDENTITY: Final = "identity"


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
            f"cannot open the study storage {url} ({reason}); expected a URL such as sqlite:///optuna_studies.db"
        ) from error


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
        StorageError: a study of that name searched something else.
    """
    study = optuna.create_study(
        study_name=name,
        storage=storage,
        direction=DIRECTION,
        load_if_exists=True,
        sampler=optuna.samplers.RandomSampler(seed=0),  # replaced below, once the trials are known
        pruner=optuna.pruners.MedianPruner(n_startup_trials=STARTUP_TRIALS, n_warmup_steps=WARMUP_EPOCHS),
    )
    stored = study.user_attrs.get(_IDENTITY)
    if stored is None:
        study.set_user_attr(_IDENTITY, dict(identity))
    else:
        _check_identity(name, stored, identity)
    study.sampler = _sampler(study, seed)
    return study


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
    for key in sorted({*stored, *wanted}):
        if stored.get(key) != wanted.get(key):
            raise StorageError(
                f"study '{name}' was made with {key} {stored.get(key)}, this search has {wanted.get(key)}: "
                "their trials cannot be compared; give another --study-name"
            )
