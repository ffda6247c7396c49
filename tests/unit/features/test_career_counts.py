"""As-of counts by hand: strictly earlier dates, every role apart, one year for the era."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import stores
from cricketgnn.cricket.outcomes import OUTCOME_NAMES
from cricketgnn.features import names
from cricketgnn.features.career import context_codes, innings_players
from cricketgnn.features.identity import Numbering
from cricketgnn.features.plays import plays_of_innings, regular_innings
from cricketgnn.graph.store import GraphStore
from match_files import BLUES, REDS, Document, ball, innings, match, over, person_id


def counted(**by_name: int) -> list[int]:
    """Counts in the order of the columns; what is not named is zero."""
    assert set(by_name) <= set(names.COUNTS)
    return [by_name.get(name, 0) for name in names.COUNTS]


def as_player(store: GraphStore, match_id: str, name: str, role: str) -> list[float]:
    """What a player of the match's first innings had done before in a role."""
    (innings_row,) = np.flatnonzero((store.match_ids[store.match] == match_id) & (store.position == 0))
    entries = slice(*store.player_pointers[innings_row : innings_row + 2])
    (entry,) = np.flatnonzero(store.person_ids[store.person[entries]] == person_id(name))
    counts = store.player_counts[names.PLAYER_ROLES.index(role), entries][entry]
    return [float(count) for count in counts]


def as_context(store: GraphStore, match_id: str, role: str) -> list[float]:
    (innings_row,) = np.flatnonzero((store.match_ids[store.match] == match_id) & (store.position == 0))
    return [float(count) for count in store.context_counts[names.CONTEXT_ROLES.index(role), innings_row]]


def played(day: str, *deliveries: Document, team: str = "Reds", **info: Any) -> Document:
    return match(innings(over(0, *deliveries), team=team), dates=[f"2024-{day}"], **info)


EVERYTHING = (
    ball(0),
    ball(1),
    ball(2),
    ball(3),
    ball(4),
    ball(6),
    ball(wides=2),
    ball(4, noballs=1),
    ball(byes=4),
    ball(out=[("R2", "run out")]),
)
ALL_OF_IT = counted(dot=2, one=1, two=1, three=1, four=2, six=1, wicket=1, wide=1, no_ball=1)


def test_counts_are_outcomes_then_wides_and_no_balls() -> None:
    assert (*OUTCOME_NAMES, "wide", "no_ball") == names.COUNTS


def test_every_role_sees_its_own_deliveries() -> None:
    store = stores.store_of(
        {
            "1": played("05-01", *EVERYTHING, ball(6, striker="R3", partner="R1")),
            "2": played("05-02", ball(), ball(striker="R3", partner="R2", bowler="B2")),
        }
    )
    six, nothing = counted(six=1), counted()
    everything_and_six = (np.array(ALL_OF_IT) + six).tolist()
    assert as_player(store, "2", "R1", "batter") == ALL_OF_IT
    assert as_player(store, "2", "R1", "partner") == six
    assert as_player(store, "2", "R1", "bowler") == nothing
    assert as_player(store, "2", "R2", "partner") == ALL_OF_IT
    assert as_player(store, "2", "R2", "batter") == nothing
    assert as_player(store, "2", "R3", "batter") == six
    assert as_player(store, "2", "B11", "bowler") == everything_and_six
    assert as_player(store, "2", "B11", "batter") == nothing
    assert as_player(store, "2", "B2", "bowler") == nothing
    for role in names.CONTEXT_ROLES:
        assert as_context(store, "2", role) == everything_and_six, role
        assert as_context(store, "1", role) == nothing, role


def test_matches_of_the_same_day_do_not_count() -> None:
    store = stores.store_of(
        {
            "1": played("05-01", ball(4)),
            "2": played("05-02", ball(6)),
            "3": played("05-02", ball(1)),
            "4": played("05-03", ball()),
        }
    )
    yesterday = counted(four=1)
    for match_id in ("2", "3"):
        assert as_player(store, match_id, "R1", "batter") == yesterday
        assert as_context(store, match_id, "venue") == yesterday
        assert as_context(store, match_id, "era") == yesterday
    assert as_player(store, "4", "R1", "batter") == counted(one=1, four=1, six=1)


def test_a_match_with_a_reserve_day_is_known_after_it() -> None:
    reserve = played("05-01", ball(4))
    reserve["info"]["dates"] = ["2024-05-01", "2024-05-02"]
    store = stores.store_of({"1": reserve, "2": played("05-02", ball(6)), "3": played("05-03", ball())})
    for role in names.CONTEXT_ROLES:
        assert as_context(store, "2", role) == counted(), role
    assert as_player(store, "2", "R1", "batter") == counted()
    assert as_player(store, "3", "R1", "batter") == counted(four=1, six=1)


def test_the_innings_before_of_the_same_match_does_not_count() -> None:
    first = innings(over(0, ball(6, striker="R1", partner="R2", bowler="B1")))
    chase = innings(over(0, ball(1, striker="B1", partner="B2", bowler="R1")), team="Blues")
    store = stores.store_of({"1": match(first, chase)})
    assert store.player_counts.sum() == store.context_counts.sum() == 0


