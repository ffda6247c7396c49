import json
import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from cricketgnn.errors import DataError, UnknownNameError
from cricketgnn.evaluation import ARGMAX, DecisionRule, Predictions, evaluate, paired_bootstrap

Simulate = Callable[..., Predictions]


@pytest.fixture
def truth(simulate: Simulate) -> Predictions:
    return simulate(1, deliveries=4_000, matches=60)


@pytest.fixture
def blurred(truth: Predictions) -> Predictions:
    assert truth.prior_probabilities is not None
    return replace(truth, probabilities=0.7 * truth.probabilities + 0.3 * truth.prior_probabilities)


def test_a_multiple_of_what_may_be_nothing_means_nothing(truth: Predictions, blurred: Predictions) -> None:
    prior = replace(truth, probabilities=truth.prior_probabilities)
    pair = paired_bootstrap(blurred, prior, "skill")
    assert pair.b.value == pytest.approx(0, abs=1e-9)
    assert np.isnan([pair.ratio.value, pair.ratio.low, pair.ratio.high]).all()
    assert pair.to_json()["ratio"]["value"] is None


def test_difference_and_ratio_of_the_scores(truth: Predictions, blurred: Predictions) -> None:
    pair = paired_bootstrap(truth, blurred, "log_loss")
    a, b = (evaluate(p, ARGMAX)["log_loss"] for p in (truth, blurred))
    assert (pair.a, pair.b) == (a, b)
    assert pair.difference.value == pytest.approx(a.value - b.value)
    assert pair.ratio.value == pytest.approx(a.value / b.value)
    assert pair.difference.low <= pair.difference.value <= pair.difference.high


def test_pairing_sees_what_overlapping_intervals_hide(truth: Predictions, blurred: Predictions) -> None:
    pair = paired_bootstrap(truth, blurred, "log_loss")
    assert pair.a.high > pair.b.low
    assert pair.difference.high < 0
    assert pair.share_a_better > 0.99


@pytest.mark.parametrize("metric", ["log_loss", "skill", "wicket_auc"])
def test_swapping_the_models_mirrors_the_result(
    truth: Predictions, blurred: Predictions, metric: str
) -> None:
    there, back = (
        paired_bootstrap(*pair, metric, resamples=99) for pair in ((truth, blurred), (blurred, truth))
    )
    assert there.difference.value == -back.difference.value
    assert there.difference.low == pytest.approx(-back.difference.high)
    assert there.share_a_better == pytest.approx(1 - back.share_a_better)


def test_better_follows_the_direction_of_the_metric(truth: Predictions, blurred: Predictions) -> None:
    assert paired_bootstrap(truth, blurred, "skill").share_a_better > 0.99  # higher is better
    assert paired_bootstrap(blurred, truth, "brier").share_a_better < 0.01  # lower is better


def test_a_model_against_itself_is_even(truth: Predictions) -> None:
    pair = paired_bootstrap(truth, truth, "brier")
    assert (pair.difference.value, pair.difference.low, pair.difference.high) == (0, 0, 0)
    assert (pair.ratio.value, pair.share_a_better) == (1, 0.5)


def test_rules_of_both_models(truth: Predictions, blurred: Predictions) -> None:
    rules = (DecisionRule((1, 1, 3, 9, 2, 4, 4)), ARGMAX)
    pair = paired_bootstrap(truth, blurred, "macro_f1_rule", rules=rules, resamples=20)
    assert pair.a.value == evaluate(truth, rules[0], resamples=0)["macro_f1_rule"].value
    assert pair.b.value == evaluate(blurred, ARGMAX, resamples=0)["macro_f1"].value
    with pytest.raises(DataError, match="macro_f1_rule needs confusion_rule"):
        paired_bootstrap(truth, blurred, "macro_f1_rule")


def test_a_missing_prior_is_named(truth: Predictions, blurred: Predictions) -> None:
    with pytest.raises(DataError, match="skill needs log_loss_prior, which model b"):
        paired_bootstrap(truth, replace(blurred, prior_probabilities=None), "skill")


def test_other_deliveries_are_refused(truth: Predictions) -> None:
    rows = np.ones(len(truth.outcomes), dtype=bool)
    rows[0] = False
    with pytest.raises(DataError, match="match of the two models differ"):
        paired_bootstrap(truth, truth.select(rows), "log_loss")


def test_unknown_metric(truth: Predictions) -> None:
    with pytest.raises(UnknownNameError, match="unknown metric 'loss'"):
        paired_bootstrap(truth, truth, "loss")


def test_one_match_has_no_share(four_deliveries: Predictions) -> None:
    first = four_deliveries.select(four_deliveries.match == 11)
    pair = paired_bootstrap(first, first, "log_loss")
    assert math.isnan(pair.share_a_better)
    document = json.loads(json.dumps(pair.to_json(), allow_nan=False))
    assert document["share_a_better"] is None
    assert document["difference"] == {"value": 0, "low": None, "high": None}
