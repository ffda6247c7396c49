"""``cricketgnn data sample`` as a user meets it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from cricketgnn.cli.data_sample import sample
from cricketgnn.cricsheet import find_sources
from cricketgnn.errors import UsageError
from cricketgnn.synthetic.config import GENERATOR_VERSION
from cricketgnn.synthetic.sample import load_truth


@pytest.fixture
def app() -> typer.Typer:
    commands = typer.Typer()
    commands.command()(sample)
    return commands


def test_json_is_one_document_that_names_what_was_made(app: typer.Typer, tmp_path: Path) -> None:
    out = tmp_path / "league.zip"
    result = CliRunner().invoke(app, ["--matches", "5", "--seed", "3", "--out", str(out), "--json"])
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    truth = load_truth(out)
    assert document == {
        "archive": str(out),
        "truth": str(tmp_path / "league.truth.parquet"),
        "matches": 5,
        "deliveries": truth.height,
        "seed": 3,
        "generator_version": GENERATOR_VERSION,
    }
    (source,) = find_sources([out])
    assert len(source.members) == 5


def test_people_are_told_where_the_files_lie(app: typer.Typer, tmp_path: Path) -> None:
    out = tmp_path / "league.zip"
    result = CliRunner().invoke(app, ["--matches", "2", "--out", str(out)])
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("2 matches, ")
    assert f"match files: {out}\n" in result.stdout


def test_a_name_without_zip_is_a_usage_error(app: typer.Typer, tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["--matches", "2", "--out", str(tmp_path / "league")])
    assert isinstance(result.exception, UsageError)
    assert list(tmp_path.iterdir()) == []


def test_no_matches_is_a_usage_error(app: typer.Typer, tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["--matches", "0", "--out", str(tmp_path / "league.zip")])
    assert result.exit_code == 2
