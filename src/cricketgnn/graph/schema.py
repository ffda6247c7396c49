"""Node types and edge types of the innings graph.

A message may travel only along these edges, and no path leads from what happened on a delivery
(``outcome``) to that delivery or an earlier one. Players, venue, teams and competition receive nothing.
"""

from __future__ import annotations

from typing import Final

EdgeType = tuple[str, str, str]

DELIVERY: Final = "delivery"
OUTCOME: Final = "outcome"
PLAYER: Final = "player"
VENUE: Final = "venue"
TEAM: Final = "team"
COMPETITION: Final = "competition"
NODE_TYPES: Final = (DELIVERY, OUTCOME, PLAYER, VENUE, TEAM, COMPETITION)

CONTEXT_EDGES: Final[tuple[EdgeType, ...]] = (
    (PLAYER, "faces", DELIVERY),
    (PLAYER, "partners", DELIVERY),
    (PLAYER, "bowls", DELIVERY),
    (VENUE, "hosts", DELIVERY),
    (TEAM, "bats", DELIVERY),
    (TEAM, "fields", DELIVERY),
    (COMPETITION, "frames", DELIVERY),
)
"""Static context: every delivery has exactly one source in each of these relations."""

HISTORY_EDGES: Final[tuple[EdgeType, ...]] = (
    (OUTCOME, "precedes", DELIVERY),
    (OUTCOME, "same_over", DELIVERY),
    (OUTCOME, "same_bowler", DELIVERY),
    (OUTCOME, "same_striker", DELIVERY),
    (OUTCOME, "same_matchup", DELIVERY),
)
"""From a strictly earlier outcome to a delivery; edge attribute: distance in deliveries."""

BECOMES: Final[EdgeType] = (DELIVERY, "becomes", OUTCOME)
"""A delivery's own context joins what happened on it."""

EDGE_TYPES: Final = (*CONTEXT_EDGES, *HISTORY_EDGES, BECOMES)
