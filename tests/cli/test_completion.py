"""What the shell offers, asked as a shell asks."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import optuna
import pytest


@pytest.fixture
def studies(tmp_path: Path) -> Path:
    for file, names in {"optuna_studies.db": ("phase1_a", "mine"), "other.db": ("theirs",)}.items():
        storage = optuna.storages.RDBStorage(f"sqlite:///{tmp_path / file}")
        for name in names:
            optuna.create_study(study_name=name, storage=storage)
        storage.engine.dispose()
    return tmp_path


def offered(line: str, folder: Path) -> list[str]:
    """Ask as bash does for the word at the end of a line, which may be empty."""
    environment = {
        **os.environ,
        "_CRICKETGNN_COMPLETE": "complete_bash",
        "COMP_WORDS": f"cricketgnn {line}",
        "COMP_CWORD": str(len(f"cricketgnn {line}".split(" ")) - 1),
    }
    code = "from cricketgnn.cli.main import main; import sys; sys.argv = ['cricketgnn']; main()"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert not done.stderr
    return done.stdout.split()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("tune phase", ["phase1-coarse", "phase2-architecture", "phase3-training", "phase4-loss", "phased"]),
        ("report --format html,m", ["html,md"]),
        ("tune --pruner h", ["hyperband"]),
        ("train --model-class ml", ["mlp"]),
        ("train --device cu", ["cuda"]),
        ("resume ", ["phase1_a", "mine"]),
        ("resume --storage sqlite:///other.db ", ["theirs"]),
        ("resume --storage sqlite:///nothing.db ", []),
        ("report --study m", ["mine"]),
        ("inspect-db --study ph", ["phase1_a"]),
        ("inspect-db delete m", ["mine"]),
        ("inspect-db --table trial_p", ["trial_params"]),
        ("inspect-db other.db --study ", ["theirs"]),
        ("inspect-db show other.db --study ", ["theirs"]),
        ("inspect-db fix other.db --study t", ["theirs"]),
        ("inspect-db import other.db --study ", ["theirs"]),
        ("dash", ["dashboard"]),
    ],
)
def test_what_is_offered(studies: Path, line: str, expected: list[str]) -> None:
    found = offered(line, studies)
    assert found == expected
    assert not (studies / "nothing.db").exists()
