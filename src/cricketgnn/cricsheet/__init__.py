"""The Cricsheet file format: its types, what makes a match sound, and where match files come from."""

from __future__ import annotations

from cricketgnn.cricsheet.archives import MatchFile, Source
from cricketgnn.cricsheet.parse import PARSER_VERSION, ParsedMatch, parse_match
from cricketgnn.cricsheet.report import Duplicate, IngestReport, Rejected
from cricketgnn.cricsheet.sources import find_sources

__all__ = [
    "PARSER_VERSION",
    "Duplicate",
    "IngestReport",
    "MatchFile",
    "ParsedMatch",
    "Rejected",
    "Source",
    "find_sources",
    "parse_match",
]
