"""A search whose processes are killed at random ends as an undisturbed one does."""

from __future__ import annotations

from pathlib import Path

from faults import comparable, disturb, prepare, results, torn_files, undisturbed
from small_league import make_league

TRIALS, KILLS = 5, 6


def test_kills_lose_no_trial_and_change_no_number(tmp_path: Path) -> None:
    league = make_league(tmp_path)
    calm, wild = prepare(tmp_path / "calm"), prepare(tmp_path / "wild")
    undisturbed(calm, league, TRIALS)
    done = disturb(wild, league, TRIALS, KILLS, seed=1, longest=5.0)
    assert done.kills.total() >= 1
    trials = comparable(results(wild))
    assert [trial["state"] for trial in trials] == ["complete"] * TRIALS
    assert trials == comparable(results(calm))
    assert torn_files(wild) == []
