"""Keeping what a benchmark measured: a table on the screen and a line in results.jsonl.

And the limits of the machine that it is held against.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from cricketgnn.provenance import provenance

RESULTS = Path(__file__).with_name("results.jsonl")
PROGRAM = str(Path(sys.executable).with_name("cricketgnn"))
"""The installed command, as its users call it."""


def titled(benchmark: str, unlike: list[str]) -> str:
    """Name a benchmark with the options that made it unlike the usual."""
    return f"{benchmark} ({' '.join(unlike)})" if unlike else benchmark


def archives_named(about: str | None) -> list[str]:
    """Read the command line of a benchmark that takes archives and nothing else."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("archives", nargs="+")
    named: list[str] = parser.parse_args().archives
    return named


def peak_memory_gb(children: bool = False) -> float:
    """Give the peak resident memory of this process, or of its largest finished child, in GB."""
    who = resource.RUSAGE_CHILDREN if children else resource.RUSAGE_SELF
    return resource.getrusage(who).ru_maxrss / 1e6


def shown(value: object) -> str:
    """Put a figure into words: four digits that count, and no powers of ten."""
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def keep(benchmark: str, rows: dict[str, Any]) -> None:
    """Print the rows as a table and append them, with who measured them on what, to results.jsonl."""
    table = Table("what", "measured", title=benchmark, title_justify="left", box=None)
    for name, value in rows.items():
        table.add_row(name, shown(value))
    Console().print(table)
    facts = provenance()
    del facts["command"]  # it names this machine's folders; the benchmark's title names the archives
    with RESULTS.open("a", encoding="utf-8") as file:
        file.write(json.dumps({"benchmark": benchmark, "rows": rows, **facts}) + "\n")


def latest(benchmark: str) -> dict[str, Any]:
    """Give the rows that were kept of a benchmark, of each what was measured last."""
    lines = RESULTS.read_text(encoding="utf-8").splitlines() if RESULTS.is_file() else []
    rows: dict[str, Any] = {}
    for kept in map(json.loads, lines):
        rows |= kept["rows"] if kept["benchmark"] == benchmark else {}
    return rows


def matrix_product_gflops(device: str = "cpu", dtype: str = "float32") -> float:
    """Measure a device's rate of a large matrix product of some type of number, in GFLOP/s."""
    import torch

    size = 2048 if device == "cpu" else 8192  # a GPU is filled by nothing less
    left, right = (torch.randn(size, size, device=device).to(getattr(torch, dtype)) for _ in range(2))
    return 2 * size**3 / _seconds_each(lambda: left @ right, device) / 1e9


def copy_gb_per_second(device: str = "cpu") -> float:
    """Measure a device's rate of copying its memory, bytes read and bytes written both counted, in GB/s."""
    import torch

    source = torch.zeros(64_000_000, device=device)
    target = torch.empty_like(source)
    return 2 * source.nbytes / _seconds_each(lambda: target.copy_(source), device) / 1e9


def wait_for(device: str) -> None:
    """Wait until a device has done all it was given; the CPU has, whenever a call returns."""
    import torch

    if device != "cpu":
        torch.accelerator.synchronize()


def _seconds_each(work: Callable[[], object], device: str, repeats: int = 8) -> float:
    """Time some work by the mean of its repeats, after one that warms up."""
    work()
    wait_for(device)
    began = time.perf_counter()
    for _ in range(repeats):
        work()
    wait_for(device)
    return (time.perf_counter() - began) / repeats
