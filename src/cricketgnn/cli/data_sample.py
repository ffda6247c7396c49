"""``cricketgnn data sample``: make a synthetic league of match files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cricketgnn.cli.output import emit

if TYPE_CHECKING:
    from rich.console import Console

    from cricketgnn.synthetic.sample import Sample


def sample(
    out: Annotated[Path, typer.Option("--out", metavar="FILE.zip", help="Where the archive goes.")],
    matches: Annotated[int, typer.Option(min=1, max=200_000, help="How many matches.")] = 2000,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same bytes.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as one JSON document.")] = False,
) -> None:
    """Make a synthetic league in the Cricsheet format, with the true chances of every delivery beside it."""
    from cricketgnn.synthetic.config import GENERATOR_VERSION, LeagueConfig
    from cricketgnn.synthetic.sample import write_sample

    made = write_sample(out, LeagueConfig(matches=matches, seed=seed))
    document = {
        "archive": str(made.archive),
        "truth": str(made.truth),
        "matches": made.matches,
        "deliveries": made.deliveries,
        "seed": seed,
        "generator_version": GENERATOR_VERSION,
    }
    emit(document, as_json, lambda screen: _render(screen, made))


def _render(screen: Console, made: Sample) -> None:
    screen.print(f"{made.matches:,} matches, {made.deliveries:,} deliveries", soft_wrap=True)
    screen.print(f"match files: {made.archive}", soft_wrap=True, markup=False)
    screen.print(f"true chances: {made.truth}", soft_wrap=True, markup=False)
