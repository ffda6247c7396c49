"""Probabilities bent by a weighted loss are set right again."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import softmax

from cricketgnn.cricket.outcomes import N_OUTCOMES, NO_OUTCOME
from cricketgnn.errors import ConfigError, DataError
from cricketgnn.evaluation import UNSCALED, Predictions, VectorScaling, cross_scaled, fit_vector_scaling

RNG = np.random.default_rng(4)
TRUE = softmax(np.log([0.37, 0.36, 0.07, 0.01, 0.1, 0.04, 0.05]) + RNG.normal(0, 0.5, (40_000, 7)), axis=1)
CAME = (TRUE.cumsum(axis=1) < RNG.random((len(TRUE), 1))).sum(axis=1).clip(max=6).astype(np.int8)


def log_loss(probabilities: np.ndarray) -> float:
    return -float(np.log(probabilities[np.arange(len(CAME)), CAME]).mean())


def test_a_bent_forecast_is_straightened() -> None:
    scale, shift = np.array([0.6, 0.8, 1, 1.2, 1, 0.9, 0.7]), np.array([0, 0, 0.3, 1, 0, 0.5, 0.8])
    bent = softmax(np.log(TRUE) * scale + shift, axis=1)
    assert bent[:, 6].mean() > 1.7 * (CAME == 6).mean()
    straight = fit_vector_scaling(bent, CAME)(bent)
    assert log_loss(straight) < log_loss(TRUE) + 1e-4 < log_loss(bent) - 0.02
    np.testing.assert_allclose(
        straight.mean(axis=0), np.bincount(CAME, minlength=N_OUTCOMES) / len(CAME), atol=2e-4
    )


def predictions(probabilities: np.ndarray, came: np.ndarray = CAME) -> Predictions:
    kinds = np.tile(np.float32([0.9, 0.05, 0.05]), (len(came), 1))
    return Predictions(
        probabilities, came, kinds, np.zeros(len(came), dtype=np.int8), np.arange(len(came)) // 200
    )


def test_each_match_is_set_right_by_other_matches() -> None:
    bent = TRUE**0.5 / (TRUE**0.5).sum(axis=1, keepdims=True)
    honest = cross_scaled(predictions(bent))
    in_sample = fit_vector_scaling(bent, CAME)(bent)
    assert log_loss(in_sample) < log_loss(honest.probabilities) < log_loss(bent) - 0.05
    assert log_loss(honest.probabilities) < log_loss(TRUE) + 1e-3
    fold = np.arange(len(CAME)) // 200 % 2
    other = np.where(fold == 0, 6, CAME).astype(np.int8)  # what came in one half ...
    changed = cross_scaled(predictions(bent, other)).probabilities
    np.testing.assert_array_equal(changed[fold == 0], honest.probabilities[fold == 0])  # ... moves the other
    assert np.abs(changed[fold == 1] - honest.probabilities[fold == 1]).max() > 0.1


def test_a_few_matches_without_a_class_do_not_make_it_impossible() -> None:
    few = np.flatnonzero(CAME[:400] != 3)  # about four threes are left out
    scaled = fit_vector_scaling(TRUE[few], CAME[few])(TRUE)
    assert scaled[:, 3].mean() > 0.2 * TRUE[:, 3].mean()
    assert log_loss(scaled) < log_loss(TRUE) + 0.05


def test_probabilities_that_are_right_stay_nearly_as_they_are() -> None:
    scaled = fit_vector_scaling(TRUE, CAME)(TRUE)
    assert np.abs(scaled - TRUE).mean() < 0.005
    assert log_loss(scaled) <= log_loss(TRUE)


def test_the_fit_is_a_minimum() -> None:
    fitted = fit_vector_scaling(TRUE, CAME)
    best = log_loss(fitted(TRUE))
    for place in range(N_OUTCOMES):
        for step in (-0.05, 0.05):
            scale, shift = np.array(fitted.scale), np.array(fitted.shift)
            scale[place] += step
            assert log_loss(VectorScaling(tuple(scale), fitted.shift)(TRUE)) > best - 1e-7
            shift[place] += step
            assert log_loss(VectorScaling(fitted.scale, tuple(shift))(TRUE)) > best - 1e-7


def test_wides_tell_nothing() -> None:
    outcomes = np.concatenate([CAME[:5000], np.full(50, NO_OUTCOME, dtype=np.int8)])
    with_wides = fit_vector_scaling(TRUE[:5050], outcomes)
    assert with_wides == fit_vector_scaling(TRUE[:5000], CAME[:5000])


def test_a_class_that_never_came_keeps_everything_finite() -> None:
    seen = CAME != 3
    scaled = fit_vector_scaling(TRUE[seen], CAME[seen])(TRUE)
    assert np.isfinite(scaled).all()
    np.testing.assert_allclose(scaled.sum(axis=1), 1, atol=1e-5)
    assert scaled[:, 3].mean() < 1e-3


def test_unscaled_leaves_a_forecast_alone() -> None:
    np.testing.assert_allclose(UNSCALED(TRUE), TRUE.astype(np.float32))
    assert VectorScaling() == UNSCALED


def test_what_cannot_be_fitted_is_refused() -> None:
    with pytest.raises(DataError, match="no delivery with a bat outcome"):
        fit_vector_scaling(TRUE[:3], np.full(3, NO_OUTCOME, dtype=np.int8))
    with pytest.raises(DataError, match="sums to"):
        fit_vector_scaling(TRUE[:3] * 1.1, CAME[:3])
    with pytest.raises(ConfigError, match="expected 7 finite numbers"):
        VectorScaling(scale=(1.0, np.nan, 1, 1, 1, 1, 1))
