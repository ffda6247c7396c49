"""The files of a study, written by one coordinator at a time."""

from __future__ import annotations

import json
from pathlib import Path

import optuna
import pytest

from cricketgnn.config import resolve_run_config
from cricketgnn.config.search_space import Phase
from cricketgnn.tuning.folders import RESULTS
from cricketgnn.tuning.results import StudyFiles
from studies import ours

pytestmark = pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")


def test_what_a_killed_coordinator_left_half_written_goes_and_what_others_write_stays(tmp_path: Path) -> None:
    study = ours(optuna.create_study(storage=f"sqlite:///{tmp_path / 'studies.db'}", direction="maximize"))
    torn = [tmp_path / f".{name}.y6u3j6tl.tmp" for name in ("best_model.pt", "best_params.json", RESULTS)]
    being_written = tmp_path / ".winner_test.json.abcdefgh.tmp"
    for path in (*torn, being_written):
        path.write_bytes(b"half")
    StudyFiles(study, Phase.COARSE, resolve_run_config({}), tmp_path).write()
    assert not any(path.exists() for path in torn)
    assert being_written.read_bytes() == b"half"
    assert json.loads((tmp_path / RESULTS).read_text(encoding="utf-8"))["study"] == study.study_name
