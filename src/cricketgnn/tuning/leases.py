"""Several coordinators on one study, in a database with room for more than one writer.

A coordinator has a lease: a row in the study that counts up while it lives. Whoever sees a count stand
still for too long on its own clock (no two clocks are compared), or whose process on this very host is
gone, takes that coordinator for dead and lets its trials wait for somebody else.
"""

from __future__ import annotations

import os
import socket
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Final, NamedTuple, Self

import optuna
import psutil
import sqlalchemy
from optuna.trial import FrozenTrial, TrialState

from cricketgnn.tuning.trials import COORDINATOR

HOST: Final = "host"
"""Attribute of a trial: where its run folder is."""
LEASE: Final = "lease:"
CONFIRMER: Final = "confirmer"
BEAT_SECONDS: Final = 5.0
GRACE_SECONDS: Final = 60.0
_CLOCK_STEP_SECONDS: Final = 5.0
"""How far the clock may have been set meanwhile: with it moves when a process seems to have begun."""


class Lease(NamedTuple):
    """A coordinator's sign of life in a study.

    Attributes:
        host: of the coordinator.
        pid: of its process there.
        alive: whether it is; None where only its host could tell.
    """

    host: str
    pid: int
    alive: bool | None

    @property
    def words(self) -> str:
        """Name the process."""
        return f"process {self.pid} on {self.host}"


def leases_of(study: optuna.Study) -> list[Lease]:
    """List the coordinators that have not left a study."""
    return [lease_of(kept) for kept in _kept(study).values()]


def lease_of(kept: Mapping[str, Any]) -> Lease:
    """Read what :func:`this_process` gave, here or elsewhere."""
    return Lease(kept["host"].split()[0], kept["pid"], _alive(kept))


def _kept(study: optuna.Study) -> dict[str, Mapping[str, Any]]:
    return {name: kept for name, kept in study.user_attrs.items() if name.startswith(LEASE) and kept}


def any_beats(study: optuna.Study, seconds: float = GRACE_SECONDS) -> bool:
    """Watch the coordinators of a study for so long; tell whether one gives a sign of life."""
    before, end = _counts(study), time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(min(1.0, seconds / 4))
        if any(count > before.get(name, 0) for name, count in _counts(study).items()):
            return True
    return False


def _counts(study: optuna.Study) -> dict[str, int]:
    return {name: kept["count"] for name, kept in _kept(study).items()}


def this_process() -> dict[str, Any]:
    """Name this process so that others can tell whether it lives."""
    return {"host": _machine(), "pid": os.getpid(), "begun": _begun(os.getpid())}


def _alive(lease: Mapping[str, Any]) -> bool | None:
    """Tell whether the process of a lease lives; None where only its own host could."""
    theirs, ours = lease["host"].split(), _machine().split()
    if theirs == ours:
        return _is_alive(lease["pid"], lease["begun"])
    rebooted = theirs[0] == ours[0] and len(theirs) == len(ours) == 3 and theirs[1] != ours[1]
    return False if rebooted else None


