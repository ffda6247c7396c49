"""``cricketgnn report``: one page that tells what a search, or a training, brought."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from cricketgnn.cli import options
from cricketgnn.cli.completion import members, studies
from cricketgnn.cli.output import emit, remark
from cricketgnn.errors import UsageError
from cricketgnn.places import STORAGE

_ELSE = Path("report")
"""Where a report goes that has no folder of its own."""

if TYPE_CHECKING:
    from cricketgnn.reporting.pages.files import Format


def report(
    target: Annotated[
        str | None,
        typer.Argument(
            metavar="STUDY|RUN",
            help="Name of a study, or folder or checkpoint of a run (default: the study that changed last).",
            autocompletion=studies,
        ),
    ] = None,
    study: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="A study by name, too; of several, how they compare.",
            autocompletion=studies,
        ),
    ] = None,
    storage: options.StorageOption = STORAGE,
    split: Annotated[
        Literal["test", "val"], typer.Option(help="Of a run: which part of the matches to score.")
    ] = "test",
    data: options.RunDataOption = None,
    people: options.PeopleOption = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Where the files go (default: the folder of study or run, else report/)."
        ),
    ] = None,
    formats: Annotated[
        str,
        typer.Option(
            "--format",
            metavar="NAMES",
            help="Of html, md, json and csv, separated by commas.",
            autocompletion=members("cricketgnn.reporting.pages.files", "Format"),
        ),
    ] = "html",
    show: Annotated[bool, typer.Option("--open", help="Open the first file, in a browser.")] = False,
    as_json: options.JsonOption = False,
) -> None:
    """Write a page about a search or a training: result, figures, what to do next, every number.

    Example: cricketgnn report phase1_coarse_20260101-120000 --format html,md
    """
    from cricketgnn.config.tuning import named
    from cricketgnn.reporting.pages.files import Format

    wanted = [named("format", Format, name.strip()) for name in formats.split(",") if name.strip()]
    if not wanted:
        raise UsageError(f"--format names nothing: got '{formats}', expected some of html, md, json and csv")
    run, names, place = _asked_for(target, study or [], storage)
    if run is None and (split != "test" or data or people):
        raise UsageError("got --split, --data or --people, which are of a run, for a study; leave them out")
    if run is None:
        document, written, words = _of_studies(place, names, out, wanted)
    else:
        document, written, words = _of_run(run, split, data or [], people, out, wanted)
    for path in written:
        remark(f"written: {path}")
    told = {**document, "files": [str(path) for path in written]}
    emit(told, as_json, lambda screen: screen.print(words, soft_wrap=True, markup=False))
    if show:
        typer.launch(str(written[0]))


def _asked_for(target: str | None, names: list[str], storage: str) -> tuple[Path | None, list[str], str]:
    """Tell what a report is of: a run, or studies and where they live.

    Raises:
        UsageError: of both.
        UnknownNameError: there is no such study or run; carries the closest.
    """
    from cricketgnn.tuning.database import url_of
    from cricketgnn.tuning.unfinished import find_target

    if target is None:
        return None, names, storage
    if not Path(target).exists() and _holds(storage, target):
        return None, list(dict.fromkeys([target, *names])), storage
    found = find_target(target, url_of(storage))
    if found.study is not None:
        return None, list(dict.fromkeys([found.study, *names])), found.storage
    if names:
        raise UsageError(f"got the run {target} and --study: a report is of one of them; leave one out")
    return found.run, [], storage


def _holds(storage: str, study: str) -> bool:
    """Tell whether a study is to be looked for in a storage; a lock holds a reader up for seconds only.

    Raises:
        StorageError: a storage that was named is not there, or it cannot be read.
    """
    from cricketgnn.errors import StorageError
    from cricketgnn.storages.reading import StorageKind, open_to_read, place_of, reading

    try:
        place = place_of(storage)
    except StorageError:
        if storage != STORAGE:
            raise
        return False  # who has runs alone has no studies
    opened = open_to_read(place)
    with reading(place):
        names = [one.study_name for one in opened.get_all_studies()]
    return study in names or place.kind is StorageKind.JOURNAL  # which nothing else can be asked for


def _of_studies(
    storage: str, names: list[str], out: Path | None, formats: list[Format]
) -> tuple[dict[str, Any], list[Path], str]:
    from cricketgnn.reporting.study.comparing import compare, verdicts
    from cricketgnn.reporting.study.files import summary_of, write_comparison, write_report
    from cricketgnn.reporting.study.record import read_study, require_ours
    from cricketgnn.reporting.study.sections import headline
    from cricketgnn.storages.looking import chosen_study
    from cricketgnn.storages.reading import open_to_read, place_of, reading

    place = place_of(storage)
    opened = open_to_read(place)
    if len(names) < 2:
        with reading(place):
            study = chosen_study(opened, names[0] if names else None, remark)
            summary = summary_of(study)
        written = write_report(summary, out or summary.record.folder or _ELSE, formats)
        return summary.to_json(), written, "\n".join(headline(summary))
    with reading(place):
        found = [chosen_study(opened, name, remark) for name in dict.fromkeys(names)]
        records = [require_ours(read_study(study)) for study in found]
    compared = compare(records, remark)
    written = write_comparison(compared, out or _ELSE, formats)
    return compared.to_json(), written, "\n".join(verdicts(compared))


def _of_run(
    run: Path,
    split: Literal["test", "val"],
    data: list[str],
    people: str | None,
    out: Path | None,
    formats: list[Format],
) -> tuple[dict[str, Any], list[Path], str]:
    from cricketgnn.reporting.run.files import write_run_report
    from cricketgnn.reporting.run.summary import summarise_run
    from cricketgnn.training.scoring import score

    scored = score(run, data, split, log=remark, people=people)
    summary = summarise_run(scored)
    written = write_run_report(summary, out or scored.checkpoint.parent, formats)
    skill = scored.evaluation["skill"]
    return summary.to_json(), written, f"skill over the class prior: {skill.value:+.2%}"
