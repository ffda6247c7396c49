"""Which national sides are full members of the International Cricket Council."""

from __future__ import annotations

from typing import Final

FULL_MEMBERS: Final = frozenset(
    {
        *("afghanistan", "australia", "bangladesh", "england", "india", "ireland", "new zealand", "pakistan"),
        *("south africa", "sri lanka", "west indies", "zimbabwe"),
    }
)
"""As of 2026; Afghanistan and Ireland since 2017. All others are associates."""


def is_full_member(team: str) -> bool:
    """Tell whether a national side, in any spelling of case, is a full member's."""
    return team.strip().lower() in FULL_MEMBERS
