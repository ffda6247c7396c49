"""The files of a report."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import optuna
import polars as pl

from cricketgnn.reporting.pages.files import Format, write_files
from cricketgnn.reporting.study.comparing import Comparison, comparison_sections
from cricketgnn.reporting.study.record import StudyRecord, read_study, require_ours
from cricketgnn.reporting.study.sections import sections
from cricketgnn.reporting.study.summary import StudySummary, summarise, trial_json


def summary_of(study: optuna.Study) -> StudySummary:
    """Compute the numbers of a study out of its storage.

    Raises:
        StorageError: it was made by another program, or by a version that kept other things.
    """
    return summarise(require_ours(read_study(study)))


def write_report(summary: StudySummary, folder: Path, formats: Sequence[Format]) -> list[Path]:
    """Write ``report.html``, ``.md``, ``.json`` and ``.csv``, as far as wanted, each atomically."""
    record = summary.record
    return write_files(
        folder,
        formats,
        f"Study {record.name}",
        _subtitle(record),
        sections(summary),
        summary.to_json(),
        _table(record),
    )


def write_comparison(compared: Comparison, folder: Path, formats: Sequence[Format]) -> list[Path]:
    """Write several studies side by side, in the same formats; the table has the trials of all."""
    records = compared.records
    tables = [_named_table(one) for one in records]
    return write_files(
        folder,
        formats,
        "Studies compared",
        ", ".join(record.name for record in records),
        comparison_sections(compared),
        compared.to_json(),
        pl.concat(tables, how="diagonal_relaxed"),
    )


def _subtitle(record: StudyRecord) -> str:
    times = [time for trial in record.trials for time in (trial.began, trial.ended) if time is not None]
    when = f"{min(times):%Y-%m-%d %H:%M} to {max(times):%Y-%m-%d %H:%M %Z}" if times else "not begun"
    place = "in a journal file" if record.storage is None else f"in {record.storage}"
    return f"{record.phase or 'a study of another program'}, {when}, {place}"


def _named_table(record: StudyRecord) -> pl.DataFrame:
    table = _table(record)
    return table.insert_column(0, pl.Series("study", [record.name] * table.height, dtype=pl.String))


def _table(record: StudyRecord) -> pl.DataFrame:
    """Lay the trials out, a row a trial and a column a parameter."""
    rows: list[dict[str, Any]] = []
    for trial in record.trials:
        plain = trial_json(trial)
        parameters, overrides = plain.pop("parameters"), plain.pop("overrides")
        del plain["val_log_loss_by_epoch"]
        changed = ", ".join(f"{name}={value}" for name, value in overrides.items())
        rows.append(
            {
                **plain,
                "overrides": changed,
                **{f"param_{name}": parameters.get(name) for name in record.space},
            }
        )
    return pl.DataFrame(rows, infer_schema_length=None)
