"""As-of career counts: what people, grounds, teams and competitions did on strictly earlier dates.

Counts, not rates: the shrinkage towards a prior is fitted on training dates and belongs to
:mod:`cricketgnn.features.statistics`, while counts depend on nothing but the matches.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cricketgnn.cricket.outcomes import N_OUTCOMES, DeliveryKind
from cricketgnn.deliveries.schema import MatchTables
from cricketgnn.features.grouped import AsOfCounts, Floats, Ints
from cricketgnn.features.identity import codes
from cricketgnn.features.names import CONTEXT_ROLES, COUNTS
from cricketgnn.features.plays import Plays

ERA_DAYS = 365
"""Reach of the ``era`` counts: what all matches of the same sex brought in the year before."""


@dataclass(frozen=True)
class InningsPlayers:
    """Everyone who bats or bowls in each innings, innings one after the other.

    Attributes:
        person: row in the people table, ``[P]``.
        innings: innings of each entry, ``[P]``.
        pointers: entries ``pointers[i]:pointers[i + 1]`` belong to innings ``i``, ``[I + 1]``.
        striker, non_striker, bowler: entry of the person in that role, ``[D]``.
    """

    person: Ints
    innings: Ints
    pointers: Ints
    striker: Ints
    non_striker: Ints
    bowler: Ints


def innings_players(plays: Plays) -> InningsPlayers:
    """List who takes part in each innings and index every delivery's three people into the list."""
    roles = ("striker", "non_striker", "bowler")
    everyone = np.concatenate([plays.today(role) for role in roles])
    listed, entry = np.unique(everyone, return_inverse=True)
    innings, person = np.divmod(listed, max(plays.people, 1))
    striker, non_striker, bowler = np.split(entry, 3)
    pointers = np.searchsorted(innings, np.arange(len(plays.match) + 1))
    return InningsPlayers(person, innings, pointers, striker, non_striker, bowler)


@dataclass(frozen=True)
class CareerCounts:
    """As-of counts by role, columns in the order of :data:`cricketgnn.features.names.COUNTS`.

    Attributes:
        player: role to ``[P, 9]``, for ``batter``, ``bowler``, ``partner``.
        context: role to ``[I, 9]``, for the roles of ``names.CONTEXT_ROLES``.
        entity: role to the code of each innings' entity, ``[I]``; an era is told apart by its year.
    """

    player: dict[str, Floats]
    context: dict[str, Floats]
    entity: dict[str, Ints]


def career_counts(
    tables: MatchTables, plays: Plays, players: InningsPlayers, innings_entity: Mapping[str, Ints]
) -> CareerCounts:
    """Count, for every player and context entity of every innings, what happened on earlier dates."""
    events = _events(plays)
    day = plays.last_day[plays.innings_of]  # what a reserve day brought is known after it
    in_role = {"batter": "striker", "bowler": "bowler", "partner": "non_striker"}
    player = {
        role: AsOfCounts(plays.column[column], day, events).before(players.person, plays.day[players.innings])
        for role, column in in_role.items()
    }
    context: dict[str, Floats] = {}
    entity: dict[str, Ints] = {**innings_entity, "era": codes(tables.matches["gender"][plays.match])}
    for role in CONTEXT_ROLES:
        counts = AsOfCounts(entity[role][plays.innings_of], day, events)
        context[role] = counts.before(entity[role], plays.day, within=ERA_DAYS if role == "era" else None)
    entity["era"] = entity["era"] + 2 * (plays.day // ERA_DAYS)
    return CareerCounts(player, context, entity)


def _events(plays: Plays) -> npt.NDArray[np.float32]:
    """Mark what each delivery adds to a career, ``[D, len(COUNTS)]``: an outcome, a wide, a no-ball."""
    outcome, kind = plays.column["outcome"], plays.column["kind"]
    events = np.zeros((len(outcome), len(COUNTS)), dtype=np.float32)
    faced = np.flatnonzero(outcome >= 0)
    events[faced, outcome[faced]] = 1
    events[:, N_OUTCOMES] = kind == DeliveryKind.WIDE
    events[:, N_OUTCOMES + 1] = kind == DeliveryKind.NO_BALL
    return events
