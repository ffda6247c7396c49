"""What a search is made of, and what it ends with."""

from __future__ import annotations

import time
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import optuna

from cricketgnn.config import ResolvedConfig
from cricketgnn.config.search_space import Phase, SearchSpace
from cricketgnn.config.tuning import TuningConfig
from cricketgnn.places import TRASH
from cricketgnn.training.stopping_signal import StopRequest
from cricketgnn.tuning.request import SearchRequest
from cricketgnn.tuning.resources import Resources


@dataclass(frozen=True)
class Search:
    """A search ready to run.

    Attributes:
        study: open study, its sampler and pruner set.
        request: what the user asked for, to be kept in the study once it is ours.
        store: folder of the memory-mapped graphs.
        folder: the study's folder.
        resources: what trials run on.
    """

    study: optuna.Study
    request: SearchRequest
    store: Path
    folder: Path
    resources: Resources

    @property
    def trash(self) -> Path:
        """Where goes what is in the way: beside the folders of studies."""
        return self.folder.absolute().parent / TRASH.name

    @property
    def phase(self) -> Phase:
        """What is searched."""
        return self.request.phase

    @property
    def space(self) -> SearchSpace:
        """The dimensions."""
        return self.request.space

    @property
    def base(self) -> ResolvedConfig:
        """Configuration of everything else, with origins."""
        return self.request.base

    @property
    def tuning(self) -> TuningConfig:
        """How to go about it."""
        return self.request.tuning


@dataclass(frozen=True)
class Halt:
    """Whether a search is to stop and save: the user asked for it, or its time is up.

    Attributes:
        stop: the user's wish.
        deadline: on the monotonic clock.
    """

    stop: StopRequest
    deadline: float = float("inf")

    @property
    def late(self) -> bool:
        """Tell whether time is up."""
        return time.monotonic() >= self.deadline

    @property
    def now(self) -> bool:
        """Tell whether to stop."""
        return self.stop.requested or self.late


class Ending(StrEnum):
    """Why a search ended."""

    FINISHED = "finished"
    INTERRUPTED = "interrupted"
    TIMED_OUT = "timed-out"
    GAVE_UP = "gave-up"
    UNCONFIRMED = "unconfirmed"
    """A leader could not be trained again, so no winner was declared."""
