"""``cricketgnn benchmark`` as a user meets it."""

from __future__ import annotations

import json
from pathlib import Path

from console import Run, Start


def test_a_ladder_from_its_first_rung_to_its_last(
    console: Run, league: Path, settings: Path, tmp_path: Path
) -> None:
    command = (
        *("benchmark", "--data", league, "--config", settings, "--models", "class-prior,lookup,lightgbm,mlp"),
        *("--seeds", 2, "--n-trials", 1, "--resamples", 20),
    )
    done = console(*command, "--json")
    assert done.code == 0, done.err
    document = json.loads(done.out)
    assert [row["model"] for row in document["ladder"]] == [
        "class-prior",
        "lookup",
        "lightgbm",
        "mlp",
        "mlp x 2",
    ]
    for row in document["ladder"]:
        assert 0 < row["log_loss"]["value"] < 2
        for other in ("lightgbm", "mlp"):
            assert ("log_loss" in row[f"against_{other}"]) == (row["model"] != other)
        assert {one["name"] for one in row["slices"]} >= {"men", "powerplay", "chase"}
    folder = Path(document["folder"])
    assert (folder / "ladder.md").is_file()
    assert "plotly" in (folder / "ladder.html").read_text()
    assert "begins" in done.err

    again = console(*command)
    assert again.code == 0
    assert "begins" not in again.err
    assert "Against lightgbm" in again.out
    assert "Against mlp" in again.out
    assert "mlp x 2" in again.out


def test_the_search_of_boosted_trees_says_a_line_a_trial(
    background: Start, league: Path, settings: Path
) -> None:
    done = background("benchmark", "--data", league, "--config", settings, "--models", "lightgbm",
                 "--n-trials", 2, "--resamples", 0).finish()  # fmt: skip
    assert done.code == 0, done.err
    said = [line.partition(", log loss")[0] for line in done.err.splitlines()]
    begins = said.index("lightgbm: begins")
    assert said[begins + 1 : begins + 3] == ["lightgbm: trial 0", "lightgbm: trial 1"]


def test_a_model_nobody_knows_is_told_before_anything_is_read(console: Run) -> None:
    done = console("benchmark", "--data", "nowhere.zip", "--models", "lookup,hetro-gnn")
    assert done.code == 3
    assert done.err.strip() == "error: unknown model 'hetro-gnn'; did you mean 'hetero-gnn'?"


def test_another_protocol_in_the_same_folder_is_refused(
    console: Run, league: Path, settings: Path, tmp_path: Path
) -> None:
    common = (
        "benchmark",
        "--data",
        league,
        "--config",
        settings,
        "--models",
        "class-prior",
        "--resamples",
        0,
    )
    assert console(*common, "--out", "ladder").code == 0
    refused = console(*common, "--out", "ladder", "--data-fraction", 0.9)
    assert refused.code == 5
    assert "its models answered another question; give another --out" in refused.err


def test_no_model_at_all_is_refused(console: Run) -> None:
    for nothing in ("", " , "):
        done = console("benchmark", "--data", "nowhere.zip", "--models", nothing)
        assert (done.code, "got no model in --models" in done.err) == (3, True)
