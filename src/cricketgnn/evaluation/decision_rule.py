"""Calling one outcome per delivery: class weights that make rare outcomes worth calling.

The most probable outcome of a T20 delivery is nearly always a dot or a single, so argmax never calls a
three and hardly a wicket. Macro-F1 asks for every class, and is best served by argmax of ``p_c w_c``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from cricketgnn.cricket.outcomes import N_OUTCOMES, OUTCOME_NAMES
from cricketgnn.errors import ConfigError
from cricketgnn.evaluation.formulas import class_f1, macro_f1, mean_f1
from cricketgnn.evaluation.predictions import (
    FloatArray,
    IntArray,
    Predictions,
    faced_deliveries,
    normalised,
)

_START_POWERS: Final = (0.0, 0.25, 0.5, 0.75, 1.0)
"""The search starts from weights prior^-power: from argmax (0) to every class equally likely (1)."""
_STEP: Final = 1 / 32
_GRID: Final = np.arange(-8, 8 + _STEP, _STEP)
"""Log weights tried for a class while the others stand still; about 3 % apart in weight."""
_MAX_SWEEPS: Final = 20
_SMALLEST_GAIN: Final = 1e-6
_PROBABILITY_FLOOR: Final = 1e-15


@dataclass(frozen=True)
class DecisionRule:
    """Calls the outcome with the largest weighted probability; ties go to the first class.

    Attributes:
        weights: one positive number per :class:`BatOutcome`, the dot's is 1: a wicket weight of 4 calls
            a wicket where it is a quarter as probable as a dot, if no other class is ahead.

    Raises:
        ConfigError: not seven positive, finite weights.
    """

    weights: tuple[float, ...] = (1.0,) * N_OUTCOMES

    def __post_init__(self) -> None:
        numbers = np.asarray(self.weights, dtype=np.float64)
        if numbers.shape != (N_OUTCOMES,) or not (np.isfinite(numbers) & (numbers > 0)).all():
            raise ConfigError(
                f"decision weights are {self.weights}, expected {N_OUTCOMES} positive numbers in the order "
                f"{', '.join(OUTCOME_NAMES)}"
            )

    @classmethod
    def from_log_weights(cls, log_weights: FloatArray) -> DecisionRule:
        """Make a rule from log weights ``[7]``, scaled so that the dot's weight is 1."""
        return cls(tuple(float(weight) for weight in np.exp(log_weights - log_weights[0])))

    def decide(self, probabilities: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.int8]:
        """Call the outcome of each delivery, ``[D, 7] -> [D]``; the probabilities are left as they are."""
        calls: npt.NDArray[np.int8] = np.argmax(probabilities * self.weights, axis=1).astype(np.int8)
        return calls


ARGMAX: Final = DecisionRule()
"""The rule that calls the most probable outcome."""


def confusion_matrix(outcomes: IntArray, calls: IntArray) -> FloatArray:
    """Count deliveries by (outcome that came, outcome called), ``[7, 7]``; both ``[D]`` without wides."""
    pairs = outcomes.astype(np.int64) * N_OUTCOMES + calls
    counts = np.bincount(pairs, minlength=N_OUTCOMES**2)
    return counts.reshape(N_OUTCOMES, N_OUTCOMES).astype(np.float64)


def fit_decision_rule(probabilities: npt.NDArray[np.floating[Any]], outcomes: IntArray) -> DecisionRule:
    """Find the class weights with the best macro-F1 of the calls on these (validation) deliveries.

    Coordinate ascent over the log weights from five starts: one class's weight is chosen from a grid of
    512 steps, exactly, while the others stand still, until a sweep over the classes gains nothing. The
    best start wins; the plain argmax is among the candidates, so the rule is never worse than it here.
    Deterministic: the same input gives the same rule.

    Args:
        probabilities: ``[D, 7]``.
        outcomes: ``[D]``; wides (:data:`NO_OUTCOME`) are left out.

    Raises:
        DataError: ill-formed input, or no delivery that is not a wide.
    """
    return _fit(*faced_deliveries(probabilities, outcomes, "decision rule"))


def cross_fitted_macro_f1(predictions: Predictions, folds: int = 2) -> float:
    """Score the decision rule on matches it was not fitted on: an honest macro-F1 for a search.

    The macro-F1 is taken once over all of :func:`cross_fitted_calls`, which says what it raises.
    """
    outcomes = predictions.outcomes[predictions.scored].astype(np.int64)
    calls = cross_fitted_calls(predictions, folds)
    return float(macro_f1(confusion_matrix(outcomes, calls)[None])[0])


