"""``cricketgnn test`` as a user meets it: scores, predictions, the truth of a synthetic league."""

from __future__ import annotations

import datetime as dt
import json
import math
import os
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from console import Run
from cricketgnn.synthetic.sample import load_truth, truth_path
from cricketgnn.training.checkpoint import load_checkpoint

OUTCOMES = ("dot", "one", "two", "three", "four", "six", "wicket")
P_OUTCOMES = [f"p_{name}" for name in OUTCOMES]
P_KINDS = ["p_legal", "p_wide", "p_no_ball"]
KEYS = ["match_id", "innings", "over", "ball"]
COLUMNS = ["match_id", "date", "innings", "over", "ball", "label", "kind", *P_OUTCOMES, *P_KINDS]
METRICS = (
    *("log_loss", "log_loss_prior", "skill", "brier", "accuracy", "top2_accuracy"),
    *("macro_f1", "macro_f1_rule", "weighted_f1", "weighted_f1_rule", "calibration_error"),
)


def raw_deliveries(archive: Path) -> Iterator[dict[str, Any]]:
    """Label every delivery of the regular innings straight from the match files, by their own places."""
    with zipfile.ZipFile(archive) as matches:
        for name in matches.namelist():
            document = json.loads(matches.read(name))
            for number, innings in enumerate(document["innings"]):
                if innings.get("super_over"):
                    continue
                for over in innings.get("overs", []):
                    for ball, delivery in enumerate(over["deliveries"]):
                        yield {
                            "match_id": name.removesuffix(".json"),
                            "date": dt.date.fromisoformat(document["info"]["dates"][0]),
                            "innings": number,
                            "over": over["over"],
                            "ball": ball,
                            "label": raw_label(delivery),
                            "kind": raw_kind(delivery),
                        }


def raw_kind(delivery: dict[str, Any]) -> str:
    extras = delivery.get("extras", {})
    return "no_ball" if "noballs" in extras else "wide" if "wides" in extras else "legal"


def raw_label(delivery: dict[str, Any]) -> int | None:
    if raw_kind(delivery) == "wide":
        return None
    if any(
        wicket["kind"] not in ("retired hurt", "retired not out") for wicket in delivery.get("wickets", [])
    ):
        return OUTCOMES.index("wicket")
    runs = delivery["runs"]["batter"]
    return {0: 0, 1: 1, 2: 2, 3: 3, 4: 4, 5: 4}.get(runs, 5)


@pytest.fixture(scope="module")
def dates(trained: Path) -> tuple[dt.date, dt.date]:
    """First day of validation and of test."""
    split = load_checkpoint(trained / "best_model.pt").split
    return dt.date.fromisoformat(split["val_from"]), dt.date.fromisoformat(split["test_from"])


@pytest.fixture(scope="module")
def raw(league: Path) -> pl.DataFrame:
    return pl.DataFrame(list(raw_deliveries(league)), infer_schema_length=None)


def test_the_scores_are_those_of_the_predictions_recomputed_by_hand(
    console: Run, trained: Path, raw: pl.DataFrame, dates: tuple[dt.date, dt.date]
) -> None:
    done = console("test", trained, "--json", "--predictions", "p.parquet", "--resamples", 50)
    assert done.code == 0, done.err
    document = json.loads(done.out)
    assert document["checkpoint"] == str(trained / "best_model.pt")
    assert document["split"] == "test"
    for name in METRICS:
        score = document[name]
        assert set(score) == {"value", "low", "high"}
        assert score["low"] <= score["high"]
    table = pl.read_parquet("p.parquet").filter(pl.col("label").is_not_null())
    p, labels = table.select(P_OUTCOMES).to_numpy().astype(float), table["label"].to_numpy()
    p = p / p.sum(axis=1, keepdims=True)
    rows = np.arange(len(labels))
    calls = p.argmax(axis=1)
    ruled = (p * [document["decision_weights"][name] for name in OUTCOMES]).argmax(axis=1)
    one_hot = np.eye(7)[labels]
    expected = {
        "log_loss": -np.log(p[rows, labels]).mean(),
        "brier": ((p - one_hot) ** 2).sum(axis=1).mean(),
        "accuracy": (calls == labels).mean(),
        "top2_accuracy": np.mean(
            [label in np.argsort(-row)[:2] for row, label in zip(p, labels, strict=True)]
        ),
        "macro_f1": np.mean(f1_scores(labels, calls)),
        "macro_f1_rule": np.mean(f1_scores(labels, ruled)),
        "weighted_f1": np.average(f1_scores(labels, calls), weights=one_hot.sum(axis=0)),
        "weighted_f1_rule": np.average(f1_scores(labels, ruled), weights=one_hot.sum(axis=0)),
    }
    for name, value in expected.items():
        assert document[name]["value"] == pytest.approx(value, abs=1e-6), name
    skill = 1 - document["log_loss"]["value"] / document["log_loss_prior"]["value"]
    assert document["skill"]["value"] == pytest.approx(skill, abs=1e-9)
    confusion = np.zeros((7, 7), dtype=int)
    np.add.at(confusion, (labels, ruled), 1)
    assert document["confusion_rule"] == confusion.tolist()
    hits, called, came = np.diagonal(confusion), confusion.sum(axis=0), confusion.sum(axis=1)
    for outcome, scores in enumerate(document["per_class_rule"]):
        assert scores["name"] == OUTCOMES[outcome]
        assert scores["support"] == came[outcome]
        assert scores["precision"] == pytest.approx(hits[outcome] / max(called[outcome], 1))
        assert scores["recall"] == pytest.approx(hits[outcome] / max(came[outcome], 1))
    assert np.sum(document["confusion"]) == document["scored"] == len(labels)
    assert document["deliveries"] == raw.filter(pl.col("date") >= dates[1]).height
    assert document["matches"] == raw.filter(pl.col("date") >= dates[1])["match_id"].n_unique()


