"""Configurations trained on several seeds: how good each is, and whether one is really better.

A single training is one draw. What a configuration is worth is its mean over seeds, and how far that can
be trusted depends on which matches were played and on which seeds were drawn. The two are independent:

* matches: whole matches are drawn again, the seeds held;
* seeds: there are too few to be drawn again, so their share is Student's: ``t * s / sqrt(S)``, with the
  degrees of freedom of Welch (1947) where two configurations are compared.

Half widths of the two add in squares. One seed says nothing about the spread between seeds: then the
interval has no ends, and nothing is clear.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from scipy import stats

from cricketgnn.cricket.outcomes import N_OUTCOMES
from cricketgnn.errors import DataError
from cricketgnn.evaluation.bootstrap import MatchBootstrap, Score
from cricketgnn.evaluation.decision_rule import cross_fitted_calls
from cricketgnn.evaluation.formulas import macro_f1
from cricketgnn.evaluation.match_sums import MatchSums, totals
from cricketgnn.evaluation.metrics import metric_named
from cricketgnn.evaluation.predictions import FloatArray, Predictions
from cricketgnn.evaluation.recalibration import cross_scaled


@dataclass(frozen=True)
class RepeatedScore:
    """One score of one configuration under several seeds.

    Attributes:
        draws: mean over seeds for each draw of matches, ``[1 + R]``, the value first.
        each: of each seed on all matches, ``[S]``.
        bootstrap: that drew the matches.
    """

    draws: FloatArray
    each: FloatArray
    bootstrap: MatchBootstrap

    @property
    def seed_variance(self) -> float:
        """Variance of the mean over seeds; NaN of one seed."""
        return float(self.each.var(ddof=1) / len(self.each)) if len(self.each) > 1 else math.nan

    def score(self, bounds: tuple[float, float] = (-math.inf, math.inf)) -> Score:
        """Give the mean over seeds with its interval over matches and seeds."""
        return _widened(
            self.bootstrap.score(self.draws, bounds),
            self.seed_variance,
            len(self.each) - 1,
            self.bootstrap,
            bounds,
        )


@dataclass(frozen=True)
class RepeatedScores:
    """What one configuration reaches on the same matches under several seeds.

    Attributes:
        macro_f1: by the cross-fitted decision rule.
        log_loss: nats a delivery.
    """

    macro_f1: RepeatedScore
    log_loss: RepeatedScore


@dataclass(frozen=True)
class Lead:
    """How far one configuration is ahead of another, by macro-F1.

    Attributes:
        difference: mean over seeds of the first less that of the second, with its interval.
        log_loss_difference: the same of the log loss; negative is better.
    """

    difference: Score
    log_loss_difference: Score

    @property
    def clear(self) -> bool:
        """Tell whether the interval of the difference leaves no room for 0."""
        return self.difference.low > 0

    def to_json(self) -> dict[str, Any]:
        """Give the lead as plain values."""
        return {
            "difference": self.difference.to_json(),
            "log_loss_difference": self.log_loss_difference.to_json(),
            "clear": self.clear,
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """Give the lead that plain values stand for."""
        return cls(Score.from_json(document["difference"]), Score.from_json(document["log_loss_difference"]))


def repeated_scores(
    runs: Sequence[Predictions], bootstrap: MatchBootstrap, bent: bool = False
) -> RepeatedScores:
    """Score one configuration's runs on the same draws of matches.

    Args:
        runs: predictions of each seed for the same deliveries, as the networks gave them.
        bootstrap: of matches; configurations that are to be compared share it.
        bent: their loss bends probabilities: the log loss is that of cross-fitted scalings.

    Raises:
        DataError: no run, or fewer than two matches.
    """
    if not runs:
        raise DataError("got no run of a configuration, expected one a seed")
    log_losses = [_log_losses(cross_scaled(run) if bent else run, bootstrap) for run in runs]
    return RepeatedScores(
        macro_f1=_repeated([_macro_f1s(run, bootstrap) for run in runs], bootstrap),
        log_loss=_repeated(log_losses, bootstrap),
    )


def _repeated(draws: Sequence[FloatArray], bootstrap: MatchBootstrap) -> RepeatedScore:
    each = np.stack(draws)
    return RepeatedScore(each.mean(axis=0), each[:, 0], bootstrap)


def lead(first: RepeatedScores, second: RepeatedScores) -> Lead:
    """Compare two configurations that were scored on the same draws of matches."""
    return Lead(_difference(first.macro_f1, second.macro_f1), _difference(first.log_loss, second.log_loss))


def _difference(first: RepeatedScore, second: RepeatedScore) -> Score:
    parts = [(score.seed_variance, len(score.each) - 1) for score in (first, second)]
    variance = sum(part for part, _ in parts)
    spread = sum(part**2 / free for part, free in parts if free)
    free = variance**2 / spread if spread > 0 else float(min(free for _, free in parts))
    matches = first.bootstrap.score(first.draws - second.draws)
    return _widened(matches, variance, free, first.bootstrap)


def _widened(
    matches: Score,
    seed_variance: float,
    free: float,
    bootstrap: MatchBootstrap,
    bounds: tuple[float, float] = (-math.inf, math.inf),
) -> Score:
    """Add the seeds' share to an interval over matches."""
    if free < 1 or math.isnan(seed_variance):
        return Score(matches.value, math.nan, math.nan)
    seeds = float(stats.t.ppf((1 + bootstrap.confidence) / 2, free)) * math.sqrt(seed_variance)
    low = matches.value - math.hypot(matches.value - matches.low, seeds)
    high = matches.value + math.hypot(matches.high - matches.value, seeds)
    return Score(matches.value, max(low, bounds[0]), min(high, bounds[1]))


def _macro_f1s(run: Predictions, bootstrap: MatchBootstrap) -> FloatArray:
    sums = MatchSums(run)
    cells = sums.outcomes * N_OUTCOMES + cross_fitted_calls(run)
    confusion = sums.over_cells(cells, (N_OUTCOMES, N_OUTCOMES))
    return macro_f1(totals(bootstrap.weights(sums.matches), confusion))


def _log_losses(run: Predictions, bootstrap: MatchBootstrap) -> FloatArray:
    sums = MatchSums(run)
    return metric_named("log_loss").values(sums, bootstrap.weights(sums.matches))
