"""``cricketgnn data``: download, check, describe and make match files."""

from __future__ import annotations

import typer

from cricketgnn.cli.data_download import download
from cricketgnn.cli.data_info import info
from cricketgnn.cli.data_sample import sample
from cricketgnn.cli.data_validate import validate

app = typer.Typer(help="Download, check, describe and make match files.", no_args_is_help=True)
app.command()(download)
app.command()(validate)
app.command()(info)
app.command()(sample)
