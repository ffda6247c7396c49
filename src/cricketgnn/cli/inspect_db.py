"""``cricketgnn inspect-db``: look into the place where studies live, check it, copy it, mend it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from cricketgnn.cli import completion, options
from cricketgnn.cli.output import emit, leave_unfinished, remark
from cricketgnn.errors import ArtifactError, UnknownNameError, UsageError, closest
from cricketgnn.places import STORAGE
from cricketgnn.words import counted


class _ShowsByDefault(TyperGroup):
    """Takes what is no command of its own for the storage to show; the command may stand behind a storage."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in ("-h", "--help"):
            behind = 2 if args[0] == "--storage" else 1
            if args[behind : behind + 1] and args[behind] in self.commands:
                args = [args[behind], *args[:behind], *args[behind + 1 :]]
            else:
                self._refuse_mistyped(args[0])
                args = ["show", *args]
        return super().parse_args(ctx, args or ["show"])

    def _refuse_mistyped(self, word: str) -> None:
        """Refuse what looks like a command and is neither one nor a storage.

        Raises:
            UnknownNameError: carries the closest command.
        """
        storage = not word.isalpha() or Path(word).exists()
        if not storage and closest(word, self.commands) is not None:
            raise UnknownNameError("command", word, self.commands)


app = typer.Typer(
    cls=_ShowsByDefault,
    help="Look into the storage of studies, check it, copy it, mend it. Without a command: show.",
)

StudiesOption = Annotated[
    list[str] | None,
    typer.Option(
        "--study", metavar="NAME", help="This study alone; repeatable.", autocompletion=completion.studies
    ),
]
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


@app.command()
def show(
    where: options.PlaceArgument = None,
    storage: options.PlaceOption = None,
    study: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Show the trials of this study.", autocompletion=completion.studies
        ),
    ] = None,
    trial: Annotated[
        int | None,
        typer.Option(
            min=0, metavar="N", help="Show everything about this trial of --study, else of the latest."
        ),
    ] = None,
    table: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Show rows of this table of Optuna's: trials, ...",
            autocompletion=completion.members("cricketgnn.storages.looking", "TABLES"),
        ),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, metavar="N", help="Most lines of --study or --table.")] = 20,
    as_json: options.JsonOption = False,
) -> None:
    """Show the studies, the trials of one, or one trial.

    Example: cricketgnn inspect-db --study phase1_coarse_20260101-120000
    """
    from cricketgnn.reporting import storages as draw
    from cricketgnn.storages import looking
    from cricketgnn.storages.reading import open_to_read, place_of, reading
    from cricketgnn.tuning.study import is_ours

    if table is not None and (study is not None or trial is not None):
        raise UsageError("got --table beside --study or --trial; tables hold all studies: leave one out")
    place = place_of(options.place(where, storage))
    opened = open_to_read(place)
    with reading(place):
        if table is not None:
            rows = looking.table_rows(opened, table, limit)
            emit({"table": table, "rows": rows}, as_json, lambda screen: draw.describe_table(screen, rows))
        elif study is None and trial is None:
            studies = looking.study_rows(opened)
            document = {"storage": place.shown, "studies": [row.to_json() for row in studies]}
            emit(document, as_json, lambda screen: draw.describe_studies(screen, studies))
        else:
            chosen = looking.chosen_study(opened, study, remark)
            if trial is not None:
                whole = looking.whole_trial(looking.trial_numbered(chosen, trial), is_ours(chosen))
                emit(whole, as_json, lambda screen: draw.describe_document(screen, whole))
            else:
                trials = looking.trial_rows(chosen)
                document = {"study": chosen.study_name, "trials": trials}
                emit(document, as_json, lambda screen: draw.describe_trials(screen, trials, limit))


@app.command()
def verify(
    where: options.PlaceArgument = None,
    storage: options.PlaceOption = None,
    as_json: options.JsonOption = False,
) -> None:
    """Check the file, the tables, the trials and the folders they left; changes nothing.

    Example: cricketgnn inspect-db verify
    """
    from cricketgnn.reporting.storages import describe_findings
    from cricketgnn.storages.reading import place_of
    from cricketgnn.storages.verifying import Gravity, findings

    place = place_of(options.place(where, storage))
    found = findings(place)
    document = {"storage": place.shown, "findings": [finding._asdict() for finding in found]}
    emit(document, as_json, lambda screen: describe_findings(screen, found))
    if any(finding.gravity is Gravity.WRONG for finding in found):
        leave_unfinished(f"{place.shown} is not as it should be", ArtifactError.exit_code)


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to: an SQLite database.")],
    storage: options.StorageOption = STORAGE,
) -> None:
    """Copy the storage whole, also while a search writes to it.

    Example: cricketgnn inspect-db backup studies.backup.db
    """
    from cricketgnn.storages.copying import back_up
    from cricketgnn.storages.reading import place_of

    copied = back_up(place_of(storage), file)
    remark(f"written: {file} ({copied} {'study' if copied == 1 else 'studies'})")


