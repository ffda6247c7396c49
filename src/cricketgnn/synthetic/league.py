"""A whole synthetic league: matches as Cricsheet documents, and the true chances of every delivery."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from cricketgnn.cricket.outcomes import KIND_NAMES, OUTCOME_NAMES
from cricketgnn.synthetic.config import LeagueConfig
from cricketgnn.synthetic.matchplay import Block, play_block
from cricketgnn.synthetic.people import draw_people
from cricketgnn.synthetic.schedule import draw_fixtures
from cricketgnn.synthetic.sides import World, draw_grounds
from cricketgnn.synthetic.wire import SyntheticMatch, documents

BLOCK: Final = 500
"""Matches played in lockstep: enough to vectorise, few enough to hold in memory."""

TRUTH_OUTCOMES: Final = tuple(f"p_{name}" for name in OUTCOME_NAMES)
TRUTH_KINDS: Final = tuple(f"p_{name}" for name in KIND_NAMES)
TRUTH: Final = {
    "match_id": pl.String,
    "innings": pl.Int8,  # position in the file, 0-based, super overs counted
    "over": pl.Int16,  # 0-based
    "ball": pl.Int8,  # position within the over, 0-based, wides and no-balls counted
    **dict.fromkeys(TRUTH_OUTCOMES, pl.Float64),  # if the delivery is no wide; sums to 1
    **dict.fromkeys(TRUTH_KINDS, pl.Float64),  # legal, wide, no-ball; sums to 1
}
"""Columns of the truth, one row a delivery in the order of the files."""


@dataclass(frozen=True)
class LeagueBlock:
    """Some consecutive matches of a league.

    Attributes:
        files: the matches in time order.
        truth: true chances of every delivery of these matches, columns :data:`TRUTH`.
    """

    files: list[SyntheticMatch]
    truth: pl.DataFrame


@dataclass(frozen=True)
class League:
    """A simulated league held in memory.

    Attributes:
        config: what was asked for.
        files: the matches in time order.
        truth: true chances of every delivery, columns :data:`TRUTH`.
    """

    config: LeagueConfig
    files: list[SyntheticMatch]
    truth: pl.DataFrame


def simulate_league(config: LeagueConfig) -> League:
    """Play a whole league; the same configuration gives the same league."""
    blocks = list(play_league(config))
    files = [file for block in blocks for file in block.files]
    return League(config, files, pl.concat([block.truth for block in blocks]))


def play_league(config: LeagueConfig) -> Iterator[LeagueBlock]:
    """Play a league block by block, for leagues too big to hold in memory.

    The world (people, grounds, fixtures) comes from the seed, each block from the seed and its number.
    """
    world_rng = _stream(config, 0)
    people = draw_people(world_rng, config.teams, config.last_season - config.first_season + 1)
    world = World(people, draw_grounds(world_rng))
    fixtures = draw_fixtures(world_rng, config, people)
    for number, start in enumerate(range(0, len(fixtures), BLOCK)):
        rng = _stream(config, number + 1)
        played = play_block(rng, world, fixtures[start : start + BLOCK], config.oddities)
        yield LeagueBlock(list(documents(rng, played, config.oddities)), _truth(played))


def _stream(config: LeagueConfig, number: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(config.seed, spawn_key=(number,))))


def _truth(block: Block) -> pl.DataFrame:
    """Collect the true chances of a block in the order of the files."""
    ids = pl.Series("match_id", [fixture.match_id for fixture in block.fixtures])
    positions = np.zeros(len(block.fixtures), dtype=np.int64)
    frames = []
    for part in block.innings:
        log = part.log
        match = part.matches[log.lane]
        columns = {
            "match": match,
            "innings": positions[match],
            "over": log.over,
            "ball": log.ball,
            **{name: log.outcome_chances[:, i] for i, name in enumerate(TRUTH_OUTCOMES)},
            **{name: log.kind_chances[:, i] for i, name in enumerate(TRUTH_KINDS)},
        }
        frames.append(pl.DataFrame(columns))
        positions[part.matches] += 1
    truth = pl.concat(frames).sort("match", "innings", "over", "ball")
    return truth.with_columns(ids.gather(truth["match"])).select(
        [pl.col(name).cast(kind) for name, kind in TRUTH.items()]
    )
