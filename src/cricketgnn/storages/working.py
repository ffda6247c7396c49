"""Who works on a study, as far as it can be told from here."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

import optuna
from optuna.trial import FrozenTrial, TrialState

from cricketgnn.tuning.claims import held, worked_on
from cricketgnn.tuning.folders import folder_of
from cricketgnn.tuning.leases import leases_of
from cricketgnn.tuning.study import is_ours


class Working(StrEnum):
    """Whether somebody works on a study."""

    SOMEBODY = "somebody"
    NOBODY = "nobody"
    UNKNOWN = "unknown"


class Workers(NamedTuple):
    """Who works on a study.

    Attributes:
        state: whether somebody does.
        alive: who does, in words.
        possible: who may, in words; only their own machines could tell.
        dead: who died doing so, in words.
        unknown: why it cannot be told; empty where it can.
    """

    state: Working
    alive: tuple[str, ...] = ()
    possible: tuple[str, ...] = ()
    dead: tuple[str, ...] = ()
    unknown: str = ""


def workers_on(study: optuna.Study) -> Workers:
    """Tell who works on a study: by the lock on its folder, or by the leases of its coordinators.

    Silence is no proof: a folder that is not here may be locked where it is, and another program's search
    leaves no sign at all.
    """
    if not is_ours(study):
        return Workers(Working.UNKNOWN, unknown="it is another program's, which leaves no sign")
    leases = leases_of(study)
    alive, possible, dead = (
        tuple(lease.words for lease in leases if lease.alive is lives) for lives in (True, None, False)
    )
    if alive:
        return Workers(Working.SOMEBODY, alive, possible, dead)
    if possible:
        why = f"{possible[0]} could tell, and it is another machine"
        return Workers(Working.UNKNOWN, alive, possible, dead, why)
    if leases:  # on PostgreSQL, where no folder is locked
        return Workers(Working.NOBODY, dead=dead)
    folder = folder_of(study)
    if folder is None:
        return Workers(Working.UNKNOWN, unknown="its folder, which a search locks, is not on this machine")
    locked = held(folder)
    if locked is None:
        return Workers(Working.UNKNOWN, unknown=f"the lock in {folder} cannot be tried")
    if not locked:
        return Workers(Working.NOBODY)
    return Workers(Working.SOMEBODY, ((worked_on(folder) or "").removeprefix(" by ") or "a process",))


def running(study: optuna.Study) -> list[FrozenTrial]:
    """List the trials that are said to run."""
    return study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
