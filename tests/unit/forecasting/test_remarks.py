"""What is said beside a forecast."""

from __future__ import annotations

import json

from cricketgnn.cricket.styles import BowlingStyle, Hand
from cricketgnn.cricsheet import parse_match
from cricketgnn.features.styles import NO_STYLES, Styles
from cricketgnn.forecasting.crease import Crease
from cricketgnn.forecasting.remarks import of_styles, of_the_file
from match_files import match

CREASE = Crease("Striker", "Partner", "Bowler")
IDS = {"striker": "0a", "non_striker": "0b", "bowler": "0c"}


def test_whose_style_the_file_of_people_does_not_know() -> None:
    said = list(of_styles(Styles(hand={"0c": Hand.LEFT}), CREASE, IDS))
    assert said == [
        "the batting hand of Striker and Partner is not in the file of people",
        "the bowling type of Bowler is not in the file of people",
    ]
    everybody = Styles(
        hand={"0a": Hand.LEFT, "0b": Hand.RIGHT}, bowling={"0c": BowlingStyle.OFF_BREAK}, digest="x"
    )
    assert list(of_styles(everybody, CREASE, IDS)) == []


def test_without_a_file_of_people_nothing_is_missing_from_it() -> None:
    assert list(of_styles(NO_STYLES, CREASE, IDS)) == []


def test_a_file_that_knows_the_outcome() -> None:
    with_it, without = (
        parse_match(json.dumps(document).encode(), "m", "m.json").document.info
        for document in (match(), match(outcome=None))
    )
    assert list(of_the_file(with_it)) == ["the file has the outcome of the match in it; no forecast reads it"]
    assert list(of_the_file(without)) == []
