"""Zip archives to ready graphs: cold (empty cache) and cached, each in a fresh process, with peak memory."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

from measured import archives_named, keep

ONE_LOAD = """
import json, resource, sys, time
if __name__ == "__main__":
    began = time.perf_counter()
    from cricketgnn.graph.load import load_graphs
    imported = time.perf_counter()
    loaded = load_graphs(sys.argv[1:])
    print(json.dumps({
        "seconds": time.perf_counter() - imported, "import_seconds": imported - began,
        "matches": loaded.report.ok, "deliveries": loaded.store.deliveries,
        "gb": max(resource.getrusage(who).ru_maxrss for who in (0, resource.RUSAGE_CHILDREN)) / 1e6,
    }))
"""


TABLES_ALONE = """
import json, sys, time
from cricketgnn.deliveries.load import load_tables
from cricketgnn.deliveries.build import usable_processes
if __name__ == "__main__":
    began = time.perf_counter()
    load_tables(sys.argv[1:], processes=usable_processes())
    print(json.dumps({"seconds": time.perf_counter() - began}))
"""


def one_load(script: Path, archives: list[str], cache: str) -> dict[str, float]:
    """Load once in a process of its own."""
    environment = {**os.environ, "CRICKETGNN_CACHE_DIR": cache}
    done = subprocess.run(
        [sys.executable, str(script), *archives], env=environment, capture_output=True, text=True, check=True
    )
    measured: dict[str, float] = json.loads(done.stdout)
    return measured


def decompression_seconds(archives: list[str]) -> float:
    """Time reading every member once: what no parser of these archives can be faster than on one core."""
    began = time.perf_counter()
    for archive in archives:
        with zipfile.ZipFile(archive) as file:
            for member in file.infolist():
                file.read(member)
    return time.perf_counter() - began


def main() -> None:
    """Measure the archives named on the command line together."""
    archives = archives_named(__doc__)
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "one_load.py"
        script.write_text(ONE_LOAD)
        alone = Path(folder) / "tables_alone.py"
        alone.write_text(TABLES_ALONE)
        tables = one_load(alone, archives, folder + "/other_cache")
        shutil.rmtree(folder + "/other_cache")
        cold = one_load(script, archives, folder + "/cache")
        cached = [one_load(script, archives, folder + "/cache") for _ in range(3)]
        size = sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())
    warm = sorted(load["seconds"] for load in cached)[1]
    floor = decompression_seconds(archives)
    keep(
        "ingest: " + ", ".join(Path(archive).name for archive in archives),
        {
            "matches": int(cold["matches"]),
            "deliveries": int(cold["deliveries"]),
            "cold, seconds": cold["seconds"],
            "of these, matches to tables, seconds": tables["seconds"],
            "of these, features and graphs, seconds": cold["seconds"] - tables["seconds"],
            "cached, seconds (median of 3)": warm,
            "decompression alone, seconds": floor,
            "cold / decompression alone": cold["seconds"] / floor,
            "peak memory cold, GB": cold["gb"],
            "peak memory cached, GB": cached[0]["gb"],
            "cache on disk, GB": size / 1e9,
        },
    )


if __name__ == "__main__":
    main()
