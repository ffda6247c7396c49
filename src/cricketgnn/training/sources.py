"""Which matches a command works on: those it was given, or the embedded synthetic league."""

from __future__ import annotations

import atexit
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from cricketgnn.entries import Log, cache_folder
from cricketgnn.errors import DataError
from cricketgnn.graph.load import load_graphs
from cricketgnn.graph.store import GraphStore
from cricketgnn.synthetic.sample import Sample, embedded_sample


def open_matches(data: Sequence[str], log: Log) -> tuple[GraphStore, Sequence[str | Path]]:
    """Load the ready graphs of the named matches, and say which files they are.

    Args:
        data: archives, folders or patterns; empty for the embedded league, which is announced.
        log: told what the user should know, a line each.

    Raises:
        DataError: a path is empty; else see :func:`cricketgnn.graph.load.load_graphs`.
    """
    paths = files_of(data, log)
    loaded = load_graphs(paths, log=log)
    refused = loaded.report.rejected
    if refused:
        log(
            f"{len(refused)} of {loaded.report.matches} matches refused and left out; "
            "see them with: cricketgnn data validate"
        )
    return loaded.store, paths


def files_of(data: Sequence[str], log: Log) -> Sequence[str | Path]:
    """Give the named match files, or those of the embedded league, which is announced.

    Raises:
        DataError: a path is empty.
    """
    if "" in data:  # it would mean the current folder: more likely a shell variable that is not set
        raise DataError("a --data path is empty; name a zip archive, a folder or a pattern, or leave it out")
    paths: Sequence[str | Path] = data
    if not data:
        sample = _embedded(log)
        log(
            f"no --data given: using the embedded synthetic league ({sample.matches} simulated matches, no "
            "real cricket); real matches: cricketgnn data download t20s_male_json"
        )
        paths = [sample.archive]
    return paths


def open_matches_of_run(
    data: Sequence[str], trained_on: Sequence[str], log: Log
) -> tuple[GraphStore, Sequence[str | Path]]:
    """Load the named matches, or else those a run was trained from, where they still lie.

    Raises:
        DataError: see :func:`open_matches`; says what to do where the run's own files are gone.
    """
    with where_of_run(data):
        return open_matches(data or trained_on, log)


@contextmanager
def where_of_run(data: Sequence[str]) -> Iterator[None]:
    """Say what to do where the files that a run was trained from are gone, and none were named instead.

    Raises:
        DataError: as it is raised inside.
    """
    try:
        yield
    except DataError as error:
        if data:
            raise
        raise DataError(
            f"{error} (the run was trained from it; if it lies elsewhere now, name it with --data)"
        ) from error


def _embedded(log: Log) -> Sample:
    """Give the embedded league out of the cache, or made for this process where the cache cannot be used."""
    try:
        return embedded_sample(cache_folder())
    except OSError as error:
        log(f"cannot use the cache folder {cache_folder()} ({error.strerror or error}): going on without it")
        folder = tempfile.TemporaryDirectory(prefix="cricketgnn-")
        atexit.register(folder.cleanup)
        return embedded_sample(Path(folder.name))
