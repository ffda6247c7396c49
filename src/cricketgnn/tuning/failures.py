"""Why a trial failed, and whether it is worth another try."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from pydantic import ValidationError

from cricketgnn.errors import ArtifactError, ConfigError, DataError
from cricketgnn.training.device import OutOfMemoryError
from cricketgnn.training.fit import DivergedError
from cricketgnn.training.run_folder import FolderBusy


class FailureKind(StrEnum):
    """Class of a failure; stored with the trial, counted and shown."""

    OUT_OF_MEMORY = "out-of-memory"
    DIVERGED = "diverged"
    INVALID = "invalid"
    KILLED = "killed"
    TIMEOUT = "timeout"
    BUSY = "busy"
    DATA = "data"
    BUG = "bug"


MOST_DEATHS: Final = 3
"""Times a child may be killed without finishing another epoch before its trial fails."""


def classify(error: BaseException) -> FailureKind:
    """Tell the class of what a training raised."""
    if isinstance(error, OutOfMemoryError | MemoryError):
        return FailureKind.OUT_OF_MEMORY
    if isinstance(error, DivergedError):
        return FailureKind.DIVERGED
    if isinstance(error, ConfigError | ValidationError):
        return FailureKind.INVALID
    if isinstance(error, FolderBusy):
        return FailureKind.BUSY
    if isinstance(error, DataError | ArtifactError | OSError):
        return FailureKind.DATA
    return FailureKind.BUG
