"""What today brought beside what was expected, in every scope, by hand."""

from __future__ import annotations

import math

import numpy as np

import stores
from cricketgnn.cricket.outcomes import OUTCOME_NAMES
from cricketgnn.features import names
from cricketgnn.features.ratings import BASE
from match_files import ball, innings, match, over

COLUMN = {feature.name: number for number, feature in enumerate(names.DELIVERY)}
SHARE = dict(zip(OUTCOME_NAMES, BASE / BASE.sum(), strict=True))


def surprise(came: int, expected: float) -> float:
    return math.log((came + 4) / (expected + 4))


def two_innings() -> np.ndarray:
    first = innings(
        over(0, ball(6), ball(0), ball(1), ball(4, striker="R2", partner="R1")),
        over(1, *(ball(runs, striker="R2", partner="R1", bowler="B10") for runs in (0, 6))),
    )
    second = innings(
        over(0, *(ball(runs, striker="B1", partner="B2", bowler="R11") for runs in (6, 0))), team="Blues"
    )
    store = stores.store_of({"1": match(first, second)})
    return np.asarray(store.delivery_x)


def test_on_the_first_day_the_base_is_expected() -> None:
    x = two_innings()
    for name, share in SHARE.items():
        np.testing.assert_allclose(x[:, COLUMN[f"expected_{name}"]], math.log(share), rtol=1e-5)


def test_surprises_by_scope() -> None:
    x = two_innings()
    six = SHARE["six"]
    assert x[0, COLUMN["match_six_surprise"]] == 0
    # Before the fourth delivery R1 has faced three balls for one six; R2 has not faced any.
    np.testing.assert_allclose(x[3, COLUMN["innings_six_surprise"]], surprise(1, 3 * six), rtol=1e-5)
    np.testing.assert_allclose(x[3, COLUMN["bowler_six_surprise"]], surprise(1, 3 * six), rtol=1e-5)
    assert x[3, COLUMN["striker_six_surprise"]] == 0
    # Another bowler comes on: nothing is known of him today.
    assert x[4, COLUMN["bowler_six_surprise"]] == 0
    np.testing.assert_allclose(x[5, COLUMN["striker_six_surprise"]], surprise(0, 2 * six), rtol=1e-5)
    np.testing.assert_allclose(x[5, COLUMN["last30_six_surprise"]], surprise(1, 5 * six), rtol=1e-5)
    # The second innings knows what the match brought, and nothing of its own.
    np.testing.assert_allclose(x[6, COLUMN["match_six_surprise"]], surprise(2, 6 * six), rtol=1e-5)
    assert x[6, COLUMN["innings_six_surprise"]] == x[6, COLUMN["last30_six_surprise"]] == 0
    np.testing.assert_allclose(x[7, COLUMN["match_six_surprise"]], surprise(3, 7 * six), rtol=1e-5)
    np.testing.assert_allclose(x[7, COLUMN["striker_dot_surprise"]], surprise(0, SHARE["dot"]), rtol=1e-5)


def test_a_wide_surprises_nobody() -> None:
    store = stores.store_of({"1": match(innings(over(0, ball(wides=1), ball(wides=1), ball(), ball())))})
    x = np.asarray(store.delivery_x)
    assert x[2, COLUMN["innings_dot_surprise"]] == 0
    np.testing.assert_allclose(x[3, COLUMN["innings_dot_surprise"]], surprise(1, SHARE["dot"]), rtol=1e-5)
