"""``--people``: styles are known in training, scoring and forecasting, wherever their file lies now."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from console import Run
from cricketgnn.training.checkpoint import load_checkpoint

BATTING = ("Right hand Bat", "Left hand Bat")
BOWLING = ("Right arm Fast", "Legbreak", "", "Slow Left arm Orthodox")


@pytest.fixture(scope="module")
def people(league: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of styles of everybody in the league."""
    ids: set[str] = set()
    with zipfile.ZipFile(league) as archive:
        for name in archive.namelist():
            ids |= set(json.loads(archive.read(name))["info"]["registry"]["people"].values())
    rows = [
        f"{person},{BATTING[number % 2]},{BOWLING[number % 4]}" for number, person in enumerate(sorted(ids))
    ]
    path = tmp_path_factory.mktemp("people") / "people.csv"
    path.write_text("\n".join(["cricsheet_id,batting_style,bowling_style", *rows]), encoding="utf-8")
    return path


def log_loss(console: Run, *arguments: object) -> float:
    done = console("test", *arguments, "--json", "--resamples", 0)
    assert done.code == 0, done.err
    return float(json.loads(done.out)["log_loss"]["value"])


def test_styles_go_with_a_run(
    console: Run, league: Path, trained: Path, settings: Path, people: Path, tmp_path: Path
) -> None:
    here = tmp_path / "here.csv"
    here.write_bytes(people.read_bytes())
    common = ("train", "--data", league, "--config", settings, "--epochs", 1)
    done = console(*common, "--people", here, "--out", "run")
    assert done.code == 0, done.err
    with_styles = load_checkpoint(tmp_path / "run" / "best_model.pt")
    assert with_styles.config.data.people == str(here)
    without = load_checkpoint(trained / "best_model.pt")
    assert with_styles.split["data_fingerprint"] != without.split["data_fingerprint"]
    before = log_loss(console, "run")

    there = here.rename(tmp_path / "there.csv")
    gone = console("test", "run")
    assert gone.code == 4
    assert "here.csv: no such file" in gone.err
    assert "name it with --people" in gone.err
    typo = console("test", "run", "--people", "teher.csv")
    assert (typo.code, "did you mean 'there.csv'?" in typo.err) == (4, True), typo.err
    assert "trained from it" not in typo.err
    elsewhere = console("test", "run", "--people", there, "--data", "nowhere.zip")
    assert "trained from it" not in elsewhere.err
    never_knew = console("test", trained, "--people", there)
    assert (never_knew.code, "trained without" in never_knew.err) == (3, True), never_knew.err
    assert log_loss(console, "run", "--people", there) == before
    nobody = tmp_path / "nobody.csv"
    nobody.write_text("cricsheet_id,batting_style,bowling_style\nffffffff,LHB,\n", encoding="utf-8")
    assert log_loss(console, "run", "--people", nobody) != before

    with zipfile.ZipFile(league) as archive:
        (tmp_path / "match.json").write_bytes(archive.read(sorted(archive.namelist())[-1]))
    all_so_far = ("predict", "match.json", "--checkpoint", "run", "--all", "--json")
    known = console(*all_so_far, "--people", there)
    unknown = console(*all_so_far, "--people", nobody)
    assert (known.code, unknown.code) == (0, 0), known.err + unknown.err
    assert known.out != unknown.out


def test_a_search_goes_on_where_they_lie_now(
    console: Run, league: Path, people: Path, one_epoch: Path, tmp_path: Path
) -> None:
    here = tmp_path / "here.csv"
    here.write_bytes(people.read_bytes())
    common = ("--data", league, "--config", one_epoch, "--workers", 1, "--confirm", 0, "--json")
    search = ("tune", "phase3-training", *common, "--study-name", "mine", "--n-trials", 1)
    done = console(*search, "--people", "here.csv")
    assert done.code == 0, done.err
    there = here.rename(tmp_path / "there.csv")
    gone = console("resume", "mine", "--n-trials", 2)
    assert (gone.code, "here.csv: no such file" in gone.err) == (4, True), gone.err
    again = console("resume", "mine", "--n-trials", 2, "--people", there, "--json")
    assert again.code == 0, again.err
    without = console(*search)
    assert (without.code, "study 'mine' was made with data" in without.err) == (5, True), without.err


def test_a_wrong_name(console: Run, league: Path, tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("cricsheet_id,batting_style,bowling_style\n", encoding="utf-8")
    done = console("train", "--data", league, "--people", "poeple.csv")
    assert done.code == 4
    assert "did you mean 'people.csv'?" in done.err
