"""Nothing of the future is in any feature: leagues are cut off anywhere and computed anew."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import no_leak
import stores
from cricketgnn.deliveries.schema import MatchTables
from cricketgnn.features import names
from cricketgnn.graph.fitted import Fitted, fit
from cricketgnn.graph.store import ARRAYS, GraphStore
from match_files import ball, innings, match, over
from stores import Place

SEEDS = (1, 2, 3)
league = stores.league
few_examples = settings(deadline=None, max_examples=12)


@cache
def whole_store(seed: int) -> GraphStore:
    return stores.store_of(league(seed))


@st.composite
def deliveries(draw: st.DrawFn) -> tuple[int, Place]:
    """A league and one of its deliveries."""
    seed = draw(st.sampled_from(SEEDS))
    return seed, draw(st.sampled_from(no_leak.places(league(seed))))


@st.composite
def days(draw: st.DrawFn) -> tuple[int, str]:
    """A league and one of its days but the first."""
    seed = draw(st.sampled_from(SEEDS))
    dates = sorted({stores.date_of(one) for one in league(seed).values()})
    return seed, draw(st.sampled_from(dates[1:]))


@few_examples
@given(deliveries())
def test_a_live_innings_gives_the_numbers_of_training(drawn: tuple[int, Place]) -> None:
    seed, place = drawn
    assert no_leak.seen_too_much_at(league(seed), place, whole=whole_store(seed)) == []


def test_a_match_that_ended_on_a_reserve_day_gives_the_numbers_of_training() -> None:
    reserved = [
        (seed, Place(match_id, 0, 0))
        for seed in SEEDS
        for match_id, document in league(seed).items()
        if len(document["info"]["dates"]) > 1
    ]
    assert reserved, "no match of these leagues has a reserve day: choose another seed"
    for seed, place in reserved:
        assert no_leak.seen_too_much_at(league(seed), place, whole=whole_store(seed)) == []


@few_examples
@given(deliveries(), st.integers(0, 9))
def test_what_happens_from_a_delivery_on_changes_nothing_before_it(
    drawn: tuple[int, Place], chaos: int
) -> None:
    seed, place = drawn
    other = stores.store_of(no_leak.scrambled_from(league(seed), place, chaos))
    assert no_leak.differences(no_leak.seen_at(other, place), no_leak.seen_at(whole_store(seed), place)) == []


@pytest.mark.parametrize("seed", SEEDS)
def test_no_chase_knows_at_its_first_delivery_the_target_of_the_end(seed: int) -> None:
    revised = {
        match_id: document
        for match_id, document in league(seed).items()
        if no_leak.target_is_revised(document["innings"][:2])
    }
    assert revised, "no chase of this league has a revised target: choose another seed"
    for match_id, document in revised.items():
        assert no_leak.seen_too_much_at({match_id: document}, Place(match_id, 1, 0)) == []


@few_examples
@given(days())
def test_without_the_later_matches_everything_about_the_earlier_ones_is_the_same(
    drawn: tuple[int, str],
) -> None:
    seed, date = drawn
    assert no_leak.seen_of_later_matches(league(seed), date, whole=whole_store(seed)) == []


def _fit_before(store: GraphStore, date: str) -> Fitted:
    return fit(store, np.flatnonzero(store.day < np.datetime64(date).astype(int)), bins=6)


def _assert_same_fitted(one: Fitted, other: Fitted) -> None:
    np.testing.assert_array_equal(one.priors.rates, other.priors.rates)
    assert dict(one.concentrations) == dict(other.concentrations)
    assert one.edges.keys() == other.edges.keys()
    for name in one.edges:
        np.testing.assert_array_equal(one.edges[name], other.edges[name])
    np.testing.assert_array_equal(one.vocabulary, other.vocabulary)


@few_examples
@given(days())
def test_what_is_fitted_knows_no_match_of_validation_or_test(drawn: tuple[int, str]) -> None:
    seed, val_from = drawn
    fitted = _fit_before(whole_store(seed), val_from)
    without = stores.store_of(no_leak.played_before(league(seed), val_from))
    _assert_same_fitted(fitted, _fit_before(without, val_from))


@settings(deadline=None, max_examples=8)
@given(days(), st.integers(0, 9))
def test_other_outcomes_in_validation_and_test_leave_what_is_fitted(
    drawn: tuple[int, str], chaos: int
) -> None:
    seed, val_from = drawn
    documents = league(seed)
    changed = documents
    for match_id in [one for one, document in documents.items() if stores.date_of(document) >= val_from]:
        changed = no_leak.scrambled_from(changed, Place(match_id, 0, 0), chaos)
    store = stores.store_of(changed)
    assert not np.array_equal(store.outcome, whole_store(seed).outcome)
    _assert_same_fitted(_fit_before(whole_store(seed), val_from), _fit_before(store, val_from))


@settings(deadline=None, max_examples=8)
@given(st.sampled_from(SEEDS), st.data())
def test_matches_of_one_day_do_not_see_each_other(seed: int, data: st.DataObject) -> None:
    documents = copy.deepcopy(league(seed))
    first, second = data.draw(st.sampled_from(list(zip(documents, list(documents)[1:], strict=False))))
    documents[second]["info"]["dates"] = [stores.date_of(documents[first])]
    together = stores.store_of(documents)
    for match_id, other in ((first, second), (second, first)):
        alone = stores.store_of({key: one for key, one in documents.items() if key != other})
        place = Place(match_id, 0, len(stores.deliveries_of(documents[match_id]["innings"][0])) - 1)
        assert no_leak.differences(no_leak.seen_at(together, place), no_leak.seen_at(alone, place)) == []


@pytest.mark.parametrize(
    "told_after",
    [
        {"outcome": {"winner": "Blues", "by": {"wickets": 9}}},
        {"outcome": {"result": "tie", "eliminator": "Blues"}},
        {"outcome": {"winner": "Blues", "by": {"runs": 1}, "method": "D/L"}},
        {"player_of_match": ["R7"]},
        {"event": {"name": "Village Cup", "match_number": 99, "stage": "Final"}},
        {"match_type_number": 1234},
    ],
)
def test_results_and_honours_change_nothing(told_after: dict[str, object]) -> None:
    def documents(**info: object) -> dict[str, object]:
        first = innings(over(0, ball(4), ball(1), ball(wides=1)))
        chase = innings(over(0, ball(6, striker="B1", partner="B2", bowler="R1")), team="Blues")
        return {"1": match(first, chase, **info), "2": match(first, chase, dates=["2024-05-03"])}

    one, other = stores.store_of(documents()), stores.store_of(documents(**told_after))
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)


# --- the check catches what it is there for: leaks planted on purpose -----------------------------------


_TOTAL_RUNS = [feature.name for feature in names.OUTCOME].index("total_runs")


def _column(name: str) -> int:
    return [feature.name for feature in names.DELIVERY].index(name)


def _with_column(store: GraphStore, name: str, values: np.ndarray) -> GraphStore:
    planted = store.delivery_x.copy()
    planted[:, _column(name)] = values
    return replace(store, delivery_x=planted)


def _innings_of(store: GraphStore) -> np.ndarray:
    return np.repeat(np.arange(len(store)), np.diff(store.pointers))


def counts_its_own_runs(tables: MatchTables) -> GraphStore:
    """The score after the delivery instead of before it."""
    store = stores.build(tables)
    after = store.delivery_x[:, _column("score")] + store.outcome_x[:, _TOTAL_RUNS]
    return _with_column(store, "score", after)


def knows_how_long_the_innings_lasts(tables: MatchTables) -> GraphStore:
    """Balls left counted from the last delivery bowled instead of from the schedule."""
    store = stores.build(tables)
    lasted = np.diff(store.pointers)[_innings_of(store)]
    return _with_column(store, "balls_left", lasted)


def takes_the_final_target(tables: MatchTables) -> GraphStore:
    """The target as printed in the end."""
    store = stores.build(tables)
    regular = tables.innings.filter(~tables.innings["super_over"] & (tables.innings["deliveries"] > 0))
    printed = regular["target_runs"].fill_null(0).to_numpy()[_innings_of(store)]
    score = store.delivery_x[:, _column("score")]
    return _with_column(store, "runs_required", np.maximum(printed - score, 0))


def counts_careers_of_today(tables: MatchTables) -> GraphStore:
    """Batting careers with everything of this innings in them."""
    store = stores.build(tables)
    counts = store.player_counts.copy()
    entry = store.player_pointers[:-1][_innings_of(store)] + store.striker
    faced = store.outcome >= 0
    np.add.at(counts[0], (entry[faced], store.outcome[faced]), 1)
    return replace(store, player_counts=counts)


def knows_the_whole_era(tables: MatchTables) -> GraphStore:
    """Class shares of all matches, later ones as well, as the era's counts."""
    store = stores.build(tables)
    counts = store.context_counts.copy()
    counts[names.CONTEXT_ROLES.index("era"), :, 0] = (store.outcome == 0).sum()
    return replace(store, context_counts=counts)


