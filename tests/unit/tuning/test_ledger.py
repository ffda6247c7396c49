"""A trial that another coordinator has taken over is left to it, whatever its process here has come to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

import optuna
import pytest
from optuna.trial import TrialState

from cricketgnn.config import resolve_run_config
from cricketgnn.config.search_space import Phase
from cricketgnn.training.observing import EpochReport
from cricketgnn.tuning.claims import SoleClaims
from cricketgnn.tuning.failures import FailureKind
from cricketgnn.tuning.folders import RESULTS
from cricketgnn.tuning.jobs import Died, Done, Job, Stopped, Verdict
from cricketgnn.tuning.ledger import Ledger, Running
from cricketgnn.tuning.observer import Unobserved
from cricketgnn.tuning.results import StudyFiles
from cricketgnn.tuning.study import StudyLog
from studies import ours

pytestmark = pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")
LAST: Final = EpochReport(1, 1.5, 1.4, 0.0, 0.1, 1e-3, 1.0, 1000.0)
ENDS: Final[dict[str, Callable[[Ledger, Running], None]]] = {
    "it completed": lambda ledger, one: ledger.completed(one, Done(0.2, LAST, None, None)),
    "it was pruned": lambda ledger, one: ledger.stopped(one, Verdict.PRUNE),
    "it was stopped": lambda ledger, one: ledger.stopped(one, Stopped(Verdict.STOP).verdict),
    "it failed": lambda ledger, one: ledger.failed(one.trial, FailureKind.DIVERGED, "nan", one.began),
    "it died": lambda ledger, one: ledger.died(one, Died(-9), stopping=False),
    "it died at the end": lambda ledger, one: ledger.died(one, Died(-9), stopping=True),
}


class Hears(Unobserved):
    """Keeps what is said."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, line: str) -> None:
        self.said.append(line)


class TakenOver(SoleClaims):
    """Another coordinator has taken this one for dead."""

    def holds(self, trial: optuna.Trial) -> bool:
        return False


@pytest.mark.parametrize("end", ENDS)
def test_what_was_taken_over_is_left_as_it_is(tmp_path: Path, end: str) -> None:
    study = ours(optuna.create_study(storage=f"sqlite:///{tmp_path / 'studies.db'}", direction="maximize"))
    trial = study.ask()
    base = resolve_run_config({})
    job = Job("trial_0000", tmp_path / "trial_0000", base, tmp_path, 1, {}, tmp_path / "trash")
    files, hears = StudyFiles(study, Phase.COARSE, base, tmp_path), Hears()
    before = study.trials[0]
    with StudyLog(tmp_path) as log:
        ledger = Ledger(study, files, log, hears, TakenOver("s", tmp_path))
        ENDS[end](ledger, Running(trial, {}, job, 1))
    assert study.trials[0] == before
    assert before.state is TrialState.RUNNING
    assert hears.said == ["trial 0 was taken over by another coordinator; left to it"]
    assert not (tmp_path / RESULTS).exists()
    assert ledger.failures_in_a_row == 0
