"""``cricketgnn train --seeds N``, and what a search says to it."""

from __future__ import annotations

import json
from pathlib import Path

from console import Run
from small_league import tiny_toml


def test_an_ensemble_is_trained_tested_and_told_apart(
    console: Run, league: Path, settings: Path, tmp_path: Path
) -> None:
    done = console("train", "--data", league, "--config", settings, "--seeds", 2, "--out", "run")
    assert done.code == 0, done.err
    assert "network 1/2  epoch 2/2" in done.err
    assert "network 2/2  epoch 1/2" in done.err
    assert "2 networks, averaged, on validation" in done.out
    document = json.loads(console("test", "run", "--resamples", 0, "--json").out)
    assert document["skill"]["value"] > 0
    assert console("resume", "run").code == 0
    listed = json.loads(console("resume", "--list", "--json").out)
    assert listed["unfinished"] == []


def test_a_search_refuses_ensembles_and_says_how_to_get_one(
    console: Run, league: Path, tmp_path: Path
) -> None:
    config = tiny_toml(tmp_path, seeds=3)
    done = console("tune", "phase3-training", "--data", league, "--config", config, "--n-trials", 1)
    assert done.code == 3
    assert f"got seeds 3 ({config}), expected 1 in a search" in done.err
    assert "cricketgnn train --best-params latest --seeds" in done.err
