"""Every stage in one run and one table, on request beside an earlier checkout on the same machine.

The earlier checkout (``make setup`` done in it) measures itself with the benchmarks it has, each right
before or after this one's, in turns from part to part, so that both meet the same machine. All archives are
read once before. What the earlier checkout could not measure stays empty.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from cricketgnn.machine import usable_cores
from measured import shown

HERE = Path(__file__).resolve().parent.parent
INGESTED = ("ipl", "leagues_female", "leagues_male", "t20s_female", "t20s_male")
TRAINING = ("train", "--val-from", "2023-01-01", "--test-from", "2024-01-01", "--epochs", "1")


class Part(NamedTuple):
    """One benchmark.

    Attributes:
        name: in the table.
        script: beside this one.
        arguments: of the script; ``{run}`` stands for a run of the checkout, trained where it is asked for.
    """

    name: str
    script: str
    arguments: tuple[str, ...]


def parts(archives: Path, people: Path | None, long: bool) -> Iterator[Part]:
    """Name all parts, in the order in which they run."""
    ipl, men = str(archives / "ipl_json.zip"), str(archives / "t20s_male_json.zip")
    everything = tuple(str(path) for path in read_by_parts(archives))
    yield Part("ingest, all archives", "ingest.py", everything)
    cores = usable_cores()
    for network in ("hetero-gnn", "graph-transformer"):
        for threads in sorted({1, cores}):
            asked = ("--model-class", network, "--threads", str(threads), men)
            yield Part(f"{network}, {threads} threads", "stages.py", asked)
        if cores > 1:
            yield Part(f"{network}, a process a core", "processes.py", ("--model-class", network, men))
    yield Part("one graph an innings", "training.py", (men,))
    yield Part("a match in progress", "predict.py", ("{run}", ipl))
    yield Part("a search", "search.py", (ipl, "--many", "0"))
    if long:
        styles = ("--people", str(people)) if people else ()
        yield Part("against LightGBM, all archives", "against_lightgbm.py", (*everything, *styles))


def read_by_parts(archives: Path) -> list[Path]:
    """List the archives of a folder that parts read."""
    return [archives / f"{name}_json.zip" for name in INGESTED]


def measured_by_all(
    checkouts: list[Path], part: Part, scratch: Path, last_first: bool
) -> list[Mapping[str, Any]]:
    """Run a part in all checkouts, on request the last of them first; give their rows in the given order."""
    numbered = list(enumerate(checkouts))
    found = {
        number: measured(checkout, part, scratch / str(number))
        for number, checkout in (numbered[::-1] if last_first else numbered)
    }
    return [found[number] for number, _ in numbered]


def measured(checkout: Path, part: Part, scratch: Path) -> Mapping[str, Any]:
    """Run a part in a checkout; give the rows that it kept, none where it has no such benchmark."""
    script = checkout / "benchmarks" / part.script
    if not script.is_file():
        return {}
    results = script.with_name("results.jsonl")
    before = results.read_text(encoding="utf-8").count("\n")
    run = scratch / "run"
    words = [word.format(run=run) for word in part.arguments]
    environment = {**os.environ, "CRICKETGNN_CACHE_DIR": str(scratch / "cache")}
    programs = checkout / ".venv" / "bin"
    if str(run) in words and not run.exists():
        training = [str(programs / "cricketgnn"), *TRAINING, "--data", words[-1], "--out", str(run)]
        subprocess.run(training, env=environment, check=True)
    subprocess.run([str(programs / "python"), str(script), *words], env=environment, check=True)
    kept = results.read_text(encoding="utf-8").splitlines()[before:]
    return {name: value for line in kept for name, value in json.loads(line)["rows"].items()}


def ratio(now: Any, before: Any) -> str:
    """Put two figures into a cell, where both are measured numbers."""
    both = isinstance(now, float) and isinstance(before, float) and before
    return f"{now / before:.2f}" if both else ""


def rows(part: Part, now: Mapping[str, Any], before: Mapping[str, Any] | None) -> Iterator[tuple[str, ...]]:
    """Give the table's rows of one part."""
    for name, value in now.items():
        was = None if before is None else before.get(name)
        earlier = (shown("" if was is None else was), ratio(value, was)) if before is not None else ()
        yield (part.name, name, *earlier[:1], shown(value), *earlier[1:])


def main() -> None:
    """Measure all parts and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("archives", type=Path, help="folder of the five archives")
    parser.add_argument("--people", type=Path, help="file of people's styles")
    parser.add_argument("--before", type=Path, help="an earlier checkout to measure as well")
    parser.add_argument("--long", action="store_true", help="against LightGBM, too: 15 minutes more")
    parser.add_argument("--out", type=Path, default=Path("benchmarks.md"), help="where the table is written")
    asked = parser.parse_args()
    archives, people = asked.archives.resolve(), asked.people and asked.people.resolve()
    for path in read_by_parts(archives):
        path.read_bytes()  # from memory for whoever comes first, too
    checkouts = [one.resolve() for one in (asked.before, HERE) if one]
    head = ("part", "what", *(("before",) if asked.before else ()), "now")
    head += ("now / before",) if asked.before else ()
    lines = [head, tuple("---" for _ in head)]
    with tempfile.TemporaryDirectory() as scratch:
        for number, part in enumerate(parts(archives, people, asked.long)):
            found = measured_by_all(checkouts, part, Path(scratch), last_first=number % 2 == 1)
            lines += rows(part, found[-1], found[0] if asked.before else None)
            asked.out.write_text("".join(f"| {' | '.join(line)} |\n" for line in lines), encoding="utf-8")
    print(asked.out.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
