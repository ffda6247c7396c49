"""Every number the model sees, in order: name and unit. The one list that code and documents share.

Units: ``balls`` are legal balls unless it says deliveries (wides and no-balls counted), ``flag`` is 0
or 1, ``rate`` a share of deliveries, ``per_over`` runs every six balls (also in The Hundred).
"""

from __future__ import annotations

from typing import Final, NamedTuple

from cricketgnn.cricket.outcomes import KIND_NAMES, OUTCOME_NAMES, BatOutcome
from cricketgnn.cricket.overs import Phase
from cricketgnn.cricket.styles import BowlingStyle


class Feature(NamedTuple):
    """One column: its name and the unit of its values."""

    name: str
    unit: str


FEATURES_VERSION: Final = 8
"""Raise it whenever a feature's meaning, order or number changes, or another array of the graphs: those
that are stored are then rebuilt."""

RECENT_WINDOWS: Final = (6, 12, 30)
"""Reach of the recent-delivery sums, in deliveries."""

STATE: Final = (
    Feature("is_chase", "flag"),
    Feature("is_female", "flag"),
    Feature("is_international", "flag"),
    Feature("is_hundred", "flag"),
    Feature("batting_won_toss", "flag"),
    Feature("scheduled_balls", "balls"),
    Feature("balls_bowled", "balls"),
    Feature("balls_left", "balls"),
    Feature("innings_share", "share of the scheduled balls bowled"),
    Feature("over_balls", "legal balls of this over so far"),
    Feature("over_deliveries", "deliveries of this over so far"),
    Feature("wickets_down", "wickets"),
    Feature("score", "runs"),
    Feature("run_rate", "per_over"),
    Feature("target_known", "flag"),
    Feature("runs_required", "runs"),
    Feature("required_rate", "per_over"),
    Feature("rate_gap", "per_over, required minus current"),
    Feature("free_hit", "flag"),
    Feature("innings_wides", "deliveries"),
    Feature("innings_noballs", "deliveries"),
)

FIGURES: Final = (
    Feature("striker_balls", "balls faced today"),
    Feature("striker_runs", "runs today"),
    Feature("striker_boundaries", "fours and sixes today"),
    Feature("striker_dots", "dots today"),
    Feature("striker_order", "batters who came in before, today"),
    Feature("non_striker_balls", "balls faced today"),
    Feature("non_striker_runs", "runs today"),
    Feature("partnership_deliveries", "deliveries since the last change of batters"),
    Feature("partnership_runs", "runs since the last change of batters"),
    Feature("bowler_balls", "balls bowled today"),
    Feature("bowler_runs", "runs conceded today"),
    Feature("bowler_wickets", "wickets today"),
    Feature("bowler_dots", "dots today"),
    Feature("bowler_boundaries", "fours and sixes conceded today"),
    Feature("bowler_extras", "wides and no-balls today"),
    Feature("matchup_balls", "balls between striker and bowler today"),
    Feature("matchup_runs", "runs off the bat between them today"),
    Feature("over_runs", "runs of this over so far"),
    Feature("over_wickets", "wickets of this over so far"),
)

RECENT: Final = (
    *(
        Feature(f"last{window}_{what}", "in the last deliveries")
        for window in RECENT_WINDOWS
        for what in ("runs", "dots", "boundaries", "wickets")
    ),
    Feature("since_boundary", "deliveries, 60 at most"),
    Feature("since_wicket", "deliveries, 60 at most"),
    Feature("previous_runs", "runs of the delivery before"),
    Feature("previous_wicket", "flag"),
    Feature("previous_extra", "flag"),
)

LATELY: Final = 30
"""Reach of the latest surprises, in deliveries."""

EXPECTED: Final = tuple(
    Feature(f"expected_{name}", "log probability by the ratings before the day") for name in OUTCOME_NAMES
)

SURPRISE: Final = tuple(
    Feature(f"{scope}_{name}_surprise", "ln((came + 4) / (expected + 4)) today")
    for scope in ("match", "innings", "bowler", "striker", f"last{LATELY}")
    for name in OUTCOME_NAMES
)

STYLE: Final = (
    *(Feature("striker_right_handed", "flag"), Feature("striker_left_handed", "flag")),
    Feature("non_striker_left_handed", "flag"),
    *(
        Feature(f"bowler_{style.name.lower()}", "flag")
        for style in BowlingStyle
        if style is not BowlingStyle.UNKNOWN
    ),
)
"""All 0 of people whose style is not known, as without a file of styles."""

DELIVERY: Final = (*STATE, *FIGURES, *RECENT, *EXPECTED, *SURPRISE, *STYLE)
"""Columns of a delivery node: known before it is bowled."""
DELIVERY_COLUMN: Final = {feature.name: number for number, feature in enumerate(DELIVERY)}
"""Place of each of them by its name."""

OUTCOME: Final = (
    *(Feature(f"was_{name}", "flag") for name in OUTCOME_NAMES),
    *(Feature(f"was_{name}", "flag") for name in KIND_NAMES),
    Feature("total_runs", "runs"),
    Feature("bye_runs", "runs, byes and leg-byes"),
    Feature("bowler_wickets", "wickets"),
    Feature("non_striker_out", "flag"),
)
"""Columns of an outcome node: what happened on the delivery, seen by later deliveries only."""

COUNTS: Final = (*OUTCOME_NAMES, "wide", "no_ball")
"""As-of counts of an entity: its seven bat outcomes (wides out), then wides and no-balls."""


def _rates(entity: str) -> tuple[Feature, ...]:
    return (
        *(Feature(f"{entity}_{name}_rate", "rate") for name in OUTCOME_NAMES),
        Feature(f"{entity}_wide_rate", "rate"),
        Feature(f"{entity}_no_ball_rate", "rate"),
        Feature(f"{entity}_balls", "log(1 + balls)"),
    )


PLAYER_ROLES: Final = ("batter", "bowler", "partner")
"""A player as striker, as bowler and as non-striker."""

CONTEXT_ROLES: Final = ("venue", "batting_team", "bowling_team", "competition", "era")
"""Entities of an innings; ``era`` is all matches of the same sex in the year before."""

RATED_OUTCOMES: Final = (
    *(BatOutcome.DOT, BatOutcome.ONE),
    *(BatOutcome.FOUR, BatOutcome.SIX, BatOutcome.WICKET),
)
"""Outcomes whose ratings stand apart: twos and threes tell little of who took part."""


def _ratings(entity: str) -> tuple[Feature, ...]:
    return tuple(
        Feature(f"{entity}_{outcome.name.lower()}_rating", "ln(how much more often than expected)")
        for outcome in RATED_OUTCOMES
    )


def _ratings_by_phase(entity: str) -> tuple[Feature, ...]:
    phases = (feature for phase in Phase for feature in _ratings(f"{entity}_{phase.name.lower()}"))
    return (*_ratings(entity), *phases)


PLAYER: Final = (
    *(feature for role in PLAYER_ROLES for feature in _rates(role)),
    *(*_ratings_by_phase("batter"), *_ratings_by_phase("bowler")),
)
VENUE: Final = (*_rates("venue"), *_ratings_by_phase("venue"))
TEAM: Final = (*_rates("team"), *_ratings("team"))
"""The batting side's record with the bat, or the bowling side's with the ball."""
COMPETITION: Final = (*_rates("competition"), *_rates("era"), *_ratings_by_phase("competition"))
