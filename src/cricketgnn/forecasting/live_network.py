"""A model run over an innings in progress, ball by ball: over what is new, with a memory of the rest."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch

from cricketgnn.features.grouped import Floats
from cricketgnn.graph.batch import InningsGraphs
from cricketgnn.models.forecaster import Forecaster
from cricketgnn.models.memory import Memory


class LiveNetwork:
    """Forecasts the last delivery of an innings; keeps what it computed of the innings it saw last.

    Args:
        model: what a checkpoint forecasts with, on the device of the graphs; put into evaluation mode.
    """

    def __init__(self, model: Forecaster) -> None:
        self._model = model.eval()
        self._memory = Memory()
        self._seen: npt.NDArray[np.float64] | None = None

    @torch.inference_mode()
    def last(self, graphs: InningsGraphs) -> tuple[Floats, Floats]:
        """Forecast the last delivery of the last innings: bat outcome ``[7]`` and kind ``[3]``."""
        innings = len(graphs.store) - 1
        inputs = _inputs(graphs, innings)
        since = self._unchanged(inputs)
        self._seen = None  # the memory is of two minds until it has been brought up to date
        logits = self._model(graphs.end_of(innings, since), self._memory)
        self._seen = inputs
        outcome, kind = (one[-1].float().softmax(dim=0).cpu().numpy() for one in logits)
        return outcome, kind

    def _unchanged(self, inputs: npt.NDArray[np.float64]) -> int:
        """Count the first deliveries that are as they were when they were computed, the last never one."""
        seen = self._seen
        if seen is None or seen.shape[1] != inputs.shape[1]:
            return 0
        both = min(len(seen), len(inputs))
        differs = (seen[:both] != inputs[:both]).any(axis=1)
        same = int(differs.argmax()) if differs.any() else both
        return min(same, len(inputs) - 1)


def _inputs(graphs: InningsGraphs, innings: int) -> npt.NDArray[np.float64]:
    """Lay out, a row a delivery, all that the states of an innings depend on, its own outcome included.

    What is the same for a whole innings stands in every row, so that a change of it changes all of them.
    """
    store, nodes = graphs.store, graphs.nodes
    rows = slice(store.pointers[innings], store.pointers[innings + 1])
    first = store.player_pointers[innings]
    people = [first + role[rows] for role in (store.striker, store.non_striker, store.bowler)]
    whole = np.concatenate([one[innings].ravel() for one in (nodes.venue, nodes.team, nodes.competition)])
    by_delivery = (
        store.delivery_x[rows],
        store.outcome_x[rows],
        store.over[rows, None],
        *(nodes.player[one] for one in people),
        *(column[one][:, None] for one in people for column in (nodes.person, store.person)),
    )
    every = len(by_delivery[0])
    return np.concatenate([*by_delivery, np.tile(whole, (every, 1))], axis=1)
