"""``cricketgnn predict`` as a user meets it: the next delivery, every delivery so far, what cannot be."""

from __future__ import annotations

import copy
import io
import json
import math
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl
import pytest

from console import Run
from cricketgnn.cricket.outcomes import OUTCOME_NAMES
from cricketgnn.cricsheet import parse_match
from cricketgnn.forecasting.crease import Named
from cricketgnn.forecasting.forecaster import MatchForecaster
from cricketgnn.training.checkpoint import load_checkpoint
from match_files import Document, ball, innings, match, over

P_OUTCOMES = [f"p_{name}" for name in OUTCOME_NAMES]


class KnownMatch(NamedTuple):
    """A match of the test part, and how it was forecast by ``cricketgnn test``."""

    match_id: str
    document: Document
    scored: pl.DataFrame


@pytest.fixture(scope="module")
def known(league: Path, trained: Path, tmp_path_factory: pytest.TempPathFactory) -> KnownMatch:
    from cricketgnn.training.scoring import score

    scored = score(trained, (), "test", log=lambda line: None, resamples=0).frame()
    match_id = scored["match_id"][0]
    with zipfile.ZipFile(league) as archive:
        document = json.loads(archive.read(f"{match_id}.json"))
    return KnownMatch(match_id, document, scored.filter(pl.col("match_id") == match_id))


@pytest.fixture(scope="module")
def forecaster(trained: Path) -> MatchForecaster:
    return MatchForecaster.open(trained, (), lambda line: None)


def cut(document: Document, number: int, over_at: int, ball_at: int) -> tuple[Document, Document]:
    """The match before a delivery, and that delivery."""
    document = copy.deepcopy(document)
    del document["innings"][number + 1 :], document["info"]["outcome"]
    overs = document["innings"][number]["overs"]
    delivery = overs[over_at]["deliveries"][ball_at]
    del overs[over_at + 1 :], overs[over_at]["deliveries"][ball_at:]
    if not overs[over_at]["deliveries"]:
        del overs[over_at]
    return document, delivery


def write(path: Path, document: Document) -> Path:
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def named(delivery: Document) -> tuple[object, ...]:
    return (
        *("--striker", delivery["batter"], "--non-striker", delivery["non_striker"]),
        *("--next-bowler", delivery["bowler"]),
    )


def test_every_delivery_so_far_is_forecast_as_in_the_test(
    console: Run, trained: Path, known: KnownMatch, tmp_path: Path
) -> None:
    file = write(tmp_path / f"{known.match_id}.json", known.document)
    done = console("predict", file, "--checkpoint", trained, "--all", "--out", "all.parquet")
    assert done.code == 0, done.err
    forecast = pl.read_parquet(tmp_path / "all.parquet")
    assert forecast.schema == known.scored.schema
    assert forecast.select(pl.exclude(pl.Float32)).equals(known.scored.select(pl.exclude(pl.Float32)))
    ours, theirs = (one.select(pl.col(pl.Float32)).to_numpy() for one in (forecast, known.scored))
    np.testing.assert_allclose(ours, theirs, atol=1e-5)
    assert f"the last 12 of {forecast.height} deliveries" in done.out


def test_the_next_delivery_is_forecast_as_in_the_test(forecaster: MatchForecaster, known: KnownMatch) -> None:
    """Cut off before a delivery, the match gives for it what the whole match did."""
    rows = known.scored.with_row_index().sample(25, seed=1)
    differences = []
    for row in rows.iter_rows(named=True):
        overs = known.document["innings"][row["innings"]]["overs"]
        (at,) = (place for place, one in enumerate(overs) if one["over"] == row["over"])
        document, delivery = cut(known.document, row["innings"], at, row["ball"])
        parsed = parse_match(json.dumps(document).encode(), known.match_id, "cut")
        people = Named(delivery["batter"], delivery["non_striker"], delivery["bowler"])
        forecast = forecaster.next(parsed, people)
        assert (forecast.situation.over, forecast.situation.deliveries) == (row["over"], row["ball"])
        differences.append(np.abs(forecast.probabilities - [row[name] for name in P_OUTCOMES]).max())
    assert max(differences) < 1e-5


