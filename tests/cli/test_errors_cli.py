"""What goes wrong for users ends in one line, one JSON document and a stable exit code; never a traceback."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from console import Run, Start
from cricketgnn.training.checkpoint import load_checkpoint
from match_files import ball, innings, match, over, write_folder, write_zip

GOOD = match(innings(over(0, ball(), ball(1))))

ERRORS = {
    "a command nobody knows": (("trian",), 2, "'trian'"),
    "an option nobody knows": (("train", "--epoch", "3"), 2, "--epochs"),
    "a number that is none": (("train", "--epochs", "many"), 3, "--epochs many: expected a whole number"),
    "no run to test": (("test",), 5, "no run with a model in checkpoints"),
    "too few trials": (("tune", "full", "--n-trials", "0"), 3, "--n-trials 0: expected 1 or more"),
    "no epochs": (("train", "--epochs", "0"), 3, "epochs = 0 (--epochs): expected 1 or more"),
    "no epochs a trial": (("tune", "full", "--epochs", "0"), 3, "epochs = 0 (--epochs)"),
    "a model nobody knows": (
        ("train", "--model-class", "hetero-gn"), 3,
        'model_class = "hetero-gn" (--model-class): expected hetero-gnn, pooling, hybrid, phase-modulated, '
        "innings-conditional, full, graph-transformer or mlp; did you mean 'hetero-gnn'?",
    ),
    "heads that do not divide": (
        ("train", "--hidden-dim", "10", "--num-heads", "4"), 3, "num_heads 4 does not divide hidden_dim 10",
    ),
    "one date of two": (("train", "--val-from", "2020-01-01"), 3, "val_from and test_from go together"),
    "a config that is not there": (
        ("train", "--config", "tini.toml"), 3,
        "tini.toml: cannot read the configuration file (No such file or directory); did you mean 'tiny.toml'",
    ),
    "a config with a typo": (
        ("train", "--config", "tiny.toml"), 3,
        "unknown setting 'hiden_dim' in tiny.toml; did you mean 'hidden_dim'?",
    ),
    "best parameters that are none": (
        ("train", "--best-params", "notes.json"), 3, "expected a search's best_params.json",
    ),
    "a data path with a typo": (
        ("train", "--data", "leage.zip"), 4, "'leage.zip' does not exist; did you mean '",
    ),
    "an empty data path": (("train", "--data", ""), 4, "a --data path is empty"),
    "an empty data path to search on": (("tune", "full", "--data", ""), 4, "a --data path is empty"),
    "a pattern that is none": (("train", "--data", "some/**.zip"), 4, "'some/**.zip'"),
    "the data of no user": (("data", "info", "~backup.zip"), 4, "'~backup.zip' does not exist"),
    "the storage of no user": (("inspect-db", "~backup.db"), 5, "~backup.db: no such"),
    "a corrupt zip": (("train", "--data", "corrupt.zip"), 4, "corrupt.zip"),
    "an empty folder": (("tune", "full", "--data", "nothing"), 4, "holds no match file"),
    "matches that are all refused": (("train", "--data", "refused"), 4, "2 of 2"),
    "too few matches": (("train", "--data", "few.zip"), 4, "got 2 matches on 1 days, expected enough"),
    "no matches that were played": (("train", "--data", "unplayed.zip"), 4, "no innings with a delivery"),
    "a run that is not there": (("test", "nowhere"), 5, "nowhere: no such file or folder"),
    "a folder that is no run": (("test", "nothing"), 5, "this folder holds no best_model.pt"),
    "a checkpoint that is none": (("test", "notes.json"), 5, "notes.json: not a checkpoint"),
    "another zip": (("test", "few.zip"), 5, "few.zip: "),
    "nothing to resume": (("resume", "nothing"), 5, "this folder holds no last.pt"),
    "a date that is none": (
        ("train", "--val-from", "2023", "--test-from", "2024-01-01"), 3,
        'val_from = "2023" (--val-from): expected a date such as 2023-01-31',
    ),
    "a part that is none": (("report", "x", "--split", "foo"), 3, "--split foo: 'foo' is not one of"),
    "a mistyped command of inspect-db": (
        ("inspect-db", "verfy"), 3, "unknown command 'verfy'; did you mean 'verify'?",
    ),
    "no such port": (
        ("inspect-db", "postgresql://u@h:abc/db"), 5, "postgresql://u@h:abc/db: no address of a storage",
    ),
    "no such port to resume from": (
        ("resume", "--list", "--storage", "postgresql://u@h:abc/db"), 5, "cannot open the study storage",
    ),
    "a study name that has another use": (
        ("tune", "full", "--study-name", "trash"), 2, "study name 'trash': its folder has another use",
    ),
    "a name too long for the last of several phases": (
        ("tune", "phased", "--study-name", "n" * 85), 2, "study name",
    ),
    "no such device": (("train", "--device", "tpu"), 3, "expected auto, cpu, cuda or mps"),
}  # fmt: skip


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with the things that go wrong."""
    (tmp_path / "nothing").mkdir()
    (tmp_path / "corrupt.zip").write_bytes(b"PK\x03\x04 and then nothing")
    (tmp_path / "tiny.toml").write_text("hiden_dim = 16")
    (tmp_path / "notes.json").write_text('{"lr": 0.1}')
    write_zip(tmp_path / "few.zip", {"1": GOOD, "2": GOOD | {"meta": GOOD["meta"] | {"revision": 2}}})
    write_zip(tmp_path / "unplayed.zip", {"1": match(), "2": match()})
    write_folder(tmp_path / "refused", {"1": b"{}", "2": b"[]"})
    return tmp_path


