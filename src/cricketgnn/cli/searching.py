"""What ``tune`` and ``resume`` share: run a search, or phases in a row, and show what came of it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from cricketgnn.cli.output import console, emit, leave_unfinished, remark

if TYPE_CHECKING:
    from pathlib import Path

    from cricketgnn.tuning.request import SearchRequest
    from cricketgnn.tuning.run import SearchResult


def run_and_show(
    request: SearchRequest,
    storage: str,
    study_name: str | None,
    as_json: bool,
    or_new: bool = False,
    seconds: float | None = None,
) -> None:
    """Run a search as it was asked for, and the phases that follow it in its chain; print how they ended."""
    from cricketgnn.config.tuning import ExecutorName
    from cricketgnn.tuning.fork_server import warm_up

    if request.tuning.executor is ExecutorName.LOCAL:
        warm_up()  # before this process loads the same libraries and the matches
    from cricketgnn.reporting.search import describe_search, search_document
    from cricketgnn.tuning.phased import following, study_of_chain

    deadline = time.monotonic() + (seconds or float("inf"))  # one for all phases
    documents: list[dict[str, Any]] = []
    wanted: SearchRequest | None = request
    while wanted is not None:
        name = study_of_chain(wanted.chain, wanted.phase) if wanted.chain else study_name
        result = _run(wanted, storage, name, or_new, deadline)
        figures = _figures(result)
        documents.append(search_document(result, figures))
        if not as_json:
            emit({}, False, lambda screen, r=result, f=figures: describe_search(screen, r, f))  # type: ignore[misc]
        wanted = following(wanted, result.search.folder) if result.complete else None
    if as_json:
        chain = {"chain": request.chain, "phases": documents}
        emit(chain if request.chain else documents[0], True, lambda screen: None)
    _leave_if_unfinished(result)


def _figures(result: SearchResult) -> list[Path]:
    """Draw the figures; where they cannot be written, the result is not lost with them."""
    from cricketgnn.reporting.study_files import write_study_figures
    from cricketgnn.tuning.database import option_of

    try:
        return write_study_figures(result)
    except OSError as error:
        later = f"cricketgnn report {result.study.study_name}{option_of(result.study)} --out DIR"
        remark(f"the figures cannot be written ({error}); later: {later}")
        return []


def _run(
    request: SearchRequest, storage: str, study_name: str | None, or_new: bool, deadline: float
) -> SearchResult:
    from cricketgnn.reporting.search_progress import watching_search
    from cricketgnn.tracking import tracking
    from cricketgnn.tracking.search import TracksSearch
    from cricketgnn.tuning.phased import is_followed
    from cricketgnn.tuning.run import run_search
    from cricketgnn.tuning.start import start_search
    from cricketgnn.tuning.trials import best_trial

    search = start_search(request, storage, study_name, remark, or_new)
    epochs, n_trials = request.config.training.epochs, request.tuning.n_trials
    best = best_trial(search.study)
    leader = None if best is None or best.value is None else (best.number, best.value)
    # The test matches are looked at once, for the winner of the last phase.
    last = not is_followed(request)
    with (
        watching_search(console(), epochs, n_trials, leader) as watcher,
        tracking(request.tracking, search.folder, watcher.say) as tracker,
    ):
        observer = TracksSearch(watcher, tracker, search)
        result = run_search(search, observer, score_test=last, deadline=deadline)
        observer.ended(result)
    return result


def _leave_if_unfinished(result: SearchResult) -> None:
    """Leave with the fitting code, and the command that goes on, where something is left to do."""
    from cricketgnn.errors import Interrupted, NothingSucceeded
    from cricketgnn.tuning.database import resuming
    from cricketgnn.tuning.phased import is_followed, left_off
    from cricketgnn.tuning.search import Ending
    from cricketgnn.tuning.study import finished

    ending, followed = left_off(result), is_followed(result.search.request)
    if ending is Ending.FINISHED:
        return
    done, most = len(finished(result.study)), result.search.tuning.n_trials
    if ending is Ending.UNCONFIRMED:
        line = (
            f"no winner is confirmed; try again with: {resuming(result.study)}; or go by the best trial as "
            "it is"
        )
        leave_unfinished(line, NothingSucceeded.exit_code)
    how = {Ending.INTERRUPTED: "stopped", Ending.GAVE_UP: "gave up"}.get(ending, "time is up")
    line = (
        f"{how} with {done} of {most} trials{' of this phase' if followed else ''}; go on with: "
        f"{resuming(result.study)}"
    )
    if ending is Ending.INTERRUPTED:
        leave_unfinished(line, Interrupted.exit_code)
    if ending is Ending.GAVE_UP or result.winner is None:
        leave_unfinished(line, NothingSucceeded.exit_code)
    remark(line)


def show_plan(request: SearchRequest, as_json: bool) -> None:
    """Print what a search, or a row of phases, would do and cost, and do nothing."""
    from cricketgnn.reporting.search_plan import describe_plan, describe_row
    from cricketgnn.tuning.dry_run import plan_search
    from cricketgnn.tuning.phased import whole_row

    plans = [plan_search(one, remark) for one in whole_row(request)]
    seconds = sum(plan.seconds for plan in plans)
    document = {"phases": [plan.to_json() for plan in plans], "at_most_seconds": seconds}
    if not as_json:
        for plan in plans:
            emit({}, False, lambda screen, p=plan: describe_plan(screen, p))  # type: ignore[misc]
    if request.chain is None:
        document = plans[0].to_json()
    emit(document, as_json, lambda screen: describe_row(screen, len(plans), seconds))
