from dataclasses import replace

import numpy as np
import pytest

from cricketgnn.errors import DataError
from cricketgnn.evaluation import Predictions
from cricketgnn.evaluation.predictions import normalised


def _with(array: np.ndarray, index: object, value: float) -> np.ndarray:
    changed = array.copy()
    changed[index] = value
    return changed


def test_wides_are_not_scored(four_deliveries: Predictions) -> None:
    assert four_deliveries.scored.tolist() == [True, True, False, True]


def test_select_keeps_every_column_aligned(four_deliveries: Predictions) -> None:
    second_match = four_deliveries.select(four_deliveries.match == 42)
    assert second_match.outcomes.tolist() == [-1, 6]
    assert second_match.kinds.tolist() == [1, 2]
    assert second_match.probabilities[1, 6] == 0.4
    assert second_match.prior_probabilities is not None
    assert second_match.prior_probabilities.shape == (2, 7)


def test_select_without_priors_has_none(four_deliveries: Predictions) -> None:
    bare = replace(four_deliveries, prior_probabilities=None, kind_prior_probabilities=None)
    assert bare.select(bare.scored).prior_probabilities is None


def test_float32_softmax_is_accepted(four_deliveries: Predictions) -> None:
    assert replace(
        four_deliveries, probabilities=four_deliveries.probabilities.astype(np.float32)
    ).scored.any()


def test_normalised_rows_sum_to_one_exactly() -> None:
    rows = np.array([[0.50004, 0.5], [0.25, 0.74997]], dtype=np.float32)
    np.testing.assert_allclose(normalised(rows).sum(axis=1), 1, rtol=1e-15)


def test_normalising_keeps_equal_probabilities_equal() -> None:
    rows = np.array([[0.4, 0.3, 0.1, 0.05, 0.05, 0.05, 0.05], [0.35, 0.6, 0.05, 0, 0, 0, 0]])
    assert normalised(rows)[0, 6] == normalised(rows)[1, 2]


@pytest.mark.parametrize(
    ("field", "index", "value", "said"),
    [
        ("probabilities", (1, 0), np.nan, "probabilities row 1 is"),
        ("probabilities", (1, 0), np.inf, "probabilities row 1 is"),
        ("probabilities", (3, 2), -0.1, "probabilities row 3 is"),
        ("probabilities", (2, 0), 0.41, "probabilities row 2 sums to 1.01"),
        ("kind_probabilities", (0, 0), 0.7, "kind_probabilities row 0 sums to 0.8"),
        ("prior_probabilities", (0, 0), 0.7, "prior_probabilities row 0 sums to 1.2"),
        ("kind_prior_probabilities", (3, 0), 0.7, "kind_prior_probabilities row 3 sums to 1.2"),
        ("outcomes", 0, 7, "outcomes row 0 is 7, expected -1 to 6"),
        ("outcomes", 3, -2, "outcomes row 3 is -2"),
        ("kinds", 1, 3, "kinds row 1 is 3, expected 0 to 2"),
        ("outcomes", 2, 0, "row 2 has outcome 0 and kind 1"),
        ("outcomes", 0, -1, "row 0 has outcome -1 and kind 0"),
    ],
)
def test_a_wrong_value_is_named(
    four_deliveries: Predictions, field: str, index: object, value: float, said: str
) -> None:
    with pytest.raises(DataError, match=said):
        replace(four_deliveries, **{field: _with(getattr(four_deliveries, field), index, value)})


@pytest.mark.parametrize(
    ("field", "array", "said"),
    [
        ("probabilities", np.full((4, 6), 1 / 6), r"probabilities has shape \(4, 6\), expected \(4, 7\)"),
        ("probabilities", np.eye(7, dtype=np.int64)[:4], "probabilities is int64"),
        ("kinds", np.zeros(3, dtype=np.int8), r"kinds has shape \(3,\)"),
        ("match", np.zeros(4), "match is float64, expected whole numbers"),
        ("match", np.zeros((4, 1), dtype=np.int64), r"match has shape \(4, 1\)"),
    ],
)
def test_a_wrong_shape_or_type_is_named(
    four_deliveries: Predictions, field: str, array: np.ndarray, said: str
) -> None:
    with pytest.raises(DataError, match=said):
        replace(four_deliveries, **{field: array})


def test_no_delivery_at_all_is_refused(four_deliveries: Predictions) -> None:
    with pytest.raises(DataError, match="no delivery at all"):
        four_deliveries.select(np.zeros(4, dtype=bool))
