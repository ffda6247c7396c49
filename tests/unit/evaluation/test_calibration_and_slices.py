import json
import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from cricketgnn.errors import ConfigError, DataError
from cricketgnn.evaluation import ARGMAX, Predictions, by_slice, evaluate, reliability
from cricketgnn.evaluation.match_sums import quantile_bins

Simulate = Callable[..., Predictions]


def test_reliability_by_hand(four_deliveries: Predictions) -> None:
    dot = reliability(four_deliveries, bins=3)[0]
    assert dot.outcome == "dot"
    np.testing.assert_allclose(dot.mean_probability, [0.2, 0.4, 0.5])
    np.testing.assert_allclose(dot.observed_share, [0, 0, 1])
    np.testing.assert_array_equal(dot.deliveries, [1, 1, 1])


def test_equal_probabilities_share_a_bin(four_deliveries: Predictions) -> None:
    three = reliability(four_deliveries, bins=3)[3]  # given 0.05, 0.05, 0
    np.testing.assert_allclose(three.mean_probability, [0, 0.05])
    np.testing.assert_array_equal(three.deliveries, [1, 2])


def test_reliability_of_true_probabilities_is_the_diagonal(simulate: Simulate) -> None:
    covered = []
    for curve in reliability(simulate(2, deliveries=30_000, matches=200)):
        assert curve.deliveries.tolist() == pytest.approx([curve.deliveries.mean()] * 10, abs=1)
        assert (np.diff(curve.mean_probability) > 0).all()
        covered.append((curve.low <= curve.mean_probability) & (curve.mean_probability <= curve.high))
    # 95 % of the 70 intervals should hold the diagonal; 87 % is more than three standard errors below.
    assert np.mean(covered) > 0.87


def test_reliability_needs_a_bin(four_deliveries: Predictions) -> None:
    with pytest.raises(ConfigError, match="bins=0"):
        reliability(four_deliveries, bins=0)


def test_overconfidence_raises_the_calibration_error(simulate: Simulate) -> None:
    honest = simulate(3, deliveries=20_000, matches=100)
    sharper = honest.probabilities**2
    bold = replace(honest, probabilities=sharper / sharper.sum(axis=1, keepdims=True))
    error, bold_error = (evaluate(p, ARGMAX)["calibration_error"] for p in (honest, bold))
    assert error.value < 0.01
    assert bold_error.low > error.high


def test_quantile_bins_keep_order_and_ties() -> None:
    values = np.array([0.3, 0.1, 0.1, 0.9, 0.3, 0.1])
    bins = quantile_bins(values, 1000)
    np.testing.assert_array_equal(bins, [1, 0, 0, 2, 1, 0])
    np.testing.assert_array_equal(quantile_bins(np.arange(8.0), 4), [0, 0, 1, 1, 2, 2, 3, 3])


def test_a_slice_is_scored_as_if_it_were_everything(simulate: Simulate) -> None:
    predictions = simulate(4, deliveries=2_000, matches=20)
    rows = np.arange(2_000) % 3 == 0
    (part, whole) = by_slice(predictions, {"third": rows, "all": np.ones(2_000, dtype=bool)})
    alone = evaluate(predictions.select(rows), ARGMAX)
    assert part.scores == {name: alone[name] for name in part.scores}
    assert (part.name, part.deliveries, part.scored) == ("third", 667, int(predictions.scored[rows].sum()))
    assert whole.scores["log_loss"] == evaluate(predictions, ARGMAX)["log_loss"]


def test_loss_of_the_whole_is_the_mean_over_disjoint_slices(simulate: Simulate) -> None:
    predictions = simulate(5)
    late = np.arange(600) >= 250
    parts = by_slice(predictions, {"early": ~late, "late": late}, resamples=0)
    total = sum(part.scored * part.scores["log_loss"].value for part in parts)
    assert total / predictions.scored.sum() == pytest.approx(
        evaluate(predictions, ARGMAX, resamples=0)["log_loss"].value
    )


def test_a_slice_without_scored_deliveries_says_so(four_deliveries: Predictions) -> None:
    none, wides = by_slice(
        four_deliveries, {"none": np.zeros(4, dtype=bool), "wides": ~four_deliveries.scored}
    )
    assert (none.deliveries, none.scored, none.matches) == (0, 0, 0)
    assert (wides.deliveries, wides.scored, wides.matches) == (1, 0, 1)
    assert math.isnan(wides.scores["log_loss"].value)
    document = json.loads(json.dumps(wides.to_json(), allow_nan=False))
    assert document["name"] == "wides"
    assert document["skill"] == {"value": None, "low": None, "high": None}


@pytest.mark.parametrize("mask", [np.zeros(3, dtype=bool), np.zeros(4, dtype=np.int64)])
def test_a_mask_that_does_not_fit(four_deliveries: Predictions, mask: np.ndarray) -> None:
    with pytest.raises(DataError, match="slice 'women' is"):
        by_slice(four_deliveries, {"women": mask})
