"""Small hand-written predictions, and random ones drawn from known probabilities."""

from collections.abc import Callable

import numpy as np
import pytest

from cricketgnn.cricket.outcomes import NO_OUTCOME, DeliveryKind
from cricketgnn.evaluation import Predictions

PRIOR = np.array([0.37, 0.36, 0.07, 0.01, 0.10, 0.04, 0.05])
KIND_PRIOR = np.array([0.95, 0.04, 0.01])


def _simulate(seed: int, deliveries: int = 600, matches: int = 12, spread: float = 0.8) -> Predictions:
    """Draw probabilities around the class prior, and outcomes from these probabilities."""
    random = np.random.default_rng(seed)
    logits = np.log(PRIOR) + spread * random.normal(size=(deliveries, 7))
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    thrown = random.random((deliveries, 1))
    outcomes = np.minimum((probabilities.cumsum(axis=1) < thrown).sum(axis=1), 6).astype(np.int8)
    kinds = random.choice(3, size=deliveries, p=KIND_PRIOR).astype(np.int8)
    outcomes[kinds == DeliveryKind.WIDE] = NO_OUTCOME
    kind_probabilities = random.dirichlet(20 * KIND_PRIOR, size=deliveries)
    return Predictions(
        probabilities=probabilities,
        outcomes=outcomes,
        kind_probabilities=kind_probabilities,
        kinds=kinds,
        match=np.sort(random.integers(0, matches, deliveries)) * 7 + 3,
        prior_probabilities=np.tile(PRIOR, (deliveries, 1)),
        kind_prior_probabilities=np.tile(KIND_PRIOR, (deliveries, 1)),
    )


@pytest.fixture(scope="session")
def simulate() -> Callable[..., Predictions]:
    return _simulate


@pytest.fixture
def four_deliveries() -> Predictions:
    """Two matches: dot called dot, one called dot, a wide, wicket called wicket."""
    return Predictions(
        probabilities=np.array(
            [
                [0.5, 0.25, 0.05, 0.05, 0.05, 0.05, 0.05],
                [0.4, 0.3, 0.1, 0.05, 0.05, 0.05, 0.05],
                [0.4, 0.3, 0.1, 0.05, 0.05, 0.05, 0.05],
                [0.2, 0.1, 0.0, 0.0, 0.2, 0.1, 0.4],
            ]
        ),
        outcomes=np.array([0, 1, -1, 6], dtype=np.int8),
        kind_probabilities=np.array([[0.9, 0.1, 0.0], [0.8, 0.1, 0.1], [0.75, 0.25, 0.0], [0.5, 0.25, 0.25]]),
        kinds=np.array([0, 0, 1, 2], dtype=np.int8),
        match=np.array([11, 11, 42, 42]),
        prior_probabilities=np.tile([0.5, 0.25, 0.05, 0.05, 0.05, 0.05, 0.05], (4, 1)),
        kind_prior_probabilities=np.tile([0.5, 0.25, 0.25], (4, 1)),
    )
