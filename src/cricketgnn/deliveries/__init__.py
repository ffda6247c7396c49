"""The columnar table of all deliveries: schema, build from match files, cache on disk."""

from __future__ import annotations

from cricketgnn.deliveries.build import load_matches
from cricketgnn.deliveries.cache import LoadedTables
from cricketgnn.deliveries.load import load_tables
from cricketgnn.deliveries.schema import MatchTables

__all__ = ["LoadedTables", "MatchTables", "load_matches", "load_tables"]
