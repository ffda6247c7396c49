"""The gradients of one batch, computed in parts that fit the caches and leave little memory behind."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import torch

from cricketgnn.config.models import Precision
from cricketgnn.cricket.outcomes import NO_OUTCOME
from cricketgnn.errors import ConfigError
from cricketgnn.features.grouped import Ints
from cricketgnn.graph.batch import InningsGraphs
from cricketgnn.models.network import InningsNetwork
from cricketgnn.training.group import ALONE, Group
from cricketgnn.training.loss import BatchCounts, TwoHeadLoss

INNINGS_ALONE: Final = 8
"""Innings at once on one thread: more are no faster, and a trial that shares the machine would hold 600 MB
more with a batch of 64."""
INNINGS_A_THREAD: Final = 32
"""Innings at once for each of several threads, which need more to share out: with 8 each, two threads were
a fifth slower."""


class DivergedError(ConfigError):
    """Loss or predictions are no longer numbers: the learning rate is too high for this model and data."""


def innings_at_once(batch_size: int, device: torch.device) -> int:
    """Tell how many innings of a batch are worth computing at the same time."""
    if device.type != "cpu":  # a GPU is filled by nothing less
        return batch_size
    threads = torch.get_num_threads()
    return min(batch_size, INNINGS_ALONE if threads == 1 else INNINGS_A_THREAD * threads)


def of_like_length(lengths: Ints, size: int) -> Iterator[Ints]:
    """Part innings by length, so that little is computed for nothing; the last part is the smaller one.

    Args:
        lengths: deliveries of each innings, ``[B]``.
        size: innings of a part.

    Yields:
        Places in ``lengths``, at most ``size`` of them.
    """
    order = np.argsort(lengths, kind="stable")
    for start in range(0, len(order), size):
        yield order[start : start + size]


def accumulate_gradients(
    network: InningsNetwork,
    graphs: InningsGraphs,
    innings: Ints,
    loss_of: TwoHeadLoss,
    group: Group = ALONE,
    precision: Precision = Precision.FLOAT32,
) -> tuple[float, int]:
    """Add the gradients of a batch's mean loss to the network's, part by part.

    In a group each process computes its share of the batch, and all have the gradients of the whole.

    Args:
        network: in training mode, gradients cleared.
        graphs: graphs of the store, on the network's device.
        innings: the batch, rows of the store ``[B]``.
        loss_of: the loss.
        group: the processes that share the batch.
        precision: of the products, forward and backward.

    Returns:
        The mean loss over the batch, as one whole would give it within float error, and its deliveries.

    Raises:
        DivergedError: the loss is no number, and the gradients are none.
        GroupError: another process of the group has ended.
    """
    outcomes = graphs.store.outcome[graphs.store.rows_of(innings)]
    whole = BatchCounts(faced=int((outcomes != NO_OUTCOME).sum()), deliveries=len(outcomes))
    ours = group.share(innings)
    lengths = np.diff(graphs.store.pointers)[ours]
    total = 0.0
    for part in of_like_length(lengths, innings_at_once(len(innings), graphs.device)):
        graph = graphs.batch(ours[part])
        with torch.autocast(graphs.device.type, torch.bfloat16, enabled=precision is Precision.BFLOAT16):
            logits = network(graph)
        loss = loss_of(logits, graph["delivery"].outcome, graph["delivery"].kind, whole)
        loss.backward()
        total += loss.item()
    total = group.add_up_gradients(network, total, graphs.device)
    if not np.isfinite(total):
        raise DivergedError(f"the loss is {total}")
    return total, whole.deliveries
