"""All numbers of a study together, as the one document that pages, Markdown and JSON are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cricketgnn.reporting.study.advice import advice
from cricketgnn.reporting.study.parameters import (
    ImportanceInfo,
    PairInfo,
    ParallelInfo,
    SliceInfo,
    importance,
    pair,
    parallel,
    slices,
)
from cricketgnn.reporting.study.progress import (
    HistoryInfo,
    OverTimeInfo,
    SpreadInfo,
    best_over_time,
    history,
    spread,
)
from cricketgnn.reporting.study.record import StudyRecord, TrialRecord
from cricketgnn.reporting.study.training import (
    CurveInfo,
    FailureInfo,
    SpanInfo,
    curves,
    duplicates,
    failures,
    timeline,
)


@dataclass(frozen=True)
class StudySummary:
    """The numbers of one study; see the functions that compute them."""

    record: StudyRecord
    history: HistoryInfo
    over_time: OverTimeInfo
    spread: SpreadInfo
    importance: ImportanceInfo
    slices: list[SliceInfo]
    pair: PairInfo | None
    parallel: ParallelInfo
    curves: list[CurveInfo]
    timeline: list[SpanInfo]
    failures: list[FailureInfo]
    duplicates: list[tuple[int, int]]
    advice: list[str]

    def to_json(self) -> dict[str, Any]:
        """Give everything as JSON values."""
        record = self.record
        return {
            "study": record.name,
            "phase": record.phase,
            "storage": record.storage,
            "folder": None if record.folder is None else str(record.folder),
            "identity": dict(record.identity),
            "winner": record.winner,
            "confirmation": None if record.confirmation is None else record.confirmation.to_json(),
            "test": None if record.test is None else dict(record.test),
            "accounting": dict(record.accounting),
            "importance": {
                **self.importance._asdict(),
                "intervals": {name: list(ends) for name, ends in self.importance.intervals.items()},
            },
            "history": self.history._asdict(),
            "failures": [failed._asdict() for failed in self.failures],
            "duplicates": [list(both) for both in self.duplicates],
            "advice": self.advice,
            "provenance": dict(record.provenance),
            "trials": [trial_json(trial) for trial in record.trials],
        }


def summarise(record: StudyRecord) -> StudySummary:
    """Compute all numbers of a study that was read."""
    important = importance(record)
    by_importance = sorted(record.space, key=lambda name: -important.shares.get(name, 0.0))
    return StudySummary(
        record=record,
        history=history(record),
        over_time=best_over_time(record),
        spread=spread(record),
        importance=important,
        slices=slices(record),
        pair=pair(record, by_importance),
        parallel=parallel(record),
        curves=curves(record),
        timeline=timeline(record),
        failures=failures(record),
        duplicates=duplicates(record),
        advice=advice(record, important.shares),
    )


def trial_json(trial: TrialRecord) -> dict[str, Any]:
    """Give one trial as JSON values."""
    return {
        "number": trial.number,
        "state": trial.state,
        "value": trial.value,
        "val_log_loss": trial.log_loss,
        "val_log_loss_by_epoch": list(trial.curve),
        "epochs": len(trial.curve),
        "seconds": trial.seconds or None,
        "parameters": dict(trial.parameters),
        "overrides": dict(trial.overrides),
        "began": None if trial.began is None else trial.began.isoformat(timespec="seconds"),
        "ended": None if trial.ended is None else trial.ended.isoformat(timespec="seconds"),
        "failure_kind": trial.failure_kind,
        "failure": trial.failure,
        "same_as": trial.same_as,
        "test_macro_f1": trial.test_macro_f1,
    }
