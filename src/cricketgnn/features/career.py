"""As-of career counts: what people, grounds, teams and competitions did on strictly earlier dates.

Counts, not rates: the shrinkage towards a prior is fitted on training dates and belongs to
:mod:`cricketgnn.features.statistics`, while counts depend on nothing but the matches.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from cricketgnn.cricket.outcomes import N_OUTCOMES, DeliveryKind
from cricketgnn.features.blocks import Block
from cricketgnn.features.grouped import AsOfCounts, Floats, Groups, Ints, RunningCounts
from cricketgnn.features.identity import Entities
from cricketgnn.features.names import CONTEXT_ROLES, COUNTS, PLAYER_ROLES
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


PLAYER_COLUMNS: Final = {"batter": "striker", "bowler": "bowler", "partner": "non_striker"}
"""Roles of a player, and the delivery column that names who is in it."""


class Careers:
    """What every player and context entity did, by role and day, while matches come block by block.

    Columns are those of :data:`cricketgnn.features.names.COUNTS`, roles those of ``names.PLAYER_ROLES`` and
    ``names.CONTEXT_ROLES``.
    """

    def __init__(self) -> None:
        self._running = {
            role: RunningCounts(ERA_DAYS if role == "era" else None)
            for role in (*PLAYER_ROLES, *CONTEXT_ROLES)
        }

    def take_in(self, block: Block) -> dict[str, AsOfCounts]:
        """Add the matches of a block; give counts that answer for its days."""
        day, events = _days_and_events(block.plays)
        return {
            role: running.take_in(_in_role(role, block), day, events, block.until)
            for role, running in self._running.items()
        }


class CareerHistory:
    """The same of matches that come block by block, kept whole: its counts answer for any day."""

    def __init__(self) -> None:
        self._groups: dict[str, list[Groups]] = defaultdict(list)

    def take_in(self, block: Block) -> None:
        """Add the matches of a block."""
        day, events = _days_and_events(block.plays)
        for role in (*PLAYER_ROLES, *CONTEXT_ROLES):
            self._groups[role].append(AsOfCounts.of(_in_role(role, block), day, events).groups())

    def counts(self) -> dict[str, AsOfCounts]:
        """Give the counts by role."""
        return {
            role: AsOfCounts.of(*(np.concatenate(column) for column in zip(*parts, strict=True)))
            for role, parts in self._groups.items()
        }


def _in_role(role: str, block: Block) -> Ints:
    """Number who or what is in a role on each delivery of a block, ``[D]``."""
    if role in PLAYER_COLUMNS:
        return block.entities.person[block.plays.column[PLAYER_COLUMNS[role]]]
    of_innings: Ints = getattr(block.entities, role)
    return of_innings[block.plays.innings_of]


def player_counts(
    counts: Mapping[str, AsOfCounts], plays: Plays, players: InningsPlayers, entities: Entities
) -> Floats:
    """Give what each player entry had done in each role on earlier dates, ``[3, P, 9]``."""
    person, day = entities.person[players.person], plays.day[players.innings]
    return np.stack([counts[role].before(person, day) for role in PLAYER_ROLES])


def context_counts(counts: Mapping[str, AsOfCounts], plays: Plays, entities: Entities) -> Floats:
    """Give what each context entity of each innings had seen on earlier dates, ``[5, I, 9]``."""
    return np.stack(
        [
            counts[role].before(
                getattr(entities, role), plays.day, within=ERA_DAYS if role == "era" else None
            )
            for role in CONTEXT_ROLES
        ]
    )


def context_codes(plays: Plays, entities: Entities) -> Ints:
    """Tell the context entities of each innings apart, ``[5, I]``: the era by its year as well."""
    by_role = {role: getattr(entities, role) for role in CONTEXT_ROLES}
    return np.stack(list((by_role | {"era": entities.era + 2 * (plays.day // ERA_DAYS)}).values()))


def _days_and_events(plays: Plays) -> tuple[Ints, npt.NDArray[np.float32]]:
    """Give the day after which each delivery is known, and what it adds to a career.

    Returns:
        Days ``[D]``: what a reserve day brought is known after it. And an outcome, a wide, a no-ball,
        ``[D, len(COUNTS)]``.
    """
    outcome, kind = plays.column["outcome"], plays.column["kind"]
    events = np.zeros((len(outcome), len(COUNTS)), dtype=np.float32)
    faced = np.flatnonzero(outcome >= 0)
    events[faced, outcome[faced]] = 1
    events[:, N_OUTCOMES] = kind == DeliveryKind.WIDE
    events[:, N_OUTCOMES + 1] = kind == DeliveryKind.NO_BALL
    return plays.last_day[plays.innings_of], events
