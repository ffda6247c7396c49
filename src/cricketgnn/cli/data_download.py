"""``cricketgnn data download``: match archives from Cricsheet."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cricketgnn.cli.output import console, emit
from cricketgnn.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from cricketgnn.cricsheet.download import FetchedArchive


def download(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="NAME...", help="Archives, such as t20s_male_json or ipl_json."),
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder to put the archives into.")] = Path("data"),
    base_url: Annotated[
        str | None, typer.Option(help="Fetch from here instead of Cricsheet.", show_default=False)
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Fetch also what is unchanged.")] = False,
    known: Annotated[bool, typer.Option("--list", help="List well-known T20 archives and stop.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as one JSON document.")] = False,
) -> None:
    """Download match archives from Cricsheet, checked, and only when they have changed."""
    from cricketgnn.cricsheet.catalogue import ATTRIBUTION, BASE_URL

    if known:
        _list_known(as_json)
        return
    if not names:
        raise UsageError("no archive named; name at least one, or see `cricketgnn data download --list`")
    from cricketgnn.cricsheet.download import download_archives

    with _progress(console()) as on_progress:
        archives = download_archives(
            names, out, base_url=base_url or BASE_URL, force=force, on_progress=on_progress
        )
    document = {"archives": [_as_document(archive) for archive in archives], "attribution": ATTRIBUTION}
    emit(document, as_json, lambda screen: _render(screen, archives))
    console().print(ATTRIBUTION, soft_wrap=True)


def _list_known(as_json: bool) -> None:
    from cricketgnn.cricsheet.catalogue import ATTRIBUTION, KNOWN_ARCHIVES

    archives = [{"name": name, "description": words} for name, words in KNOWN_ARCHIVES.items()]
    width = max(map(len, KNOWN_ARCHIVES))
    lines = "\n".join(f"{name:{width}}  {words}" for name, words in KNOWN_ARCHIVES.items())
    document = {"archives": archives, "attribution": ATTRIBUTION}
    emit(document, as_json, lambda screen: screen.print(lines, soft_wrap=True))


def _as_document(archive: FetchedArchive) -> dict[str, str | int]:
    return {
        "name": archive.name,
        "path": str(archive.path),
        "status": archive.status,
        "bytes": archive.bytes,
        "matches": archive.matches,
    }


def _render(screen: Console, archives: list[FetchedArchive]) -> None:
    for archive in archives:
        line = f"{archive.status}: {archive.path} ({archive.matches:,} matches, {archive.bytes:,} bytes)"
        screen.print(line, soft_wrap=True, markup=False)


@contextmanager
def _progress(screen: Console) -> Iterator[Callable[[str, int, int | None], None]]:
    """Give a listener that draws a bar for each archive, or on anything but a terminal draws nothing."""
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as bars:
        tasks = {}

        def listen(name: str, received: int, total: int | None) -> None:
            if name not in tasks:
                tasks[name] = bars.add_task(name)
            bars.update(tasks[name], completed=received, total=total)

        yield listen