def rates_with_the_day_itself(tables: MatchTables) -> GraphStore:
    """What is expected of a delivery, raised by the dots of its own day."""
    store = stores.build(tables)
    day = store.day[_innings_of(store)]
    dots = np.bincount(day - day.min(), store.outcome == 0)[day - day.min()]
    return _with_column(store, "expected_dot", store.delivery_x[:, _column("expected_dot")] + dots)


def is_surprised_by_its_own_delivery(tables: MatchTables) -> GraphStore:
    """Today's surprise with the delivery itself in it."""
    store = stores.build(tables)
    own = store.delivery_x[:, _column("innings_dot_surprise")] + (store.outcome == 0)
    return _with_column(store, "innings_dot_surprise", own)


def rates_a_batter_by_this_innings(tables: MatchTables) -> GraphStore:
    """The striker's ratings, raised by the dots still to come."""
    store = stores.build(tables)
    ratings = store.player_ratings.copy()
    entry = store.player_pointers[:-1][_innings_of(store)] + store.striker
    np.add.at(ratings[:, 0], entry, store.outcome == 0)
    return replace(store, player_ratings=ratings)


PLANTS: tuple[tuple[Callable[[MatchTables], GraphStore], str], ...] = (
    (counts_its_own_runs, "score"),
    (knows_how_long_the_innings_lasts, "balls_left"),
    (takes_the_final_target, "runs_required"),
    (counts_careers_of_today, "striker as batter"),
    (knows_the_whole_era, "era"),
    (rates_with_the_day_itself, "expected_dot"),
    (is_surprised_by_its_own_delivery, "innings_dot_surprise"),
    (rates_a_batter_by_this_innings, "ratings of the striker"),
)


@pytest.mark.parametrize(("leaky", "where"), PLANTS)
def test_a_planted_leak_is_caught_where_it_is(leaky: Callable[[MatchTables], GraphStore], where: str) -> None:
    documents = league(SEEDS[0])
    whole = leaky(stores.tables_of(documents))
    caught = [
        set(no_leak.seen_too_much_at(documents, place, build=leaky, whole=whole))
        for place in _some_places(documents)
    ]
    assert where in set.union(*caught)


def _some_places(documents: stores.Documents) -> list[Place]:
    """The fifth delivery of two chases with a revised target, and of the last innings."""
    fifth = [place for place in no_leak.places(documents) if place.delivery == 4]
    chases = [place for place in fifth if place.innings == 1]
    revised = [
        place for place in chases if no_leak.target_is_revised(documents[place.match_id]["innings"][:2])
    ]
    assert revised, "no chase of this league has a revised target: choose another seed"
    return [*revised[:2], fifth[-1]]


def test_leaks_from_later_matches_are_caught_by_deleting_them() -> None:
    documents = league(SEEDS[0])
    date = sorted(stores.date_of(one) for one in documents.values())[5]
    assert no_leak.seen_of_later_matches(documents, date, build=knows_the_whole_era) == ["era"]
