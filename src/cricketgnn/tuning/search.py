"""What a search is made of, and what it ends with."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import optuna

from cricketgnn.config import ResolvedConfig
from cricketgnn.config.search_space import Phase, SearchSpace
from cricketgnn.config.tuning import TuningConfig
from cricketgnn.tuning.resources import Resources


@dataclass(frozen=True)
class Search:
    """A search ready to run.

    Attributes:
        study: open study, its sampler and pruner set.
        phase: what is searched.
        space: the dimensions.
        base: configuration of everything else, with origins.
        tuning: how to go about it.
        store: folder of the memory-mapped graphs.
        folder: the study's folder.
        resources: what trials run on.
    """

    study: optuna.Study
    phase: Phase
    space: SearchSpace
    base: ResolvedConfig
    tuning: TuningConfig
    store: Path
    folder: Path
    resources: Resources


class Ending(StrEnum):
    """Why a search ended."""

    FINISHED = "finished"
    INTERRUPTED = "interrupted"
    TIMED_OUT = "timed out"
    GAVE_UP = "gave up"
