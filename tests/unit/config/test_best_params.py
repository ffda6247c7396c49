"""Which best_params.json a user means."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cricketgnn.config.best_params import find_best_params
from cricketgnn.errors import ConfigError

FIRST = Path("checkpoints/optuna/phase1_coarse_1/best_params.json")
SECOND = Path("checkpoints/optuna/phase1_coarse_2/best_params.json")


@pytest.fixture(autouse=True)
def studies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two studies of which the first was written later."""
    monkeypatch.chdir(tmp_path)
    for path, written in ((FIRST, 2000), (SECOND, 1000)):
        path.parent.mkdir(parents=True)
        path.write_text("{}")
        os.utime(path, (written, written))


def find(*named: str) -> tuple[Path | None, list[str]]:
    said: list[str] = []
    return find_best_params(named, said.append), said


def test_nothing_named_is_nothing() -> None:
    assert find() == (None, [])


def test_a_file_is_taken_without_a_word() -> None:
    assert find(str(SECOND)) == (SECOND, [])


@pytest.mark.parametrize(
    "named",
    [
        ["checkpoints/optuna/*/best_params.json"],
        ["checkpoints/optuna/phase1_coarse_*/best_params.json"],
        [str(FIRST), str(SECOND)],  # what a shell makes of either
        ["latest"],
    ],
)
def test_of_several_the_newest_is_taken_and_told(named: list[str]) -> None:
    assert find(*named) == (FIRST, [f"best parameters: {FIRST}, the newest of 2"])


@pytest.mark.parametrize("named", ["study:phase1_coarse_2", str(SECOND.parent)])
def test_a_study_or_its_folder_is_enough(named: str) -> None:
    assert find(named) == (SECOND, [f"best parameters: {SECOND}"])


@pytest.mark.parametrize(
    ("named", "hint"),
    [
        ("study:phase1_corse_2", "did you mean 'study:phase1_coarse_2'?"),
        ("checkpoints/optuna/phase9_*/best_params.json", "studies with one: phase1_coarse_"),
        ("checkpoints/optuna/phase1_coarse_1/best_param.json", "did you mean"),
    ],
)
def test_what_is_not_there_is_told_with_what_is(named: str, hint: str) -> None:
    with pytest.raises(ConfigError) as refused:
        find(named)
    assert str(refused.value).startswith(f"--best-params {named}: no such best_params.json; ")
    assert hint in str(refused.value)


def test_without_any_study_latest_says_so() -> None:
    for path in (FIRST, SECOND):
        path.unlink()
    with pytest.raises(ConfigError, match="studies with one: none"):
        find("latest")
