"""A search from its first trial to a declared winner, scored once on the test matches."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import optuna
from sqlalchemy.exc import SQLAlchemyError

from cricketgnn.config.tuning import ExecutorName
from cricketgnn.entries import silent
from cricketgnn.files import write_json
from cricketgnn.graph.load import map_store
from cricketgnn.training.run_folder import BEST
from cricketgnn.training.scoring import score
from cricketgnn.training.split import split_of
from cricketgnn.training.stopping_signal import stop_on_signal
from cricketgnn.tuning import trials
from cricketgnn.tuning.claims import Claims, claims_on
from cricketgnn.tuning.confirm import Confirmer
from cricketgnn.tuning.confirmation import Confirmation
from cricketgnn.tuning.coordinator import Coordinator
from cricketgnn.tuning.database import resuming, storage_errors
from cricketgnn.tuning.executors import Executor, LocalExecutor
from cricketgnn.tuning.leases import HOST
from cricketgnn.tuning.observer import SearchObserver
from cricketgnn.tuning.results import TEST_SCORES, StudyFiles, scores_of
from cricketgnn.tuning.search import Ending, Halt, Search

_WAITING_SECONDS: Final = 1.0


@dataclass(frozen=True)
class SearchResult:
    """What a search ended with.

    Attributes:
        search: what was run; the study holds all trials.
        ending: why it ended.
        confirmation: of the winner, now or before, where one was asked for and came to its end.
        test: scores of the winner on the test matches; None without a winner or test matches.
        seconds: how long this took, from one end to the other.
        halted: INTERRUPTED or TIMED_OUT where the user asked to stop or time was up, also where all that was
            asked of this study had been finished by then: what would follow it does not.
    """

    search: Search
    ending: Ending
    confirmation: Confirmation | None = None
    test: dict[str, Any] | None = None
    halted: Ending | None = None
    seconds: float = 0.0

    @property
    def study(self) -> optuna.Study:
        """The study."""
        return self.search.study

    @property
    def complete(self) -> bool:
        """Tell whether all that was asked for is there and nobody asked to stop."""
        return self.ending is Ending.FINISHED and self.halted is None

    @property
    def winner(self) -> optuna.trial.FrozenTrial | None:
        """The trial that was declared, or else the best one; None before one completed."""
        return trials.winning_trial(self.study)


def run_search(
    search: Search,
    observer: SearchObserver,
    executor: Executor | None = None,
    claims: Claims | None = None,
    score_test: bool = True,
    deadline: float = float("inf"),
) -> SearchResult:
    """Run a search, confirm its winner, and score the winner once on the test matches.

    Args:
        search: what to run.
        observer: hears of everything.
        executor: where trainings run; closed at the end. What the search asks for unless given.
        claims: the right to work on the study; what fits the storage unless given.
        score_test: score the winner on the test matches; not for a phase that others follow.
        deadline: when to stop and save, on the monotonic clock.

    Raises:
        NothingSucceeded: no trial completed.
        StorageError: the storage failed, or another coordinator works on the study.
        ArtifactError: matches or files can no longer be read or written.
    """
    began = time.monotonic()
    result = _run(search, observer, executor, claims, score_test, deadline)
    return replace(result, seconds=time.monotonic() - began)


def _run(
    search: Search,
    observer: SearchObserver,
    executor: Executor | None,
    claims: Claims | None,
    score_test: bool,
    deadline: float,
) -> SearchResult:
    if executor is None:
        search, executor = _with_executor(search)
    claims = claims or claims_on(search.study, search.folder)
    try:
        with storage_errors(f"go on with: {resuming(search.study)}"), claims, stop_on_signal() as stop:
            halt = Halt(stop, deadline)
            ending = Coordinator(search, executor, claims, observer, halt).run()
            if ending is not Ending.FINISHED:
                return SearchResult(search, ending, halted=_halted(halt))
            _confirm(search, executor, claims, observer, halt)
            with claims.taking():
                StudyFiles(search.study, search.phase, search.base, search.folder).write()
            if search.tuning.confirm and not trials.confirmed_as(search.study, search.tuning):
                return SearchResult(search, _halted(halt) or Ending.UNCONFIRMED, halted=_halted(halt))
            confirmed = trials.confirmation_of(search.study)
            confirmation = None if confirmed is None else Confirmation.from_json(confirmed)
            test = None
            if score_test and claims.may_confirm():
                with _beating(claims):
                    test = _test_once(search, observer)
            trials.close(search.study, search.tuning)
            return SearchResult(search, ending, confirmation, test, halted=_halted(halt))
    finally:  # after a second Ctrl-C or a broken storage, too: no child outlives its coordinator
        executor.close()


def _confirm(
    search: Search, executor: Executor, claims: Claims, observer: SearchObserver, halt: Halt
) -> None:
    """Confirm the winner, or wait for the coordinator that does; nothing where it has been done."""
    said = False
    while search.tuning.confirm and not trials.confirmed_as(search.study, search.tuning) and not halt.now:
        if not claims.may_confirm():
            if not said:
                observer.say("another coordinator confirms the winner; waiting for it")
                said = True
            claims.beat()
            time.sleep(_WAITING_SECONDS)
        elif not trials.confirmed_as(search.study, search.tuning):  # it did not end in between
            confirmer = Confirmer(search, executor, observer, claims.beat)
            confirmation = confirmer.run(halt)
            if confirmation is None:
                return
            # Where another coordinator's trial completed meanwhile, this one does not hold: once more.
            trials.declare(search.study, confirmation.to_json(), confirmer.after)


def _halted(halt: Halt) -> Ending | None:
    if halt.stop.requested:
        return Ending.INTERRUPTED
    return Ending.TIMED_OUT if halt.late else None


def _with_executor(search: Search) -> tuple[Search, Executor]:
    """Make the executor a search asks for; a cluster says itself how many trials it carries, and where."""
    if search.tuning.executor is ExecutorName.LOCAL:
        return search, LocalExecutor()
    from cricketgnn.tuning.executors.ray import RayExecutor

    executor, tuning = RayExecutor(), search.tuning
    resources = executor.plan(search.base.config.training.device, tuning.workers, tuning.n_trials)
    return replace(search, resources=resources), executor


@contextmanager
def _beating(claims: Claims) -> Iterator[None]:
    """Let other coordinators know that this one lives while it is busy for longer."""
    over = threading.Event()

    def beat() -> None:
        with suppress(SQLAlchemyError, optuna.exceptions.StorageInternalError):  # the next call tells
            while not over.wait(_WAITING_SECONDS):
                claims.beat()

    beats = threading.Thread(target=beat, daemon=True)
    beats.start()
    try:
        yield
    finally:
        over.set()
        beats.join()


def _test_once(search: Search, observer: SearchObserver) -> dict[str, Any] | None:
    """Score the winner on the test matches; one that was scored before is not scored again."""
    winner = trials.winning_trial(search.study)
    data = search.base.config.data
    if winner is None or not len(split_of(map_store(search.store), data).test):
        return None
    path = search.folder / TEST_SCORES
    before = _scored_before(path)
    if scores_of(before, winner.number, winner.params):
        return before
    if not (search.folder / BEST).is_file():
        host = winner.user_attrs.get(HOST)
        observer.say(f"the winner's model lies on {host}: score it there with cricketgnn test")
        return None
    scored = score(search.folder, data.data, "test", log=silent)
    if not scored.same_matches:
        observer.say("the matches have changed since the search began: its winner is not scored on them")
        return None
    document = {"trial": winner.number, "parameters": winner.params, **scored.to_json()}
    write_json(path, document)
    return document


def _scored_before(path: Path) -> dict[str, Any]:
    """Read what a winner was scored at; nothing where there is none, or it is damaged: it is scored again."""
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return {}
