"""``cricketgnn resume``: go on with what was interrupted."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cricketgnn.cli import options
from cricketgnn.cli.output import console, emit, leave_interrupted, remark


def resume(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of an interrupted training.")],
    data: options.DataOption = None,
    as_json: options.JsonOption = False,
) -> None:
    """Continue an interrupted training to the result it would have had.

    Example: cricketgnn resume checkpoints/train_20260101-120000
    """
    from cricketgnn.reporting.training import describe_run, run_document, watching
    from cricketgnn.training.run import planned_epochs, resume_run

    with watching(console(), planned_epochs(run)) as observer:
        result = resume_run(run, data or (), observer, remark)
    emit(run_document(result), as_json, lambda screen: describe_run(screen, result))
    if result.interrupted:
        leave_interrupted(f"stopped after epoch {len(result.history)}; go on with: cricketgnn resume {run}")
