"""What coordinator and child say to each other: plain values that any pipe or queue carries."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from cricketgnn.config import ResolvedConfig
from cricketgnn.training.observing import EpochReport
from cricketgnn.tuning.failures import FailureKind


@dataclass(frozen=True)
class Job:
    """One training for a child process.

    Attributes:
        key: names it among the jobs of a search: ``trial_0003``.
        folder: run folder; a training that is found in it is continued.
        resolved: the configuration.
        store: folder of the memory-mapped graphs.
        threads: how many the child computes with.
        gpu: which, where there are several.
        facts: what the run's provenance says beside the usual.
        trash: where another training goes that lies in its folder and that the study does not know: a backup
            took the study's place, say.
        keep_predictions: leave the predictions on validation beside the model.
        begun: the study has heard of its epochs, and another training in its folder is an error.
    """

    key: str
    folder: Path
    resolved: ResolvedConfig
    store: Path
    threads: int
    facts: dict[str, Any]
    trash: Path
    gpu: int | None = None
    keep_predictions: bool = False
    begun: bool = False


class Verdict(StrEnum):
    """What the coordinator answers after an epoch."""

    GO_ON = "go on"
    PRUNE = "prune"
    STOP = "stop"


class Progress(NamedTuple):
    """A child is so far into an epoch; needs no answer."""

    epoch: int
    done: int
    total: int


class Remark(NamedTuple):
    """Something that people should know; needs no answer."""

    words: str


class Epochs(NamedTuple):
    """All epochs a training has finished and saved so far; the child waits for a :class:`Verdict`.

    Attributes:
        reports: one an epoch.
        more: epochs and patience are both left.
    """

    reports: list[EpochReport]
    more: bool


class Done(NamedTuple):
    """A training came to its end.

    Attributes:
        macro_f1: on validation, by the cross-fitted decision rule: the objective.
        best: the epoch that was kept.
        test_macro_f1: for the record; None without test matches.
        peak_bytes: most memory the child held; None where the system does not tell.
    """

    macro_f1: float
    best: EpochReport
    test_macro_f1: float | None
    peak_bytes: int | None


class Stopped(NamedTuple):
    """A training obeyed a verdict; its folder holds all its epochs."""

    verdict: Verdict


class Failed(NamedTuple):
    """A training could not go on."""

    kind: FailureKind
    message: str


class Died(NamedTuple):
    """A child ended without a last word; said by the executor. Negative codes are signals."""

    code: int | None

    @property
    def cause(self) -> str:
        """Tell people what happened."""
        if self.code is None:
            return "its process was lost"
        return f"killed by signal {-self.code}" if self.code < 0 else f"ended with code {self.code}"


Message = Progress | Remark | Epochs | Done | Stopped | Failed | Died
LAST_WORDS = (Done, Stopped, Failed)


class Line(Protocol):
    """A child's end of the line to its coordinator."""

    def send(self, message: Message) -> None:
        """Say something."""

    def verdict(self) -> Verdict:
        """Wait for the answer to the last :class:`Epochs`."""
