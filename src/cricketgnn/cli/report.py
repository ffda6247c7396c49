"""``cricketgnn report``: one page that tells what a search brought."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cricketgnn.cli import options
from cricketgnn.cli.output import emit, remark
from cricketgnn.errors import UsageError


def report(
    study: Annotated[
        str | None, typer.Option(metavar="NAME", help="The study.  [default: the one that changed last]")
    ] = None,
    storage: options.StorageOption = options.DEFAULT_STORAGE,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where the files go.  [default: the study's folder, or here]"),
    ] = None,
    formats: Annotated[
        str, typer.Option("--format", metavar="NAMES", help="Of html, md, json and csv, separated by commas.")
    ] = "html",
    show: Annotated[bool, typer.Option("--open", help="Open the page in a browser.")] = False,
    as_json: options.JsonOption = False,
) -> None:
    """Write a page about a search: its result, what to do next, every figure, every trial.

    Example: cricketgnn report --study phase1_coarse_20260101-120000 --format html,md
    """
    from cricketgnn.config.tuning import named
    from cricketgnn.reporting.study.files import Format, summary_of, write_report
    from cricketgnn.storages.looking import chosen_study
    from cricketgnn.storages.reading import open_to_read, place_of, reading

    wanted = [named("format", Format, name.strip()) for name in formats.split(",") if name.strip()]
    if not wanted:
        raise UsageError(f"--format names nothing: got '{formats}', expected some of html, md, json and csv")
    place = place_of(storage)
    opened = open_to_read(place)
    with reading(place):
        summary = summary_of(chosen_study(opened, study, remark))
    written = write_report(summary, out or summary.record.folder or Path(), wanted)
    for path in written:
        remark(f"written: {path}")
    document = {**summary.to_json(), "files": [str(path) for path in written]}
    advice = "\n".join(summary.advice)
    emit(document, as_json, lambda screen: screen.print(advice, soft_wrap=True, markup=False))
    if show:
        typer.launch(str(written[0]))
