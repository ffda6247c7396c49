"""Match tables from match files, out of the cache where they have been built before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from cricketgnn.cricsheet import Source, find_sources
from cricketgnn.deliveries.build import build_tables
from cricketgnn.deliveries.cache import LoadedTables, read_entry, write_entry
from cricketgnn.deliveries.fingerprint import require_unchanged, source_key
from cricketgnn.entries import EntryStore, Log, cache_folder, silent


def load_tables(
    paths: Sequence[str | Path],
    *,
    strict: bool = False,
    max_rejected: float = 0.05,
    cache: bool = True,
    log: Log = silent,
    processes: int = 1,
) -> LoadedTables:
    """Read matches into tables: parsed the first time, out of the cache ever after.

    Args:
        paths: zip archives, folders, ``.json`` files, or globs of these.
        strict: stop at the first match that is refused.
        max_rejected: largest share of match files that may be refused, 0 to 1.
        cache: use the cache; without, the tables are built anew and not kept.
        log: told, in one line each, of a damaged entry or of a cache that cannot be written. Neither
            fails the reading.
        processes: how many processes parse; see :func:`~cricketgnn.deliveries.build.load_matches`.

    Raises:
        MatchRejected: ``strict``, and a match breaks the format.
        DataError: a path is no source of matches, or too many matches are refused.
    """
    sources = find_sources(paths)

    def build() -> LoadedTables:
        return LoadedTables(*build_tables(sources, strict=strict, processes=processes))

    loaded = _through_cache(sources, build, log) if cache else build()
    loaded.report.require(strict, max_rejected)
    return loaded


def _through_cache(sources: Sequence[Source], build: Callable[[], LoadedTables], log: Log) -> LoadedTables:
    key = source_key(sources)

    def build_unchanged() -> LoadedTables:
        loaded = build()
        require_unchanged(key, source_key(sources))
        return loaded

    entries = EntryStore(cache_folder() / "tables")
    return entries.get(key, read=read_entry, build=build_unchanged, write=write_entry, log=log)
