"""No match that took part in a choice is scored as if it had not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cricketgnn.config.readers import ChosenOn
from cricketgnn.errors import ConfigError
from cricketgnn.graph.store import GraphStore
from cricketgnn.training.choice import NAMED, check_choice, named_matches
from cricketgnn.training.split import Split, split_by_date
from stores import day, on_days


@pytest.fixture
def many(store: GraphStore) -> GraphStore:
    """Twenty matches, one a day."""
    return on_days(store, range(20))


@pytest.fixture
def split(many: GraphStore) -> Split:
    """Its last five days are test."""
    return split_by_date(many, day(10), day(15))


def chosen_before(number: int, store: GraphStore) -> ChosenOn:
    return ChosenOn(file="best.json", data=store.fingerprint, test_from=day(number))


def of_other_data(number: int, matches: str) -> ChosenOn:
    return ChosenOn(file="best.json", data="others", test_from=day(number), matches=matches)


def test_parameters_chosen_on_test_matches_are_refused(many: GraphStore, split: Split) -> None:
    with pytest.raises(
        ConfigError, match=r"best\.json was chosen on matches before 2024-01-17 .* 2024-01-16"
    ):
        check_choice(chosen_before(16, many), split, many, pytest.fail)
    for fine in (None, chosen_before(15, many), chosen_before(3, many)):
        check_choice(fine, split, many, pytest.fail)


def test_also_where_the_search_had_more_data_or_other_features(many: GraphStore, split: Split) -> None:
    searched = split_by_date(many, day(12), day(16))
    with pytest.raises(ConfigError, match=r"its scores would flatter"):
        check_choice(of_other_data(16, named_matches(many, searched.validation)), split, many, pytest.fail)


def test_other_matches_of_the_same_days_are_no_choice_on_these(many: GraphStore, split: Split) -> None:
    searched = split_by_date(many, day(12), day(16))
    others = replace(many, match_ids=np.array([f"women-{one}" for one in many.match_ids.tolist()]))
    check_choice(of_other_data(16, named_matches(others, searched.validation)), split, many, pytest.fail)


def test_a_search_that_does_not_name_its_matches_is_told_of(many: GraphStore, split: Split) -> None:
    said = list[str]()
    check_choice(of_other_data(16, ""), split, many, said.append)
    assert len(said) == 1
    assert "if that search had any of its matches, test scores flatter" in said[0]


def test_so_many_are_named_that_none_in_a_hundred_goes_unseen(store: GraphStore) -> None:
    matches = 3 * NAMED
    large = replace(
        on_days(store, range(matches), 1), match_ids=np.array([str(number) for number in range(matches)])
    )
    names = named_matches(large, np.arange(matches)).split()
    assert len(names) == len(set(names)) == NAMED
    assert names == named_matches(large, np.arange(matches)[::-1]).split()
    numbers = [int(name.partition("@")[0]) for name in names]
    assert names[numbers.index(min(numbers))].endswith(day(min(numbers)).isoformat())
    spread = np.histogram(numbers, bins=10, range=(0, matches))[0]
    assert spread.min() > NAMED / 20


def test_test_matches_of_the_years_that_defaults_were_chosen_on_are_told(
    many: GraphStore, split: Split
) -> None:
    said = list[str]()
    check_choice(None, split, many, said.append)
    assert not said
    old = replace(many, day=many.day - 30, last_day=many.last_day - 30)
    check_choice(None, split_by_date(old, day(10 - 30), day(15 - 30)), old, said.append)
    assert len(said) == 1
    assert said[0].startswith("test matches before 2024-01-01 flatter a little")
