"""Training speed of the default network, against the same weights fed one graph per delivery.

The reference builds, for every delivery, the graph of its innings up to it, and learns from that one
delivery: what a system without the innings graph has to do. Both give the same predictions (checked).
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
from cricketgnn.graph.batch import InningsGraphs
from cricketgnn.graph.fitted import fit as fit_statistics
from cricketgnn.graph.load import load_graphs
from cricketgnn.graph.store import GraphStore, ranges
from cricketgnn.models.network import InningsNetwork, build_network
from cricketgnn.training.checkpoint import network_inputs
from cricketgnn.training.loss import TwoHeadLoss
from cricketgnn.training.seeding import epoch_batches
from cricketgnn.training.step import accumulate_gradients
from measured import keep, matrix_product_gflops, peak_memory_gb

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


def prefixes(store: GraphStore, innings: np.ndarray) -> GraphStore:
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


def steps_per_second(network: InningsNetwork, graphs: InningsGraphs, batches: list, last_only: bool) -> float:
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
    network: InningsNetwork, graphs: InningsGraphs, innings: list, loss_of: TwoHeadLoss
) -> int:
    """Learn from the last delivery of each graph alone; give how many those are."""
    graph = graphs.batch(innings)
    delivery = graph["delivery"]
    last = torch.cumsum(torch.bincount(delivery.innings), 0) - 1
    logits = network(graph)
    picked = type(logits)(logits.outcome[last], logits.kind[last])
    loss_of(picked, delivery.outcome[last], delivery.kind[last]).backward()
    return len(last)


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
    if len(sys.argv) < 2:
        sys.exit("name the archives: benchmarks/training.py t20s_male_json.zip ...")
    store = load_graphs(sys.argv[1:]).store
    config = ModelConfig()
    training = np.arange(len(store))[-1500:]
    fitted = fit_statistics(store, training, config.num_bins)
    torch.manual_seed(0)
    network = build_network(config, network_inputs(fitted))
    for head in (network.heads.outcome, network.heads.kind):
        torch.nn.init.normal_(head.weight, std=0.1)  # a fresh head is zero: nothing would be compared
    whole = InningsGraphs(store, fitted, config.history)
    parts = InningsGraphs(prefixes(store, training[:20]), fitted, config.history)
    difference = largest_difference(network, whole, parts, int(training[0]))
    batches = epoch_batches(training, 64, seed=0, epoch=1)[:13]
    innings_speed = steps_per_second(network, whole, batches, last_only=False)
    memory = peak_memory_gb()
    one_each = epoch_batches(np.arange(len(parts.store)), 64, seed=0, epoch=1)[:9]
    delivery_speed = steps_per_second(network, parts, one_each, last_only=True)
    keep(
        "training: " + ", ".join(Path(path).name for path in sys.argv[1:]),
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
