"""``--help`` answers at once, everywhere, and a slip of the keyboard is met with the nearest word."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
import typer
from typer.testing import CliRunner

from cricketgnn.cli.main import app

HEAVY = {
    "httpx",
    "msgspec",
    "numpy",
    "optuna",
    "pandas",
    "plotly",
    "polars",
    "scipy",
    "sklearn",
    "torch",
    "torch_geometric",
    "wandb",
}


def command_paths() -> list[tuple[str, ...]]:
    """Every command and group that is registered, as the words that call it."""
    found: list[tuple[str, ...]] = []
    waiting: list[tuple[tuple[str, ...], object]] = [((), typer.main.get_command(app))]
    while waiting:
        words, command = waiting.pop()
        found.append(words)
        inner = getattr(command, "commands", {})
        waiting.extend(((*words, name), inner[name]) for name in inner)
    return sorted(found)


def run(*words: str) -> subprocess.CompletedProcess[str]:
    code = "from cricketgnn.cli.main import main; main()"
    return subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=False)


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import json, sys\n"
        "from cricketgnn.cli.main import main\n"
        "try:\n"
        "    main()\n"
        "except SystemExit as end:\n"
        "    loaded = sorted({name.partition('.')[0] for name in sys.modules})\n"
        "    print(json.dumps([end.code, loaded]))\n"
    )
    done = subprocess.run([sys.executable, "-c", code, "--help"], capture_output=True, text=True, check=True)
    status, loaded = json.loads(done.stdout.splitlines()[-1])
    assert status == 0
    assert "typer" in loaded
    assert not HEAVY & set(loaded)


@pytest.mark.parametrize("words", command_paths(), ids=lambda words: " ".join(words) or "cricketgnn")
def test_every_command_explains_itself(words: tuple[str, ...]) -> None:
    answer = CliRunner().invoke(app, [*words, "--help"])
    assert answer.exit_code == 0, answer.output
    assert "Usage:" in answer.output


def test_an_unknown_command_is_met_with_the_nearest() -> None:
    done = run("dta")
    assert done.returncode == 2
    assert done.stdout == ""
    assert "'dta'" in done.stderr
    assert "'data'" in done.stderr


def test_an_unknown_option_is_met_with_the_nearest() -> None:
    done = run("--versin")
    assert done.returncode == 2
    assert done.stdout == ""
    assert "--versin" in done.stderr
    assert "--version" in done.stderr.replace("--versin ", "")


def test_a_usage_error_is_one_json_document_where_asked_for() -> None:
    done = run("dta", "--json")
    assert done.returncode == 2
    assert json.loads(done.stdout)["error"]["code"] == 2


def test_help_says_what_is_taken_where_nothing_is_typed() -> None:
    shown = " ".join(CliRunner().invoke(app, ["tune", "--help"], env={"COLUMNS": "200"}).output.split())
    assert "Most epochs a trial (default: 30)." in shown
    assert "Trials at once (default: what the machine carries)." in shown