def f1_scores(labels: np.ndarray, calls: np.ndarray) -> list[float]:
    scores = []
    for outcome in range(7):
        hits = ((labels == outcome) & (calls == outcome)).sum()
        total = (labels == outcome).sum() + (calls == outcome).sum()
        scores.append(2 * hits / total if total else 0.0)
    return scores


@pytest.mark.parametrize("part", ["test", "val"])
def test_the_predictions_are_those_of_the_match_files(
    console: Run, trained: Path, raw: pl.DataFrame, dates: tuple[dt.date, dt.date], part: str
) -> None:
    done = console(
        "test", trained, "--split", part, "--predictions", "deep/p.parquet", "--resamples", 0, "--json"
    )
    assert done.code == 0
    document = json.loads(done.out)
    assert document["split"] == part
    assert document["chosen_here"] == (["epoch", "decision_rule"] if part == "val" else [])
    assert done.err == "predictions: deep/p.parquet\n"
    table = pl.read_parquet("deep/p.parquet")
    assert table.columns == COLUMNS
    assert table.schema["date"] == pl.Date
    assert table.select(KEYS).is_unique().all()
    val_from, test_from = dates
    wanted = raw.filter(
        pl.col("date") >= test_from
        if part == "test"
        else (pl.col("date") >= val_from) & (pl.col("date") < test_from)
    )
    columns = [*KEYS, "date", "label", "kind"]
    assert table.select(columns).sort(KEYS).rows() == wanted.select(columns).sort(KEYS).rows()
    assert (table["label"].is_null() == (table["kind"] == "wide")).all()
    for names in (P_OUTCOMES, P_KINDS):
        p = table.select(names).to_numpy()
        assert (p >= 0).all()
        np.testing.assert_allclose(p.sum(axis=1), 1, atol=1e-5)


def test_the_class_prior_is_that_of_the_training_matches(
    console: Run, trained: Path, league: Path, raw: pl.DataFrame, dates: tuple[dt.date, dt.date]
) -> None:
    with zipfile.ZipFile(league) as matches:
        sexes = {
            name.removesuffix(".json"): json.loads(matches.read(name))["info"]["gender"]
            for name in matches.namelist()
        }
    faced = raw.filter(pl.col("label").is_not_null()).with_columns(
        pl.col("match_id").replace_strict(sexes).alias("sex")
    )
    training, test = faced.filter(pl.col("date") < dates[0]), faced.filter(pl.col("date") >= dates[1])
    total = 0.0
    for sex, label in test.select("sex", "label").rows():
        same = training.filter(pl.col("sex") == sex)["label"]
        total -= math.log(((same == label).sum() + 1) / (len(same) + 7))  # one more of each class
    done = console("test", trained, "--resamples", 0, "--json")
    assert json.loads(done.out)["log_loss_prior"]["value"] == pytest.approx(total / test.height, abs=1e-9)


def test_the_truth_of_a_synthetic_league_is_scored(
    console: Run, trained: Path, league: Path, raw: pl.DataFrame, dates: tuple[dt.date, dt.date]
) -> None:
    document = json.loads(console("test", trained, "--resamples", 0, "--json").out)
    truth = load_truth(league).with_columns(pl.col("innings", "over", "ball").cast(pl.Int64))
    test = raw.filter((pl.col("date") >= dates[1]) & pl.col("label").is_not_null())
    rows = test.join(truth, on=KEYS, how="left").select("label", *P_OUTCOMES).rows()
    best = -math.fsum(math.log(row[1 + row[0]]) for row in rows) / len(rows)
    assert document["truth"]["log_loss"] == pytest.approx(best, abs=1e-9)
    prior, model = document["log_loss_prior"]["value"], document["log_loss"]["value"]
    assert document["truth"]["reached"] == pytest.approx((prior - model) / (prior - best), abs=1e-9)


