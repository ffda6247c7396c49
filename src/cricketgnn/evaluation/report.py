"""The scores of one model on one set of deliveries, each with its interval over matches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from cricketgnn.cricket.outcomes import OUTCOME_NAMES
from cricketgnn.evaluation.bootstrap import MatchBootstrap, Score
from cricketgnn.evaluation.decision_rule import ARGMAX, DecisionRule, confusion_matrix
from cricketgnn.evaluation.formulas import class_f1, ratio
from cricketgnn.evaluation.match_sums import MatchSums
from cricketgnn.evaluation.metrics import METRICS, metric_named
from cricketgnn.evaluation.predictions import FloatArray, Predictions


@dataclass(frozen=True)
class ClassScores:
    """How one bat outcome was called.

    Attributes:
        name: of the outcome.
        precision: share of the calls of this outcome that were right; 0 when it was never called.
        recall: share of this outcome's deliveries that were called; 0 when it never came.
        f1: harmonic mean of the two; 0 when nothing was called right.
        support: deliveries with this outcome.
        share: of all scored deliveries.
        mean_probability: what the model gave it on average: beside ``share``, its overall bias.
    """

    name: str
    precision: float
    recall: float
    f1: float
    support: int
    share: float
    mean_probability: float


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What :func:`evaluate` finds.

    Attributes:
        scores: each metric of :data:`METRICS` by name.
        per_class: how each outcome fared when called by argmax, in the order of ``BatOutcome``.
        per_class_rule: the same when called by the decision rule.
        confusion: deliveries by (came, called by argmax), ``[7, 7]``.
        confusion_rule: the same by the decision rule, ``[7, 7]``.
        rule: the decision rule.
        deliveries, scored, matches: counts; ``scored`` leaves out wides.
        bootstrap: how the intervals were made.
    """

    scores: Mapping[str, Score]
    per_class: tuple[ClassScores, ...]
    per_class_rule: tuple[ClassScores, ...]
    confusion: FloatArray
    confusion_rule: FloatArray
    rule: DecisionRule
    deliveries: int
    scored: int
    matches: int
    bootstrap: MatchBootstrap

    def __getitem__(self, metric: str) -> Score:
        """Give the score of a metric; :class:`UnknownNameError` when there is no such metric."""
        metric_named(metric)
        return self.scores[metric]

    def to_json(self) -> dict[str, Any]:
        """Give everything as JSON values: each metric by name as ``{value, low, high}``, then the rest."""
        return {
            **{name: score.to_json() for name, score in self.scores.items()},
            "per_class": [asdict(scores) for scores in self.per_class],
            "per_class_rule": [asdict(scores) for scores in self.per_class_rule],
            "confusion": self.confusion.astype(int).tolist(),
            "confusion_rule": self.confusion_rule.astype(int).tolist(),
            "decision_weights": dict(zip(OUTCOME_NAMES, self.rule.weights, strict=True)),
            "deliveries": self.deliveries,
            "scored": self.scored,
            "matches": self.matches,
            "bootstrap": asdict(self.bootstrap),
        }


def evaluate(
    predictions: Predictions,
    rule: DecisionRule,
    *,
    resamples: int = 1000,
    seed: int = 0,
    confidence: float = 0.95,
) -> Evaluation:
    """Score a model's forecasts, with intervals from drawing whole matches again.

    Args:
        predictions: of the deliveries to score; without priors, the scores against them are NaN.
        rule: the decision rule, fitted on *other* deliveries (validation).
        resamples: draws of the bootstrap over matches; 0 for values without intervals.
        seed: of the draws.
        confidence: of the intervals.

    Raises:
        DataError: no delivery but wides.
        ConfigError: a bootstrap that cannot be.
    """
    bootstrap = MatchBootstrap(resamples, seed, confidence)
    sums = MatchSums(predictions, rule)
    confusion = confusion_matrix(sums.outcomes, ARGMAX.decide(sums.probabilities))
    confusion_rule = confusion_matrix(sums.outcomes, rule.decide(sums.probabilities))
    return Evaluation(
        scores=score_metrics(sums, METRICS, bootstrap),
        per_class=_class_scores(confusion, sums.probabilities),
        per_class_rule=_class_scores(confusion_rule, sums.probabilities),
        confusion=confusion,
        confusion_rule=confusion_rule,
        rule=rule,
        deliveries=len(sums.scored),
        scored=len(sums.outcomes),
        matches=sums.matches,
        bootstrap=bootstrap,
    )


def score_metrics(sums: MatchSums, names: Iterable[str], bootstrap: MatchBootstrap) -> dict[str, Score]:
    """Score the named metrics on the same draws of matches."""
    weights = bootstrap.weights(sums.matches)
    return {
        name: bootstrap.score(metric_named(name).values(sums, weights), metric_named(name).bounds)
        for name in names
    }


def _class_scores(confusion: FloatArray, probabilities: FloatArray) -> tuple[ClassScores, ...]:
    hits, support, called = np.diagonal(confusion), confusion.sum(axis=1), confusion.sum(axis=0)
    precision, recall = np.nan_to_num(ratio(hits, called)), np.nan_to_num(ratio(hits, support))
    f1 = np.nan_to_num(class_f1(hits, support, called))
    mean_probability = probabilities.mean(axis=0)
    return tuple(
        ClassScores(
            name=name,
            precision=float(precision[outcome]),
            recall=float(recall[outcome]),
            f1=float(f1[outcome]),
            support=int(support[outcome]),
            share=float(support[outcome] / support.sum()),
            mean_probability=float(mean_probability[outcome]),
        )
        for outcome, name in enumerate(OUTCOME_NAMES)
    )
