"""Match files made into the match tables: parsed in chunks, in one process or several, then assembled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from cricketgnn.cricsheet import IngestReport, Rejected, Source, find_sources, parse_match
from cricketgnn.cricsheet.archives import let_go
from cricketgnn.deliveries.assemble import assemble
from cricketgnn.deliveries.chunks import Chunk
from cricketgnn.deliveries.flatten import ChunkBuilder
from cricketgnn.deliveries.schema import MatchTables
from cricketgnn.errors import MatchRejected
from cricketgnn.machine import usable_cores
from cricketgnn.workers import pool_of

CHUNK_MATCHES: Final = 400
"""Matches a chunk: some 90,000 deliveries, half a second of work."""

SERIAL_MATCHES: Final = 600
"""Up to this many matches, starting processes costs more than it saves."""


def usable_processes() -> int:
    """Count the processes worth parsing with: the cores this process may use, 8 at most."""
    return min(usable_cores(), 8)


def load_matches(
    paths: Sequence[str | Path], *, strict: bool = False, max_rejected: float = 0.05, processes: int = 1
) -> tuple[MatchTables, IngestReport]:
    """Read matches into tables, without a cache.

    Args:
        paths: zip archives, folders, ``.json`` files, or globs of these.
        strict: stop at the first match that is refused.
        max_rejected: largest share of match files that may be refused, 0 to 1.
        processes: how many processes parse. The result is the same for any number. Above 1 they are
            spawned, so a script needs the usual ``if __name__ == "__main__":``.

    Raises:
        MatchRejected: ``strict``, and a match breaks the format.
        DataError: a path is no source of matches, or too many matches are refused.
    """
    tables, report = build_tables(find_sources(paths), strict=strict, processes=processes)
    report.require(strict, max_rejected)
    return tables, report


def build_tables(
    sources: Sequence[Source], *, strict: bool = False, processes: int = 1
) -> tuple[MatchTables, IngestReport]:
    """Build the tables of all sound matches, however few they are.

    Args:
        sources: where the match files are; see :func:`~cricketgnn.cricsheet.find_sources`.
        strict: stop at the first match that is refused.
        processes: how many processes parse; see :func:`load_matches`.

    Raises:
        MatchRejected: ``strict``, and a match breaks the format.
        DataError: a file cannot be read.
    """
    parts = [part for source in sources for part in source.parts(CHUNK_MATCHES)]
    small = sum(len(part.members) for part in parts) <= SERIAL_MATCHES
    chunks: list[Chunk] = []
    try:
        for chunk in map(parse_part, parts) if processes == 1 or small else _parsed_in(processes, parts):
            if strict and chunk.rejected:
                first = chunk.rejected[0]
                raise MatchRejected(first.file, first.where, first.reason)
            chunks.append(chunk)
    finally:
        let_go()
    return assemble(chunks)


def parse_part(part: Source) -> Chunk:
    """Parse the match files of one part of a source, setting aside those that are refused."""
    chunk = ChunkBuilder()
    rejected: list[Rejected] = []
    for file in part.read():
        try:
            chunk.add(parse_match(file.content, file.match_id, file.label))
        except MatchRejected as error:
            rejected.append(Rejected(error.file, error.where, error.reason))
    return Chunk.of(chunk.finish(rejected))


def _parsed_in(processes: int, parts: Sequence[Source]) -> Iterator[Chunk]:
    """Parse in several processes, the results in the order of the parts."""
    with pool_of(min(processes, len(parts))) as pool:
        yield from pool.map(parse_part, parts)
