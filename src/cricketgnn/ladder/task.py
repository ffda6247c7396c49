"""What every rung of the ladder is asked: the same deliveries to learn from, to choose on, to forecast."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from cricketgnn.config import RunConfig
from cricketgnn.cricket.outcomes import N_OUTCOMES
from cricketgnn.entries import digest_of
from cricketgnn.errors import ConfigError, DataError
from cricketgnn.evaluation import Predictions
from cricketgnn.evaluation.match_sums import PROBABILITY_CLIP
from cricketgnn.features.grouped import Floats, Ints
from cricketgnn.features.names import DELIVERY_COLUMN, FEATURES_VERSION
from cricketgnn.graph.batch import InningsGraphs
from cricketgnn.graph.fitted import fit
from cricketgnn.graph.store import GraphStore
from cricketgnn.training.split import Split, matches_faced, split_of

_PROTOCOL_VERSION: Final = 2
"""Raise it whenever a rung's forecasts of before can no longer stand beside those of now."""


@dataclass(frozen=True)
class Part:
    """The deliveries of one part of the matches, innings one after the other.

    Attributes:
        rows: in the store, ``[D]``.
        innings: of each delivery, a row of the store's innings, ``[D]``.
        outcome: bat outcome of each, negative for wides, ``[D]``.
        female: sex of each delivery's match, ``[D]``.
    """

    rows: Ints
    innings: Ints
    outcome: npt.NDArray[np.int8]
    female: npt.NDArray[np.bool_]

    @property
    def faced(self) -> Ints:
        """List the places of the deliveries that are no wides."""
        return np.flatnonzero(self.outcome >= 0)

    def without_wides(self) -> Part:
        """Leave out the deliveries whose bat outcome nobody forecasts."""
        faced = self.faced
        return Part(self.rows[faced], self.innings[faced], self.outcome[faced], self.female[faced])


@dataclass(frozen=True)
class Task:
    """One question to all models.

    Attributes:
        config: the data, and how networks are trained.
        store: all innings.
        split: who trains, validates and tests.
        graphs: the innings under what was fitted on the training innings.
    """

    config: RunConfig
    store: GraphStore
    split: Split
    graphs: InningsGraphs

    @classmethod
    def of(cls, config: RunConfig, store: GraphStore) -> Task:
        """Split the matches and fit on the training innings what all models share.

        Raises:
            DataError: nothing to train, validate or test on.
            ConfigError: the settings ask for ensembles, which are rows of their own here.
        """
        if config.training.seeds != 1:
            raise ConfigError(
                f"got the setting seeds {config.training.seeds}, expected 1: benchmark --seeds adds the "
                "ensemble as a further row"
            )
        split = split_of(store, config.data)
        if not matches_faced(store, split.test):
            raise DataError(
                f"no test match: none of these matches in which a ball was no wide is dated "
                f"{split.test_from} or later; give an earlier --test-from"
            )
        fitted = fit(store, split.training, config.model.num_bins)
        return cls(config, store, split, InningsGraphs(store, fitted, config.model.history))

    def part(self, name: str) -> Part:
        """Give the deliveries of ``train``, ``val`` or ``test``."""
        innings = self.split.part(name)
        rows = self.store.rows_of(innings)
        of = np.repeat(innings, np.diff(self.store.pointers)[innings])
        return Part(rows, of, np.asarray(self.store.outcome[rows]), np.asarray(self.store.is_female[of]))

    def column(self, part: Part, name: str) -> Floats:
        """Give a feature of a part's deliveries by its name, ``[D]``."""
        return np.asarray(self.store.delivery_x[part.rows, DELIVERY_COLUMN[name]])

    @cached_property
    def protocol(self) -> dict[str, Any]:
        """Describe what makes two ladders comparable, with a digest over all of it."""
        facts = {
            **self.split.to_json(),
            "data_fingerprint": self.store.fingerprint,
            "data_fraction": self.config.data.data_fraction,
            "features_version": FEATURES_VERSION,
            "protocol_version": _PROTOCOL_VERSION,
        }
        return {**facts, "digest": digest_of(*(f"{name}={facts[name]}" for name in sorted(facts)))}

    def predictions(self, name: str, probabilities: Floats, kinds: Floats | None) -> Predictions:
        """Put a model's forecasts of a part beside what came, and beside the class prior.

        Args:
            name: of the part.
            probabilities: of the bat outcome, ``[D, 7]``.
            kinds: of the delivery kind, ``[D, 3]``; the prior's where a model says nothing about it.
        """
        part, priors = self.part(name), self.graphs.fitted.priors
        sex = part.female.astype(int)
        return Predictions(
            probabilities=probabilities,
            outcomes=part.outcome,
            kind_probabilities=priors.kind[sex] if kinds is None else kinds,
            kinds=np.asarray(self.store.kind[part.rows]),
            match=np.asarray(self.store.match[part.innings]),
            prior_probabilities=priors.outcome[sex],
            kind_prior_probabilities=priors.kind[sex],
        )


def log_loss(probabilities: npt.NDArray[np.floating[Any]], outcome: Ints) -> float:
    """Average ``-ln p`` of what came over the deliveries that are no wides; for choosing on validation.

    Args:
        probabilities: ``[D, 7]``.
        outcome: ``[D]``, negative for wides.
    """
    faced = np.flatnonzero(outcome >= 0)
    picked = probabilities[faced, outcome[faced]]
    return -float(np.log(np.maximum(picked, PROBABILITY_CLIP)).mean())


def counts(cells: Ints, outcome: Ints, size: int) -> npt.NDArray[np.float64]:
    """Count the outcomes in each cell, wides left out, ``[size, 7]``."""
    faced = np.flatnonzero(outcome >= 0)
    flat = cells[faced].astype(np.int64) * N_OUTCOMES + outcome[faced]
    return np.bincount(flat, minlength=size * N_OUTCOMES).reshape(size, N_OUTCOMES).astype(np.float64)
