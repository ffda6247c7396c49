"""The same numbers by an independent implementation."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from sklearn import metrics as sk

from cricketgnn.evaluation import ARGMAX, DecisionRule, Predictions, evaluate
from cricketgnn.evaluation.match_sums import AUC_BINS

RULE = DecisionRule((1, 1.1, 4, 20, 2.5, 5, 4))


@pytest.fixture(params=[1, 2, 3])
def predictions(request: pytest.FixtureRequest, simulate: Callable[..., Predictions]) -> Predictions:
    return simulate(request.param, deliveries=3_000)


def test_proper_scores(predictions: Predictions) -> None:
    scored = predictions.scored
    probabilities, outcomes = predictions.probabilities[scored], predictions.outcomes[scored]
    found = evaluate(predictions, ARGMAX, resamples=0)
    classes = range(7)
    assert found["log_loss"].value == pytest.approx(sk.log_loss(outcomes, probabilities, labels=classes))
    brier = sk.brier_score_loss(outcomes, probabilities, labels=classes, scale_by_half=False)
    assert found["brier"].value == pytest.approx(brier)
    skill = sk.d2_log_loss_score(outcomes, probabilities, labels=classes)
    own_shares = np.bincount(outcomes, minlength=7) / len(outcomes)
    tiled = np.tile(own_shares, (len(scored), 1))
    against_own = replace(predictions, prior_probabilities=tiled)
    assert evaluate(against_own, ARGMAX, resamples=0)["skill"].value == pytest.approx(skill)
    kind = sk.log_loss(predictions.kinds, predictions.kind_probabilities, labels=range(3))
    assert found["kind_log_loss"].value == pytest.approx(kind)


@pytest.mark.parametrize(("rule", "suffix"), [(ARGMAX, ""), (RULE, "_rule")])
def test_calls(predictions: Predictions, rule: DecisionRule, suffix: str) -> None:
    scored = predictions.scored
    probabilities, outcomes = predictions.probabilities[scored], predictions.outcomes[scored]
    calls = rule.decide(probabilities)
    found = evaluate(predictions, rule, resamples=0)
    f1 = {average: sk.f1_score(outcomes, calls, average=average) for average in ("macro", "weighted")}
    assert found[f"macro_f1{suffix}"].value == pytest.approx(f1["macro"])
    assert found[f"weighted_f1{suffix}"].value == pytest.approx(f1["weighted"])
    matrix = sk.confusion_matrix(outcomes, calls, labels=range(7))
    np.testing.assert_array_equal(found.confusion_rule, matrix)
    expected = sk.precision_recall_fscore_support(outcomes, calls, labels=range(7), zero_division=0)
    ours = [(c.precision, c.recall, c.f1, c.support) for c in found.per_class_rule]
    np.testing.assert_allclose(np.array(ours).T, np.array(expected), rtol=1e-12)


def test_accuracies(predictions: Predictions) -> None:
    scored = predictions.scored
    probabilities, outcomes = predictions.probabilities[scored], predictions.outcomes[scored]
    found = evaluate(predictions, ARGMAX, resamples=0)
    assert found["accuracy"].value == pytest.approx(sk.accuracy_score(outcomes, probabilities.argmax(axis=1)))
    top2 = sk.top_k_accuracy_score(outcomes, probabilities, k=2, labels=range(7))
    assert found["top2_accuracy"].value == pytest.approx(top2)


def test_binned_auc_is_within_its_bound(predictions: Predictions) -> None:
    scored = predictions.scored
    probabilities, outcomes = predictions.probabilities[scored], predictions.outcomes[scored]
    found = evaluate(predictions, ARGMAX, resamples=0)
    wicket = sk.roc_auc_score(outcomes == 6, probabilities[:, 6])
    boundary = sk.roc_auc_score(np.isin(outcomes, (4, 5)), probabilities[:, 4] + probabilities[:, 5])
    assert found["wicket_auc"].value == pytest.approx(wicket, abs=1 / AUC_BINS)
    assert found["boundary_auc"].value == pytest.approx(boundary, abs=1 / AUC_BINS)


def test_auc_is_exact_up_to_a_thousand_distinct_probabilities(simulate: Callable[..., Predictions]) -> None:
    predictions = simulate(9, deliveries=900)
    rounded = np.round(predictions.probabilities, 2)  # ties
    rounded[:, 0] += 1 - rounded.sum(axis=1)
    scored = predictions.scored
    for probabilities in (predictions.probabilities, rounded):
        changed = Predictions(
            probabilities,
            predictions.outcomes,
            predictions.kind_probabilities,
            predictions.kinds,
            predictions.match,
        )
        exact = sk.roc_auc_score(predictions.outcomes[scored] == 6, probabilities[scored][:, 6])
        found = evaluate(changed, ARGMAX, resamples=0)["wicket_auc"].value
        assert found == pytest.approx(exact, rel=1e-12)
