"""Stores and synthetic leagues for tests: match files held in memory, made into graphs without a file."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
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
FIRST: Final = dt.date(2024, 1, 1)
"""Day 0 of the stores that :func:`on_days` gives."""
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


def on_days(store: GraphStore, days: Sequence[int], innings_each: int = 2) -> GraphStore:
    """A store of matches on days from :data:`FIRST` on, as far as a split looks at it."""
    in_order = np.sort(np.array(days, dtype=np.int32))
    match = np.repeat(np.arange(len(days), dtype=np.int32), innings_each)
    on = np.repeat(in_order, innings_each) + (FIRST - dt.date(1970, 1, 1)).days
    one_ball_each = {"pointers": np.arange(len(on) + 1), "outcome": np.zeros(len(on), dtype=np.int8)}
    return replace(store, match=match, day=on, last_day=on, **one_ball_each)


def day(number: int) -> dt.date:
    """Give a day by its number."""
    return FIRST + dt.timedelta(days=number)
