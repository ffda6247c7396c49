"""Who bowls the next delivery to whom: what follows, what must be named, what cannot be."""

from __future__ import annotations

from typing import Any

import pytest

from cricketgnn.cricsheet import parse_match
from cricketgnn.errors import DataError
from cricketgnn.forecasting.crease import Crease, Named, next_crease
from cricketgnn.forecasting.situation import situation_of
from match_files import Document, ball, content, innings, match, over, person_id

NOBODY = Named()


def chosen(*overs: Document, named: Named = NOBODY, **info: Any) -> Crease:
    document = parse_match(content(match(innings(*overs), **info)), "1", "1").document
    return next_crease(situation_of(document), document.info, named)


def maiden(number: int, bowler: str) -> Document:
    striker, partner = ("R1", "R2") if number % 2 == 0 else ("R2", "R1")
    return over(number, *[ball(bowler=bowler, striker=striker, partner=partner)] * 6)


WICKET = over(0, ball(out=[("R1", "caught")]))


def test_in_an_over_everything_follows() -> None:
    assert chosen(over(0, ball(1))) == Crease("R2", "R1", "B11")


def test_the_bowler_of_a_new_over_must_be_named() -> None:
    with pytest.raises(DataError, match=r"name who bowls over 2 with --next-bowler .*; to bowl: B1, .*B10$"):
        chosen(maiden(0, "B11"))
    assert chosen(maiden(0, "B11"), named=Named(bowler="B3")) == Crease("R2", "R1", "B3")


def test_a_name_or_an_id_will_do() -> None:
    by_id = Named(bowler=person_id("B3").upper(), striker=person_id("R2"))
    assert chosen(maiden(0, "B11"), named=by_id) == Crease("R2", "R1", "B3")


def test_nobody_bowls_two_overs_running() -> None:
    with pytest.raises(DataError, match="B11 cannot bowl over 2: bowled the over before as well"):
        chosen(maiden(0, "B11"), named=Named(bowler="B11"))


def test_who_is_in_the_middle_of_an_over_ends_it_whatever_led_to_it() -> None:
    """An umpire's slip, or a chase that was shortened on the way; somebody else may not take over so."""
    slip = (maiden(0, "B11"), over(1, ball(bowler="B11", striker="R2", partner="R1")))
    assert chosen(*slip).bowler == "B11"
    assert chosen(*slip, named=Named(bowler="B11")).bowler == "B11"
    with pytest.raises(DataError, match="B10 cannot bowl over 3"):
        chosen(maiden(0, "B11"), maiden(1, "B10"), over(2, ball()), named=Named(bowler="B10"))


def test_in_the_hundred_two_sets_running_are_allowed_and_three_are_not() -> None:
    def fives(number: int, bowler: str) -> Document:
        return over(number, *[ball(bowler=bowler)] * 5)

    named = Named(bowler="B11")
    assert chosen(fives(0, "B11"), named=named, balls_per_over=5) == Crease("R1", "R2", "B11")
    with pytest.raises(DataError, match="two sets of five before"):
        chosen(fives(0, "B11"), fives(1, "B11"), named=named, balls_per_over=5)


def test_a_bowler_bowls_a_fifth_of_the_overs() -> None:
    overs = [maiden(number, "B11" if number % 2 == 0 else "B10") for number in range(8)]
    with pytest.raises(DataError, match="B11 cannot bowl over 9: bowled in 4 overs already, 4 of 20"):
        chosen(*overs, named=Named(bowler="B11"))
    assert chosen(*overs[:6], named=Named(bowler="B11")).bowler == "B11"
    short = [maiden(number, "B11" if number % 2 == 0 else "B10") for number in range(6)]
    with pytest.raises(DataError, match="3 of 12 are allowed"):
        chosen(*short, named=Named(bowler="B11"), overs=12)


def test_a_bowler_may_be_replaced_in_the_middle_of_an_over() -> None:
    assert chosen(over(0, ball(), ball()), named=Named(bowler="B2")).bowler == "B2"


def test_after_a_wicket_the_new_batter_must_be_named() -> None:
    message = "Reds 0/1 after 0.1 of 20 overs: name the batter who joins R2 with .*; to bat: R3, R4"
    with pytest.raises(DataError, match=message):
        chosen(WICKET)
    assert chosen(WICKET, named=Named(striker="R3")) == Crease("R3", "R2", "B11")
    assert chosen(WICKET, named=Named(non_striker="R3")) == Crease("R2", "R3", "B11")
    with pytest.raises(DataError, match="name the batter who joins R2"):
        chosen(WICKET, named=Named(striker="R2"))
    assert chosen(WICKET, named=Named(striker="R2", non_striker="R5")) == Crease("R2", "R5", "B11")