def test_the_next_delivery_as_a_document(
    console: Run, trained: Path, known: KnownMatch, tmp_path: Path
) -> None:
    document, delivery = cut(known.document, 1, 4, 2)
    file = write(tmp_path / "live.json", document)
    done = console("predict", file, "--checkpoint", trained, *named(delivery), "--json", "--out", "next.json")
    assert done.code == 0, done.err
    told = json.loads(done.out)
    assert json.loads((tmp_path / "next.json").read_text(encoding="utf-8")) == told
    assert told["match_id"] == "live"
    assert (told["innings"], told["over"], told["ball"]) == (1, document["innings"][1]["overs"][4]["over"], 2)
    assert told["striker"]["name"] == delivery["batter"]
    assert told["bowler"]["id"] == document["info"]["registry"]["people"][delivery["bowler"]]
    assert told["striker"]["deliveries_seen"] > 0
    for chances in ("outcome", "kind", "outcome_prior"):
        assert math.isclose(sum(told[chances].values()), 1, abs_tol=1e-5)
    assert list(told["outcome"]) == list(OUTCOME_NAMES)


def test_what_people_read(console: Run, trained: Path, known: KnownMatch, tmp_path: Path) -> None:
    document, delivery = cut(known.document, 0, 4, 2)
    file = write(tmp_path / "live.json", document)
    done = console("predict", file, "--checkpoint", trained, *named(delivery))
    assert done.code == 0, done.err
    assert f"over 5, ball 3: {delivery['bowler']} to {delivery['batter']}" in done.out
    assert "wicket" in done.out
    assert "class prior" in done.out


def test_a_terminal_that_lacks_the_characters(trained: Path, known: KnownMatch, tmp_path: Path) -> None:
    before, delivery = cut(known.document, 0, 2, 3)
    live = write(tmp_path / "live.json", before)
    command = [sys.executable, "-m", "cricketgnn", "predict", str(live), "--checkpoint", str(trained)]
    arguments = [str(argument) for argument in named(delivery)]
    poor = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    done = subprocess.run([*command, *arguments], env=poor, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "dot" in done.stdout


def test_the_latest_run_is_taken(console: Run, trained: Path, known: KnownMatch, tmp_path: Path) -> None:
    file = write(tmp_path / "live.json", cut(known.document, 0, 0, 1)[0])
    nothing = console("predict", file)
    assert (nothing.code, "cricketgnn train" in nothing.err) == (5, True)
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / "mine").symlink_to(trained, target_is_directory=True)
    done = console("predict", file)
    assert done.code == 0, done.err
    assert "forecasting with checkpoints/mine, the latest run" in done.err


def test_strangers_on_an_unknown_ground(console: Run, trained: Path, tmp_path: Path) -> None:
    """The first ball of a match of which nothing is known."""
    file = write(tmp_path / "new.json", match(dates=["2031-05-01"], gender="female", outcome=None))
    people = ("--striker", "R1", "--non-striker", "R2", "--next-bowler", "B1")
    done = console("predict", file, "--checkpoint", trained, *people, "--json")
    assert done.code == 0, done.err
    told = json.loads(done.out)
    assert (told["batting"], told["overs"], told["target"]) == ("Reds", "0.0", None)
    assert told["striker"] == {"name": "R1", "id": "0000aa01", "deliveries_seen": 0}
    remarks = "\n".join(told["remarks"])
    assert "nobody and nothing in this match is known" in remarks
    assert "days before this match" in remarks


def test_a_stranger_among_the_known(console: Run, trained: Path, known: KnownMatch, tmp_path: Path) -> None:
    document, delivery = cut(known.document, 0, 4, 2)
    document["info"]["venue"] = "Nowhere Park"
    document["info"]["registry"]["people"][delivery["batter"]] = "ffffffff"
    file = write(tmp_path / "live.json", document)
    done = console("predict", file, "--checkpoint", trained, *named(delivery))
    assert done.code == 0, done.err
    assert f"{delivery['batter']} has never been seen as a batter: forecast as the average player" in done.out
    assert "nothing is known from earlier days of the venue\n" in done.out


