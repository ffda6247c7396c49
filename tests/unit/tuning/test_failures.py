"""Why a trial failed, by what its training raised."""

from __future__ import annotations

import pytest
import torch
from pydantic import ValidationError

from cricketgnn.config import ModelConfig
from cricketgnn.errors import (
    ArtifactError,
    CheckpointError,
    ConfigError,
    DataError,
    MatchRejected,
    StorageError,
    UnknownNameError,
)
from cricketgnn.training.device import memory_explained
from cricketgnn.training.fit import DivergedError, OutOfMemoryError
from cricketgnn.tuning.failures import FailureKind, FolderBusy, classify


def heads_that_do_not_divide() -> ValidationError:
    with pytest.raises(ValidationError) as refused:
        ModelConfig(hidden_dim=12, num_heads=8)
    return refused.value


def full_device() -> OutOfMemoryError:
    """As a training raises it where the library runs out of memory."""
    with pytest.raises(OutOfMemoryError) as full, memory_explained(64):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
    return full.value


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (full_device(), FailureKind.OUT_OF_MEMORY),
        (MemoryError(), FailureKind.OUT_OF_MEMORY),
        (DivergedError("the loss is nan"), FailureKind.DIVERGED),
        (heads_that_do_not_divide(), FailureKind.INVALID),
        (ConfigError("device cuda is not available"), FailureKind.INVALID),
        (UnknownNameError("setting", "lrr", ["lr"]), FailureKind.INVALID),
        (DataError("no innings"), FailureKind.DATA),
        (MatchRejected("a.zip", "$", "odd"), FailureKind.DATA),
        (ArtifactError("the run folder is taken"), FailureKind.DATA),
        (FolderBusy("another process works here"), FailureKind.BUSY),
        (CheckpointError("damaged"), FailureKind.DATA),
        (StorageError("gone"), FailureKind.DATA),
        (OSError(28, "No space left on device"), FailureKind.DATA),
        (FileNotFoundError("gone"), FailureKind.DATA),
        (RuntimeError("shapes cannot be multiplied"), FailureKind.BUG),
        (KeyError("x"), FailureKind.BUG),
        (AssertionError(), FailureKind.BUG),
        (ValueError("odd"), FailureKind.BUG),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else str(value),
)
def test_what_was_raised_tells_the_kind(error: BaseException, kind: FailureKind) -> None:
    assert classify(error) is kind
