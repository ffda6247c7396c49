"""The pages in a real browser: everything is drawn, nothing is fetched, no error is logged."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import optuna
import pytest

from cricketgnn.ladder.run import REFERENCE, run_ladder
from cricketgnn.ladder.simple import ClassPrior, LookupTable
from cricketgnn.ladder.task import Task
from cricketgnn.reporting.ladder import PAGE, write_ladder
from cricketgnn.reporting.pages.files import Format
from cricketgnn.reporting.run.files import write_run_report
from cricketgnn.reporting.run.summary import summarise_run
from cricketgnn.reporting.study.files import summary_of, write_report
from cricketgnn.training.observing import Unobserved
from cricketgnn.training.run import train_new
from cricketgnn.training.scoring import score
from small_league import load_league, make_league, tiny
from studies import ours

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = [
    pytest.mark.skipif(BROWSER is None, reason="needs Chromium (Debian: apt-get install chromium)"),
    pytest.mark.slow,
]
_QUIET = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"),
    "--enable-unsafe-swiftshader",  # parallel coordinates are drawn with WebGL
    *("--enable-logging=stderr", "--proxy-server=127.0.0.1:9", "--virtual-time-budget=20000"),
)
"""A proxy that is not there: whatever the page wanted to fetch would be missing."""
_THEMES = {"light": (), "dark": ("--blink-settings=preferredColorScheme=0",)}


def _of_a_study(folder: Path) -> Path:
    study = optuna.create_study(
        study_name="</script><b>odd name", direction="maximize", sampler=optuna.samplers.RandomSampler(seed=0)
    )
    for number in range(12):
        trial = study.ask()
        value = (
            0.2
            + trial.suggest_float("lr", 1e-4, 1e-2, log=True)
            + trial.suggest_int("num_layers", 2, 5) / 100
        )
        trial.suggest_categorical("hidden_dim", [64, 128])
        for epoch in range(5):
            trial.report(-1.5 + epoch / 100 + value / 10, epoch)
        study.tell(trial, None if number % 5 == 4 else value, state=_end(number))
    (written,) = write_report(summary_of(ours(study)), folder, [Format.HTML])
    return written


def _end(number: int) -> optuna.trial.TrialState:
    return optuna.trial.TrialState.PRUNED if number % 5 == 4 else optuna.trial.TrialState.COMPLETE


def _of_a_run(folder: Path) -> Path:
    resolved = tiny(data=(str(make_league(folder)),))
    run = train_new(resolved, folder / "run", Unobserved(), lambda line: None).folder
    (written,) = write_run_report(
        summarise_run(score(run, (), "test", log=lambda line: None, resamples=20)), folder, [Format.HTML]
    )
    return written


def _of_a_ladder(folder: Path) -> Path:
    task = Task.of(tiny().config, load_league(make_league(folder)))
    reference = LookupTable()
    reference.name = REFERENCE
    ladder = run_ladder(task, [ClassPrior(), reference], folder / "ladder", lambda line: None, resamples=20)
    write_ladder(ladder, lambda line: None)
    return ladder.folder / PAGE


_FIGURES: Mapping[Callable[[Path], Path], int] = {_of_a_study: 9, _of_a_run: 4, _of_a_ladder: 3}
"""How many figures each page has."""


@pytest.fixture(scope="module", params=_FIGURES, ids=lambda made: made.__name__[1:])
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    """A page and how many figures it has."""
    return request.param(tmp_path_factory.mktemp("page")), _FIGURES[request.param]


@pytest.mark.parametrize("theme", _THEMES)
def test_every_figure_is_drawn_without_a_network(made: tuple[Path, int], tmp_path: Path, theme: str) -> None:
    assert BROWSER is not None
    page, figures_there = made
    own = (f"--user-data-dir={tmp_path / 'profile'}", "--window-size=1100,900")
    command = [BROWSER, *_QUIET, *_THEMES[theme], *own, "--dump-dom", page.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    said = [
        line for line in done.stderr.splitlines() if "CONSOLE" in line and "GL Driver Message" not in line
    ]
    assert said == []
    figures = re.findall(r'<div class="figure[^"]*" id="(figure-\d+)"', done.stdout)
    assert len(figures) == figures_there
    parts = re.split(r'<div class="figure', done.stdout)[1:]
    for name, part in zip(figures, parts, strict=True):
        assert 'class="main-svg"' in part, name


def test_nothing_is_referred_to_elsewhere(made: tuple[Path, int]) -> None:
    content = made[0].read_text(encoding="utf-8")
    outside = content.split("<script>")[0] + content.rsplit("</script>", 1)[1]
    assert not re.search(r"(src|href)=[\"']?(https?:)?//", outside)
    assert content.count("<script") == 3
    assert "<b>odd name" not in content
