"""Every metric on four deliveries, with the arithmetic written out."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from cricketgnn.errors import DataError, UnknownNameError
from cricketgnn.evaluation import (
    ARGMAX,
    METRICS,
    DecisionRule,
    Direction,
    Evaluation,
    Predictions,
    evaluate,
)
from cricketgnn.evaluation.formulas import binned_auc, classwise_calibration_error, macro_f1, weighted_f1

LOG_LOSS = -(math.log(0.5) + math.log(0.3) + math.log(0.4)) / 3
LOG_LOSS_PRIOR = -(math.log(0.5) + math.log(0.25) + math.log(0.05)) / 3
KIND_LOG_LOSS = -(math.log(0.9) + math.log(0.8) + math.log(0.25) + math.log(0.25)) / 4
KIND_LOG_LOSS_PRIOR = -(2 * math.log(0.5) + 2 * math.log(0.25)) / 4
BRIER = (
    (0.25 + 0.0625 + 5 * 0.0025)  # dot: (0.5-1)^2 + 0.25^2 + five of 0.05^2
    + (0.16 + 0.49 + 0.01 + 4 * 0.0025)  # one: 0.4^2 + (0.3-1)^2 + 0.1^2 + four of 0.05^2
    + (0.04 + 0.01 + 0.04 + 0.01 + 0.36)  # wicket: 0.2^2 + 0.1^2 + 0.2^2 + 0.1^2 + (0.4-1)^2
) / 3
KIND_BRIER = ((0.01 + 0.01) + (0.04 + 0.01 + 0.01) + (0.5625 + 0.5625) + (0.25 + 0.0625 + 0.5625)) / 4


@pytest.fixture
def evaluation(four_deliveries: Predictions) -> Evaluation:
    # With this rule row 1 is called a one (0.3 * 1.5 > 0.4), the others as by argmax.
    return evaluate(four_deliveries, DecisionRule((1, 1.5, 1, 1, 1, 1, 1)), resamples=50)


@pytest.mark.parametrize(
    ("metric", "value"),
    [
        ("log_loss", LOG_LOSS),
        ("log_loss_prior", LOG_LOSS_PRIOR),
        ("skill", 1 - LOG_LOSS / LOG_LOSS_PRIOR),
        ("brier", BRIER),
        ("accuracy", 2 / 3),
        ("top2_accuracy", 1.0),
        ("macro_f1", (2 / 3 + 0 + 1) / 3),  # dot: 2*1/(1+2); one: never called; wicket: right
        ("weighted_f1", (2 / 3 + 0 + 1) / 3),
        ("macro_f1_rule", 1.0),
        ("weighted_f1_rule", 1.0),
        ("wicket_auc", 1.0),
        ("kind_log_loss", KIND_LOG_LOSS),
        ("kind_log_loss_prior", KIND_LOG_LOSS_PRIOR),
        ("kind_skill", 1 - KIND_LOG_LOSS / KIND_LOG_LOSS_PRIOR),
        ("kind_brier", KIND_BRIER),
    ],
)
def test_value(evaluation: Evaluation, metric: str, value: float) -> None:
    assert evaluation[metric].value == pytest.approx(value, rel=1e-12)


def test_calibration_error_by_hand(evaluation: Evaluation) -> None:
    # Bins are 1/15 wide. Sum of probability minus count, per class and bin, absolute:
    dot = abs(0.5 - 1) + 0.4 + 0.2  # bins 7, 6, 3
    one = 0.25 + abs(0.3 - 1) + 0.1  # bins 3, 4, 1
    two = 0.05 + 0.1  # 0.05 and 0.0 share bin 0; 0.1 is in bin 1
    three = 0.05 + 0.05  # all in bin 0
    four = (0.05 + 0.05) + 0.2  # bin 0, bin 3
    six = (0.05 + 0.05) + 0.1  # bin 0, bin 1
    wicket = (0.05 + 0.05) + abs(0.4 - 1)  # bin 0, bin 6
    expected = (dot + one + two + three + four + six + wicket) / 7 / 3
    assert evaluation["calibration_error"].value == pytest.approx(expected, rel=1e-12)


def test_a_score_that_needs_an_outcome_nobody_saw_is_undefined(evaluation: Evaluation) -> None:
    assert math.isnan(evaluation["boundary_auc"].value)
    assert evaluation.to_json()["boundary_auc"] == {"value": None, "low": None, "high": None}


def test_per_class(evaluation: Evaluation) -> None:
    dot, one, two = evaluation.per_class[:3]
    assert (dot.precision, dot.recall, dot.f1) == pytest.approx((0.5, 1.0, 2 / 3))
    assert (one.precision, one.recall, one.f1, one.support) == (0, 0, 0, 1)
    assert dot.share == pytest.approx(1 / 3)
    assert dot.mean_probability == pytest.approx((0.5 + 0.4 + 0.2) / 3)
    assert (two.support, two.share, two.mean_probability) == (0, 0, pytest.approx(0.05))
    assert evaluation.per_class_rule[1].f1 == 1


def test_confusion_has_what_came_in_rows_and_what_was_called_in_columns(evaluation: Evaluation) -> None:
    expected = np.zeros((7, 7))
    expected[0, 0] = expected[1, 0] = expected[6, 6] = 1
    np.testing.assert_array_equal(evaluation.confusion, expected)
    assert evaluation.confusion_rule[1, 1] == 1
    assert evaluation.confusion_rule[1, 0] == 0


def test_counts(evaluation: Evaluation) -> None:
    assert (evaluation.deliveries, evaluation.scored, evaluation.matches) == (4, 3, 2)


def test_json_has_every_metric_and_no_nan(evaluation: Evaluation) -> None:
    document = json.loads(json.dumps(evaluation.to_json(), allow_nan=False))
    assert list(METRICS) == list(document)[: len(METRICS)]
    assert set(document) - set(METRICS) == {
        "per_class",
        "per_class_rule",
        "confusion",
        "confusion_rule",
        "decision_weights",
        "deliveries",
        "scored",
        "matches",
        "bootstrap",
    }
    assert document["log_loss"]["value"] == pytest.approx(LOG_LOSS)
    assert document["per_class"][6]["name"] == "wicket"
    assert document["decision_weights"]["one"] == 1.5
    assert document["bootstrap"] == {"resamples": 50, "seed": 0, "confidence": 0.95}


def test_an_impossible_outcome_that_happened_costs_the_clip(four_deliveries: Predictions) -> None:
    probabilities = np.zeros((4, 7))
    probabilities[:, 2] = 1
    certain = replace(four_deliveries, probabilities=probabilities)
    assert evaluate(certain, ARGMAX, resamples=0)["log_loss"].value == pytest.approx(-math.log(1e-15))


def test_without_priors_only_the_scores_against_them_are_undefined(four_deliveries: Predictions) -> None:
    bare = replace(four_deliveries, prior_probabilities=None, kind_prior_probabilities=None)
    scores = evaluate(bare, ARGMAX, resamples=10).scores
    undefined = {name for name, score in scores.items() if math.isnan(score.value)}
    assert undefined == {"log_loss_prior", "skill", "kind_log_loss_prior", "kind_skill", "boundary_auc"}


def test_one_match_has_values_but_no_interval(four_deliveries: Predictions) -> None:
    first = evaluate(four_deliveries.select(four_deliveries.match == 11), ARGMAX)
    assert first["log_loss"].value == pytest.approx(-(math.log(0.5) + math.log(0.3)) / 2)
    assert math.isnan(first["log_loss"].low)
    assert math.isnan(first["log_loss"].high)


def test_nothing_but_wides_is_refused(four_deliveries: Predictions) -> None:
    with pytest.raises(DataError, match="all 1 deliveries are wides"):
        evaluate(four_deliveries.select(~four_deliveries.scored), ARGMAX)


def test_an_unknown_metric_gets_the_closest_name(evaluation: Evaluation) -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'log_loss'"):
        evaluation["logloss"]


def test_directions() -> None:
    lower = {name for name, metric in METRICS.items() if metric.direction is Direction.MINIMIZE}
    assert lower == {
        "log_loss",
        "log_loss_prior",
        "brier",
        "calibration_error",
        "kind_log_loss",
        "kind_log_loss_prior",
        "kind_brier",
    }


def test_macro_f1_leaves_out_absent_classes_and_counts_missed_ones_as_zero() -> None:
    confusion = np.zeros((1, 7, 7))
    confusion[0, 0, 0], confusion[0, 1, 0] = 3, 1  # ones exist and are never called; two .. wicket absent
    dot_f1 = 2 * 3 / (3 + 4)
    assert macro_f1(confusion)[0] == pytest.approx((dot_f1 + 0) / 2)
    assert weighted_f1(confusion)[0] == pytest.approx(dot_f1 * 3 / 4)


def test_a_class_that_was_only_called_counts_as_zero() -> None:
    confusion = np.zeros((1, 7, 7))
    confusion[0, 0, 0], confusion[0, 0, 5] = 3, 1
    assert macro_f1(confusion)[0] == pytest.approx((6 / 7 + 0) / 2)


def test_binned_auc_counts_a_shared_bin_as_half() -> None:
    # Events in bins 1 and 2, others in bins 0 and 1: pairs won 1 (2>0), 1 (2>1), 1 (1>0), half (1=1).
    histogram = np.array([[[0.0, 1.0, 1.0], [1.0, 1.0, 0.0]]])
    assert binned_auc(histogram)[0] == pytest.approx(3.5 / 4)


def test_calibration_gaps_of_opposite_sign_do_not_cancel() -> None:
    gaps = np.zeros((1, 7, 15))
    gaps[0, 0, 3], gaps[0, 0, 9] = 2.0, -2.0
    assert classwise_calibration_error(np.array([10.0]), gaps)[0] == pytest.approx(4 / 10 / 7)