class LeasedClaims:
    """A coordinator among others, on PostgreSQL.

    Taking a trial, signing it, and letting the trials of the dead wait happen under an advisory lock of
    the database that belongs to the study. So a trial that runs unsigned was taken by somebody who died
    in between (one that is put back loses its signature), and no trial is taken twice.

    Args:
        study: the study; its storage must be a PostgreSQL database.
        engine: of the storage.
        grace: seconds without a beat after which a coordinator is dead.
        beat: seconds between two beats.
    """

    sole = False

    def __init__(
        self,
        study: optuna.Study,
        engine: sqlalchemy.Engine,
        grace: float = GRACE_SECONDS,
        beat: float = BEAT_SECONDS,
    ) -> None:
        self._study, self._engine = study, engine
        self._grace, self._every = grace, beat
        self._id = uuid.uuid4().hex
        self._count = 0
        self._next_beat = 0.0
        self._seen: dict[str, tuple[int, float]] = {}

    def __enter__(self) -> Self:
        self.beat()
        for name, kept in _kept(self._study).items():
            if _alive(kept) is False:  # killed when it had no trial: nobody would clear it otherwise
                self._study.set_user_attr(name, None)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Where the database is gone, the lease runs out by itself, and what went wrong first is what to tell.
        with suppress(sqlalchemy.exc.SQLAlchemyError, optuna.exceptions.StorageInternalError):
            self._study.set_user_attr(LEASE + self._id, None)

    @contextmanager
    def taking(self) -> Iterator[None]:
        """Keep other coordinators of the study from taking or reclaiming a trial while inside."""
        key = self._study._study_id
        with self._engine.connect() as connection:
            # Whoever is suspended inside shall not keep the others for ever: the server ends its connection.
            idle = f"set local idle_in_transaction_session_timeout = '{GRACE_SECONDS:.0f}s'"
            connection.execute(sqlalchemy.text(idle))
            asked = time.monotonic()
            connection.execute(sqlalchemy.text("select pg_advisory_lock(:space, :key)"), _key(key))
            try:
                self._pass_over(time.monotonic() - asked)
                self.beat()
                yield
            finally:
                with suppress(sqlalchemy.exc.SQLAlchemyError):  # a connection that breaks lets go by itself
                    connection.execute(sqlalchemy.text("select pg_advisory_unlock(:space, :key)"), _key(key))

    def _pass_over(self, waited: float) -> None:
        """Count no time against others in which they may have waited for the same lock, and not beaten."""
        self._seen = {lease: (count, since + waited) for lease, (count, since) in self._seen.items()}

    def sign(self, trial: optuna.Trial) -> None:
        """Write into a trial that was just taken whose it is, and where."""
        self._next_beat = 0.0
        self.beat()  # whoever reclaimed a trial of ours has cleared our lease: a signed one needs it
        trial.set_user_attr(COORDINATOR, self._id)
        trial.set_user_attr(HOST, socket.gethostname())

    def holds(self, trial: optuna.Trial) -> bool:
        """Tell whether a trial is still ours: others may have taken us for dead."""
        stored = self._study._storage.get_trial(trial._trial_id)
        return stored.state is TrialState.RUNNING and stored.user_attrs.get(COORDINATOR) == self._id

    def lost(self, study: optuna.Study) -> list[FrozenTrial]:
        """List the RUNNING trials of dead coordinators; to be called inside :meth:`taking`.

        Those under our own lease are among them: the caller knows which of them it works on.
        """
        leases = study.user_attrs
        return [
            trial
            for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
            if self._id == trial.user_attrs.get(COORDINATOR)
            or self._dead(trial.user_attrs.get(COORDINATOR), leases)
        ]

    def forget(self, trial: FrozenTrial) -> None:
        """Clear the lease of a dead coordinator, whose trial waits; one that lives after all renews it."""
        lease_id = trial.user_attrs.get(COORDINATOR)
        if lease_id not in (None, self._id):
            self._study.set_user_attr(f"{LEASE}{lease_id}", None)

    def beat(self) -> None:
        """Count up, unless it was done a moment ago."""
        now = time.monotonic()
        if now >= self._next_beat:
            self._next_beat, self._count = now + self._every, self._count + 1
            self._study.set_user_attr(LEASE + self._id, {**this_process(), "count": self._count})

    def may_confirm(self) -> bool:
        """Tell whether the winner is ours to confirm: the first to ask who lives does it."""
        with self.taking():
            confirmer = self._study.user_attrs.get(CONFIRMER)
            if confirmer not in (None, self._id) and not self._dead(confirmer, self._study.user_attrs):
                return False
            self._study.set_user_attr(CONFIRMER, self._id)
            return True

    def _dead(self, lease_id: str | None, leases: dict[str, Any]) -> bool:
        lease = leases.get(f"{LEASE}{lease_id}")
        if lease is None:  # taken and never signed, or given back
            return True
        if _alive(lease) is False:
            return True
        now = time.monotonic()
        count, since = self._seen.get(str(lease_id), (None, now))
        if count != lease["count"]:
            self._seen[str(lease_id)] = lease["count"], now
            return False
        return now - since > self._grace


def _key(study_id: int) -> dict[str, int]:
    return {"space": 0x63676E6E, "key": study_id}  # "cgnn": other programs lock other numbers


def _machine() -> str:
    """Name the place in which a process number means one process: host, boot and process namespace."""
    parts = [socket.gethostname()]
    with suppress(OSError):  # Linux tells them; elsewhere the host's name has to do
        parts.append(Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip())
        parts.append(str(Path("/proc/self/ns/pid").readlink()))
    return " ".join(parts)


def _is_alive(pid: int, begun: float) -> bool:
    """Tell whether the process that began then is there, and not another one that has its number since."""
    now = _begun(pid)
    return now is not None and abs(now - begun) < _CLOCK_STEP_SECONDS


def _begun(pid: int) -> float | None:
    """Tell when a process of this host began; None where it is gone, or has ended and nobody looked."""
    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else process.create_time()
    except psutil.NoSuchProcess:
        return None