def test_brackets_in_names_are_no_markup(console: Run, trained: Path, tmp_path: Path) -> None:
    text = json.dumps(match(dates=["2031-05-01"], outcome=None)).replace('"Reds"', '"Lions [/b]"')
    file = tmp_path / "odd.json"
    file.write_text(text.replace('"R1"', '"J [/] Smith [wk]"'))
    people = ("--striker", "J [/] Smith [wk]", "--non-striker", "R2", "--next-bowler", "B1")
    done = console("predict", file, "--checkpoint", trained, *people)
    assert done.code == 0, done.err
    assert "Lions [/b] 0/0" in done.out
    assert "B1 to J [/] Smith [wk], R2 at the other end" in done.out


def test_a_narrow_terminal(
    console: Run, trained: Path, known: KnownMatch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    document, delivery = cut(known.document, 0, 4, 2)
    file = write(tmp_path / "live.json", document)
    monkeypatch.setenv("COLUMNS", "45")
    done = console("predict", file, "--checkpoint", trained, *named(delivery))
    table = [line for line in done.out.splitlines() if "%" in line and "unless" not in line]
    assert len(table) == 7
    assert max(map(len, table)) <= 45


def test_a_match_the_model_learned_from(console: Run, league: Path, trained: Path, tmp_path: Path) -> None:
    first = load_checkpoint(trained / "best_model.pt").split["val_from"]
    with zipfile.ZipFile(league) as archive:
        documents = [json.loads(archive.read(name)) for name in archive.namelist()]
    document = min(documents, key=lambda one: str(one["info"]["dates"][0]))
    assert document["info"]["dates"][0] < first
    live, delivery = cut(document, 0, 3, 1)
    file = write(tmp_path / "old.json", live)
    done = console("predict", file, "--checkpoint", trained, *named(delivery))
    assert "its forecast flatters it" in done.out


BOWLED = over(0, *[ball()] * 6)


@pytest.mark.parametrize(
    ("played", "more", "words"),
    [
        ([innings(BOWLED)], (), "Reds 0/0 after 1.0 of 20 overs: name who bowls over 2 with --next-bowler"),
        ([innings(BOWLED)], ("--next-bowler", "B11"), "bowled the over before as well"),
        (
            [innings(over(0, ball(out=[("R1", "bowled")])))],
            (),
            "name the batter who joins R2 with --striker or --non-striker",
        ),
        (
            [innings(over(0, ball(out=[("R1", "bowled")])))],
            ("--striker", "R1"),
            "R1 cannot bat: out, bowled in over 1",
        ),
        ([innings(over(0, ball()))], ("--striker", "B3"), "plays for Blues"),
        (
            [
                innings(*(over(number, *[ball()] * 6) for number in range(20))),
                innings(over(0, ball(1, striker="B1", partner="B2", bowler="R1")), team="Blues"),
            ],
            (),
            "(Blues 1/0 after 0.1 of 20 overs, target 1 (0 more from 119 balls): the target is reached)",
        ),
    ],
)
def test_what_cannot_be_is_refused(
    console: Run, trained: Path, tmp_path: Path, played: list[Document], more: tuple[str, ...], words: str
) -> None:
    file = write(tmp_path / "live.json", match(*played))
    done = console("predict", file, "--checkpoint", trained, *more)
    assert (done.code, done.out) == (4, "")
    assert words in done.err
    assert done.err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("lvie.json",), 4, "no such file; did you mean 'live.json'?"),
        ((".",), 4, "give one match in Cricsheet JSON"),
        (("broken.json",), 4, "not a readable JSON document"),
        (("nothing.json",), 4, "is empty; give one match"),
        (("packed.json",), 4, "is a zip archive; unpack one match of it"),
        (
            ("live.json", "--out", "next.parquet"),
            2,
            "expected a name that ends in .json (.parquet holds many",
        ),
        (("live.json", "--all", "--out", "all.csv"), 2, "expected a name that ends in .json or .parquet"),
        (("live.json", "--all", "--striker", "R1"), 2, "leave one out"),
        (("live.json", "--all", "--innings-closed"), 2, "leave one out"),
        (("live.json", "--people", "people.csv"), 3, "trained without"),
        (("live.json", "--device", "cup"), 3, "did you mean 'cpu'?"),
        (("live.json", "--data", "nowhere.zip"), 4, "'nowhere.zip' does not exist"),
        (("empty.json", "--all"), 4, "no delivery has been bowled"),
    ],
)
def test_what_is_typed_wrong(
    console: Run, trained: Path, tmp_path: Path, arguments: tuple[str, ...], code: int, words: str
) -> None:
    write(tmp_path / "live.json", match(innings(over(0, ball()))))
    write(tmp_path / "empty.json", match())
    for name, content in {"broken": b"{", "nothing": b"\n", "packed": b"PK\x03\x04"}.items():
        (tmp_path / f"{name}.json").write_bytes(content)
    done = console("predict", *arguments, "--checkpoint", trained)
    assert (done.code, words in " ".join(done.err.split())) == (code, True), done.err


