"""Ready graphs from match files: out of the cache, memory-mapped, where they have been built before."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from cricketgnn.cricsheet import IngestReport, find_sources
from cricketgnn.deliveries.build import usable_processes
from cricketgnn.deliveries.fingerprint import require_unchanged, source_key
from cricketgnn.deliveries.load import load_tables
from cricketgnn.deliveries.schema import MatchTables
from cricketgnn.entries import EntryDamaged, EntryStore, Log, cache_folder, digest_of, silent
from cricketgnn.errors import DataError
from cricketgnn.features.names import FEATURES_VERSION
from cricketgnn.features.styles import NO_STYLES, Styles
from cricketgnn.graph.build import store_parts
from cricketgnn.graph.parts import joined, write_parts
from cricketgnn.graph.store import ARRAYS, GraphStore

_FACTS = "facts.json"
_REPORT = "report.json"


@dataclass(frozen=True)
class LoadedGraphs:
    """The innings of a data source as ready graphs, and what became of each of its files."""

    store: GraphStore
    report: IngestReport


@dataclass(frozen=True)
class _ToBeBuilt:
    """Matches whose graphs are built while they are written, so that they are never in memory all at once."""

    tables: MatchTables
    report: IngestReport
    styles: Styles

    def parts(self) -> Iterator[GraphStore]:
        fingerprint = digest_of(self.tables.fingerprint, *_made_with(self.styles))
        return store_parts(self.tables, fingerprint, self.styles)


def load_graphs(
    paths: Sequence[str | Path],
    *,
    styles: Styles = NO_STYLES,
    max_rejected: float = 0.05,
    log: Log = silent,
) -> LoadedGraphs:
    """Read matches into ready graphs.

    Args:
        paths: zip archives, folders, ``.json`` files, or globs of these.
        styles: of batting and bowling.
        max_rejected: largest share of match files that may be refused, 0 to 1.
        log: told, in one line each, of a damaged cache entry or a cache that cannot be written.

    Raises:
        DataError: a path is no source of matches, too many matches are refused, or no innings is left.
    """
    key = _key(paths, styles)

    def build() -> _ToBeBuilt:
        loaded = load_tables(paths, max_rejected=max_rejected, log=log, processes=usable_processes())
        require_unchanged(key, _key(paths, styles))
        return _ToBeBuilt(loaded.tables, loaded.report, styles)

    entries = EntryStore(cache_folder() / "graphs", mapped=True)
    got = entries.get(key, read=_read, build=build, write=_write, log=log)
    graphs = got if isinstance(got, LoadedGraphs) else LoadedGraphs(joined(got.parts()), got.report)
    graphs.report.require(strict=False, max_rejected=max_rejected)
    if not len(graphs.store):
        raise DataError(
            f"{', '.join(map(str, paths))}: no innings with a delivery; give match files that were played"
        )
    return graphs


def _key(paths: Sequence[str | Path], styles: Styles) -> str:
    return digest_of("graphs", source_key(find_sources(paths)), *_made_with(styles))


def _made_with(styles: Styles) -> tuple[str, ...]:
    """Name all that makes graphs what they are beside the matches."""
    known = (f"styles {styles.digest}",) if styles.digest else ()
    return (f"features {FEATURES_VERSION}", *known)


def map_array(path: Path) -> npt.NDArray[Any]:
    """Map an array's file into memory, read-only.

    A plain view of it: NumPy's own class for maps costs microseconds with each of the many small slices.

    Raises:
        OSError, ValueError: it cannot be read, or holds no array.
    """
    return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))


def write_store(parts: Iterable[GraphStore], folder: Path) -> None:
    """Write the arrays of a store, which may come in parts, into a folder for :func:`map_store`."""
    fingerprint = write_parts(parts, folder)
    (folder / _FACTS).write_text(json.dumps({"fingerprint": fingerprint}), encoding="utf-8")


def map_store(folder: Path) -> GraphStore:
    """Map the arrays that :func:`write_store` wrote into memory, where all processes share them.

    Raises:
        DataError: the folder does not hold them.
    """
    try:
        arrays = {name: map_array(folder / f"{name}.npy") for name in ARRAYS}
        fingerprint = json.loads((folder / _FACTS).read_text(encoding="utf-8"))["fingerprint"]
    except (OSError, ValueError, KeyError) as error:
        raise DataError(f"{folder}: cannot map the graphs ({error}); run the command again") from error
    return GraphStore(**arrays, fingerprint=fingerprint, folder=folder)


def _write(graphs: LoadedGraphs | _ToBeBuilt, folder: Path) -> None:
    assert isinstance(graphs, _ToBeBuilt)  # what was read is not written again
    write_store(graphs.parts(), folder)
    (folder / _REPORT).write_bytes(msgspec.json.encode(graphs.report))


def _read(folder: Path) -> LoadedGraphs | _ToBeBuilt:
    try:
        store = map_store(folder)
        report = msgspec.json.decode((folder / _REPORT).read_bytes(), type=IngestReport)
    except (OSError, DataError, msgspec.DecodeError) as error:
        raise EntryDamaged(str(error)) from error
    return LoadedGraphs(store, report)
