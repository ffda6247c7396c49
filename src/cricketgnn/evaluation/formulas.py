"""Scores as formulas over sums: each takes totals of ``R`` resamples at once and gives ``[R]`` values.

A formula never sees a delivery. What it needs of them is additive over matches, so the same line of
numpy computes the value (one row of totals) and its bootstrap distribution (a thousand rows).
"""

from __future__ import annotations

import numpy as np

from cricketgnn.evaluation.predictions import FloatArray


def ratio(numerator: FloatArray, denominator: FloatArray) -> FloatArray:
    """Divide sums elementwise, NaN where there is nothing to divide by: the score is then undefined."""
    undefined = np.full(np.broadcast_shapes(numerator.shape, denominator.shape), np.nan)
    quotient: FloatArray = np.divide(numerator, denominator, out=undefined, where=denominator != 0)
    return quotient


def skill(loss: FloatArray, prior_loss: FloatArray) -> FloatArray:
    """Share of the class prior's loss that the model removes, 1 - loss / prior loss (``[R]`` each)."""
    return 1 - ratio(loss, prior_loss)


def class_f1(hits: FloatArray, support: FloatArray, called: FloatArray) -> FloatArray:
    """F1 of each class, 2 hits / (support + called), shape ``[..., C]``; NaN for a class in neither.

    Args:
        hits: deliveries of the class that were called so, ``[..., C]``.
        support: deliveries of the class, ``[..., C]``.
        called: deliveries called so, ``[..., C]``.
    """
    return ratio(2 * hits, support + called)


def mean_f1(f1: FloatArray) -> FloatArray:
    """Average F1 over the classes (last axis) that occur among labels or calls, as scikit-learn does."""
    present = np.isfinite(f1)
    return ratio(np.where(present, f1, 0).sum(axis=-1), present.sum(axis=-1).astype(np.float64))


def macro_f1(confusion: FloatArray) -> FloatArray:
    """Unweighted mean of the class F1 from confusion matrices ``[R, true, called]``."""
    hits = np.diagonal(confusion, axis1=1, axis2=2)
    return mean_f1(class_f1(hits, confusion.sum(axis=2), confusion.sum(axis=1)))


def weighted_f1(confusion: FloatArray) -> FloatArray:
    """Mean of the class F1 weighted by support, from confusion matrices ``[R, true, called]``."""
    hits = np.diagonal(confusion, axis1=1, axis2=2)
    support = confusion.sum(axis=2)
    f1 = np.nan_to_num(class_f1(hits, support, confusion.sum(axis=1)), nan=0.0)
    return ratio((support * f1).sum(axis=1), support.sum(axis=1))


def classwise_calibration_error(scored: FloatArray, gaps: FloatArray) -> FloatArray:
    """Classwise expected calibration error (Kull et al. 2019, arXiv 1910.12656, section 2).

    The formula sum_b n_b / N |share_b - mean probability_b| is sum_b |gap_b| / N with gap_b the
    difference of *sums* in the bin, so bin counts are not needed.

    Args:
        scored: deliveries, ``[R]``.
        gaps: sum of probability minus indicator of the class, per class and bin, ``[R, C, B]``.
    """
    return ratio(np.abs(gaps).sum(axis=2).mean(axis=1), scored)


def binned_auc(histogram: FloatArray) -> FloatArray:
    """Probability that an event was given more than a non-event, from histograms of the probability.

    Two deliveries in the same bin count as half: with ``n_b`` events and ``m_b`` others in bin b, the
    result differs from the exact area by at most ``1/2 sum_b n_b m_b / (n m)``. For B bins of equal
    count and no ties that is at most 1/B.

    Args:
        histogram: events (index 0) and others (index 1) by bin of rising probability, ``[R, 2, B]``.
    """
    events, others = histogram[:, 0], histogram[:, 1]
    below = np.cumsum(others, axis=1) - others / 2
    pairs = events.sum(axis=1) * others.sum(axis=1)
    return ratio((events * below).sum(axis=1), pairs)
