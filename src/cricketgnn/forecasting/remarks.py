"""What makes a forecast less, or more, than it seems, one line each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Final

from cricketgnn.cricket.days import number_of
from cricketgnn.cricket.outcomes import N_OUTCOMES
from cricketgnn.cricsheet.wire import Info, Outcome
from cricketgnn.features import names
from cricketgnn.features.history import History
from cricketgnn.features.styles import NO_STYLES, Styles
from cricketgnn.forecasting.crease import Crease, why_not_bowl
from cricketgnn.forecasting.situation import Situation
from cricketgnn.graph.store import GraphStore
from cricketgnn.training.checkpoint import Checkpoint
from cricketgnn.words import counted

_ROLES: Final = {"striker": "batter", "non_striker": "batter", "bowler": "bowler"}
"""Places of a delivery, and the career that says how well its holder is known."""
_MOST_BALLS: Final = 120
"""Legal balls of the longest innings of a T20."""
_STALE_DAYS: Final = 60
"""Careers that end longer before a match than this are worth a remark."""


def deliveries_seen(store: GraphStore) -> dict[str, int]:
    """Count the bat outcomes of earlier days that are known of the people of a store's last delivery."""
    first = store.player_pointers[-2]
    return {
        place: int(
            store.player_counts[
                names.PLAYER_ROLES.index(role), first + getattr(store, place)[-1], :N_OUTCOMES
            ].sum()
        )
        for place, role in _ROLES.items()
    }


def of_what_is_known(
    store: GraphStore, situation: Situation, crease: Crease, seen: Mapping[str, int]
) -> Iterator[str]:
    """Name whom and what the forecast of a store's last delivery does not know, and what is odd about it.

    Args:
        store: the match, the delivery to come at its end.
        situation: before it.
        crease: who bowls it to whom.
        seen: of :func:`deliveries_seen`.
    """
    unknown = [
        role.replace("_", " ")
        for number, role in enumerate(names.CONTEXT_ROLES[:-1])
        if not store.context_counts[number, -1].any()
    ]
    if len(unknown) == len(names.CONTEXT_ROLES) - 1 and not any(seen.values()):
        yield "nobody and nothing in this match is known from the matches of --data: are they the right ones?"
    else:
        yield from _of_people(seen, situation, crease)
        if unknown:
            yield f"nothing is known from earlier days of the {', '.join(unknown)}"
    if int(store.delivery_x[-1, names.DELIVERY_COLUMN["scheduled_balls"]]) > _MOST_BALLS:
        yield "this is no T20: the innings is longer than those that models are made for"


def of_styles(styles: Styles, crease: Crease, ids: Mapping[str, str]) -> Iterator[str]:
    """Name whose hand or bowling type a file of people does not know; nothing where there is no file."""
    if styles == NO_STYLES:
        return
    batters = {"striker": crease.striker, "non_striker": crease.non_striker}
    hands = [name for role, name in batters.items() if ids[role] not in styles.hand]
    types = [crease.bowler] if ids["bowler"] not in styles.bowling else []
    for what, people in (("batting hand", hands), ("bowling type", types)):
        if people:
            yield f"the {what} of {' and '.join(people)} is not in the file of people"


def of_the_file(info: Info) -> Iterator[str]:
    """Say that a file knows how the match ended, which whoever cut it off may wonder about."""
    if info.outcome != Outcome():
        yield "the file has the outcome of the match in it; no forecast reads it"


def _of_people(seen: Mapping[str, int], situation: Situation, crease: Crease) -> Iterator[str]:
    for role, name in asdict(crease).items():
        if not seen[role]:
            yield f"{name} has never been seen as a {_ROLES[role]}: forecast as the average player"
    if situation.bowler == crease.bowler and (beyond := why_not_bowl(crease.bowler, situation)):
        yield f"{crease.bowler} bowls on, having {beyond}"
    if situation.bowler not in (None, crease.bowler):
        yield f"{crease.bowler} takes over from {situation.bowler} in the middle of the over"


def of_the_day(day: int, checkpoint: Checkpoint, history: History) -> Iterator[str]:
    """Say how the day of a match, since 1970-01-01, lies to what the model learned from and what is known."""
    val_from, test_from = (
        number_of(dt.date.fromisoformat(checkpoint.split[name])) for name in ("val_from", "test_from")
    )
    if day < val_from:
        yield "the model learned from matches of this day and later: its forecast flatters it"
    elif day < test_from:
        yield "the model was chosen on matches of these days: its forecast flatters it a little"
    behind = day - history.last_day
    if behind > _STALE_DAYS:
        yield f"what is known ends {counted(behind, 'day')} before this match; newer matches: --data"
