import json
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from cricketgnn.errors import ConfigError, DataError
from cricketgnn.evaluation import (
    ARGMAX,
    DecisionRule,
    Predictions,
    cross_fitted_macro_f1,
    evaluate,
    fit_decision_rule,
)
from cricketgnn.evaluation.decision_rule import _GRID, _macro_f1_along_grid

Simulate = Callable[..., Predictions]


def test_a_weight_of_four_calls_a_wicket_at_more_than_a_quarter_of_the_dot() -> None:
    rule = DecisionRule((1, 1, 1, 1, 1, 1, 4))
    probabilities = np.array([[0.7, 0.12, 0, 0, 0, 0, 0.18], [0.72, 0.12, 0, 0, 0, 0, 0.16]])
    assert rule.decide(probabilities).tolist() == [6, 0]


def test_ties_go_to_the_first_class() -> None:
    assert ARGMAX.decide(np.full((1, 7), 1 / 7)).tolist() == [0]


def test_deciding_leaves_the_probabilities_as_they_are(simulate: Simulate) -> None:
    probabilities = simulate(1).probabilities
    before = probabilities.copy()
    calls = DecisionRule((1, 2, 3, 4, 5, 6, 7)).decide(probabilities)
    assert calls.dtype == np.int8
    np.testing.assert_array_equal(probabilities, before)


def test_the_rule_survives_json() -> None:
    rule = DecisionRule((1.0, 0.1 + 0.2, 3.0, 4.0, 5.0, 6.0, 7.0))
    assert DecisionRule(tuple(json.loads(json.dumps(rule.weights)))) == rule


@pytest.mark.parametrize("weights", [(1.0,) * 6, (1.0,) * 6 + (0.0,), (1.0,) * 6 + (float("nan"),)])
def test_weights_that_cannot_be(weights: tuple[float, ...]) -> None:
    with pytest.raises(ConfigError, match="expected 7 positive numbers"):
        DecisionRule(weights)


def test_finds_the_best_rule_where_it_can_be_worked_out() -> None:
    """A wicket comes whenever it is given 0.2, and never at 0.1; a dot is always the favourite."""
    likely, unlikely = [0.8, 0, 0, 0, 0, 0, 0.2], [0.9, 0, 0, 0, 0, 0, 0.1]
    probabilities = np.array([likely] * 10 + [unlikely] * 30)
    outcomes = np.repeat([6, 0], [10, 30])
    rule = fit_decision_rule(probabilities, outcomes)
    assert rule.decide(probabilities).tolist() == outcomes.tolist()
    assert 4 < rule.weights[6] / rule.weights[0] < 9


def test_the_sweep_along_the_grid_is_what_deciding_gives(simulate: Simulate) -> None:
    predictions = simulate(8)
    probabilities = predictions.probabilities[predictions.scored]
    outcomes = predictions.outcomes[predictions.scored].astype(np.int64)
    log_weights = np.array([0.0, 0.2, 1.1, 2.5, 0.7, 1.5, 1.3])
    logs = np.ascontiguousarray(np.log(probabilities).T)
    for outcome in range(7):
        macro = _macro_f1_along_grid(logs, outcomes, log_weights, outcome)
        for step in range(0, len(_GRID), 37):
            changed = log_weights.copy()
            changed[outcome] = _GRID[step]
            calls = DecisionRule.from_log_weights(changed).decide(probabilities)
            assert macro[step] == pytest.approx(f1_score(outcomes, calls, average="macro"))


@given(
    seed=st.integers(0, 10_000),
    deliveries=st.integers(1, 400),
    rounded=st.booleans(),
    spread=st.floats(0, 1.5),
)
@settings(max_examples=40, deadline=None)
def test_never_worse_than_argmax_where_it_was_fitted(
    simulate: Simulate, seed: int, deliveries: int, rounded: bool, spread: float
) -> None:
    predictions = simulate(seed, deliveries=deliveries, spread=spread)
    predictions = predictions if not rounded else replace(predictions, probabilities=_coarse(predictions))
    if not predictions.scored.any():
        return
    rule = fit_decision_rule(predictions.probabilities, predictions.outcomes)
    found = evaluate(predictions, rule, resamples=0)
    assert found["macro_f1_rule"].value >= found["macro_f1"].value


def _coarse(predictions: Predictions) -> np.ndarray:
    """Probabilities in eighths, so that many are tied or zero."""
    eighths = np.floor(predictions.probabilities * 8) / 8
    eighths[:, 0] += 1 - eighths.sum(axis=1)
    return eighths


def test_fitting_gains_much_on_rare_classes_and_is_deterministic(simulate: Simulate) -> None:
    predictions = simulate(3, deliveries=20_000, matches=80)
    rule = fit_decision_rule(predictions.probabilities, predictions.outcomes)
    found = evaluate(predictions, rule, resamples=0)
    assert found["macro_f1_rule"].value > found["macro_f1"].value + 0.03
    assert fit_decision_rule(predictions.probabilities, predictions.outcomes) == rule
    assert rule.weights[0] == 1


def test_wides_take_no_part_in_the_fit(simulate: Simulate) -> None:
    predictions = simulate(5, deliveries=2_000)
    scored = predictions.scored
    assert not scored.all()
    all_rows = fit_decision_rule(predictions.probabilities, predictions.outcomes)
    assert all_rows == fit_decision_rule(predictions.probabilities[scored], predictions.outcomes[scored])


def test_nothing_to_fit_on() -> None:
    with pytest.raises(DataError, match="no delivery with a bat outcome"):
        fit_decision_rule(np.full((2, 7), 1 / 7), np.array([-1, -1]))


def test_cross_fitting_scores_each_half_by_the_rule_of_the_other(simulate: Simulate) -> None:
    predictions = simulate(2, deliveries=3_000, matches=9)
    scored = predictions.select(predictions.scored)
    even = np.searchsorted(np.unique(scored.match), scored.match) % 2 == 0
    calls = np.empty(len(even), dtype=np.int8)
    for held_out in (even, ~even):
        rule = fit_decision_rule(scored.probabilities[~held_out], scored.outcomes[~held_out])
        calls[held_out] = rule.decide(scored.probabilities[held_out])
    expected = f1_score(scored.outcomes, calls, average="macro")
    assert cross_fitted_macro_f1(predictions) == pytest.approx(expected)


def test_cross_fitting_is_humbler_than_scoring_where_the_rule_was_fitted(simulate: Simulate) -> None:
    # Outcomes that have nothing to do with the probabilities: whatever the fit finds is noise.
    predictions = simulate(7, deliveries=1_500)
    shuffled = np.random.default_rng(0).permutation(predictions.outcomes[predictions.scored])
    outcomes = predictions.outcomes.copy()
    outcomes[predictions.scored] = shuffled
    noise = replace(predictions, outcomes=outcomes)
    rule = fit_decision_rule(noise.probabilities, noise.outcomes)
    flattered = evaluate(noise, rule, resamples=0)["macro_f1_rule"].value
    assert cross_fitted_macro_f1(noise) < flattered


def test_cross_fitting_needs_a_match_for_each_fold(four_deliveries: Predictions) -> None:
    with pytest.raises(DataError, match="got 2 matches, expected at least 3"):
        cross_fitted_macro_f1(four_deliveries, folds=3)
    with pytest.raises(ConfigError, match="got 1 folds"):
        cross_fitted_macro_f1(four_deliveries, folds=1)
