"""``cricketgnn report`` as it is typed."""

from __future__ import annotations

import json
from pathlib import Path

import optuna
import pytest

from console import Run
from cricketgnn.entries import silent
from cricketgnn.reporting.run.sections import run_sections
from cricketgnn.reporting.run.summary import summarise_run
from cricketgnn.training.scoring import score
from studies import ours


@pytest.fixture
def studies(tmp_path: Path) -> optuna.storages.RDBStorage:
    """The storage that commands look for, an older and a newer study in it."""
    storage = optuna.storages.RDBStorage(f"sqlite:///{tmp_path / 'optuna_studies.db'}")
    for name in ("older", "newer"):
        study = ours(optuna.create_study(study_name=name, storage=storage, direction="maximize"))
        study.optimize(lambda trial: trial.suggest_float("lr", 0, 1), n_trials=6)
    return storage


@pytest.mark.usefixtures("studies")
def test_the_latest_study_as_a_page(console: Run) -> None:
    done = console("report")
    assert done.code == 0, done.err
    assert "study newer, the one that changed last\nwritten: report/report.html\n" in done.err
    assert "6 completed trials for 1 parameter" not in done.out
    assert "trained again on fresh seeds" in done.out
    assert "Study newer" in Path("report/report.html").read_text(encoding="utf-8")


@pytest.mark.usefixtures("studies")
def test_a_study_by_name_in_every_format(console: Run) -> None:
    done = console("report", "--study", "older", "--out", "there", "--format", "html,md,json,csv", "--json")
    assert done.code == 0, done.err
    told = json.loads(done.out)
    assert told["study"] == "older"
    assert told["files"] == [f"there/report.{ending}" for ending in ("html", "md", "json", "csv")]
    assert json.loads(Path("there/report.json").read_text())["trials"] == told["trials"]


@pytest.mark.usefixtures("studies")
@pytest.mark.parametrize(
    ("typed", "code", "said"),
    [
        (("oldre",), 3, "unknown study or run 'oldre' in sqlite:///optuna_studies.db and checkpoints; did"),
        (("--study", "oldre"), 3, "unknown study 'oldre' in this storage; did you mean 'older'?"),
        (("--format", "html,pdf"), 3, "unknown format 'pdf'; known: csv, html, json, md"),
        (("--format", ","), 2, "--format names nothing"),
        (("--storage", "sqlite:///other.db"), 5, "no such storage of studies"),
        (("older", "--storage", "sqlite:///other.db"), 5, "no such storage of studies"),
        (("older", "--split", "val"), 2, "which are of a run, for a study"),
    ],
)
def test_what_is_typed_wrong(console: Run, typed: tuple[str, ...], code: int, said: str) -> None:
    done = console("report", *typed)
    assert (done.code, done.out) == (code, "")
    assert said in done.err
    assert not Path("report").exists()


def test_a_study_that_wants_something_else(console: Run, studies: optuna.storages.RDBStorage) -> None:
    optuna.create_study(study_name="theirs", storage=studies, direction="minimize")
    optuna.create_study(study_name="another's", storage=studies, direction="maximize")
    done = console("report", "--study", "theirs")
    assert (done.code, "wants to minimize" in done.err) == (5, True)
    done = console("report", "--study", "another's")
    assert (done.code, "was made by another program or version" in done.err) == (5, True)


def test_no_study_at_all(console: Run, tmp_path: Path) -> None:
    optuna.storages.RDBStorage(f"sqlite:///{tmp_path / 'optuna_studies.db'}")
    done = console("report")
    assert (done.code, "holds no study yet; begin one with: cricketgnn tune" in done.err) == (5, True)


def test_a_run_as_a_page(console: Run, trained: Path) -> None:
    done = console("report", trained, "--out", "there", "--format", "html,md,json,csv", "--json")
    assert done.code == 0, done.err
    told = json.loads(done.out)
    tested = json.loads(console("test", trained, "--json").out)
    assert told["log_loss"] == tested["log_loss"]
    assert told["class_prior"]["log_loss"]["value"] == pytest.approx(tested["log_loss_prior"]["value"])
    assert told["class_prior"]["skill"]["value"] == pytest.approx(0)
    assert told["class_prior"]["kind_skill"]["value"] == pytest.approx(0)
    assert {one["name"] for one in told["slices"]} >= {"men", "powerplay", "chase"}
    worst = told["surprises"]
    ratios = [one["probability"] / one["prior"] for one in worst]
    assert ratios == sorted(ratios)
    assert ratios[0] < 1
    assert len(told["history"]) == told["history"][-1]["epoch"]
    page = Path("there/report.html").read_text(encoding="utf-8")
    assert page.count('class="figure"') == 4
    assert "| log loss |" in Path("there/report.md").read_text()


def test_every_figure_of_a_run_says_in_words_what_it_shows_and_has_its_numbers(trained: Path) -> None:
    scored = score(trained, (), "test", log=silent, resamples=20)
    drawn = [part for part in run_sections(summarise_run(scored)) if part.figure is not None]
    assert {part.heading for part in drawn} >= {"Reliability by outcome", "Confusion", "Learning curve"}
    for part in drawn:
        assert part.words, part.heading
        assert part.rows, part.heading


def test_a_run_and_a_study_at_once(console: Run, trained: Path) -> None:
    done = console("report", trained, "--study", "s")
    assert (done.code, "a report is of one of them" in done.err) == (2, True)


def test_a_run_that_is_not_there(console: Run) -> None:
    done = console("report", "checkpoints/nowhere")
    assert (done.code, "unknown study or run 'checkpoints/nowhere'" in done.err) == (3, True)


@pytest.mark.usefixtures("studies")
def test_a_study_as_the_argument(console: Run) -> None:
    assert json.loads(console("report", "older", "--json").out)["study"] == "older"
    both = json.loads(console("report", "older", "--study", "newer", "--json").out)
    assert both["studies"] == ["older", "newer"]


@pytest.mark.usefixtures("studies")
def test_studies_side_by_side(console: Run) -> None:
    done = console("report", "--study", "older", "--study", "newer", "--format", "html,md,csv", "--json")
    assert done.code == 0, done.err
    told = json.loads(done.out)
    assert told["studies"] == ["older", "newer"]
    assert set(told["differing"]) == {"lr"}
    assert told["pairs"] == []
    why = "older: its winner was not trained again on fresh seeds"
    assert why in done.err
    assert why in told["remarks"]
    text = Path("report/report.md").read_text()
    assert f"* {why}" in text
    assert "| older |" in text
    assert "## Settings in which the winners differ" in text
    assert len(Path("report/report.csv").read_text().splitlines()) == 1 + 2 * 6
