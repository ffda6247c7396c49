"""What a model is measured against: the class prior below it, the true probabilities above it."""

from __future__ import annotations

import math

import numpy as np

from cricketgnn.cricket.outcomes import N_OUTCOMES
from cricketgnn.errors import ConfigError, DataError
from cricketgnn.evaluation.predictions import FloatArray, IntArray, check_labels


def class_prior(
    labels: IntArray,
    groups: IntArray | None = None,
    *,
    classes: int = N_OUTCOMES,
    n_groups: int | None = None,
) -> FloatArray:
    """Share of each outcome (or delivery kind) in every group of deliveries, fitted on training dates.

    Shares are smoothed by one pseudo-delivery per group, split like all deliveries together, and those
    by one more split evenly: a class that a small group never saw does not become impossible, while the
    effect on a thousand deliveries is below 0.1 percentage points. ``class_prior(y, sex)[sex_of_test]``
    is the ``[D, classes]`` that :class:`Predictions` takes.

    Args:
        labels: class of each training delivery, ``[D]``; negative labels (wides) are left out.
        groups: group number of each delivery (its sex), 0-based, ``[D]``; one group when absent.
        classes: 7 for bat outcomes, 3 for delivery kinds.
        n_groups: number of groups ``G`` when some may have no training delivery: they get the overall shares.

    Returns:
        ``[G, classes]``, rows sum to 1.

    Raises:
        DataError: labels or groups out of range, or no labelled delivery.
    """
    check_labels("labels", labels, len(labels), -1, classes - 1)
    groups = np.zeros(len(labels), dtype=np.int64) if groups is None else groups
    highest = (int(groups.max()) if len(groups) else 0) if n_groups is None else n_groups - 1
    check_labels("groups", groups, len(labels), 0, highest)
    labelled = labels >= 0
    if not labelled.any():
        raise DataError("got no labelled delivery, expected training deliveries to take class shares from")
    cells = groups[labelled].astype(np.int64) * classes + labels[labelled]
    counts = np.bincount(cells, minlength=(highest + 1) * classes).reshape(-1, classes).astype(np.float64)
    overall = (counts.sum(axis=0) + 1 / classes) / (counts.sum() + 1)
    shares: FloatArray = (counts + overall) / (counts.sum(axis=1, keepdims=True) + 1)
    return shares


def reached_share(model_log_loss: float, prior_log_loss: float, true_log_loss: float) -> float:
    """Share of the skill there was to have that the model has: 0 is the class prior, 1 the truth.

    Only a simulated league knows the true probabilities. ``(prior - model) / (prior - true)``, all
    three log losses over the same deliveries; negative for a model worse than the prior, and above 1 by
    luck only.

    Raises:
        ConfigError: a loss that is not finite.
        DataError: a prior no worse than the truth: there was no skill to have, so no share of it.
    """
    losses = (model_log_loss, prior_log_loss, true_log_loss)
    if not all(map(math.isfinite, losses)):
        raise ConfigError(f"got log losses {losses} (model, prior, truth), expected finite numbers")
    if prior_log_loss <= true_log_loss:
        raise DataError(
            f"the class prior's log loss {prior_log_loss:.6g} is not above the truth's {true_log_loss:.6g}, "
            "expected room between them; use more deliveries or hidden skills that differ more"
        )
    return (prior_log_loss - model_log_loss) / (prior_log_loss - true_log_loss)
