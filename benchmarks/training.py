"""Training speed of the default network, against the same weights fed one graph per delivery.

The reference builds, for every delivery, the graph of its innings up to it, and learns from that one
delivery: what a system without the innings graph has to do. Its graphs are batched by length, so that next
to nothing is padded, and computed in parts as those of whole innings are. Both must give the same
predictions, or nothing is measured.
"""

from __future__ import annotations

import dataclasses
import os
import sys
import time
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
import torch

from cricketgnn.config import ModelConfig, TrainingConfig
from cricketgnn.cricket.outcomes import NO_OUTCOME
from cricketgnn.features.grouped import Ints
from cricketgnn.graph.batch import InningsGraphs
from cricketgnn.graph.fitted import fit as fit_statistics
from cricketgnn.graph.load import load_graphs
from cricketgnn.graph.store import GraphStore, ranges
from cricketgnn.models.heads import Logits
from cricketgnn.models.network import InningsNetwork, build_network
from cricketgnn.training.checkpoint import network_inputs
from cricketgnn.training.loss import BatchCounts, TwoHeadLoss
from cricketgnn.training.seeding import epoch_batches
from cricketgnn.training.step import accumulate_gradients, innings_at_once, of_like_length
from measured import archives_named, keep, matrix_product_gflops, peak_memory_gb

BATCH_SIZE = 64
SAME = 1e-5
"""Predictions of both ways may differ by float error, and by no more."""
PER_DELIVERY = (
    "delivery_x",
    "outcome_x",
    "outcome",
    "kind",
    "over",
    "ball",
    "striker",
    "non_striker",
    "bowler",
)
PER_INNINGS = (
    *("match", "position", "day", "is_female"),
    *("venue_ratings", "competition_ratings", "team_ratings"),
)


def prefixes(store: GraphStore, innings: Ints) -> GraphStore:
    """Make a store in which every delivery of some innings is an innings of its own: all up to it."""
    starts = store.pointers[innings]
    lengths = np.diff(store.pointers)[innings]
    of = np.repeat(np.arange(len(innings)), lengths)
    ends = store.rows_of(innings) + 1
    rows = ranges(starts[of], ends)
    entries = ranges(store.player_pointers[innings[of]], store.player_pointers[innings[of] + 1])
    players = np.diff(store.player_pointers)[innings[of]]
    return dataclasses.replace(
        store,
        **{name: getattr(store, name)[rows] for name in PER_DELIVERY},
        pointers=np.concatenate([[0], np.cumsum(ends - starts[of])]),
        player_pointers=np.concatenate([[0], np.cumsum(players)]),
        person=store.person[entries],
        player_counts=store.player_counts[:, entries],
        player_ratings=store.player_ratings[entries],
        context_counts=store.context_counts[:, innings[of]],
        context_entity=store.context_entity[:, innings[of]],
        **{name: getattr(store, name)[innings[of]] for name in PER_INNINGS},
    )


def by_length(store: GraphStore) -> list[Ints]:
    """Part all innings of a store into batches of like length, and put the batches into random order."""
    batches = list(of_like_length(np.diff(store.pointers), BATCH_SIZE))
    return [batches[place] for place in np.random.default_rng(0).permutation(len(batches))]


def learned_per_second(
    network: InningsNetwork, graphs: InningsGraphs, batches: list[Ints], last_only: bool
) -> float:
    """Train on the batches and give the deliveries learned from a second."""
    config = TrainingConfig()
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-4)
    loss_of = TwoHeadLoss(0.0, None, config.kind_weight)
    network.train()
    learned, began = 0, 0.0
    for number, innings in enumerate(batches):
        if number == 1:  # the first batch warms up
            learned, began = 0, time.perf_counter()
        optimizer.zero_grad(set_to_none=True)
        if last_only:
            size = backward_of_last(network, graphs, innings, loss_of)
        else:
            _, size = accumulate_gradients(network, graphs, innings, loss_of)
        torch.nn.utils.clip_grad_norm_(network.parameters(), config.clip_norm)
        optimizer.step()
        learned += size
    return learned / (time.perf_counter() - began)


def backward_of_last(
    network: InningsNetwork, graphs: InningsGraphs, innings: Ints, loss_of: TwoHeadLoss
) -> int:
    """Learn from the last delivery of each graph alone; give how many those are."""
    store = graphs.store
    outcomes = store.outcome[store.pointers[innings + 1] - 1]
    whole = BatchCounts(faced=int((outcomes != NO_OUTCOME).sum()), deliveries=len(innings))
    lengths = np.diff(store.pointers)[innings]
    for part in of_like_length(lengths, innings_at_once(len(innings), graphs.device)):
        graph = graphs.batch(innings[part])
        delivery = graph["delivery"]
        last = torch.cumsum(torch.bincount(delivery.innings), 0) - 1
        logits = network(graph)
        picked = Logits(logits.outcome[last], logits.kind[last])
        loss_of(picked, delivery.outcome[last], delivery.kind[last], whole).backward()
    return len(innings)


def largest_difference(
    network: InningsNetwork, whole: InningsGraphs, parts: InningsGraphs, innings: int
) -> float:
    """Compare the predictions of one innings graph with those of its deliveries' own graphs."""
    network.eval()
    with torch.inference_mode():
        together = network(whole.batch(np.array([innings]))).outcome.softmax(1)
        count = len(together)
        graph = parts.batch(np.arange(count))
        last = torch.cumsum(torch.bincount(graph["delivery"].innings), 0) - 1
        alone = network(graph).outcome.softmax(1)[last]
    return float((together - alone).abs().max())


def main() -> None:
    """Measure the default network on the archives named on the command line."""
    archives = archives_named(__doc__)
    store = load_graphs(archives).store
    config = ModelConfig()
    training = np.arange(len(store))[-1500:]
    fitted = fit_statistics(store, training, config.num_bins)
    torch.manual_seed(0)
    network = build_network(config, network_inputs(fitted))
    for name, weight in network.heads.named_parameters():
        if name.endswith("weight"):
            torch.nn.init.normal_(weight, std=0.1)  # a fresh head is zero: nothing would be compared
    whole = InningsGraphs(store, fitted, config.history)
    parts = InningsGraphs(prefixes(store, training[:20]), fitted, config.history)
    difference = largest_difference(network, whole, parts, int(training[0]))
    if not difference < SAME:
        sys.exit(f"the two ways differ by {difference:.2g} in a probability, expected less than {SAME:g}")
    batches = epoch_batches(training, BATCH_SIZE, seed=0, epoch=1)[:13]
    innings_speed = learned_per_second(network, whole, batches, last_only=False)
    memory = peak_memory_gb()
    delivery_speed = learned_per_second(network, parts, by_length(parts.store), last_only=True)
    keep(
        "training: " + ", ".join(Path(path).name for path in archives),
        {
            "hidden, layers, heads": f"{config.hidden_dim}, {config.num_layers}, {config.num_heads}",
            "threads": torch.get_num_threads(),
            "innings graphs, deliveries/s": innings_speed,
            "one graph a delivery, deliveries/s": delivery_speed,
            "ratio": innings_speed / delivery_speed,
            "largest difference of a probability": difference,
            "peak memory, GB": memory,
            "matrix product, GFLOP/s": matrix_product_gflops(),
        },
    )


if __name__ == "__main__":
    main()
