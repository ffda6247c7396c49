"""What to do next, from what the trials show."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from cricketgnn.reporting.study.parameters import TRUSTWORTHY, is_log
from cricketgnn.reporting.study.progress import history
from cricketgnn.reporting.study.record import StudyRecord, TrialRecord
from cricketgnn.reporting.study.training import failures
from cricketgnn.tuning.parameters import shown
from cricketgnn.words import counted

_EDGE: float = 0.05
"""Share of a range, on the scale it was searched on, that counts as its edge."""
_MATTERS: float = 0.05
"""Share of the variance below which it makes no difference where in its range a parameter lies."""
_LATE: float = 2 / 3
"""A best value found after this share of the trials may not be the last to be found."""


def advice(record: StudyRecord, shares: Mapping[str, float]) -> list[str]:
    """Give what the trials suggest, a sentence each; the most useful first.

    Args:
        record: of the study.
        shares: importance of each parameter; empty where it cannot be told.
    """
    best = next((trial for trial in record.trials if trial.number == record.winner), None)
    if best is None and not record.trials:
        return ["no trial has begun: cricketgnn resume goes on"]
    if best is None:
        return ["no trial completed: look at the failures first"]
    return [
        *_of_confirmation(record),
        *_of_trials(record),
        *_of_edges(record, best, shares),
        *_of_failures(record),
    ]


def _of_edges(record: StudyRecord, best: TrialRecord, shares: Mapping[str, float]) -> Iterator[str]:
    matters = {name: share for name, share in shares.items() if share >= _MATTERS}
    for name in matters or record.space:
        dimension = record.space[name]
        value = best.parameters.get(name)
        if value is None or isinstance(dimension, CategoricalDistribution):
            continue
        assert isinstance(dimension, FloatDistribution | IntDistribution)  # Optuna has no other
        low, high = float(dimension.low), float(dimension.high)
        along = math.log if is_log(dimension) else float
        place = (along(value) - along(low)) / (along(high) - along(low))
        if min(place, 1 - place) <= _EDGE:
            end, range_end = ("lower", low) if place < 0.5 else ("upper", high)
            yield (
                f"the best {name}, {shown(value)}, lies on the {end} edge of its range ({shown(range_end)}): "
                "widen it with --space, unless more makes no sense"
            )


def _of_confirmation(record: StudyRecord) -> Iterator[str]:
    if record.confirmation is None and len(record.completed) > 1:
        yield "the winner was not trained again on fresh seeds: the best of many trials is partly luck"
    if record.confirmation is not None and record.confirmation.rivals:
        rivals = " and ".join(f"trial {number}" for number in record.confirmation.rivals)
        yield (
            f"the winner cannot be told from {rivals}: either will do, or ask for more seeds (tune --seeds)"
        )


def _of_trials(record: StudyRecord) -> Iterator[str]:
    info = history(record)
    steps = zip(info.numbers, info.best, [-math.inf, *info.best], strict=False)
    grew = [number for number, best, before in steps if best > before][-1]
    done, dimensions = len(info.numbers), len(record.space)
    luck = record.confirmation is not None and grew != record.winner  # on fresh seeds it was not the best
    if done >= 3 and grew >= _LATE * (len(record.trials) - 1) and not luck:
        yield (
            f"the best value still grew with trial {grew}: more trials may find a better one "
            "(resume --n-trials)"
        )
    elif done >= TRUSTWORTHY and not luck:
        yield f"the best value has not grown since trial {grew}: more of this space is hardly worth it"
    if done < 5 * dimensions:
        yield (
            f"{counted(done, 'completed trial')} for {counted(dimensions, 'parameter')} is little: what "
            "looks important may be chance"
        )


def _of_failures(record: StudyRecord) -> Iterator[str]:
    for failed in failures(record):
        yield f"{counted(len(failed.numbers), 'trial')} failed ({failed.kind}): {failed.message}"
