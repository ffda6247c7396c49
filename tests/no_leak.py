"""The check that nothing of the future is used, for features, stores and models alike.

Match files are cut off as they would have looked before a delivery, everything is computed anew from
them, and what is known there must be what was computed from the whole files.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from itertools import islice
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from cricketgnn.cricket.outcomes import DeliveryKind
from cricketgnn.deliveries.schema import MatchTables
from cricketgnn.features import names
from cricketgnn.graph.store import GraphStore
from match_files import Document
from stores import DELIVERY_NAMES, Documents, Place, build, date_of, deliveries_of, row_of, tables_of

Build = Callable[[MatchTables], GraphStore]
Part = dict[str, npt.NDArray[Any]]

_RATINGS_BY_INNINGS: Final = ("venue_ratings", "competition_ratings", "team_ratings")
_TOLD_BY_THE_RESULT: Final = ("player_of_match", "bowl_out")
_TOLD_AFTER_THE_INNINGS: Final = ("miscounted_overs", "absent_hurt", "powerplays", "declared")


def places(documents: Documents) -> list[Place]:
    """Every delivery of the regular innings."""
    return [
        Place(match_id, position, number)
        for match_id, document in documents.items()
        for position, innings in enumerate(document["innings"])
        if not innings.get("super_over") and "overs" in innings
        for number in range(len(deliveries_of(innings)))
    ]


def played_before(documents: Documents, date: str) -> dict[str, Document]:
    """The matches of strictly earlier dates."""
    return {match_id: one for match_id, one in documents.items() if date_of(one) < date}


def finished_before(documents: Documents, date: str) -> dict[str, Document]:
    """The matches that ended on strictly earlier dates, reserve days counted."""
    return {match_id: one for match_id, one in documents.items() if str(one["info"]["dates"][-1]) < date}


def as_known_at(documents: Documents, place: Place) -> dict[str, Document]:
    """What a forecaster had just before a delivery: earlier dates, this match so far, who faces whom now.

    The delivery itself stands there as a dummy, a dot ball of the three people.
    """
    document = copy.deepcopy(documents[place.match_id])
    played = document["innings"] = document["innings"][: place.innings + 1]
    for innings in played:
        penalty = innings.get("penalty_runs", {})
        penalty.pop("post", None)  # given after the innings, perhaps in the middle of the next one
    current = played[-1]
    if target_is_revised(played):
        current.pop("target")
    for name in _TOLD_AFTER_THE_INNINGS:
        current.pop(name, None)
    current["overs"] = _overs_until(current["overs"], place.delivery)
    info = document["info"]
    info["outcome"] = {"result": "no result"}
    info["dates"] = info["dates"][:1]
    for name in _TOLD_BY_THE_RESULT:
        info.pop(name, None)
    return {**finished_before(documents, date_of(document)), place.match_id: document}


def target_is_revised(played: list[Document]) -> bool:
    """Tell whether the last innings' printed target is another than the first innings' total plus one."""
    target = played[-1].get("target")
    if target is None or len(played) < 2:
        return False
    bowled = deliveries_of(played[-2])
    total = played[-2].get("penalty_runs", {}).get("pre", 0) + sum(one["runs"]["total"] for one in bowled)
    return bool(target["runs"] != total + 1)


def _overs_until(overs: list[Document], delivery: int) -> list[Document]:
    kept, left = [], delivery + 1
    for over in overs:
        part = over["deliveries"][:left]
        left -= len(part)
        kept.append({**over, "deliveries": part})
        if not left:
            break
    now = kept[-1]["deliveries"][-1]
    dummy = {name: now[name] for name in ("batter", "bowler", "non_striker")}
    kept[-1]["deliveries"][-1] = dummy | {"runs": {"batter": 0, "extras": 0, "total": 0}}
    return kept


def seen_at(store: GraphStore, place: Place) -> Part:
    """Everything that the prediction for a delivery may look at, by name.

    These are the features of the delivery and those before it, what happened on those before it, and
    the as-of counts of everybody in the innings so far and of its ground, teams, competition and year.
    """
    innings, row = row_of(store, place)
    so_far = slice(int(store.pointers[innings]), row + 1)
    first_entry = int(store.player_pointers[innings])
    seen: Part = {name: store.delivery_x[so_far, column] for column, name in enumerate(DELIVERY_NAMES)} | {
        "outcomes so far": store.outcome_x[so_far][:-1],
        "over": store.over[so_far],
        "ball": store.ball[so_far],
        "sex": store.is_female[innings],
    }
    for role in ("striker", "non_striker", "bowler"):
        entries = first_entry + getattr(store, role)[so_far]
        seen[role] = store.person_ids[store.person[entries]]
        for number, counted in enumerate(names.PLAYER_ROLES):
            seen[f"{role} as {counted}"] = store.player_counts[number, entries]
        seen[f"ratings of the {role}"] = store.player_ratings[entries]
    for number, role in enumerate(names.CONTEXT_ROLES):
        seen[role] = store.context_counts[number, innings]
    for name in _RATINGS_BY_INNINGS:
        seen[name] = getattr(store, name)[innings]
    return seen


def known_before(store: GraphStore, date: str) -> Part:
    """Everything a store holds about the innings of strictly earlier dates, people and matches by key."""
    innings = int(np.searchsorted(store.day, np.datetime64(date).astype(np.int64)))
    rows, entries = int(store.pointers[innings]), int(store.player_pointers[innings])
    by_delivery = ("outcome_x", "outcome", "kind", "over", "ball", "striker", "non_striker", "bowler")
    by_innings = ("position", "day", "is_female", *_RATINGS_BY_INNINGS)
    part: Part = {name: store.delivery_x[:rows, column] for column, name in enumerate(DELIVERY_NAMES)}
    part |= {name: getattr(store, name)[:rows] for name in by_delivery}
    part |= {name: getattr(store, name)[:innings] for name in by_innings}
    part |= {name: getattr(store, name)[: innings + 1] for name in ("pointers", "player_pointers")}
    part["match"] = store.match_ids[store.match[:innings]]
    part["person"] = store.person_ids[store.person[:entries]]
    for number, role in enumerate(names.PLAYER_ROLES):
        part[f"as {role}"] = store.player_counts[number, :entries]
    part["player_ratings"] = store.player_ratings[:entries]
    for number, role in enumerate(names.CONTEXT_ROLES):
        part[role] = store.context_counts[number, :innings]
        part[f"same {role}"] = np.unique(store.context_entity[number, :innings], return_inverse=True)[1]
    return part


def differences(one: Part, other: Part) -> list[str]:
    """Name what is not exactly the same in two parts."""
    assert one.keys() == other.keys()
    return [name for name in one if not np.array_equal(one[name], other[name])]


def seen_too_much_at(
    documents: Documents, place: Place, build: Build = build, whole: GraphStore | None = None
) -> list[str]:
    """Name what would be different before a delivery had the whole files not been there.

    Args:
        documents: whole match files.
        place: the delivery.
        build: makes the store that is on trial.
        whole: the store of the whole files, where it is at hand.
    """
    whole = build(tables_of(documents)) if whole is None else whole
    live = build(tables_of(as_known_at(documents, place)))
    return differences(seen_at(whole, place), seen_at(live, place))


def seen_of_later_matches(
    documents: Documents, date: str, build: Build = build, whole: GraphStore | None = None
) -> list[str]:
    """Name what would be different about the matches before a date had the later ones not been played."""
    whole = build(tables_of(documents)) if whole is None else whole
    earlier = build(tables_of(played_before(documents, date)))
    return differences(known_before(whole, date), known_before(earlier, date))


def scrambled_from(documents: Documents, place: Place, seed: int) -> dict[str, Document]:
    """Match files in which everything that happened from a delivery on is drawn at random.

    Who faces whom stays, as do the innings' lengths; later innings of the match are drawn anew as well.
    """
    rng = np.random.default_rng(seed)
    document = copy.deepcopy(documents[place.match_id])
    for position, innings in enumerate(document["innings"][place.innings :]):
        if "overs" not in innings:
            continue
        for delivery in islice(deliveries_of(innings), place.delivery if position == 0 else 0, None):
            _draw_anew(delivery, rng)
    return {**documents, place.match_id: document}


def _draw_anew(delivery: Document, rng: np.random.Generator) -> None:
    """Let something else happen on a delivery than did."""
    before = (delivery["runs"], delivery.get("extras"), delivery.get("wickets"))
    while before == (delivery["runs"], delivery.get("extras"), delivery.get("wickets")):
        kind = DeliveryKind(rng.choice(3, p=[0.6, 0.2, 0.2]))
        bat = 0 if kind is DeliveryKind.WIDE else int(rng.choice([0, 1, 2, 3, 4, 6]))
        extra = {
            DeliveryKind.LEGAL: {},
            DeliveryKind.WIDE: {"wides": 1},
            DeliveryKind.NO_BALL: {"noballs": 1},
        }
        delivery.pop("extras", None)
        delivery.pop("wickets", None)
        if extra[kind]:
            delivery["extras"] = extra[kind]
        if rng.random() < 0.2:
            delivery["wickets"] = [{"player_out": delivery["batter"], "kind": "bowled"}]
        extras = len(extra[kind])
        delivery["runs"] = {"batter": bat, "extras": extras, "total": bat + extras}