def test_grounds_teams_and_competitions_are_told_apart() -> None:
    away = {"venue": "The Heath", "event": {"name": "Tin Cup"}}
    store = stores.store_of(
        {
            "1": played("05-01", ball(4)),
            "2": played("05-02", ball(6, striker="B1", partner="B2", bowler="R1"), team="Blues", **away),
            "3": played("05-03", ball()),
        }
    )
    four, both = counted(four=1), counted(four=1, six=1)
    assert as_context(store, "3", "venue") == four
    assert as_context(store, "3", "competition") == four
    assert as_context(store, "3", "batting_team") == four  # what the Reds did with the bat
    assert as_context(store, "3", "bowling_team") == four  # and what was done to the Blues' bowling
    assert as_context(store, "3", "era") == both
    assert as_context(store, "2", "batting_team") == counted()


def test_a_batting_side_has_its_batting_record_and_a_bowling_side_its_bowling_record() -> None:
    greens = {"teams": ["Greens", "Blues"], "players": {"Greens": list(REDS), "Blues": list(BLUES)}}
    store = stores.store_of(
        {
            "1": played("05-01", ball(4)),
            "2": played("05-02", ball(6), team="Greens", **greens),
            "3": played("05-03", ball()),
        }
    )
    assert as_context(store, "3", "batting_team") == counted(four=1)  # the Reds', not the Greens'
    assert as_context(store, "3", "bowling_team") == counted(four=1, six=1)  # all of the Blues'
    assert as_context(store, "2", "batting_team") == counted()


def test_men_and_women_have_their_own_year() -> None:
    store = stores.store_of(
        {
            "1": played("05-01", ball(4), gender="female"),
            "2": played("05-02", ball(6)),
            "3": played("05-03", ball(), gender="female"),
        }
    )
    for role in names.CONTEXT_ROLES:
        assert as_context(store, "3", role) == counted(four=1), role
        assert as_context(store, "2", role) == counted(), role
    # A person is a person: careers go across.
    assert as_player(store, "3", "R1", "batter") == counted(four=1, six=1)


@pytest.mark.parametrize(
    ("first_day", "seen"), [("2023-05-01", 0), ("2023-05-02", 1), ("2024-04-30", 1), ("2024-05-01", 0)]
)
def test_an_era_is_the_365_days_before(first_day: str, seen: int) -> None:
    earlier = match(innings(over(0, ball(4))), dates=[first_day])
    store = stores.store_of({"1": earlier, "2": played("05-01", ball())})
    assert as_context(store, "2", "era") == counted(four=seen)
    assert as_context(store, "2", "venue") == counted(four=int(first_day != "2024-05-01"))


def test_players_and_codes_of_the_entities() -> None:
    tables = stores.tables_of(
        {
            "1": played("05-01", ball(), ball(striker="R3")),
            "2": played("05-02", ball(striker="R2", partner="R1"), gender="female"),
            "3": played("05-03", ball(), venue="A Ground"),
        }
    )
    plays = plays_of_innings(tables, regular_innings(tables))
    players = innings_players(plays)
    assert players.pointers.tolist() == [0, 4, 7, 10]
    assert players.person[players.striker].tolist() == plays.column["striker"].tolist()
    assert players.person[players.non_striker].tolist() == plays.column["non_striker"].tolist()
    assert players.person[players.bowler].tolist() == plays.column["bowler"].tolist()
    assert players.innings.tolist() == [0] * 4 + [1] * 3 + [2] * 3
    numbering = Numbering.of(tables)
    entities = numbering.entities(tables, regular_innings(tables), numbering.people(tables))
    assert entities.person.tolist() == list(range(tables.people.height))
    assert entities.venue.tolist() == [2, 1, 0]
    # A team has one number, whether it bats or bowls: the women's and the men's Blues, then the Reds.
    assert entities.batting_team.tolist() == [3, 2, 3]
    assert entities.bowling_team.tolist() == [1, 0, 1]
    eras = dict(zip(names.CONTEXT_ROLES, context_codes(plays, entities), strict=True))["era"]
    assert eras[0] == eras[2] != eras[1]


def test_an_era_changes_its_code_with_the_years() -> None:
    store = stores.store_of(
        {
            str(year): match(innings(over(0, ball())), dates=[f"{year}-05-01"], gender=gender)
            for year, gender in ((1969, "male"), (2022, "male"), (2023, "female"), (2024, "male"))
        }
    )
    eras = store.context_entity[names.CONTEXT_ROLES.index("era")]
    assert len(set(eras.tolist())) == 4


def test_a_match_before_1970_counts_as_any_other() -> None:
    long_ago = match(innings(over(0, ball(4))), dates=["1969-12-30"])
    before_it = match(innings(over(0, ball(6))), dates=["1969-12-01"])
    store = stores.store_of({"1": before_it, "2": long_ago, "3": played("05-01", ball())})
    assert as_player(store, "1", "R1", "batter") == counted()
    assert as_player(store, "2", "R1", "batter") == counted(six=1)
    assert as_player(store, "3", "R1", "batter") == counted(four=1, six=1)
