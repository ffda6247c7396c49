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
    return _open(asked.data, styles_of(asked.people), log)


def _open(data: Sequence[str], styles: Styles, log: Log) -> tuple[GraphStore, Sequence[str | Path]]:
    paths = files_of(data, log)
    loaded = load_graphs(paths, styles=styles, log=log)
    loaded.report.tell(log)
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
    asked = trained_on.moved(data, people)
    styles = styles_of_run(asked, people)
    with lying_as_the_run_knew("--data", data):
        return _open(asked.data, styles, log)


def styles_of_run(asked: DataConfig, people: str | None) -> Styles:
    """Read the styles a run is to be used with.

    Args:
        asked: where its files lie.
        people: what was named in the place of the run's own; None for that.

    Raises:
        DataError: the file cannot be read; says what to do where it is the run's own.
    """
    with lying_as_the_run_knew("--people", people):
        return styles_of(asked.people)


@contextmanager
def lying_as_the_run_knew(option: str, named: object) -> Iterator[None]:
    """Say what to do where files of a run cannot be read and none were named in their place.

    Args:
        option: that names others.
        named: what it named; empty or None for nothing.

    Raises:
        DataError: as it is raised inside.
    """
    try:
        yield
    except DataError as error:
        if named:
            raise
        raise DataError(
            f"{error} (the run was trained from it; if it lies elsewhere now, name it with {option})"
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
