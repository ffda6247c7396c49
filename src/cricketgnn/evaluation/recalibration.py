"""Vector scaling: probabilities set right on validation after a loss that bends them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from cricketgnn.cricket.outcomes import N_OUTCOMES
from cricketgnn.errors import ConfigError
from cricketgnn.evaluation.predictions import FloatArray, IntArray, Predictions, faced_deliveries

_FLOOR: Final = 1e-12
"""Probabilities below it count as it: a logarithm must be finite."""


@dataclass(frozen=True)
class VectorScaling:
    """Maps probabilities ``p`` to ``softmax(scale * ln p + shift)``, class by class (arXiv 1706.04599).

    Attributes:
        scale: one number for each class; all 1 leaves the odds as they are.
        shift: one for each class; only differences matter.

    Raises:
        ConfigError: not as many finite numbers as classes.
    """

    scale: tuple[float, ...] = (1.0,) * N_OUTCOMES
    shift: tuple[float, ...] = (0.0,) * N_OUTCOMES

    def __post_init__(self) -> None:
        for name in ("scale", "shift"):
            numbers = np.asarray(getattr(self, name), dtype=np.float64)
            if numbers.shape != (N_OUTCOMES,) or not np.isfinite(numbers).all():
                raise ConfigError(
                    f"{name} is {getattr(self, name)}, expected {N_OUTCOMES} finite numbers, one an outcome"
                )

    def __call__(self, probabilities: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.float32]:
        """Scale ``[D, 7]`` probabilities."""
        if self == UNSCALED:
            return probabilities.astype(np.float32, copy=False)
        logits = _logs(probabilities) * np.asarray(self.scale) + np.asarray(self.shift)
        return _softmax(logits).astype(np.float32)


UNSCALED: Final = VectorScaling()
"""Leaves probabilities as they are."""


def fit_vector_scaling(probabilities: npt.NDArray[np.floating[Any]], outcomes: IntArray) -> VectorScaling:
    """Find the scaling with the lowest log loss on these (validation) deliveries; the problem is convex.

    A normal prior that a few hundred deliveries outweigh holds it near none: unheld, a few matches without a
    three would make threes impossible.

    Args:
        probabilities: ``[D, 7]``.
        outcomes: ``[D]``; wides (:data:`NO_OUTCOME`) are left out.

    Raises:
        DataError: ill-formed input, or no delivery that is not a wide.
    """
    faced, came_out = faced_deliveries(probabilities, outcomes, "scaling")
    logs = _logs(faced)
    centre = logs.mean(axis=0)
    logs -= centre  # a rare class's logarithms are far from 0: its scale and shift would pull together
    came = np.eye(N_OUTCOMES)[came_out]

    def loss_and_gradient(parameters: FloatArray) -> tuple[float, FloatArray]:
        scale, shift = np.split(parameters, 2)
        forecast = _softmax(logs * scale + shift)
        error = (forecast - came) / len(came)
        loss = -np.log(np.maximum((forecast * came).sum(axis=1), _FLOOR)).mean()
        away = parameters - start
        gradient = np.concatenate([(error * logs).sum(axis=0), error.sum(axis=0)])
        return float(loss + (away**2).sum() / (2 * len(came))), gradient + away / len(came)

    start = np.concatenate([np.ones(N_OUTCOMES), centre])
    found = minimize(
        loss_and_gradient, start, jac=True, method="L-BFGS-B", bounds=_bounds(centre), options=_PRECISE
    )
    scale, shift = np.split(found.x, 2)
    shift -= scale * centre
    return VectorScaling(tuple(scale.tolist()), tuple((shift - shift.mean()).tolist()))


def cross_scaled(predictions: Predictions, folds: int = 2) -> Predictions:
    """Set the probabilities of each match right by a scaling fitted on other matches.

    What a scaling makes of the matches it was fitted on flatters it; this compares with probabilities that
    needed none.

    Args:
        predictions: of a network whose loss bends probabilities.
        folds: parts of the matches, see :meth:`Predictions.folds`, which says what it raises.
    """
    fold_of, scaled = predictions.folds(folds), predictions.probabilities.astype(np.float32)
    for fold in range(folds):
        here = fold_of == fold
        scaling = fit_vector_scaling(predictions.probabilities[~here], predictions.outcomes[~here])
        scaled[here] = scaling(predictions.probabilities[here])
    return replace(predictions, probabilities=scaled)


_PRECISE: Final = {"ftol": 1e-13, "gtol": 1e-8, "maxiter": 2000}


def _bounds(centre: FloatArray) -> list[tuple[float, float]]:
    """Bound scales and (centred) shifts.

    A class that validation never saw would be shifted to minus infinity; a scale below 0 would turn the order
    of its probabilities round.
    """
    return [(0.0, 10.0)] * N_OUTCOMES + [(middle - 20.0, middle + 20.0) for middle in centre]


def _logs(probabilities: npt.NDArray[np.floating[Any]]) -> FloatArray:
    return np.log(np.maximum(probabilities.astype(np.float64), _FLOOR))


def _softmax(logits: FloatArray) -> FloatArray:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)