def test_rain_ends_an_innings(console: Run, trained: Path, tmp_path: Path) -> None:
    file = write(tmp_path / "live.json", match(innings(over(0, *[ball(1)] * 6))))
    asked = console("predict", file, "--checkpoint", trained)
    assert "or add --innings-closed, if it has ended" in " ".join(asked.err.split())
    openers = ("--striker", "B1", "--non-striker", "B2", "--next-bowler", "R1")
    done = console("predict", file, "--checkpoint", trained, "--innings-closed", *openers, "--json")
    assert done.code == 0, done.err
    told = json.loads(done.out)
    assert (told["innings"], told["batting"], told["target"]) == (1, "Blues", 7)


def test_what_is_to_win_is_what_is_forecast_with(forecaster: MatchForecaster) -> None:
    """Penalty runs after the first innings raise a target that is not printed yet."""
    first = innings(over(0, *[ball(1)] * 6), penalty_runs={"post": 5})
    chase = innings(over(0, ball(striker="B1", partner="B2", bowler="R1")), team="Blues")
    plain = innings(over(0, *[ball(1)] * 6))
    chances = {}
    for name, document in {
        "raised": match(first, chase),
        "printed": match(plain, chase | {"target": {"runs": 12}}),
        "as it was": match(plain, chase),
    }.items():
        forecast = forecaster.next(parse_match(json.dumps(document).encode(), name, name))
        chances[name] = (forecast.situation.target, *forecast.probabilities.tolist())
    assert chances["raised"] == chances["printed"]
    assert chances["raised"] != chances["as it was"]


def test_a_match_from_standard_input(console: Run, trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:

    document = match(innings(over(0, ball(1))))
    given: Any = io.TextIOWrapper(io.BytesIO(json.dumps(document).encode()))
    monkeypatch.setattr("sys.stdin", given)
    done = console("predict", "-", "--checkpoint", trained, "--json")
    assert done.code == 0, done.err
    assert json.loads(done.out)["match_id"] == "stdin"


def test_a_damaged_history_is_learned_anew(
    console: Run, trained: Path, known: KnownMatch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRICKETGNN_CACHE_DIR", str(tmp_path / "cache"))
    file = write(tmp_path / f"{known.match_id}.json", known.document)
    first = console("predict", file, "--checkpoint", trained, "--all", "--json")
    assert "learning what these matches say" in first.err
    again = console("predict", file, "--checkpoint", trained, "--all", "--json")
    assert "learning" not in again.err
    for damaged in (tmp_path / "cache" / "histories").glob("*/bowler.running.npy"):
        damaged.write_bytes(damaged.read_bytes()[:-8])
    mended = console("predict", file, "--checkpoint", trained, "--all", "--json")
    assert "is damaged" in mended.err
    assert first.out == again.out == mended.out
