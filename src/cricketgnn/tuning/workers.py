"""Who works on a trial: so that the trials of a killed process are found, failed and tried again."""

from __future__ import annotations

import os
import socket
from typing import Final

import optuna
from optuna.trial import TrialState

FAILURE: Final = "failure"
"""Attribute of a failed trial: why."""
KILLED: Final = "killed: the process that worked on it is gone"
_WORKER: Final = "worker"


def sign(trial: optuna.Trial) -> None:
    """Write host and process into a trial this process begins."""
    trial.set_user_attr(_WORKER, {"host": socket.gethostname(), "pid": os.getpid()})


def reclaim_lost(study: optuna.Study) -> list[int]:
    """Fail the trials whose process on this host is gone and queue their parameters again.

    A trial left RUNNING would repel the sampler for ever. Trials of other hosts are left alone: from here
    nobody can tell whether they live.

    Returns:
        Their numbers.
    """
    lost = []
    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        worker = trial.user_attrs.get(_WORKER, {})
        if worker.get("host") != socket.gethostname() or _lives(int(worker["pid"])):
            continue
        try:
            fail(study, optuna.Trial(study, trial._trial_id), KILLED)
        except optuna.exceptions.UpdateFinishedTrialError:
            continue  # another process found it first, and has queued it
        if trial.params:
            study.enqueue_trial(trial.params)
        lost.append(trial.number)
    return lost


def fail(study: optuna.Study, trial: optuna.Trial, reason: str) -> None:
    """Tell the study that a trial failed, and why; never a value, which would mislead the sampler."""
    trial.set_user_attr(FAILURE, reason)
    study.tell(trial, state=TrialState.FAIL)


def _lives(pid: int) -> bool:
    if os.name != "posix":  # elsewhere signal 0 is no question but a Ctrl-C
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's process: it lives
        return True
    return True
