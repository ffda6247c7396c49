"""One match file, read and checked: the only way a match gets from bytes into a table."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from cricketgnn.cricsheet.checks import faults
from cricketgnn.cricsheet.decode import decode_match
from cricketgnn.cricsheet.wire import Match
from cricketgnn.errors import MatchRejected

PARSER_VERSION: Final = 1
"""Raise it whenever a match that was refused is accepted or the other way round: caches are then rebuilt."""


@dataclass(frozen=True)
class ParsedMatch:
    """A sound match.

    Attributes:
        match_id: the file's stem.
        file: archive and member, or path, it was read from.
        digest: BLAKE2b hex digest (128 bit) of the file's bytes.
        document: everything the file says.
    """

    match_id: str
    file: str
    digest: str
    document: Match


def parse_match(content: bytes, match_id: str, file: str) -> ParsedMatch:
    """Read one match and check that it holds together.

    Args:
        content: the file's bytes, UTF-8 JSON in the Cricsheet format.
        match_id: the file's stem; Cricsheet writes the id nowhere inside.
        file: what to call the file in an error.

    Raises:
        MatchRejected: not JSON, not the format, or a rule of :mod:`cricketgnn.cricsheet.checks` is broken.
    """
    document = decode_match(content, file)
    for fault in faults(document):
        raise MatchRejected(file, fault.where, fault.reason)
    digest = hashlib.blake2b(content, digest_size=16).hexdigest()
    return ParsedMatch(match_id, file, digest, document)
