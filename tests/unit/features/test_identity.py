"""Which spellings mean the same ground, team and competition."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from cricketgnn.features.identity import competition_keys, numbers_of, team_keys, venue_keys


def venues(*rows: tuple[str, str | None]) -> list[str]:
    frame = pl.DataFrame(
        [(venue, city, "male") for venue, city in rows],
        schema={"venue": pl.String, "city": pl.String, "gender": pl.String},
        orient="row",
    )
    return venue_keys(frame).to_list()


def competitions(*names: str, gender: str = "male") -> list[str]:
    return competition_keys(pl.DataFrame({"competition": names, "gender": [gender] * len(names)})).to_list()


def test_spellings_of_a_ground_are_one() -> None:
    one = venues(
        ("M Chinnaswamy Stadium", "Bangalore"),
        ("M.Chinnaswamy Stadium", None),
        ("M Chinnaswamy Stadium, Bengaluru", "Bengaluru"),
        ("m chinnaswamy  stadium, Bengaluru, India", "Bengaluru"),
    )
    assert set(one) == {"m chinnaswamy stadium|male"}


def test_grounds_of_the_same_name_in_different_towns_are_different() -> None:
    bristol, hove, again, worcester, no_city, nowhere = venues(
        ("County Ground", "Bristol"),
        ("County Ground, Hove", "Brighton"),
        ("County Ground", "Hove"),
        ("County Ground, New Road, Worcester", "Worcester"),
        ("County Ground, Bristol", None),
        ("County Ground", None),
    )
    assert bristol == no_city == "county ground bristol|male"
    assert hove == again == "county ground hove|male"
    assert worcester == "county ground worcester|male"
    assert nowhere == "county ground|male"


def test_letters_of_every_alphabet_are_kept() -> None:
    assert venues(("Stade de la Cité", None), ("Stade de la Cite", None))[0] == "stade de la cité|male"


def test_men_and_women_have_their_own_record_of_a_ground_and_of_a_team() -> None:
    frame = pl.DataFrame({"venue": ["Lord's"] * 2, "city": ["London"] * 2, "gender": ["male", "female"]})
    assert venue_keys(frame).to_list() == ["lord s|male", "lord s|female"]
    teams = team_keys(pl.Series(["India", "India", "india"]), pl.Series(["male", "female", "male"]))
    assert teams.to_list() == ["india|male", "india|female", "india|male"]


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("ICC World Twenty20", "icc world twenty20"),
        ("ICC World Twenty20 2012/13", "icc world twenty20"),
        ("ICC World Twenty20, 2014", "icc world twenty20"),
        ("2009 ICC World Twenty20", "icc world twenty20"),
        ("Big Bash League 2011/12", "big bash league"),
        ("ICC Men\u2019s T20 World Cup", "icc men s t20 world cup"),
        ("ICC Men's T20 World Cup", "icc men s t20 world cup"),
        ("T20 Blast", "t20 blast"),
        ("", "unnamed"),
        ("2024", "unnamed"),
        ("India tour of Sri Lanka", "bilateral internationals"),
        ("West Indies in England T20I Series", "bilateral internationals"),
        ("Twenty20 Quadrangular (in Kenya)", "bilateral internationals"),
        ("Indian Premier League", "indian premier league"),
        ("Cup in the Park", "cup in the park"),
    ],
)
def test_a_competition_is_the_same_every_year_and_tours_are_one(name: str, key: str) -> None:
    assert competitions(name) == [f"{key}|male"]


def test_competitions_of_men_and_women_are_apart() -> None:
    assert competitions("Asia Cup") != competitions("Asia Cup", gender="female")


def test_names_are_numbered_among_those_that_are_known() -> None:
    known = np.array(["a", "b", "d"])
    assert numbers_of(np.array(["b", "a", "c", "d", "e", ""]), known).tolist() == [1, 0, -1, 2, -1, -1]
    assert numbers_of(np.array([], dtype=np.str_), known).tolist() == []
    assert numbers_of(np.array(["a"]), np.array([], dtype=np.str_)).tolist() == [-1]
