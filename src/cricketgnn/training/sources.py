"""Which matches a command works on: those it was given, or the embedded synthetic league."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cricketgnn.entries import Log, cache_folder
from cricketgnn.graph.load import load_graphs
from cricketgnn.graph.store import GraphStore
from cricketgnn.synthetic.sample import embedded_sample


def open_matches(data: Sequence[str], log: Log) -> tuple[GraphStore, Sequence[str | Path]]:
    """Load the ready graphs of the named matches, and say which files they are.

    Args:
        data: archives, folders or patterns; empty for the embedded league, which is announced.
        log: told what the user should know, a line each.

    Raises:
        DataError: see :func:`cricketgnn.graph.load.load_graphs`.
    """
    paths: Sequence[str | Path] = data
    if not data:
        sample = embedded_sample(cache_folder())
        log(
            f"no --data given: using the embedded synthetic league ({sample.matches} simulated matches, no "
            "real cricket); real matches: cricketgnn data download t20s_male_json"
        )
        paths = [sample.archive]
    loaded = load_graphs(paths, log=log)
    refused = loaded.report.rejected
    if refused:
        log(
            f"{len(refused)} of {loaded.report.matches} matches refused and left out; "
            "see them with: cricketgnn data validate"
        )
    return loaded.store, paths
