"""Which earlier outcomes a delivery listens to, for a whole batch of innings at once."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor


class InningsKeys(NamedTuple):
    """What decides the relations between the deliveries of a batch, flat over innings.

    Attributes:
        innings: innings of each delivery within the batch, ascending, ``[D]``.
        place: place in its innings, 0-based, ``[D]``.
        over, bowler, striker: codes that are equal within an innings when the thing is the same, ``[D]``.
    """

    innings: Tensor
    place: Tensor
    over: Tensor
    bowler: Tensor
    striker: Tensor


class Edges(NamedTuple):
    """Edges of one relation: rows of source and target, ``[2, E]``, and deliveries between them, ``[E]``."""

    pairs: Tensor
    distance: Tensor


def history_edges(keys: InningsKeys, history: int, since: int = 0) -> dict[str, Edges]:
    """Connect every delivery with the earlier outcomes of its innings that matter to it.

    Args:
        keys: the batch's deliveries.
        history: reach of ``precedes`` in deliveries; the other relations reach back to the first ball.
        since: first delivery that is a target; targets count from it.

    Returns:
        Relation name to its edges, sources strictly earlier than targets, ordered by target.
    """
    target, source = _earlier_pairs(keys, since)
    distance = target - source
    same_bowler = keys.bowler[target] == keys.bowler[source]
    same_striker = keys.striker[target] == keys.striker[source]
    chosen = {
        "precedes": distance <= history,
        "same_over": keys.over[target] == keys.over[source],
        "same_bowler": same_bowler,
        "same_striker": same_striker,
        "same_matchup": same_bowler & same_striker,
    }
    edges = {}
    for relation, mask in chosen.items():
        kept = mask.nonzero().squeeze(1)
        edges[relation] = Edges(torch.stack([source[kept], target[kept] - since]), distance[kept])
    return edges


def _earlier_pairs(keys: InningsKeys, since: int) -> tuple[Tensor, Tensor]:
    """List all (delivery, earlier delivery of the same innings) pairs as flat rows, ordered by delivery."""
    place = keys.place[since:]
    rows = torch.arange(since, len(keys.place), device=place.device)
    target = torch.repeat_interleave(rows, place)
    first = rows - place
    ends = torch.cumsum(place, 0)
    within = torch.arange(len(target), device=target.device) - (ends - place)[target - since]
    return target, first[target - since] + within
