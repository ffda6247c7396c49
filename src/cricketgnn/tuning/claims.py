"""Who may take the trials of a study, and whose trials are lost."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Final, Protocol, Self, overload

import filelock
import optuna
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy.engine import Engine

from cricketgnn.errors import StorageError
from cricketgnn.files import is_held
from cricketgnn.tuning.database import engine_of
from cricketgnn.tuning.leases import LeasedClaims

_LOCK: Final = "coordinator.lock"
_HOLDER: Final = "coordinator.pid"
_ENDING_SECONDS: Final = 2
"""How long a coordinator that was just told to end may still hold its study."""


class Claims(Protocol):
    """A coordinator's right to work on a study; held while inside its context.

    Attributes:
        sole: whether nobody else may work on the study meanwhile.

    Raises:
        StorageError: on entering, where another coordinator works on a study that can have one only.
    """

    sole: bool

    def __enter__(self) -> Self:
        """Begin to work on the study."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the study to others."""

    def taking(self) -> AbstractContextManager[None]:
        """Keep others from taking or reclaiming a trial while inside."""

    def sign(self, trial: optuna.Trial) -> None:
        """Write into a trial that was just taken whose it is."""

    def holds(self, trial: optuna.Trial) -> bool:
        """Tell whether a trial is still this coordinator's."""

    def lost(self, study: optuna.Study) -> list[FrozenTrial]:
        """List the RUNNING trials that nobody works on; to be called inside :meth:`taking`."""

    def forget(self, trial: FrozenTrial) -> None:
        """Clear what a dead coordinator left, whose trial was let wait."""

    def beat(self) -> None:
        """Tell other coordinators that this one lives."""

    def may_confirm(self) -> bool:
        """Tell whether the winner is this coordinator's to confirm."""


def shared_engine(study: optuna.Study) -> Engine | None:
    """Give the database of a study that several coordinators may work on; None where one only may."""
    engine = engine_of(study)
    return engine if engine is not None and engine.dialect.name == "postgresql" else None


@overload
def claims_on(study: optuna.Study, folder: Path) -> Claims: ...
@overload
def claims_on(study: optuna.Study, folder: None) -> Claims | None: ...
def claims_on(study: optuna.Study, folder: Path | None) -> Claims | None:
    """Give the claims that fit a study's storage: leases on PostgreSQL, else one coordinator at a time.

    Args:
        study: the study.
        folder: its folder on this machine, which is locked where it has no leases; None where there is none,
            and then nothing keeps others away.
    """
    engine = shared_engine(study)
    if engine is not None:
        return LeasedClaims(study, engine)
    return SoleClaims(study.study_name, folder) if folder is not None else None


def held(folder: Path) -> bool | None:
    """Tell whether somebody works on a study with one coordinator at a time; None where nothing can be told.

    Args:
        folder: the study's folder.
    """
    return is_held(folder / _LOCK)


def worked_on(folder: Path) -> str | None:
    """Say who works on a study that has one coordinator at a time, as `` by process 4711``; None for nobody.

    Args:
        folder: the study's folder.
    """
    return _holder(folder) if held(folder) else None


def _holder(folder: Path) -> str:
    try:
        return f" by process {int((folder / _HOLDER).read_text(encoding='ascii'))}"
    except (OSError, ValueError):
        return ""


class SoleClaims:
    """A study with one coordinator at a time, which holds a lock on its folder: SQLite has one writer.

    The system lets go of the lock when the process ends, however it ends. So whoever holds it knows that
    every trial left RUNNING is lost.

    Args:
        study_name: for messages.
        folder: the study's folder.
    """

    sole = True

    def __init__(self, study_name: str, folder: Path) -> None:
        self._name, self._folder = study_name, folder
        self._lock = filelock.FileLock(folder / _LOCK, timeout=_ENDING_SECONDS)

    def __enter__(self) -> Self:
        try:
            self._lock.acquire()
        except filelock.Timeout as error:
            raise StorageError(
                f"study '{self._name}' is being worked on{_holder(self._folder)}; wait or stop it first, or "
                "put the study on PostgreSQL, where several can share it"
            ) from error
        (self._folder / _HOLDER).write_text(str(os.getpid()), encoding="ascii")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lock.release()

    @contextmanager
    def taking(self) -> Iterator[None]:
        """Do nothing: there is nobody else."""
        yield

    def sign(self, trial: optuna.Trial) -> None:
        """Do nothing: every trial is ours."""

    def holds(self, trial: optuna.Trial) -> bool:
        """Tell that it is."""
        return True

    def lost(self, study: optuna.Study) -> list[FrozenTrial]:
        """List all RUNNING trials; asked for before any is taken."""
        return study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))

    def forget(self, trial: FrozenTrial) -> None:
        """Do nothing: it leaves no sign."""

    def beat(self) -> None:
        """Do nothing: nobody listens."""

    def may_confirm(self) -> bool:
        """Tell that it is."""
        return True
