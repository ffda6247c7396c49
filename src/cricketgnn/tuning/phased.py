"""Phases in a row, each starting from the best of the last: a chain of studies.

Nothing is kept about a chain but what its studies keep: each knows the chain's name, and the next phase
follows from the last study that is finished. So a chain that was interrupted anywhere goes on from there.
"""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cricketgnn.config.best_params import BEST_PARAMS
from cricketgnn.config.search_space import PHASED, PRESETS, Phase
from cricketgnn.errors import UnknownNameError
from cricketgnn.tuning.parameters import with_best_params
from cricketgnn.tuning.request import SearchRequest
from cricketgnn.tuning.search import Ending
from cricketgnn.tuning.study import check_name

if TYPE_CHECKING:  # a search is made of more than its phase
    from cricketgnn.tuning.run import SearchResult

CHAIN: Final = (Phase.COARSE, Phase.ARCHITECTURE, Phase.TRAINING, Phase.LOSS)


def next_phase(phase: Phase) -> Phase | None:
    """Give the phase that follows in the guide's order; None after the last and for those outside it."""
    return dict(pairwise(CHAIN)).get(phase)


def is_followed(request: SearchRequest) -> bool:
    """Tell whether another phase follows a search by itself."""
    return request.chain is not None and next_phase(request.phase) is not None


def left_off(result: SearchResult) -> Ending:
    """Tell why what was asked for is not all there, the phases that follow included; FINISHED where it is."""
    if result.halted is not None and is_followed(result.search.request):
        return result.halted
    return result.ending


def phase_named(name: str) -> tuple[Phase, bool]:
    """Find a phase by its name, and whether the others shall follow it: ``phased`` means the whole chain.

    Raises:
        UnknownNameError: there is no such phase.
    """
    name = name.lower()
    if name == PHASED:
        return CHAIN[0], True
    try:
        return Phase.named(name), False
    except UnknownNameError as error:
        known = [PHASED, *(phase.value for phase in Phase)]
        raise UnknownNameError("phase", name, known) from error


def chain_name(study_name: str | None) -> str:
    """Name a chain as the user wants it, or by the time.

    Raises:
        UsageError: the study of one of its phases cannot be named after it.
    """
    chain = study_name or f"{PHASED}_{dt.datetime.now().astimezone():%Y%m%d-%H%M%S}"
    for phase in CHAIN:  # of which the last may have the longest name
        check_name(study_of_chain(chain, phase))
    return chain


def study_of_chain(chain: str, phase: Phase) -> str:
    """Name the study of a phase in a chain."""
    return f"{chain}_{phase.file_stem}"


def whole_row(request: SearchRequest) -> list[SearchRequest]:
    """List a request and those that will follow it in its chain, as far as they are known beforehand."""
    if request.chain is None:
        return [request]
    later = CHAIN[CHAIN.index(request.phase) :]
    return [
        SearchRequest.of(phase, PRESETS[phase], request.base, request.tuning, request.chain, request.tracking)
        for phase in later
    ]


def following(request: SearchRequest, folder: Path) -> SearchRequest | None:
    """Give the request for the phase that follows a search that is complete; None where the chain ends.

    Args:
        request: of the search.
        folder: where it left its best parameters.
    """
    phase = next_phase(request.phase)
    if request.chain is None or phase is None:
        return None
    base = with_best_params(request.base, folder / BEST_PARAMS)
    return SearchRequest.of(phase, PRESETS[phase], base, request.tuning, request.chain, request.tracking)