def cross_fitted_calls(predictions: Predictions, folds: int = 2) -> npt.NDArray[np.int8]:
    """Call the outcome of every scored delivery by a rule fitted on other matches, ``[S]``.

    Each fold (:meth:`Predictions.folds`) is called by the rule fitted on the other folds.

    Raises:
        ConfigError: fewer than two folds.
        DataError: fewer matches with scored deliveries than folds.
    """
    scored = predictions.scored
    fold_of = predictions.folds(folds)[scored]
    probabilities = normalised(predictions.probabilities[scored])
    outcomes = predictions.outcomes[scored].astype(np.int64)
    calls = np.empty(len(outcomes), dtype=np.int8)
    for fold in range(folds):
        held_out = fold_of == fold
        rule = _fit(probabilities[~held_out], outcomes[~held_out])
        calls[held_out] = rule.decide(probabilities[held_out])
    return calls


def _fit(probabilities: FloatArray, outcomes: npt.NDArray[np.int64]) -> DecisionRule:
    log_probabilities = np.log(np.maximum(probabilities.T, _PROBABILITY_FLOOR, order="C"))
    counts = np.bincount(outcomes, minlength=N_OUTCOMES)
    log_prior = np.log((counts + 1) / (len(outcomes) + N_OUTCOMES))
    rules = [ARGMAX]
    for power in _START_POWERS:
        start = -power * (log_prior - log_prior.mean())
        rules.append(DecisionRule.from_log_weights(_ascend(log_probabilities, outcomes, start)))
    # The ascent works with logarithms, the rule with products: what counts is what the rule does.
    return max(rules, key=lambda rule: _macro_f1_of(rule, probabilities, outcomes))


def _macro_f1_of(rule: DecisionRule, probabilities: FloatArray, outcomes: IntArray) -> float:
    return float(macro_f1(confusion_matrix(outcomes, rule.decide(probabilities))[None])[0])


def _ascend(
    log_probabilities: FloatArray, outcomes: npt.NDArray[np.int64], log_weights: FloatArray
) -> FloatArray:
    """Improve log weights ``[7]`` class by class; ``log_probabilities`` is ``[7, D]``."""
    log_weights = log_weights.copy()
    reached = -np.inf
    for _ in range(_MAX_SWEEPS):
        before = reached
        for outcome in range(N_OUTCOMES):
            macro = _macro_f1_along_grid(log_probabilities, outcomes, log_weights, outcome)
            best = int(np.argmax(macro))
            if macro[best] > reached + _SMALLEST_GAIN:
                log_weights[outcome], reached = _GRID[best], float(macro[best])
        if reached - before < _SMALLEST_GAIN:
            break
    return log_weights


def _macro_f1_along_grid(
    log_probabilities: FloatArray, outcomes: npt.NDArray[np.int64], log_weights: FloatArray, outcome: int
) -> FloatArray:
    """Macro-F1 for every grid value of one class's log weight, ``[G]``, the other weights unchanged.

    A delivery is called ``outcome`` from the grid value on at which this class passes its best rival.
    So counting deliveries by (rival, first such value) and adding up along the grid gives every F1.
    """
    rival, rival_score = _best_rival(log_probabilities, log_weights, outcome)
    needed = (rival_score - log_probabilities[outcome] - _GRID[0]) / _STEP
    steps = len(_GRID)
    taken_at = np.clip(np.floor(needed) + 1, 0, steps).astype(np.int64)

    def taken(rows: npt.NDArray[np.bool_] | slice) -> npt.NDArray[np.int64]:
        cells = rival[rows] * (steps + 1) + taken_at[rows]
        counts = np.bincount(cells, minlength=N_OUTCOMES * (steps + 1)).reshape(N_OUTCOMES, steps + 1)
        return counts.cumsum(axis=1)

    all_taken, hits_taken = taken(slice(None)), taken(rival == outcomes)
    called = all_taken[:, -1:] - all_taken[:, :-1]
    hits = hits_taken[:, -1:] - hits_taken[:, :-1]
    called[outcome] = all_taken[:, :-1].sum(axis=0)
    hits[outcome] = np.bincount(taken_at[outcomes == outcome], minlength=steps + 1).cumsum()[:-1]
    support = np.bincount(outcomes, minlength=N_OUTCOMES).astype(np.float64)
    return mean_f1(class_f1(hits.T.astype(np.float64), support, called.T.astype(np.float64)))


def _best_rival(
    log_probabilities: FloatArray, log_weights: FloatArray, outcome: int
) -> tuple[npt.NDArray[np.int64], FloatArray]:
    """Find the best class other than ``outcome`` for each delivery and its weighted score, ``[D]`` each."""
    rivals = [other for other in range(N_OUTCOMES) if other != outcome]
    rival = np.full(log_probabilities.shape[1], rivals[0], dtype=np.int64)
    score = log_probabilities[rivals[0]] + log_weights[rivals[0]]
    for other in rivals[1:]:
        challenger = log_probabilities[other] + log_weights[other]
        rival[challenger > score] = other
        np.maximum(score, challenger, out=score)
    return rival, score
