"""A match in progress has the features that training gave it, whatever is known of later days."""

from __future__ import annotations

import json

import numpy as np
import numpy.typing as npt
import pytest

import stores
from cricketgnn.cricsheet import ParsedMatch, parse_match
from cricketgnn.features.history import History, learn_history
from cricketgnn.features.styles import NO_STYLES
from cricketgnn.forecasting.live_store import LiveStores
from cricketgnn.graph.store import GraphStore
from match_files import Document, ball, innings, match, over
from no_leak import finished_before
from stores import Place, before, date_of

SAME = ("outcome_x", "outcome", "kind", "over", "ball", "position", "day", "last_day", "is_female")
"""Arrays in which the innings of one match stand as they stand among all."""


def parsed(document: Document, match_id: str = "1") -> ParsedMatch:
    return parse_match(json.dumps(document).encode(), match_id, match_id)


def history_of(documents: stores.Documents) -> History:
    return learn_history(stores.tables_of(documents))


def innings_of(store: GraphStore, match_id: str) -> npt.NDArray[np.int64]:
    return np.flatnonzero(store.match_ids[store.match] == match_id)


def people(store: GraphStore, innings: int) -> dict[str, list[float]]:
    """As-of counts of each player of an innings in each role, and the ratings."""
    entries = range(*store.player_pointers[innings : innings + 2])
    return {
        str(store.person_ids[store.person[entry]]): [
            *store.player_counts[:, entry].ravel().tolist(),
            *store.player_ratings[entry].tolist(),
        ]
        for entry in entries
    }


def assert_same(live: GraphStore, whole: GraphStore, match_id: str) -> None:
    among_all = innings_of(whole, match_id)
    rows = whole.rows_of(among_all)
    np.testing.assert_allclose(live.delivery_x, whole.delivery_x[rows], atol=2e-5)
    for name in SAME:
        of = rows if len(getattr(whole, name)) == whole.deliveries else among_all
        np.testing.assert_array_equal(getattr(live, name), getattr(whole, name)[of], name)
    np.testing.assert_array_equal(live.context_counts, whole.context_counts[:, among_all])
    for name in ("venue_ratings", "competition_ratings", "team_ratings"):
        np.testing.assert_array_equal(getattr(live, name), getattr(whole, name)[among_all], name)
    for number, innings_number in enumerate(among_all):
        assert people(live, number) == people(whole, int(innings_number))
    for role in ("striker", "non_striker", "bowler"):
        np.testing.assert_array_equal(names_of(live, role), names_of(whole, role)[rows])


def names_of(store: GraphStore, role: str) -> npt.NDArray[np.str_]:
    first = np.repeat(store.player_pointers[:-1], np.diff(store.pointers))
    return store.person_ids[store.person[first + getattr(store, role)]]


@pytest.mark.parametrize("seed", [0, 1])
def test_every_match_of_a_league_has_the_features_of_training(seed: int) -> None:
    documents = stores.league(seed)
    whole = stores.store_of(documents)
    live = LiveStores(history_of(documents), NO_STYLES)
    for match_id, document in documents.items():
        assert_same(live.store(parsed(document, match_id), in_progress=False), whole, match_id)


def test_what_is_known_of_later_days_changes_nothing() -> None:
    documents = stores.league(2)
    match_id, document = sorted(documents.items(), key=lambda item: date_of(item[1]))[8]
    earlier = history_of(finished_before(documents, date_of(document)))
    one = LiveStores(earlier, NO_STYLES).store(parsed(document, match_id), in_progress=False)
    other = LiveStores(history_of(documents), NO_STYLES).store(parsed(document, match_id), in_progress=False)
    np.testing.assert_array_equal(one.delivery_x, other.delivery_x)
    np.testing.assert_array_equal(one.player_counts, other.player_counts)
    np.testing.assert_array_equal(one.player_ratings, other.player_ratings)
    np.testing.assert_array_equal(one.context_counts, other.context_counts)


def test_of_strangers_nothing_is_known() -> None:
    strangers = match(innings(over(0, ball())), venue="Nowhere", event={"name": "No Cup"})
    live = LiveStores(history_of(stores.league(0)), NO_STYLES).store(parsed(strangers), in_progress=True)
    assert not live.player_counts.any()
    assert not live.player_ratings.any()
    assert not live.context_counts[:4].any()
    assert np.isfinite(live.delivery_x).all()


def test_a_match_is_numbered_anew_when_its_file_says_otherwise() -> None:
    known = {"0": match(innings(over(0, ball(4))), dates=["2024-04-01"])}
    live = LiveStores(history_of(known), NO_STYLES)
    here = live.store(parsed(match(innings(over(0, ball())))), in_progress=True)
    elsewhere = live.store(parsed(match(innings(over(0, ball())), venue="The Other Green")), in_progress=True)
    assert here.context_counts[0].any()
    assert not elsewhere.context_counts[0].any()


@pytest.mark.parametrize("corrected", [0, 1, 4])
def test_what_was_expected_is_expected_anew_where_it_changed(corrected: int) -> None:
    """A wide that was missed moves the balls after it: each is rated by its place in the over."""
    plain = [ball() for _ in range(6)]
    with_wide = [ball(wides=1) if number == corrected else ball() for number in range(6)]
    files = [plain, [*plain, ball()], with_wide, plain[:1]]
    history = history_of(stores.league(0))
    live = LiveStores(history, NO_STYLES)
    for balls in files:
        one = parsed(match(innings(over(0, *balls)), dates=["2030-01-01"]))
        anew = LiveStores(history, NO_STYLES).store(one, in_progress=True)
        np.testing.assert_array_equal(live.store(one, in_progress=True).delivery_x, anew.delivery_x)


def test_the_order_of_a_registry_means_nothing() -> None:
    """The same match may list its people in another order after the next delivery."""
    documents = stores.league(0)
    match_id, document = max(documents.items(), key=lambda item: date_of(item[1]))
    live = LiveStores(history_of(documents), NO_STYLES)
    live.store(parsed(document, match_id), in_progress=True)
    people_now = document["info"]["registry"]["people"]
    turned = document | {
        "info": document["info"] | {"registry": {"people": dict(reversed(people_now.items()))}}
    }
    assert_same(live.store(parsed(turned, match_id), in_progress=False), stores.store_of(documents), match_id)


def test_the_target_of_a_match_in_progress_holds_and_that_of_a_finished_one_tells_the_future() -> None:
    first = innings(*(over(number, *[ball(2)] * 6) for number in range(20)))
    chase = innings(
        over(0, ball(striker="B1", partner="B2", bowler="R1")),
        team="Blues",
        target={"runs": 101, "overs": 10},
    )
    live = LiveStores(history_of({"0": match(innings(over(0, ball())), dates=["2024-04-01"])}), NO_STYLES)
    now = before(live.store(parsed(match(first, chase)), in_progress=True), Place("1", 1, 0))
    assert (now["runs_required"], now["scheduled_balls"]) == (101, 60)
    then = before(live.store(parsed(match(first, chase)), in_progress=False), Place("1", 1, 0))
    assert (then["runs_required"], then["scheduled_balls"]) == (241, 120)


def test_super_overs_are_left_out() -> None:
    super_over = innings(over(0, ball(6)), super_over=True)
    played = match(
        innings(over(0, ball(1))), innings(over(0, ball(2, striker="B1", partner="B2"))), super_over
    )
    live = LiveStores(history_of({"0": played}), NO_STYLES).store(parsed(played), in_progress=False)
    assert len(live) == 2
    assert live.outcome.tolist() == [1, 2]
