"""Which of two models forecasts better: both are scored on the same draws of the same matches.

What makes a match hard makes it hard for both models, so the difference is known far better than
either score: two overlapping intervals may still hide a clear winner.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from cricketgnn.errors import DataError
from cricketgnn.evaluation.bootstrap import MatchBootstrap, Score, json_number
from cricketgnn.evaluation.decision_rule import DecisionRule
from cricketgnn.evaluation.formulas import ratio
from cricketgnn.evaluation.match_sums import MatchSums
from cricketgnn.evaluation.metrics import Direction, Metric, metric_named
from cricketgnn.evaluation.predictions import FloatArray, Predictions

_UNDEFINED: Final = Score(math.nan, math.nan, math.nan)


@dataclass(frozen=True)
class PairedComparison:
    """Model a against model b by one metric.

    Attributes:
        metric: its name.
        a, b: the score of each model.
        difference: a - b.
        ratio: a / b; NaN where b may well be 0 or less: a multiple of nothing means nothing.
        share_a_better: resamples in which a is better in the metric's direction, ties counted half; NaN
            without resamples. No p-value, but it reads like one: 0.99 is hard to explain by chance.
    """

    metric: str
    a: Score
    b: Score
    difference: Score
    ratio: Score
    share_a_better: float

    def to_json(self) -> dict[str, Any]:
        """Give the comparison as JSON values, null for what is undefined."""
        return {
            "metric": self.metric,
            "a": self.a.to_json(),
            "b": self.b.to_json(),
            "difference": self.difference.to_json(),
            "ratio": self.ratio.to_json(),
            "share_a_better": json_number(self.share_a_better),
        }


def paired_bootstrap(
    a: Predictions,
    b: Predictions,
    metric: str,
    *,
    rules: tuple[DecisionRule, DecisionRule] | None = None,
    resamples: int = 1000,
    seed: int = 0,
    confidence: float = 0.95,
) -> PairedComparison:
    """Compare two models by one metric, as :func:`paired_bootstraps` does by several."""
    bootstrap = MatchBootstrap(resamples, seed, confidence)
    return paired_bootstraps(a, b, [metric], rules=rules, bootstrap=bootstrap)[metric]


def paired_bootstraps(
    a: Predictions,
    b: Predictions,
    metrics: Iterable[str],
    *,
    rules: tuple[DecisionRule, DecisionRule] | None = None,
    bootstrap: MatchBootstrap | None = None,
) -> dict[str, PairedComparison]:
    """Compare two models on the same deliveries by the same draws of matches.

    Args:
        a: predictions of the first model.
        b: predictions of the second, for the same deliveries in the same order.
        metrics: names in :data:`METRICS`.
        rules: decision rules of a and b, for the metrics that end in ``_rule``.
        bootstrap: the draws; None for 1,000 with seed 0.

    Returns:
        The comparisons by metric.

    Raises:
        DataError: other deliveries in ``a`` than in ``b``, or a missing prior or rule that a metric needs.
        UnknownNameError: no such metric.
        ConfigError: a bootstrap that cannot be.
    """
    chosen = {name: metric_named(name) for name in metrics}
    bootstrap = bootstrap or MatchBootstrap()
    _check_same_deliveries(a, b)
    rule_a, rule_b = rules if rules is not None else (None, None)
    sums = (MatchSums(a, rule_a), MatchSums(b, rule_b))
    weights = bootstrap.weights(sums[0].matches)
    return {name: _compare(name, metric, sums, bootstrap, weights) for name, metric in chosen.items()}


def _compare(
    name: str,
    metric: Metric,
    sums: tuple[MatchSums, MatchSums],
    bootstrap: MatchBootstrap,
    weights: FloatArray,
) -> PairedComparison:
    for model, of in zip("ab", sums, strict=True):
        if missing := metric.missing(of):
            raise DataError(
                f"{name} needs {missing}, which model {model} cannot give; add its priors to the "
                "predictions or pass rules=(rule of a, rule of b)"
            )
    values_a, values_b = (metric.values(of, weights) for of in sums)
    difference = values_a - values_b
    score_b = bootstrap.score(values_b, metric.bounds)
    least = score_b.value if np.isnan(score_b.low) else score_b.low
    return PairedComparison(
        metric=name,
        a=bootstrap.score(values_a, metric.bounds),
        b=score_b,
        difference=bootstrap.score(difference),
        ratio=bootstrap.score(ratio(values_a, values_b)) if least > 0 else _UNDEFINED,
        share_a_better=_share_better(difference[1:], metric.direction),
    )


def _check_same_deliveries(a: Predictions, b: Predictions) -> None:
    for name in ("match", "outcomes", "kinds"):
        of_a, of_b = getattr(a, name), getattr(b, name)
        if not np.array_equal(of_a, of_b):
            raise DataError(
                f"{name} of the two models differ ({len(of_a)} and {len(of_b)} deliveries), expected the "
                "same deliveries in the same order; predict both on one split"
            )


def _share_better(differences: FloatArray, direction: Direction) -> float:
    defined = differences[np.isfinite(differences)]
    if defined.size == 0:
        return float("nan")
    gains = -defined if direction is Direction.MINIMIZE else defined
    return float((gains > 0).mean() + (gains == 0).mean() / 2)
