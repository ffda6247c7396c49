"""Scores on the matches that a model was chosen on say so."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from console import Run

CHOSEN = "the epoch and decision rule of this model were chosen on "


@pytest.fixture
def other(console: Run, tmp_path: Path) -> Path:
    """Matches of the same seasons that the model has never met."""
    path = tmp_path / "other.zip"
    assert console("data", "sample", "--matches", 20, "--seed", 9, "--out", path).code == 0
    return path


def test_validation_scores_of_the_runs_own_matches_flatter(
    console: Run, trained: Path, league: Path, tmp_path: Path
) -> None:
    moved = shutil.copyfile(league, tmp_path / "moved.zip")
    for data in ((), ("--data", moved)):
        done = console("test", trained, "--split", "val", "--resamples", 0, *data)
        assert f"{CHOSEN}these very matches: the scores flatter it, those of --split test" in done.out


def test_validation_scores_of_other_matches_flatter_as_far_as_they_are_the_same(
    console: Run, trained: Path, other: Path
) -> None:
    done = console("test", trained, "--split", "val", "--resamples", 0, "--data", other)
    assert f"{CHOSEN}its run's matches of these dates: as far as these are the same, the scores" in done.out


def test_test_scores_do_not(console: Run, trained: Path, other: Path) -> None:
    for data in ((), ("--data", other)):
        done = console("test", trained, "--resamples", 0, *data)
        assert done.code == 0
        assert CHOSEN not in done.out
