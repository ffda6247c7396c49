"""The competitions of the synthetic world: format, calendar, rules and how they tilt the game."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from cricketgnn.synthetic.names import CENTURY_TEAMS, MASCOTS, NATIONS, TOWNS


@dataclass(frozen=True)
class Competition:
    """One competition, the same every season but for what is dated here in seasons after the first.

    Attributes:
        name: event name; tours between nations are named by the two sides instead.
        female: played by women.
        share: part of all matches played in it, before seasons without it are left out.
        teams: the most teams it can have; a league takes the first few.
        starts: month and day the season opens.
        days: length of the season in days.
        international: teams are nations.
        balls_per_over: 6, or 5 where a bowler may bowl two sets running and ends change every second set.
        from_season: the first season (0-based) it is played.
        impact_from: the season from which each side may use a twelfth player; None: never.
        super_overs_from: the season from which ties are broken by a super over.
        no_ball_runs: penalty for a no-ball.
        renamed: season and name of a new sponsor.
        season_as_number: the season field is a number, not a string.
        tilt: added to the outcome logits by skill axis (tempo, power, rotation, hazard).
    """

    name: str
    female: bool
    share: float
    teams: tuple[str, ...]
    starts: tuple[int, int]
    days: int
    international: bool = False
    balls_per_over: int = 6
    from_season: int = 0
    impact_from: int | None = None
    super_overs_from: int = 0
    no_ball_runs: int = 1
    renamed: tuple[int, str] | None = None
    season_as_number: bool = False
    tilt: tuple[float, float, float, float] = field(default=(0.0, 0.0, 0.0, 0.0))

    @property
    def across_new_year(self) -> bool:
        """A season that opens in the last two months of the year is written ``2019/20``."""
        return self.starts[0] >= 11 and not self.international

    def event_name(self, season: int) -> str:
        """Give the event name printed in a season."""
        if self.renamed and season >= self.renamed[0]:
            return self.renamed[1]
        return self.name

    def season_label(self, year: int) -> str | int:
        """Give the season as the files write it: ``2019/20``, ``"2019"`` or ``2019``."""
        if self.across_new_year:
            return f"{year}/{(year + 1) % 100:02d}"
        return year if self.season_as_number else str(year)


_CLUBS: Final = tuple(f"{town} {mascot}" for town, mascot in zip(TOWNS, MASCOTS, strict=True))
_COUNTIES: Final = tuple(f"{town} United" for town in TOWNS)

COMPETITIONS: Final = (
    Competition(
        "Coastal Premier League",
        female=False,
        share=0.24,
        teams=_CLUBS,
        starts=(3, 25),
        days=60,
        impact_from=8,
        tilt=(0.10, 0.15, 0.0, 0.0),
    ),
    Competition(
        "Highland Super Shield",
        female=False,
        share=0.15,
        teams=_COUNTIES,
        starts=(11, 28),
        days=55,
        super_overs_from=3,
        no_ball_runs=2,
        renamed=(6, "Granite Bank Super Shield"),
    ),
    Competition(
        "Coastal Women's League",
        female=True,
        share=0.15,
        teams=_CLUBS,
        starts=(10, 8),
        days=40,
        season_as_number=True,
        tilt=(0.08, 0.10, 0.0, 0.0),
    ),
    Competition(
        "Century Cup (Men)",
        female=False,
        share=0.07,
        teams=CENTURY_TEAMS,
        starts=(7, 20),
        days=30,
        balls_per_over=5,
        from_season=3,
        tilt=(0.06, 0.10, 0.0, 0.05),
    ),
    Competition(
        "Century Cup (Women)",
        female=True,
        share=0.07,
        teams=CENTURY_TEAMS,
        starts=(7, 20),
        days=30,
        balls_per_over=5,
        from_season=3,
        tilt=(0.06, 0.10, 0.0, 0.05),
    ),
    Competition(
        "Men's internationals",
        female=False,
        share=0.18,
        teams=NATIONS,
        starts=(1, 8),
        days=340,
        international=True,
        tilt=(-0.05, 0.0, 0.0, 0.04),
    ),
    Competition(
        "Women's internationals",
        female=True,
        share=0.14,
        teams=NATIONS,
        starts=(1, 12),
        days=330,
        international=True,
        tilt=(-0.10, -0.10, -0.05, 0.0),
    ),
)
