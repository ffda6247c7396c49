"""Node features from as-of counts and what was fitted, by hand on two matches."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

import stores
from cricketgnn.errors import DataError
from cricketgnn.features import names
from cricketgnn.features.statistics import Priors, fit_bins
from cricketgnn.graph.fitted import UNKNOWN, Fitted, fit, node_features
from cricketgnn.graph.store import GraphStore
from match_files import ball, innings, match, over

ROLES = (*names.PLAYER_ROLES, *names.CONTEXT_ROLES)
WORTH = {role: 10.0 * number for number, role in enumerate(ROLES, 1)}
OUTCOME = np.array([[0.4, 0.35, 0.07, 0.01, 0.09, 0.03, 0.05], [0.45, 0.35, 0.06, 0.01, 0.07, 0.01, 0.05]])
KIND = np.array([[0.95, 0.04, 0.01], [0.93, 0.05, 0.02]])


@cache
def store() -> GraphStore:
    women = {"gender": "female"}
    first = match(innings(over(0, ball(4), ball(4), ball(wides=1))), dates=["2024-05-01"], **women)
    second = innings(over(0, ball(striker="R1", partner="R3"), ball(bowler="B2")))
    return stores.store_of({"1": first, "2": match(second, dates=["2024-05-02"], **women)})


def fitted(*known: str) -> Fitted:
    return Fitted(Priors(OUTCOME, KIND), WORTH, {}, np.array(known, dtype=np.str_))


def test_node_features_are_shrunk_rates_by_role() -> None:
    nodes = node_features(store(), fitted("0000aa01"))
    people = [str(store().person_ids[person]) for person in store().person]
    r1 = people.index("0000aa01", 3)  # entries of the first match: R1, R2, B11
    b11 = people.index("0000bb0b", 3)
    four = names.COUNTS.index("four")
    wide = names.COUNTS.index("wide")
    four_rate = [(2 + worth * 0.07) / (2 + worth) for worth in (10, 20, 30)]
    # A role a column block of ten: as batter, as bowler, as non-striker.
    assert nodes.player[r1, four] == pytest.approx(four_rate[0])
    assert nodes.player[r1, 10 + four] == pytest.approx(0.07)
    assert nodes.player[b11, 10 + four] == pytest.approx(four_rate[1])
    assert nodes.player[b11, 10 + wide] == pytest.approx((1 + 20 * 0.05) / (3 + 20))
    assert nodes.player[b11, 19] == pytest.approx(np.log(3))
    assert nodes.venue[1, four] == pytest.approx((2 + 40 * 0.07) / 42)
    assert nodes.team[1, 0, four] == pytest.approx((2 + 50 * 0.07) / 52)
    assert nodes.team[1, 1, four] == pytest.approx((2 + 60 * 0.07) / 62)
    assert nodes.competition[1, four] == pytest.approx((2 + 70 * 0.07) / 72)
    assert nodes.competition[1, 10 + four] == pytest.approx((2 + 80 * 0.07) / 82)
    np.testing.assert_allclose(nodes.venue[0, :7], OUTCOME[1], rtol=1e-6)


def test_players_have_the_number_of_their_id_in_the_vocabulary() -> None:
    people = [str(store().person_ids[person]) for person in store().person]
    numbers = node_features(store(), fitted("0000aa01", "0000bb0b", "ffffffff")).person
    expected = [{"0000aa01": 1, "0000bb0b": 2}.get(person, UNKNOWN) for person in people]
    assert numbers.tolist() == expected
    assert set(node_features(store(), fitted()).person.tolist()) == {UNKNOWN}


def test_fitting_sees_the_training_innings_and_nothing_else() -> None:
    only_first = fit(store(), np.array([0]), bins=4)
    assert only_first.vocabulary.tolist() == ["0000aa01", "0000aa02", "0000bb0b"]
    np.testing.assert_allclose(only_first.priors.outcome[1], np.array([1, 1, 1, 1, 3, 1, 1]) / 9)
    assert set(only_first.concentrations) == set(ROLES)
    widths = {name: edges.shape for name, edges in only_first.edges.items()}
    assert widths == {
        "delivery": (len(names.DELIVERY), 5),
        "player": (len(names.PLAYER), 5),
        "venue": (len(names.VENUE), 5),
        "team": (len(names.TEAM), 5),
        "competition": (len(names.COMPETITION), 5),
    }
    score = stores.DELIVERY_NAMES.index("score")
    assert only_first.edges["delivery"][score].tolist()[-1] == 8


def test_fitting_on_nothing_is_refused() -> None:
    with pytest.raises(DataError, match="move val_from to a later date"):
        fit(store(), np.array([], dtype=np.int64), bins=4)


def test_bins_of_many_rows_are_those_of_a_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    league = stores.store_of(stores.league(seed=5))
    training = np.arange(len(league) - 3)
    monkeypatch.setattr("cricketgnn.features.statistics.MAX_ROWS_FOR_BINS", 50)
    edges = fit(league, training, 4).edges
    rows = league.rows_of(training)
    sample = league.delivery_x[rows[:: -(-len(rows) // 50)]]
    assert len(sample) <= 50
    assert edges["delivery"].tolist() == fit_bins(sample, 4).tolist()
    ends = league.player_pointers[training[-1] + 1]
    player = node_features(league, fitted()).player  # ratings, its last columns, are not fitted
    assert edges["player"][-1].tolist() == fit_bins(player[: ends : -(-ends // 50)], 4)[-1].tolist()
