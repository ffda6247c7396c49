"""The ratings of players, grounds, sides and competitions stand under their names, as of the day before."""

from __future__ import annotations

import numpy as np
import pytest

import stores
from cricketgnn.cricket.outcomes import BatOutcome
from cricketgnn.cricket.overs import Phase
from cricketgnn.features import names
from cricketgnn.features.history import History, learn_history
from cricketgnn.graph.store import GraphStore


@pytest.fixture(scope="module")
def league() -> tuple[GraphStore, History]:
    tables = stores.tables_of(stores.league(3))
    return stores.build(tables), learn_history(tables)


def column(features: tuple[names.Feature, ...], name: str) -> int:
    return [feature.name for feature in features].index(name)


def last_of(features: tuple[names.Feature, ...], width: int) -> tuple[names.Feature, ...]:
    return features[len(features) - width :]


@pytest.mark.parametrize("role", ["batter", "bowler"])
def test_players(league: tuple[GraphStore, History], role: str) -> None:
    store, history = league
    features = last_of(names.PLAYER, store.player_ratings.shape[1])
    person = store.person.astype(np.int64)
    day = np.repeat(store.day, np.diff(store.player_pointers))
    six = store.player_ratings[:, column(features, f"{role}_six_rating")]
    np.testing.assert_array_equal(six, history.ratings[role].before(person, day)[:, BatOutcome.SIX])
    death = store.player_ratings[:, column(features, f"{role}_death_wicket_rating")]
    by_phase = history.ratings[f"{role}_phase"].before(person * 3 + Phase.DEATH, day)
    np.testing.assert_array_equal(death, by_phase[:, BatOutcome.WICKET])
    assert death.any()


@pytest.mark.parametrize(("role", "features"), [("venue", names.VENUE), ("competition", names.COMPETITION)])
def test_grounds_and_competitions(
    league: tuple[GraphStore, History], role: str, features: tuple[names.Feature, ...]
) -> None:
    store, history = league
    ratings = getattr(store, f"{role}_ratings")
    code = store.context_entity[names.CONTEXT_ROLES.index(role)].astype(np.int64)
    stored = last_of(features, ratings.shape[1])
    middle = ratings[:, column(stored, f"{role}_middle_four_rating")]
    by_phase = history.ratings[f"{role}_phase"].before(code * 3 + Phase.MIDDLE, store.day)
    np.testing.assert_array_equal(middle, by_phase[:, BatOutcome.FOUR])
    dot = ratings[:, column(stored, f"{role}_dot_rating")]
    np.testing.assert_array_equal(dot, history.ratings[role].before(code, store.day)[:, BatOutcome.DOT])
    assert dot.any()


def test_sides(league: tuple[GraphStore, History]) -> None:
    store, history = league
    stored = last_of(names.TEAM, store.team_ratings.shape[2])
    for place, role in enumerate(("batting_team", "bowling_team")):
        code = store.context_entity[names.CONTEXT_ROLES.index(role)]
        one = store.team_ratings[:, place, column(stored, "team_one_rating")]
        np.testing.assert_array_equal(one, history.ratings[role].before(code, store.day)[:, BatOutcome.ONE])
        assert one.any()


def test_on_the_first_day_nothing_is_known(league: tuple[GraphStore, History]) -> None:
    store, _ = league
    first = store.day == store.day.min()
    entries = np.repeat(first, np.diff(store.player_pointers))
    for ratings in (store.venue_ratings[first], store.team_ratings[first], store.player_ratings[entries]):
        assert not ratings.any()
