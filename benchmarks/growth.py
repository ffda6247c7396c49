"""Growth with the number of matches: ingest and one epoch of training, in time and memory, synthetic.

Each stage is a command of a process of its own: ingest from an empty cache, training from what it kept.
Memory is what its processes have of their own, all together; pages of mapped files, which the system takes
back when it needs them, are not in it. Options not named here, as ``--devices 2``, are handed on to the
command ``train``. What is not measured (``--train-up-to 0`` leaves the training out) is drawn as it was kept
last under the same name.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from pathlib import Path
from typing import Any, NamedTuple

import psutil

from cricketgnn.provenance import provenance
from measured import PROGRAM, keep, latest, titled

INGEST = """
import sys
if __name__ == "__main__":
    from cricketgnn.graph.load import load_graphs
    print(load_graphs(sys.argv[1:]).store.deliveries)
"""
EVERY_SECONDS = 0.1
FIGURE = Path(__file__).parents[1] / "docs/growth.svg"


class Measured(NamedTuple):
    """What one stage took, and what it printed."""

    seconds: float
    gb: float
    said: str


def run(arguments: list[str], cache: Path) -> Measured:
    """Run a command to its end."""
    environment = {**os.environ, "CRICKETGNN_CACHE_DIR": str(cache)}
    began = time.perf_counter()
    with subprocess.Popen(
        arguments, env=environment, cwd=cache.parent, stdout=subprocess.PIPE, text=True
    ) as process:
        peak = [0]
        watching = threading.Thread(target=watch, args=(psutil.Process(process.pid), peak))
        watching.start()
        said = process.stdout.read() if process.stdout else ""
        process.wait()
        watching.join()
    if process.returncode:
        sys.exit(f"{' '.join(arguments)} ended with code {process.returncode}")
    return Measured(time.perf_counter() - began, peak[0] / 1e9, said)


def watch(process: psutil.Process, peak: list[int]) -> None:
    """Keep the largest sum of what a process and its children have of their own, until it ends."""
    while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
        own = 0
        try:
            for one in (process, *process.children(recursive=True)):
                memory = one.memory_info()
                own += memory.rss - memory.shared
        except psutil.NoSuchProcess:
            continue
        peak[0] = max(peak[0], own)
        time.sleep(EVERY_SECONDS)


def measure(matches: int, folder: Path, trained: bool, more: list[str]) -> dict[str, Any]:
    """Make a league of so many matches and measure what it takes, training with more options on request."""
    archive, cache = folder / f"{matches}.zip", folder / f"cache{matches}"
    if not archive.exists():
        make = [PROGRAM, "data", "sample", "--matches", str(matches), "--out", str(archive)]
        subprocess.run(make, check=True)
    script = folder / "ingest.py"
    script.write_text(INGEST)
    ingest = run([sys.executable, str(script), str(archive)], cache)
    deliveries = int(ingest.said)
    rows = {
        "matches": matches, "deliveries": deliveries, "archive, GB": archive.stat().st_size / 1e9,
        "cache on disk, GB": sum(path.stat().st_size for path in cache.rglob("*")) / 1e9,
        "ingest, seconds": ingest.seconds, "ingest, peak GB": ingest.gb,
    }  # fmt: skip
    if trained:
        last = last_day(archive)
        out = folder / f"run{matches}"
        epoch = run(
            [PROGRAM, "train", "--data", str(archive), "--epochs", "1", "--device", "cpu", "--out", str(out),
             "--val-from", last, "--test-from", "2100-01-01", *more], cache,
        )  # fmt: skip
        rows |= {"one epoch, seconds": epoch.seconds, "one epoch, peak GB": epoch.gb}
    return rows


def last_day(archive: Path) -> str:
    """Give the day of the last match, so that nearly all are trained on."""
    with zipfile.ZipFile(archive) as file:
        name = max(file.namelist(), key=lambda one: int(Path(one).stem) if Path(one).stem.isdigit() else -1)
        day: str = json.loads(file.read(name))["info"]["dates"][0]
    return day


def drawn(leagues: list[dict[str, Any]], made_by: str) -> str:
    """Draw seconds and gigabytes over deliveries as SVG, all axes logarithmic, beside linear growth."""
    charts = [
        chart(leagues, 60, "seconds", ("ingest, seconds", "one epoch, seconds")),
        chart(leagues, 420, "GB of its own, peak", ("ingest, peak GB", "one epoch, peak GB")),
    ]
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 760 330" font-family="sans-serif" '
        'font-size="12">\n'
        '<rect width="760" height="330" fill="#fff"/>\n'
        + "\n".join(charts)
        + f'\n<text x="60" y="320" fill="#666">{made_by}; dotted: linear growth</text>\n</svg>\n'
    )


def chart(leagues: list[dict[str, Any]], left: int, title: str, names: tuple[str, str]) -> str:
    """Draw what was measured over the deliveries."""
    points = {name: [(one["deliveries"], one[name]) for one in leagues if name in one] for name in names}
    values = [value for line in points.values() for _, value in line]
    xs = [math.log10(one["deliveries"]) for one in leagues]
    low_x, high_x = math.floor(min(xs)), math.ceil(max(xs))
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))

    def place(deliveries: float, value: float) -> tuple[float, float]:
        across = (math.log10(deliveries) - low_x) / (high_x - low_x)
        return left + 300 * across, 270 - 220 * (math.log10(value) - low) / (high - low)

    drawn = [f'<text x="{left}" y="30" font-weight="bold">{title}</text>']
    for power in range(low, high + 1):
        _, y = place(10**low_x, 10**power)
        drawn.append(f'<path d="M{left} {y:.0f}h300" stroke="#ddd"/>')
        drawn.append(text(left - 6, y + 4, f"{10.0**power:g}", "end"))
    for power in range(low_x, high_x + 1):
        x, _ = place(10**power, 10**low)
        drawn.append(text(x, 290, f"{10**power / 1e6:g} M", "middle"))
    lowest = min(line[-1][1] for line in points.values() if line)
    for (name, line), colour in zip(points.items(), ("#0b6", "#36c"), strict=True):
        ends = [place(*one) for one in line]
        path = "L".join(f"{x:.1f} {y:.1f}" for x, y in ends)
        drawn.append(f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        drawn += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}"/>' for x, y in ends]
        x, y = ends[-1]
        below = line[-1][1] == lowest  # beside its own line and clear of the other
        at = (x - 6, y + 18) if below else (x, y - 9)
        drawn.append(text(*at, name.split(",")[0], "start" if below else "end", colour))
        first, value = line[0]
        last = min(leagues[-1]["deliveries"], first * 10**high / value)  # no further than the chart
        (x0, y0), (x1, y1) = place(first, value), place(last, value * last / first)
        dotted = f'stroke="{colour}" stroke-dasharray="2 4"'
        drawn.append(f'<path d="M{x0:.1f} {y0:.1f}L{x1:.1f} {y1:.1f}" {dotted}/>')
    return "\n".join(drawn)


def text(x: float, y: float, words: str, anchor: str, colour: str = "#666") -> str:
    """Write words at a place of a chart."""
    return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}" fill="{colour}">{words}</text>'


def main() -> None:
    """Measure leagues of 1, 10 and 100 times as many matches."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--matches", type=int, nargs="+", default=[2_000, 20_000, 200_000])
    parser.add_argument(
        "--train-up-to", type=int, default=200_000, help="matches of the largest that is trained on"
    )
    parser.add_argument("--folder", type=Path, help="where leagues and caches go, for as long as it takes")
    asked, more = parser.parse_known_args()
    leagues = []
    with tempfile.TemporaryDirectory(dir=asked.folder) as scratch:
        for matches in asked.matches:
            name = titled(f"growth: {matches:,} synthetic matches", more)
            before = latest(name)
            league = measure(matches, Path(scratch), matches <= asked.train_up_to, more)
            keep(name, league)
            leagues += [before | league]
    facts = provenance()
    made_by = titled(f"{facts['made_by']}, {facts['made_at'][:10]}, {os.cpu_count()} cores", more)
    FIGURE.write_text(drawn(leagues, made_by), encoding="utf-8")


if __name__ == "__main__":
    main()
