"""What a synthetic league may be asked to be."""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, model_validator

GENERATOR_VERSION: Final = 1
"""Raise it whenever the same configuration would give other matches: cached samples are then made anew."""

EMBEDDED_SEED: Final = 20241230
EMBEDDED_MATCHES: Final = 160
EMBEDDED_TEAMS: Final = 4


class LeagueConfig(BaseModel):
    """A league of T20 matches in several competitions, men's and women's, club and international.

    Attributes:
        matches: how many matches, spread over the seasons with more in the later ones.
        seed: the same configuration gives the same bytes.
        first_season: calendar year the first season begins in.
        last_season: calendar year whose 30 December no match is later than.
        teams: teams of every competition, and nations. Fewer teams give each player a longer career in a
            small league.
        oddities: multiplies the rates of rare events around a match, an innings or a delivery, such as rain
            or retirements (0: none of them; 1: about as rare as in real files).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    matches: int = Field(default=2000, ge=1, le=200_000)
    seed: int = Field(default=0, ge=0, lt=2**63)
    first_season: int = Field(default=2015, ge=1900, le=2100)
    last_season: int = Field(default=2024, ge=1900, le=2100)
    teams: int = Field(default=8, ge=4, le=10, multiple_of=2)
    oddities: float = Field(default=1.0, ge=0.0, le=20.0)

    @model_validator(mode="after")
    def _seasons_in_order(self) -> LeagueConfig:
        if self.last_season < self.first_season:
            raise ValueError(
                f"last_season {self.last_season} lies before first_season {self.first_season}; swap them"
            )
        return self

    @property
    def last_day(self) -> date:
        """No match is played later than this day."""
        return date(self.last_season, 12, 30)

    @property
    def digest(self) -> str:
        """Key of this league among all leagues this generator can make: 12 hex digits."""
        text = f"{GENERATOR_VERSION}:{self.model_dump_json()}"
        return hashlib.sha256(text.encode()).hexdigest()[:12]


def embedded_config() -> LeagueConfig:
    """Give the small league that comes with the product: 160 matches, fixed seed."""
    return LeagueConfig(matches=EMBEDDED_MATCHES, seed=EMBEDDED_SEED, teams=EMBEDDED_TEAMS)
