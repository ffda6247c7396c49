"""The numbers of a training and of its test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from cricketgnn.cricket.outcomes import OUTCOME_NAMES
from cricketgnn.evaluation import (
    ARGMAX,
    Evaluation,
    ReliabilityInfo,
    SliceScores,
    by_slice,
    evaluate,
    reliability,
)
from cricketgnn.reporting.pages.section import read_document
from cricketgnn.training.run_folder import METRICS, PROVENANCE
from cricketgnn.training.scoring import Scored, delivery_keys
from cricketgnn.training.slices import slices

_SURPRISES: Final = 20


class SurpriseInfo(NamedTuple):
    """A delivery that brought what the model had thought less likely than it is by and large.

    Attributes:
        match_id, date, innings, over, ball: where it stands in its match file, counted from 0.
        came: the outcome.
        probability: that it had been given.
        prior: share of that outcome in matches of the sex.
    """

    match_id: str
    date: str
    innings: int
    over: int
    ball: int
    came: str
    probability: float
    prior: float


@dataclass(frozen=True)
class RunSummary:
    """The numbers of one model on one part of the matches.

    Attributes:
        scored: the model on the part.
        prior: scores of the class prior of the same deliveries.
        slices: scores of parts of the deliveries.
        reliability: curve of each outcome, with intervals.
        surprises: the deliveries on which it fared worst against the class prior, the worst first.
        history: one entry an epoch; empty for a checkpoint without its run folder.
        settings: in force, by group.
        provenance: who made it.
    """

    scored: Scored
    prior: Evaluation
    slices: tuple[SliceScores, ...]
    reliability: tuple[ReliabilityInfo, ...]
    surprises: list[SurpriseInfo]
    history: Sequence[Mapping[str, Any]]
    settings: Mapping[str, Any]
    provenance: Mapping[str, Any]

    def to_json(self) -> dict[str, Any]:
        """Give everything as JSON values."""
        return {
            **self.scored.to_json(),
            "class_prior": {name: score.to_json() for name, score in self.prior.scores.items()},
            "slices": [one.to_json() for one in self.slices],
            "reliability": [curve.to_json() for curve in self.reliability],
            "surprises": [one._asdict() for one in self.surprises],
            "history": list(self.history),
            "settings": dict(self.settings),
            "provenance": dict(self.provenance),
        }


def summarise_run(scored: Scored) -> RunSummary:
    """Compute the numbers of a model that was scored, with as many draws of matches behind the intervals."""
    resamples = scored.evaluation.bootstrap.resamples
    predictions, folder = scored.predictions, scored.checkpoint.parent
    outcome, kind = predictions.prior_probabilities, predictions.kind_prior_probabilities
    assert outcome is not None and kind is not None  # a checkpoint knows its priors  # noqa: PT018
    prior = replace(predictions, probabilities=outcome, kind_probabilities=kind)
    return RunSummary(
        scored=scored,
        prior=evaluate(prior, ARGMAX, resamples=0),
        slices=by_slice(predictions, slices(scored.graphs, scored.rows), resamples=resamples),
        reliability=reliability(predictions, resamples=resamples),
        surprises=surprises(scored),
        history=_history(folder),
        settings=scored.model.config.model_dump(mode="json"),
        provenance=read_document(folder / PROVENANCE, dict),
    )


def surprises(scored: Scored) -> list[SurpriseInfo]:
    """List the deliveries whose outcome had been given least, measured by the class prior.

    Rare outcomes surprise every model; these are where knowing more made it worse.
    """
    predictions = scored.predictions
    faced = np.flatnonzero(predictions.scored)
    came = predictions.outcomes[faced]
    assert predictions.prior_probabilities is not None  # a checkpoint knows its priors
    probability = predictions.probabilities[faced, came]
    prior = predictions.prior_probabilities[faced, came]
    least = np.argsort(probability / prior, kind="stable")[:_SURPRISES]
    keys = delivery_keys(scored.store, scored.rows[faced[least]])
    return [
        SurpriseInfo(
            **{**row, "date": row["date"].isoformat()},
            came=OUTCOME_NAMES[came[place]],
            probability=float(probability[place]),
            prior=float(prior[place]),
        )
        for row, place in zip(keys.iter_rows(named=True), least, strict=True)
    ]


def _history(folder: Path) -> Sequence[Mapping[str, Any]]:
    return read_document(folder / METRICS, list)
