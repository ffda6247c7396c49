"""Keeping what a benchmark measured: a table on the screen and a line in results.jsonl."""

from __future__ import annotations

import json
import resource
import sys
import time
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


def peak_memory_gb(children: bool = False) -> float:
    """Give the peak resident memory of this process, or of its largest finished child, in GB."""
    who = resource.RUSAGE_CHILDREN if children else resource.RUSAGE_SELF
    return resource.getrusage(who).ru_maxrss / 1e6


def keep(benchmark: str, rows: dict[str, Any]) -> None:
    """Print the rows as a table and append them, with who measured them on what, to results.jsonl."""
    table = Table("what", "measured", title=benchmark, title_justify="left", box=None)
    for name, value in rows.items():
        table.add_row(
            name,
            f"{value:,.4g}"
            if isinstance(value, float)
            else f"{value:,}"
            if isinstance(value, int)
            else str(value),
        )
    Console().print(table)
    facts = provenance()
    del facts["command"]  # it names this machine's folders; the benchmark's title names the archives
    with RESULTS.open("a", encoding="utf-8") as file:
        file.write(json.dumps({"benchmark": benchmark, "rows": rows, **facts}) + "\n")


def matrix_product_gflops(size: int = 2048, repeats: int = 8) -> float:
    """Measure this machine's rate of a large float32 matrix product, in GFLOP/s."""
    import torch

    left, right = torch.randn(size, size), torch.randn(size, size)
    left @ right
    began = time.perf_counter()
    for _ in range(repeats):
        left @ right
    return 2 * size**3 * repeats / (time.perf_counter() - began) / 1e9


def copy_gb_per_second(megabytes: int = 256, repeats: int = 8) -> float:
    """Measure this machine's rate of copying memory, bytes read and bytes written both counted, in GB/s."""
    import torch

    source = torch.zeros(megabytes * 250_000)
    target = torch.empty_like(source)
    target.copy_(source)
    began = time.perf_counter()
    for _ in range(repeats):
        target.copy_(source)
    return 2 * source.nbytes * repeats / (time.perf_counter() - began) / 1e9
