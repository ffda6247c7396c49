"""What identifies match data: a digest of every match in it, so that other data is never taken for it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from cricketgnn.cricsheet import PARSER_VERSION, Source
from cricketgnn.deliveries.schema import SCHEMA_VERSION
from cricketgnn.errors import DataError


def content_fingerprint(matches: Iterable[tuple[str, str]]) -> str:
    """Digest the matches of some tables.

    The same matches give the same fingerprint from an archive and from a folder, whatever the files
    are called around them.

    Args:
        matches: match id and content digest of each match, in table order.

    Returns:
        32 hex digits (BLAKE2b, 128 bit); the version of the schema is part of it.
    """
    return _digest(f"schema {SCHEMA_VERSION}", (f"{match_id}\0{digest}" for match_id, digest in matches))


def source_key(sources: Sequence[Source]) -> str:
    """Digest the files that tables are to be built from, and everything else the result depends on.

    The names of the sources are part of it, since the report of what was refused mentions them.

    Raises:
        DataError: a file cannot be read.
    """
    head = f"schema {SCHEMA_VERSION}, parser {PARSER_VERSION}"
    return _digest(head, (f"{source.name}\0{source.digest()}" for source in sources))


def require_unchanged(before: str, after: str) -> None:
    """Refuse what was made from files that were changed while they were read.

    Args:
        before: the key of the files before they were read.
        after: their key now.

    Raises:
        DataError: they differ.
    """
    if before != after:
        raise DataError("the match files were changed while they were read; run it again")


def _digest(head: str, lines: Iterable[str]) -> str:
    whole = hashlib.blake2b(head.encode(), digest_size=16)
    for line in lines:
        whole.update(b"\n" + line.encode(errors="surrogateescape"))
    return whole.hexdigest()
