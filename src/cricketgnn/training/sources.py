"""Which matches a command works on: those it was given, or the embedded synthetic league."""

from __future__ import annotations

import atexit
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from cricketgnn.config.models import DataConfig
from cricketgnn.entries import Log, cache_folder
from cricketgnn.errors import DataError
from cricketgnn.features.styles import NO_STYLES, Styles
from cricketgnn.graph.load import load_graphs
from cricketgnn.graph.store import GraphStore
from cricketgnn.synthetic.sample import Sample, embedded_sample


def open_matches(asked: DataConfig, log: Log) -> tuple[GraphStore, Sequence[str | Path]]:
    """Load the ready graphs of the named matches, and say which files they are.

    Args:
        asked: archives, folders or patterns, none for the embedded league, which is announced; and the file
            of people's styles.
        log: told what the user should know, a line each.

    Raises:
        DataError: a path is empty, or the file of people cannot be read; else see
            :func:`cricketgnn.graph.load.load_graphs`.
    """
    styles = styles_of(asked.people)
    paths = files_of(asked.data, log)
    loaded = load_graphs(paths, styles=styles, log=log)
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


def styles_of(people: str | None) -> Styles:
    """Read the file of people's styles; nothing is known without one.

    Raises:
        DataError: it cannot be read.
    """
    return NO_STYLES if people is None else Styles.read(Path(people))


def open_matches_of_run(
    data: Sequence[str], people: str | None, trained_on: DataConfig, log: Log
) -> tuple[GraphStore, Sequence[str | Path]]:
    """Load the named matches, or else those a run was trained from, where they still lie.

    Raises:
        DataError: see :func:`open_matches`; says what to do where the run's own files are gone.
    """
    with where_of_run(data, people, trained_on):
        return open_matches(trained_on.moved(data, people), log)


@contextmanager
def where_of_run(data: Sequence[str], people: str | None, trained_on: DataConfig) -> Iterator[None]:
    """Say what to do where the files that a run was trained from are gone, and none were named instead.

    Raises:
        DataError: as it is raised inside.
    """
    try:
        yield
    except DataError as error:
        unnamed = {"--data": not data, "--people": trained_on.people is not None and not people}
        options = " or ".join(option for option, wanted in unnamed.items() if wanted)
        if not options:
            raise
        raise DataError(
            f"{error} (the run was trained from it; if it lies elsewhere now, name it with {options})"
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
