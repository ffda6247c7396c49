"""What parameters were chosen on, and that no match of it is scored as if it had not been."""

from __future__ import annotations

import datetime as dt
import zlib
from typing import Final

import numpy as np

from cricketgnn.config.readers import ChosenOn
from cricketgnn.cricket.days import day_numbered
from cricketgnn.entries import Log
from cricketgnn.errors import ConfigError
from cricketgnn.features.grouped import Ints
from cricketgnn.graph.store import GraphStore
from cricketgnn.training.split import Split

CHOSEN_BEFORE: Final = dt.date(2024, 1, 1)
"""How strongly ratings count was chosen on real matches of 2021 and 2022; what models are like unless a user
says otherwise, LightGBM included, on those of 2023."""
NAMED: Final = 500
"""Matches of a search that are named: all, or so many drawn by hash, of which a test part that has one in a
hundred of them shares some with probability .993."""


def named_matches(store: GraphStore, innings: Ints) -> str:
    """Name matches by id and day, separated by spaces, at most :data:`NAMED` of them, always the same.

    Args:
        store: the innings.
        innings: of the matches, rows of the store.
    """
    by_hash = sorted(_names(store, innings), key=lambda name: zlib.crc32(name.encode()))
    return " ".join(by_hash[:NAMED])


def _names(store: GraphStore, innings: Ints) -> list[str]:
    match, first = np.unique(store.match[innings], return_index=True)
    days = store.day[innings[first]]
    return [f"{store.match_ids[row]}@{day_numbered(int(day))}" for row, day in zip(match, days, strict=True)]


def check_choice(chosen_on: ChosenOn | None, split: Split, store: GraphStore, log: Log) -> None:
    """Make sure that no test match took part in the choice of the parameters.

    Args:
        chosen_on: the matches of the search; None without one.
        split: of the run.
        store: innings of the run.
        log: told where the search had other data and does not name its matches, so that nothing can be
            compared but the days, and where test matches are of the years that defaults were chosen on.

    Raises:
        ConfigError: the search saw matches of the run's test part.
    """
    if split.test_from < CHOSEN_BEFORE:
        log(
            f"test matches before {CHOSEN_BEFORE} flatter a little: the defaults of features and models were "
            "chosen on real matches up to then"
        )
    if chosen_on is None or split.test_from >= chosen_on.test_from:
        return
    seen = (
        f"{chosen_on.file} was chosen on matches before {chosen_on.test_from} and the test part begins on "
        f"{split.test_from}"
    )
    if chosen_on.data != store.fingerprint:
        named = set(chosen_on.matches.split())
        if not named:
            log(f"{seen}: if that search had any of its matches, test scores flatter")
            return
        if named.isdisjoint(_names(store, split.test)):
            return
    raise ConfigError(
        f"{seen}: its scores would flatter; search again with these dates, or give --test-from "
        f"{chosen_on.test_from} or later, with a --val-from before"
    )