@pytest.mark.parametrize("name", ERRORS)
def test_every_error_is_one_line_one_document_and_its_code(
    console: Run, place: Path, league: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copyfile(league, place / "league.zip")
    arguments, code, words = ERRORS[name]
    done = console(*arguments, "--json")
    assert done.code == code, done.err
    error = json.loads(done.out)["error"]
    assert error["code"] == code
    assert error["type"]
    assert words in error["message"]
    *before, line = done.err.splitlines()
    assert line == "error: " + " ".join(error["message"].split())
    assert "Traceback" not in done.err
    assert not [said for said in before if "error" in said]
    monkeypatch.setenv("COLUMNS", "40")
    plain = console(*arguments)
    assert (plain.code, plain.out) == (code, "")
    assert plain.err.endswith(line + "\n")


def test_a_device_too_small_to_score_on_is_told(
    console: Run, trained: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hungry(*arguments: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB.\nmore")

    monkeypatch.setattr("cricketgnn.training.scoring.predict", hungry)
    done = console("test", trained, "--batch-size", 500)
    assert (done.code, done.out) == (3, "")
    assert done.err == (
        "error: out of memory with 500 innings a batch (CUDA out of memory. Tried to allocate 2 GiB.); "
        "try a smaller --batch-size, or a smaller model\n"
    )


def test_a_misspelt_variable_is_met_with_the_nearest(console: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRICKETGNN_HIDEN_DIM", "32")
    done = console("train", "--print-config")
    assert done.code == 3
    assert "'CRICKETGNN_HIDEN_DIM' in the environment; did you mean 'CRICKETGNN_HIDDEN_DIM'?" in done.err


def test_an_unusable_cache_is_told_and_the_work_goes_on(
    console: Run, league: Path, settings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("CRICKETGNN_CACHE_DIR", str(tmp_path / "file" / "cache"))
    done = console("train", "--data", league, "--config", settings, "--epochs", 1, "--out", "run", "--json")
    assert done.code == 0
    assert json.loads(done.out)["epochs"] == 1
    assert "cannot use the cache folder" in done.err
    embedded = console("test", "run", "--data", league, "--resamples", 0)
    assert embedded.code == 0


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_cache_that_may_not_be_written_is_told(
    console: Run, settings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "cache"
    cache.mkdir(mode=0o555)
    monkeypatch.setenv("CRICKETGNN_CACHE_DIR", str(cache))
    done = console("train", "--config", settings, "--epochs", 1, "--out", "run")
    assert done.code == 0
    assert "cannot use the cache folder" in done.err


def test_the_embedded_league_needs_no_cache(
    console: Run, settings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("CRICKETGNN_CACHE_DIR", str(tmp_path / "file" / "cache"))
    done = console("train", "--config", settings, "--val-from", "1990-01-01", "--test-from", "1991-01-01")
    assert done.code == 4
    assert "cannot use the cache folder" in done.err
    assert "using the embedded synthetic league (160 simulated matches" in done.err
    assert "got 0 matches for training" in done.err


def test_a_full_disk_is_told_and_nothing_old_is_lost(
    background: Start, trained: Path, league: Path, settings: Path, tmp_path: Path
) -> None:
    # What fails on a full disk fails in the same place when files may not grow beyond a limit.
    full = background(
        "train", "--data", league, "--config", settings, "--out", "run", "--json", largest_file=20_000
    ).finish()
    assert full.code == 5
    message = json.loads(full.out)["error"]["message"]
    assert message.startswith("run/last.pt: File too large; free some space")
    assert "Traceback" not in full.err
    left = {path.name for path in (tmp_path / "run").iterdir()}
    assert left == {".lock", "config.toml", "provenance.json"}

    run = shutil.copytree(trained, tmp_path / "copy")
    before = {path.name: path.read_bytes() for path in run.iterdir()}
    resumed = background("resume", run, largest_file=20_000).finish()
    assert resumed.code == 5
    assert f"error: {run}/best_model.pt: File too large" in resumed.err
    assert {path.name: path.read_bytes() for path in run.iterdir()} == before

    old = tmp_path / "old.parquet"
    old.write_bytes(b"old")
    scored = background("test", trained, "--predictions", old, "--resamples", 0, largest_file=2_000).finish()
    assert scored.code == 5
    assert f"error: {old}: File too large" in scored.err
    assert old.read_bytes() == b"old"


def test_a_cache_without_room_is_told_and_the_work_goes_on(
    background: Start, trained: Path, league: Path, tmp_path: Path
) -> None:
    done = background(
        "test", trained, "--data", league, "--resamples", 0, "--json",
        largest_file=20_000, CRICKETGNN_CACHE_DIR=str(tmp_path / "cache"),
    ).finish()  # fmt: skip
    assert done.code == 0, done.err
    assert json.loads(done.out)["split"] == "test"
    assert "cannot keep a cache entry in" in done.err


SCRIPT = (sys.executable, "-c", "from cricketgnn.cli.main import main; main()")
UNREAD = {
    "help": ("--help",),
    "settings": ("train", "--print-config"),
    "settings as JSON": ("train", "--print-config", "--json"),
    "a table": ("data", "info", "league.zip"),
    "a document": ("data", "info", "league.zip", "--json"),
    "an error": ("train", "--epochs", "0", "--json"),
    "a word nobody knows": ("trian", "--json"),
}


@pytest.mark.parametrize("both", [False, True], ids=["stdout", "stdout and stderr"])
@pytest.mark.parametrize("name", UNREAD)
def test_a_pipe_that_nobody_reads_ends_a_command_in_silence(
    name: str, both: bool, league: Path, tmp_path: Path
) -> None:
    shutil.copyfile(league, tmp_path / "league.zip")
    reader, writer = os.pipe()
    os.close(reader)
    stderr = subprocess.STDOUT if both else subprocess.PIPE
    with os.fdopen(writer, "wb") as pipe:
        done = subprocess.run(
            [*SCRIPT, *UNREAD[name]], stdout=pipe, stderr=stderr, check=False, cwd=tmp_path, text=True
        )
    assert done.returncode == 141
    lines = (done.stderr or "").splitlines()
    assert [line for line in lines if not line.startswith(("error: epochs", "error: No such command"))] == []
    assert len(lines) == (not both and name in ("an error", "a word nobody knows"))


def test_a_reader_that_leaves_after_a_line_is_met_in_silence(league: Path) -> None:
    command = subprocess.Popen(
        [*SCRIPT, "data", "info", str(league)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert command.stdout is not None
    assert command.stderr is not None
    assert command.stdout.readline().split() == ["matches", "20"]
    command.stdout.close()
    assert command.stderr.read() == ""
    command.stderr.close()
    assert command.wait() in (0, 141)


def test_a_training_whose_progress_nobody_reads_ends_in_silence(
    league: Path, settings: Path, tmp_path: Path
) -> None:
    arguments = ("train", "--data", str(league), "--config", str(settings), "--out", "run", "--epochs", "50")
    reader, writer = os.pipe()
    with os.fdopen(writer, "wb") as pipe:
        training = subprocess.Popen([*SCRIPT, *arguments], stdout=subprocess.PIPE, stderr=pipe, cwd=tmp_path)
    with os.fdopen(reader) as heard:
        assert heard.readline() == "run folder: run\n"
    out, _ = training.communicate()
    assert (training.returncode, out) == (141, b"")
    assert load_checkpoint(tmp_path / "run/last.pt").resume is not None


def test_what_the_environment_says_of_wandb_counts_only_where_it_is_asked_for(
    console: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WANDB_MODE", "dryrun")  # W&B's own word for offline, once
    assert console("test", "nowhere").code == 5
    refused = console("test", "nowhere", "--wandb")
    assert refused.code == 3
    assert "unknown W&B mode in WANDB_MODE 'dryrun'; known: disabled, offline, online" in refused.err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
def test_a_full_stdout_takes_nothing_from_the_code_of_an_error() -> None:
    command = [sys.executable, "-c", "from cricketgnn.cli.main import main; main()"]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*command, "inspect-db", "nowhere.db", "--json"], stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert done.returncode == 5
    assert done.stderr.startswith("error: nowhere.db: no such storage of studies")
    assert "Traceback" not in done.stderr
