"""Two leagues shared by the tests of the simulator: a plain one, and one where rare things are common."""

from __future__ import annotations

import polars as pl
import pytest
from labelled_league import labelled

from cricketgnn.synthetic.config import LeagueConfig
from cricketgnn.synthetic.league import League, simulate_league

PLAIN = LeagueConfig(matches=300, seed=11)
ODD = LeagueConfig(matches=300, seed=12, oddities=8.0)


@pytest.fixture(scope="session")
def plain_league() -> League:
    return simulate_league(PLAIN)


@pytest.fixture(scope="session")
def odd_league() -> League:
    return simulate_league(ODD)


@pytest.fixture(scope="session")
def plain_labels(plain_league: League) -> pl.DataFrame:
    return labelled(plain_league)


@pytest.fixture(scope="session")
def odd_labels(odd_league: League) -> pl.DataFrame:
    return labelled(odd_league)