def test_matches_without_a_truth_have_no_truth_score(
    console: Run, trained: Path, league: Path, tmp_path: Path
) -> None:
    plain = tmp_path / "plain.zip"
    shutil.copyfile(league, plain)
    document = json.loads(console("test", trained, "--data", plain, "--resamples", 0, "--json").out)
    assert "truth" not in document
    inside = tmp_path / "inside"
    inside.mkdir()
    plain.rename(inside / "plain.zip")
    for place in ("inside", "inside/*.zip", "."):
        again = console("test", trained, "--data", place, "--resamples", 0, "--json")
        assert again.code == 0, again.err
        assert json.loads(again.out) == document


def test_a_damaged_truth_is_told(console: Run, trained: Path, league: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.zip"
    shutil.copyfile(league, copy)
    truth_path(copy).write_bytes(b"no parquet")
    damaged = console("test", trained, "--data", copy)
    assert damaged.code == 4
    assert "copy.truth.parquet is damaged" in damaged.err
    other = tmp_path / "other.zip"
    assert console("data", "sample", "--matches", 20, "--seed", 6, "--out", other).code == 0
    shutil.copyfile(truth_path(other), truth_path(copy))
    foreign = console("test", trained, "--data", copy)
    assert foreign.code == 4
    assert "was not written with copy.zip" in foreign.err


def test_other_matches_than_the_runs_are_scored_by_its_dates(
    console: Run, trained: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.zip"
    assert console("data", "sample", "--matches", 20, "--seed", 9, "--out", other).code == 0
    done = console("test", trained, "--data", other, "--resamples", 0, "--json", "--predictions", "p.parquet")
    assert done.code == 0
    test_from = load_checkpoint(trained / "best_model.pt").split["test_from"]
    later = [row for row in raw_deliveries(other) if row["date"] >= dt.date.fromisoformat(test_from)]
    assert json.loads(done.out)["deliveries"] == len(later) == pl.read_parquet("p.parquet").height


def test_matches_without_the_part_are_told_its_dates(
    console: Run, trained: Path, league: Path, dates: tuple[dt.date, dt.date], tmp_path: Path
) -> None:
    early = tmp_path / "early"
    early.mkdir()
    with zipfile.ZipFile(league) as matches:
        for name in matches.namelist():
            if json.loads(matches.read(name))["info"]["dates"][0] < dates[0].isoformat():
                matches.extract(name, early)
    done = console("test", trained, "--data", "early")
    assert done.code == 4
    assert f"no test match: none of these matches is dated {dates[1]} or later" in done.err
    done = console("test", trained, "--data", "early", "--split", "val", "--json")
    assert done.code == 4
    assert f"dated {dates[0]} to before {dates[1]}" in json.loads(done.out)["error"]["message"]


def test_batch_size_and_device_change_no_score(console: Run, trained: Path) -> None:
    plain = json.loads(console("test", trained, "--resamples", 0, "--json").out)
    single = json.loads(
        console("test", trained, "--resamples", 0, "--json", "--batch-size", 1, "--device", "cpu").out
    )
    assert single["log_loss"]["value"] == pytest.approx(plain["log_loss"]["value"], abs=1e-6)
    assert console("test", trained, "--batch-size", 0).code == 3
    wrong = console("test", trained, "--device", "gpu")
    assert wrong.code == 3
    assert "unknown device 'gpu'; did you mean 'cpu'?" in wrong.err


@pytest.mark.parametrize("columns", ["40", "80"])
def test_people_see_tables_without_colour(
    console: Run, trained: Path, monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setenv("NO_COLOR", "1")
    done = console("test", trained, "--resamples", 20)
    assert done.code == 0
    assert "\x1b" not in done.out + done.err
    for words in ("log loss", "Brier score", "wicket", "Confusion", "true chances of this synthetic league"):
        assert words in done.out
    if columns == "80":
        assert max(len(line) for line in done.out.splitlines() if "true chances" not in line) <= 80


def test_predictions_that_cannot_be_written_are_told(console: Run, trained: Path, tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    done = console("test", trained, "--predictions", "taken", "--resamples", 0, "--json")
    assert done.code == 5
    assert json.loads(done.out)["error"]["message"].startswith("taken: ")
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


def test_without_a_run_the_latest_is_scored(console: Run, trained: Path, tmp_path: Path) -> None:
    nothing = console("test", "--json")
    assert nothing.code == 5
    assert "no run with a model in checkpoints" in nothing.err
    for name, seconds in (("train_20260102", 1_000), ("train_20260101", 2_000)):
        shutil.copytree(trained, tmp_path / "checkpoints" / name)
        os.utime(tmp_path / "checkpoints" / name / "best_model.pt", (seconds, seconds))
    (tmp_path / "checkpoints" / "train_20260103").mkdir()  # begun, no epoch finished
    done = console("test", "--resamples", "0", "--json")
    assert done.code == 0, done.err
    assert "scoring checkpoints/train_20260101, the latest run" in done.err
    assert json.loads(done.out)["log_loss"]["value"] > 0