def test_all_that_is_missing_is_asked_for_at_once() -> None:
    everybody = (
        "name the batters with --striker and --non-striker and who bowls over 1 with --next-bowler; to bat"
    )
    with pytest.raises(DataError, match=everybody):
        chosen()
    with pytest.raises(DataError, match="name the batters"):
        chosen(named=Named(bowler="B1", striker="R1"))
    with pytest.raises(DataError, match="name who bowls over 1 with --next-bowler; to bowl: B1"):
        chosen(named=Named("R1", "R2"))
    with pytest.raises(DataError, match="B11 cannot bowl over 2"):  # before the batter is asked for
        chosen(over(0, *[ball()] * 5, ball(out=[("R1", "caught")])), named=Named(bowler="B11"))
    assert chosen(named=Named("R1", "R2", "B1")) == Crease("R1", "R2", "B1")


def test_the_one_named_at_the_crease_decides_about_the_ends() -> None:
    assert chosen(over(0, ball()), named=Named(striker="R2")) == Crease("R2", "R1", "B11")
    assert chosen(over(0, ball()), named=Named(non_striker="R1")) == Crease("R2", "R1", "B11")


def test_somebody_else_needs_both_names() -> None:
    with pytest.raises(DataError, match="R1 and R2 are at the crease; if one of them left it, name both"):
        chosen(over(0, ball()), named=Named(striker="R5"))
    assert chosen(over(0, ball()), named=Named("R5", "R2")) == Crease("R5", "R2", "B11")


def test_who_is_absent_hurt_cannot_be_named() -> None:
    document = match(innings(over(0, ball()), absent_hurt=["R5"]))
    hurt = parse_match(content(document), "1", "1").document
    with pytest.raises(DataError, match="R5 cannot bat: absent hurt; name another batter"):
        next_crease(situation_of(hurt), hurt.info, Named("R5", "R2"))


def test_the_dismissed_do_not_bat_again() -> None:
    with pytest.raises(DataError, match="R1 cannot bat: out, caught in over 1"):
        chosen(WICKET, named=Named(striker="R1"))
    with pytest.raises(DataError, match=r"R1 cannot bat: .* the match file has them at the crease"):
        chosen(over(0, ball(out=[("R1", "caught")]), ball(striker="R3"), ball(striker="R1", partner="R3")))


def test_the_retired_hurt_may_come_back() -> None:
    hurt = over(0, ball(out=[("R1", "retired hurt")]))
    assert chosen(hurt, named=Named(striker="R1")) == Crease("R1", "R2", "B11")


def test_one_person_is_not_two() -> None:
    with pytest.raises(DataError, match="striker and non-striker are both R2"):
        chosen(WICKET, named=Named("R2", "R2"))


@pytest.mark.parametrize(
    ("named", "message"),
    [
        (Named(striker="B4"), "--striker 'B4' plays for Blues; expected a player of Reds"),
        (Named(bowler="R4"), "--next-bowler 'R4' plays for Reds; expected a player of Blues"),
        (Named(bowler=person_id("R4")), "plays for Reds"),
        (Named(bowler="B"), "no player of Blues; did you mean 'B"),
        (Named(striker=" "), "--striker is empty; name a player of Reds"),
        (Named(striker="Somebody Else"), "no player of Reds; its players: R1, R2"),
    ],
)
def test_who_is_not_in_the_side_is_refused(named: Named, message: str) -> None:
    with pytest.raises(DataError, match=message):
        chosen(over(0, ball()), named=named)


def test_names_are_found_as_people_type_them() -> None:
    side = ["JJ Bumrah", *(f"B{n}" for n in range(2, 12))]
    reds = [f"R{n}" for n in range(1, 12)]
    people = {name: person_id(name) for name in side[1:] + reds} | {"JJ Bumrah": "0000bb01"}
    sides: dict[str, Any] = {"players": {"Reds": reds, "Blues": side}, "registry": {"people": people}}
    for typed in ("jj bumrah", "Bumrah", " BUMRAH"):
        assert chosen(over(0, ball()), named=Named(bowler=typed), **sides).bowler == "JJ Bumrah"
    with pytest.raises(DataError, match="did you mean 'JJ Bumrah'"):
        chosen(over(0, ball()), named=Named(bowler="Jasprit Bumrah"), **sides)
    with pytest.raises(DataError, match="'Bumrah' plays for Blues"):
        chosen(over(0, ball()), named=Named(striker="Bumrah"), **sides)


def test_a_surname_of_two_is_nobodys() -> None:
    reds = ["A Khan", "B Khan", *(f"R{n}" for n in range(3, 12))]
    people = {name: person_id(f"R{number}") for number, name in enumerate(reds, 1)}
    people |= {f"B{n}": person_id(f"B{n}") for n in range(1, 12)}
    with pytest.raises(DataError, match="'Khan' is no player of Reds"):
        chosen(
            named=Named(striker="Khan", non_striker="R3", bowler="B1"),
            players={"Reds": reds, "Blues": [f"B{n}" for n in range(1, 12)]},
            registry={"people": people},
        )
