"""Every command of the tuning guide, run in a fresh folder on real matches: what it wrote.

Prints what the second table of ``docs/tuning-guide.md`` sums up. The commands run as they are typed there,
but for smaller numbers of trials and epochs, on a twentieth of the matches, with W&B offline.
All they said is kept beside.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path

PARAMS = "--best-params checkpoints/optuna/{}*/best_params.json"
COMMANDS = (
    "train --wandb --wandb-project cricket-gnn --epochs 3",
    "train --hidden-dim 128 --num-layers 3 --lr 1e-3 --dropout 0.2 --epochs 2 --wandb",
    "test --wandb",
    "tune phase1_coarse --n-trials 2 --epochs 5",
    "tune phase1_coarse --n-trials 3 --epochs 3 --wandb",
    f"tune phase2_architecture --n-trials 3 --epochs 3 {PARAMS.format('')} --wandb",
    f"tune phase2_architecture --n-trials 3 --epochs 3 {PARAMS.format('phase1_coarse_')} --wandb",
    f"tune phase3_training --n-trials 3 --epochs 3 {PARAMS.format('phase2_architecture_')} --wandb",
    f"tune phase4_loss --n-trials 3 --epochs 3 {PARAMS.format('phase3_training_')} --wandb",
    "tune full_with_model --n-trials 3 --epochs 3 --wandb",
    "resume full_with_model_{latest} --n-trials 4 --storage sqlite:///optuna_studies.db",
    "tune phase1_coarse --study-name mine --n-trials 2 --epochs 2 --confirm 0",
    "tune phase1_coarse --study-name mine --n-trials 3 --epochs 2 --confirm 0",
    "tune phase1_coarse --n-trials 2 --epochs 3 --wandb --device cpu",
    "tune phase1_coarse --n-trials 1 --epochs 5 --wandb",
)
"""The guide's sections 5 to 10 from the top, as spelled here; ``{latest}`` is the time of a study."""
SAID = re.compile(r"^(error|winner:|test, |Scores|best epoch|  Value:|W&B: .*kept|.*goes on:)", re.IGNORECASE)
STAMP = re.compile(r"\d{8}[-_]\d{6}")


def written(folder: Path, since: float) -> str:
    """Tell what was written after a moment, below which folder, times left out and trials counted."""
    below: dict[str, set[str]] = defaultdict(set)
    for path in folder.rglob("*"):
        if path.is_file() and path.stat().st_mtime >= since and path.suffix != ".txt":
            place, name = str(path.relative_to(folder).parent), path.name
            place = re.sub(r"trial_\d+", "trial_NNNN", re.sub(r"_seed_\d+", "_seed_N", place))
            below[STAMP.sub("TIME", place).split("/files")[0]].add(STAMP.sub("TIME", name))
    return "; ".join(
        f"`{place}/`: {', '.join(sorted(names)) if len(names) < 8 else f'{len(names)} files'}"
        for place, names in sorted(below.items())
    )


def run(command: str, folder: Path, environment: dict[str, str]) -> str:
    """Run a command as a shell would; give its row of the table."""
    studies = sorted((folder / "checkpoints" / "optuna").glob("full_with_model_*"))
    command = command.replace(
        "{latest}", studies[-1].name.removeprefix("full_with_model_") if studies else ""
    )
    since, began = time.time(), time.monotonic()
    done = subprocess.run(
        ["bash", "-c", f"cricketgnn {command}"],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    seconds = time.monotonic() - began
    with (folder / "said.txt").open("a", encoding="utf-8") as said:
        said.write(f"$ cricketgnn {command}\n{done.stdout}\n")
    lines = "<br>".join(line.strip() for line in done.stdout.splitlines() if SAID.match(line))
    return f"| `{command}` | {done.returncode} | {seconds:.0f} s | {lines} | {written(folder, since)} |"


def main() -> None:
    """Run each command in turn and print what it did."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="a real archive, such as ipl_json.zip")
    parser.add_argument("folder", type=Path, help="a new folder to run in; said.txt keeps all that was said")
    options = parser.parse_args()
    options.folder.mkdir(parents=True)
    environment = os.environ | {
        "CRICKETGNN_DATA": str(options.data.resolve()),
        "CRICKETGNN_VAL_FROM": "2023-01-01",
        "CRICKETGNN_TEST_FROM": "2024-01-01",
        "CRICKETGNN_DATA_FRACTION": "0.05",
        "WANDB_MODE": "offline",
        "COLUMNS": "100",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    print("| command | code | took | said | wrote |\n|---|---|---|---|---|")
    for command in COMMANDS:
        print(run(command, options.folder, environment), flush=True)


if __name__ == "__main__":
    main()