@app.command()
def export(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to: .json, .csv or .parquet.")],
    storage: options.StorageOption = STORAGE,
    study: StudiesOption = None,
) -> None:
    """Write studies as JSON (everything), or their trials as a table.

    Example: cricketgnn inspect-db export trials.csv
    """
    from cricketgnn.storages.copying import export as export_to
    from cricketgnn.storages.reading import place_of

    written = export_to(place_of(storage), file, study)
    remark(f"written: {file} ({counted(written, 'trial')})")


@app.command("import")
def take_in(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="Storage to copy studies from: a backup.")],
    storage: options.StorageOption = STORAGE,
    study: StudiesOption = None,
    name_as: Annotated[
        str | None, typer.Option("--as", metavar="NAME", help="What the one study is called here.")
    ] = None,
) -> None:
    """Copy studies of another storage into this one.

    Example: cricketgnn inspect-db import studies.backup.db --study phase1_coarse_20260101-120000
    """
    from cricketgnn.storages.copying import take_in as take
    from cricketgnn.storages.reading import place_of

    take(place_of(source), storage, study, name_as, remark)


@app.command()
def fix(
    where: options.PlaceArgument = None,
    storage: options.PlaceOption = None,
    study: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="This study alone, also where nobody can tell who works on it.",
            autocompletion=completion.studies,
        ),
    ] = None,
    yes: YesOption = False,
) -> None:
    """Let trials wait that are said to run where nobody works: resume goes on with them.

    Example: cricketgnn inspect-db fix --yes
    """
    from cricketgnn.storages.mending import let_go, lost_trials, open_to_change
    from cricketgnn.storages.reading import place_of
    from cricketgnn.storages.verifying import named
    from cricketgnn.tuning.database import storage_option

    place = place_of(options.place(where, storage))
    opened = open_to_change(place)
    found = lost_trials(opened, study)
    if not found:
        remark("no lost trial")
    for lost in found:
        doubt = f" (whether anybody runs it cannot be told: {lost.unknown})" if lost.unknown else ""
        end = "wait" if lost.ours else "fail, since it is another program's"
        if _agreed(f"study '{lost.study}': let {named(lost.trials)} {end}?{doubt}", yes):
            done = let_go(opened, lost)
            going_on = f"cricketgnn resume {lost.study}{storage_option(place.url)}"
            after = f"put back; go on with: {going_on}" if lost.ours else "failed"
            remark(f"study '{lost.study}': {counted(len(done), 'trial')} {after}")


@app.command()
def delete(
    study: Annotated[
        str, typer.Argument(metavar="STUDY", help="Name of the study.", autocompletion=completion.studies)
    ],
    storage: options.StorageOption = STORAGE,
    yes: YesOption = False,
) -> None:
    """Remove a study from the storage, and put its folder into the trash beside it.

    Example: cricketgnn inspect-db delete phase1_coarse_20260101-120000
    """
    from cricketgnn.storages.looking import study_row
    from cricketgnn.storages.mending import open_to_change, remove_study
    from cricketgnn.storages.reading import place_of, reading
    from cricketgnn.tuning.study import load_study

    place = place_of(storage)
    opened = open_to_change(place)
    with reading(place):
        row = study_row(load_study(opened, study))
    if _agreed(f"remove study '{study}' with its {sum(row.trials.values())} trials?", yes):
        trash = remove_study(opened, study, remark)
        remark(f"study '{study}' is removed" + (f"; its folder is in {trash}" if trash else ""))


def _agreed(question: str, yes: bool) -> bool:
    """Ask before something is changed.

    Raises:
        UsageError: there is nobody to ask.
    """
    if yes:
        return True
    if not sys.stdin.isatty():
        raise UsageError(f"{question} nobody is there to ask: add --yes")
    agreed = typer.confirm(question, err=True)
    if not agreed:
        remark("left as it is")
    return agreed
