"""Stores and synthetic leagues for tests: match files held in memory, made into graphs without a file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np

from cricketgnn.cricsheet import parse_match
from cricketgnn.deliveries.assemble import assemble
from cricketgnn.deliveries.chunks import Chunk
from cricketgnn.deliveries.flatten import ChunkBuilder
from cricketgnn.deliveries.schema import MatchTables
from cricketgnn.features import names
from cricketgnn.graph.build import build_store
from cricketgnn.graph.store import GraphStore
from cricketgnn.synthetic.config import LeagueConfig
from cricketgnn.synthetic.league import simulate_league
from match_files import Document

Documents = Mapping[str, Document]
"""Match id to its file, as parsed JSON."""

FINGERPRINT: Final = "of a test"
DELIVERY_NAMES: Final = [feature.name for feature in names.DELIVERY]
OUTCOME_NAMES: Final = [feature.name for feature in names.OUTCOME]


class Place(NamedTuple):
    """One delivery: match, position of its innings in the file, number in the innings, both from 0."""

    match_id: str
    innings: int
    delivery: int


def build(tables: MatchTables) -> GraphStore:
    """The store as the product builds it."""
    return build_store(tables, FINGERPRINT)


def tables_of(documents: Documents) -> MatchTables:
    """Match tables of documents held in memory."""
    chunk = ChunkBuilder()
    for match_id, document in documents.items():
        chunk.add(parse_match(json.dumps(document).encode(), match_id, match_id))
    return assemble([Chunk.of(chunk.finish())])[0]


def store_of(documents: Documents) -> GraphStore:
    return build(tables_of(documents))


@lru_cache(maxsize=8)
def league(seed: int, matches: int = 14, oddities: float = 12.0) -> dict[str, Document]:
    """A small synthetic league in which few players meet often and rare things happen in most matches."""
    config = LeagueConfig(
        matches=matches, seed=seed, teams=4, oddities=oddities, first_season=2023, last_season=2024
    )
    return {file.match_id: json.loads(json.dumps(file.document)) for file in simulate_league(config).files}


def date_of(document: Document) -> str:
    return str(document["info"]["dates"][0])


def deliveries_of(innings: Document) -> list[Document]:
    return [delivery for over in innings["overs"] for delivery in over["deliveries"]]


def row_of(store: GraphStore, place: Place) -> tuple[int, int]:
    """The innings of a store and the delivery row that a place is."""
    of_match = store.match_ids[store.match] == place.match_id
    (innings,) = np.flatnonzero(of_match & (store.position == place.innings))
    return int(innings), int(store.pointers[innings]) + place.delivery


def before(store: GraphStore, place: Place) -> dict[str, float]:
    """What is known before a delivery, by the names of :data:`cricketgnn.features.names.DELIVERY`."""
    row = row_of(store, place)[1]
    return dict(zip(DELIVERY_NAMES, store.delivery_x[row].tolist(), strict=True))


def on(store: GraphStore, place: Place) -> dict[str, int]:
    """What happened on a delivery, by the names of :data:`cricketgnn.features.names.OUTCOME`."""
    row = row_of(store, place)[1]
    return dict(zip(OUTCOME_NAMES, store.outcome_x[row].tolist(), strict=True))
