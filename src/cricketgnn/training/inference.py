"""Running a network over innings without learning from them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from cricketgnn.cricket.outcomes import N_KINDS, N_OUTCOMES
from cricketgnn.evaluation import Predictions
from cricketgnn.features.grouped import Floats, Ints
from cricketgnn.graph.batch import InningsGraphs
from cricketgnn.graph.store import ranges
from cricketgnn.models.forecaster import Forecaster
from cricketgnn.models.network import InningsNetwork
from cricketgnn.training.group import ALONE, Group
from cricketgnn.training.step import innings_at_once, of_like_length


@torch.inference_mode()
def predict(
    network: InningsNetwork | Forecaster,
    graphs: InningsGraphs,
    innings: Ints,
    batch_size: int,
    group: Group = ALONE,
) -> Predictions:
    """Predict every delivery of some innings, beside the class prior of its sex.

    In a group each process predicts its share of the innings, and all have the predictions of every one.

    Args:
        network: one network, or what a checkpoint forecasts with; put into evaluation mode.
        graphs: graphs of the store, on the network's device.
        innings: rows of the store, ``[N]``.
        batch_size: innings at once, at most.
        group: the processes that share the innings.

    Returns:
        Predictions in the order of ``store.rows_of(innings)``.
    """
    if network.training:  # setting the mode walks all modules, which a live delivery would notice
        network.eval()
    store, priors = graphs.store, graphs.fitted.priors
    rows = store.rows_of(innings)
    outcome = np.zeros((len(rows), N_OUTCOMES), dtype=np.float32)
    kind = np.zeros((len(rows), N_KINDS), dtype=np.float32)
    at_once = innings_at_once(batch_size, graphs.device)
    for batch, places in _batches_of_like_length(store.pointers, innings, at_once, group):
        logits = network(graphs.batch(batch))
        outcome[places] = _probabilities(logits.outcome)
        kind[places] = _probabilities(logits.kind)
    group.add_up_array(outcome)  # where a process predicted nothing it says 0: the sum is exact
    group.add_up_array(kind)
    of = np.repeat(innings, np.diff(store.pointers)[innings])
    sex = store.is_female[of].astype(int)
    return Predictions(
        probabilities=outcome,
        outcomes=store.outcome[rows],
        kind_probabilities=kind,
        kinds=store.kind[rows],
        match=store.match[of],
        prior_probabilities=priors.outcome[sex],
        kind_prior_probabilities=priors.kind[sex],
    )


def _probabilities(logits: Tensor) -> Floats:
    return logits.float().softmax(dim=1).cpu().numpy()


def _batches_of_like_length(
    pointers: Ints, innings: Ints, batch_size: int, group: Group
) -> Iterator[tuple[Ints, Ints]]:
    """Yield batches of similar length of this process's innings, with the places of their deliveries."""
    lengths = np.diff(pointers)[innings]
    ends = np.cumsum(lengths)
    ours = group.share(np.argsort(lengths, kind="stable"))
    for part in of_like_length(lengths[ours], batch_size):
        chosen = ours[part]
        yield innings[chosen], ranges((ends - lengths)[chosen], ends[chosen])
