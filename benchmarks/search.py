"""What a search costs beside training: starting trials, workers side by side, memory, many short trials."""

from __future__ import annotations

import argparse
import os
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import psutil

from faults import COMMAND, SETTINGS, results
from measured import keep

STUDY_FOLDER = Path("checkpoints") / "optuna"


class Memory(threading.Thread):
    """Watches the memory of a process and all below it, pages that several share counted once (PSS)."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._tree = psutil.Process(pid)
        self.peak, self.over = 0, threading.Event()

    def run(self) -> None:
        """Look five times a second."""
        while not self.over.wait(0.2):
            try:
                below = [self._tree, *self._tree.children(recursive=True)]
                self.peak = max(self.peak, sum(one.memory_full_info().pss for one in below))
            except psutil.Error:
                continue


def search(
    folder: Path, data: str, n_trials: int, workers: int, *more: str, cores: list[int] | None = None
) -> tuple[float, int]:
    """Run a search of its own in ``folder``, on some cores; give its seconds and its peak memory in bytes."""
    folder.mkdir(parents=True)
    command = [
        *COMMAND, "tune", "phase3-training", "--data", data, "--confirm", "0", "--n-trials", str(n_trials),
        "--workers", str(workers), "--study-name", "faults", "--pruner", "none", "--sampler", "random", *more,
    ]  # fmt: skip
    began = time.monotonic()
    with (folder / "said.txt").open("w") as said:
        process = subprocess.Popen(command, cwd=folder, stdout=said, stderr=said)
        psutil.Process(process.pid).cpu_affinity(cores or [])
        memory = Memory(process.pid)
        memory.start()
        code = process.wait()
    memory.over.set()
    memory.join()
    assert code == 0, (folder / "said.txt").read_text()[-2000:]
    return time.monotonic() - began, memory.peak


def tiny(folder: Path, epochs: int) -> str:
    """Write the settings of a tiny network and give its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"tiny_{epochs}.toml"
    settings = SETTINGS | {"epochs": epochs}
    path.write_text("\n".join(f"{name} = {value}" for name, value in settings.items()))
    return str(path)


def trained_seconds(folder: Path) -> float:
    """Add up the seconds of all epochs of a search."""
    return sum(trial["seconds"] or 0.0 for trial in results(folder)["trials"])


def main() -> None:
    """Measure and keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", help="a real archive for overhead, speed-up and memory, such as ipl_json.zip")
    parser.add_argument(
        "--many", type=int, default=500, help="short trials on eight workers; 0 leaves it out"
    )
    options = parser.parse_args()
    data = str(Path(options.data).resolve())
    rows: dict[str, object] = {"cores": os.cpu_count()}
    with tempfile.TemporaryDirectory() as scratch_name:
        scratch = Path(scratch_name)
        wide = ("--epochs", "2", "--data-fraction", "0.5")
        search(scratch / "warm", data, 1, 1, *wide)  # the graphs are in the cache from here on
        first, _ = search(scratch / "first", data, 1, 1, *wide)
        alone, memory_one = search(scratch / "one", data, 6, 1, *wide)
        fixed = first - trained_seconds(scratch / "first")
        every = alone - trained_seconds(scratch / "one")
        rows["seconds of a search of one trial beside its epochs"] = fixed
        rows["seconds each further trial adds beside its epochs"] = (every - fixed) / 5
        one_thread, _ = search(scratch / "thread", data, 6, 1, *wide, cores=[0])
        both, memory_two = search(scratch / "two", data, 6, 2, *wide)
        rows["trials an hour, two workers over one worker of all threads"] = alone / both
        rows["trials an hour, two workers over one worker of one thread"] = one_thread / both
        rates = [results(scratch / name)["accounting"]["trials_per_hour"] for name in ("two", "thread")]
        rows["the same by the study's own count, the start of the command left out"] = rates[0] / rates[1]
        _, memory_four = search(scratch / "four", data, 8, 4, *wide)
        rows["GB, one child"] = memory_one / 1e9
        rows["MB a further child (two to four workers)"] = (memory_four - memory_two) / 2e6
        if options.many:
            league = scratch / "league.zip"
            sample = [*COMMAND, "data", "sample", "--matches", "20", "--seed", "5", "--out", str(league)]
            subprocess.run(sample, check=True, capture_output=True)
            seconds, _ = search(scratch / "many", str(league), options.many, 8, "--config", tiny(scratch, 1))
            trials = results(scratch / "many")["trials"]
            said = (scratch / "many" / "said.txt").read_text()
            assert [trial["number"] for trial in trials] == list(range(options.many))
            assert all(trial["state"] == "complete" for trial in trials)
            assert "locked" not in said
            folders = list((scratch / "many" / STUDY_FOLDER / "faults").glob("trial_*"))
            assert len(folders) == options.many
            rows[f"{options.many} short trials on 8 workers, seconds"] = seconds
            rows["lock errors"] = said.count("locked")
    keep(f"search ({Path(options.data).name})", rows)


if __name__ == "__main__":
    main()
