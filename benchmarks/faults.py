"""Killing a search at random, again and again, and asking whether anything was lost.

The same search runs twice with one worker and the same seed: once undisturbed, once with its processes
(coordinator, children, and whatever else it started) killed with SIGKILL at random moments and gone on
with by ``cricketgnn resume``. Both must end with the same trials, to the last bit, and as many kills must
have been done as were asked for.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

STUDY = "faults"
STORAGE = "sqlite:///studies.db"
SETTINGS = {
    "hidden_dim": 16, "num_layers": 1, "num_heads": 2, "batch_size": 8, "epochs": 8, "device": '"cpu"',
}  # fmt: skip
COMMAND = (sys.executable, "-m", "cricketgnn")


@dataclass
class Disturbed:
    """What was done to a search.

    Attributes:
        kills: how often each role was killed.
        starts: how often the search was started or gone on with.
        seconds: in all.
    """

    kills: Counter[str] = field(default_factory=Counter)
    starts: int = 0
    seconds: float = 0.0


def search_arguments(data: Path, n_trials: int, workers: int = 1) -> list[str]:
    """Give the command line of the search, after ``cricketgnn``."""
    return [
        "tune", "phase3-training", "--data", str(data), "--config", "tiny.toml", "--confirm", "0",
        "--n-trials", str(n_trials), "--workers", str(workers), "--study-name", STUDY, "--storage", STORAGE,
    ]  # fmt: skip


def prepare(folder: Path) -> Path:
    """Make a folder in which the search can run."""
    folder.mkdir(parents=True)
    lines = (f"{name} = {value}" for name, value in SETTINGS.items())
    (folder / "tiny.toml").write_text("\n".join(lines), encoding="utf-8")
    return folder


def undisturbed(folder: Path, data: Path, n_trials: int, workers: int = 1) -> float:
    """Run the search to its end; give its seconds."""
    began = time.monotonic()
    command = [*COMMAND, *search_arguments(data, n_trials, workers)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return time.monotonic() - began


def disturb(
    folder: Path, data: Path, n_trials: int, kills: int, seed: int, longest: float, workers: int = 1
) -> Disturbed:
    """Run the search while killing its processes, ``longest`` seconds apart at most; then let it end."""
    chance, done = random.Random(seed), Disturbed()
    began = time.monotonic()
    process = _start(folder, search_arguments(data, n_trials, workers), done)
    while process.poll() is None:
        if done.kills.total() < kills:
            time.sleep(chance.uniform(0.05, longest))
            _kill_one(process, chance, done.kills)
        else:
            process.wait()
        if process.poll() not in (None, 0) and done.kills.total() <= kills:
            process = _start(folder, _go_on(folder, data, n_trials, workers), done)
    done.seconds = time.monotonic() - began
    assert process.returncode == 0, (folder / "said.txt").read_text(encoding="utf-8")[-3000:]
    return done


def _go_on(folder: Path, data: Path, n_trials: int, workers: int) -> list[str]:
    """A search killed before it made its study has nothing to resume: it is started again."""
    listed = subprocess.run(
        [*COMMAND, "resume", "--list", "--storage", STORAGE, "--json"],
        cwd=folder, capture_output=True, text=True, check=True,
    )  # fmt: skip
    names = [entry["name"] for entry in json.loads(listed.stdout)["unfinished"]]
    if STUDY in names:
        return ["resume", STUDY, "--storage", STORAGE]
    return search_arguments(data, n_trials, workers)


def _start(folder: Path, arguments: list[str], done: Disturbed) -> subprocess.Popen[bytes]:
    done.starts += 1
    with (folder / "said.txt").open("ab") as said:
        return subprocess.Popen([*COMMAND, *arguments], cwd=folder, stdout=said, stderr=said)


def _kill_one(process: subprocess.Popen[bytes], chance: random.Random, kills: Counter[str]) -> None:
    """Kill the coordinator, or one of the processes below it; what has ended by itself does not count."""
    below = _descendants(process.pid)
    victim = chance.choice(below) if below and chance.random() < 0.6 else process.pid
    try:
        os.kill(victim, signal.SIGKILL)
    except ProcessLookupError:  # it has ended by itself in between
        return
    if victim != process.pid:
        kills["below it"] += 1
    elif process.wait() == -signal.SIGKILL:
        kills["coordinator"] += 1


def _descendants(pid: int) -> list[int]:
    """List the processes below one that still run; one that has ended and is not yet buried does not."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        try:
            stat = (entry / "stat").read_text(encoding="utf-8") if entry.name.isdigit() else ""
        except OSError:
            continue
        state, parent = stat.rpartition(")")[2].split()[:2] if stat else ("Z", "")
        if state != "Z":
            parents.setdefault(int(parent), []).append(int(entry.name))
    found, waiting = [], [pid]
    while waiting:
        children = parents.get(waiting.pop(), [])
        found += children
        waiting += children
    return found


def results(folder: Path) -> dict[str, Any]:
    """Read what a search left."""
    path = folder / "checkpoints" / "optuna" / STUDY / "study_results.json"
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return document


def comparable(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Give the trials without their times."""
    left_out = ("seconds", "peak_bytes")
    return [
        {name: value for name, value in trial.items() if name not in left_out} for trial in document["trials"]
    ]


def torn_files(folder: Path) -> list[Path]:
    """List the files of the study that are half-written or left over."""
    found = []
    for path in (folder / "checkpoints").rglob("*"):
        if path.name.endswith(".tmp"):
            found.append(path)
        if path.suffix == ".json":
            try:
                json.loads(path.read_text(encoding="utf-8"))
            except ValueError:
                found.append(path)
    return found


def main() -> None:
    """Run both searches and print what came of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=40)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--longest", type=float, default=6.0, help="seconds between two kills, at most")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        data = Path(scratch) / "league.zip"
        sample = [*COMMAND, "data", "sample", "--matches", "30", "--seed", "5", "--out", str(data)]
        subprocess.run(sample, check=True, capture_output=True)
        calm, wild = prepare(Path(scratch) / "calm"), prepare(Path(scratch) / "wild")
        seconds = undisturbed(calm, data, options.trials)
        done = disturb(wild, data, options.trials, options.kills, options.seed, options.longest)
        one, two = comparable(results(calm)), comparable(results(wild))
        states = Counter(trial["state"] for trial in two)
        print(f"undisturbed: {seconds:.0f} s; disturbed: {done.seconds:.0f} s, {done.starts} starts")
        print(f"killed: {dict(done.kills)}")
        print(f"trials of the disturbed study: {dict(states)}")
        print(f"trials equal to the undisturbed study: {sum(a == b for a, b in zip(one, two, strict=False))}")
        print(f"torn files: {len(torn_files(wild))}")
        assert one == two, "the studies differ"
        assert not torn_files(wild), torn_files(wild)
    if done.kills.total() < options.kills:
        sys.exit(
            f"the search ended after {done.kills.total()} of {options.kills} kills; ask for more --trials, "
            "or kill more often with a smaller --longest"
        )
    print("nothing was lost")


if __name__ == "__main__":
    main()
