"""Nothing of the future is in any feature of real matches: men's internationals cut off and computed anew."""

from __future__ import annotations

import json
import random
import zipfile
from pathlib import Path

import msgspec
import pytest

import no_leak
import stores
from match_files import Document
from stores import Place

pytestmark = pytest.mark.real_data

SEED = 20241231


class _Info(msgspec.Struct):
    dates: list[str]


class _Dated(msgspec.Struct):
    """As much of a match file as tells its day."""

    info: _Info


@pytest.fixture(scope="module")
def archive(real_data: Path) -> dict[str, bytes]:
    """All men's internationals by match id, in the order they were played."""
    with zipfile.ZipFile(real_data / "t20s_male_json.zip") as opened:
        members = [name for name in opened.namelist() if name.endswith(".json")]
        content = {Path(name).stem: opened.read(name) for name in members}
    day_of = {match_id: _day(one) for match_id, one in content.items()}
    return {match_id: content[match_id] for match_id in sorted(content, key=lambda one: (day_of[one], one))}


def _day(content: bytes) -> str:
    return msgspec.json.decode(content, type=_Dated).info.dates[0]


def _consecutive(archive: dict[str, bytes], matches: int, rng: random.Random) -> dict[str, Document]:
    """Matches that follow each other, so that the same people play in many of them."""
    first = rng.randrange(len(archive) - matches)
    return {match_id: json.loads(archive[match_id]) for match_id in list(archive)[first : first + matches]}


def test_twenty_innings_cut_off_anywhere_give_the_numbers_of_the_whole_files(
    archive: dict[str, bytes],
) -> None:
    rng = random.Random(SEED)
    documents = _consecutive(archive, 80, rng)
    whole = stores.store_of(documents)
    last_deliveries = {(place.match_id, place.innings): place for place in no_leak.places(documents)}
    for last in rng.sample(list(last_deliveries.values()), 20):
        place = last._replace(delivery=rng.randint(0, last.delivery))
        assert no_leak.seen_too_much_at(documents, place, whole=whole) == [], place


def test_chases_decided_by_rain_do_not_know_their_last_target(archive: dict[str, bytes]) -> None:
    rained = [match_id for match_id, one in archive.items() if b'"D/L"' in one]
    revised = 0
    for match_id in random.Random(SEED).sample(rained, 30):
        document = json.loads(archive[match_id])
        chase = Place(match_id, 1, 0)
        if chase in no_leak.places({match_id: document}):
            assert no_leak.seen_too_much_at({match_id: document}, chase) == [], match_id
            revised += no_leak.target_is_revised(document["innings"][:2])
    assert revised > 10


def test_two_hundred_matches_know_nothing_of_those_after_them(archive: dict[str, bytes]) -> None:
    rng = random.Random(SEED)
    documents = _consecutive(archive, 200, rng)
    whole = stores.store_of(documents)
    dates = sorted({stores.date_of(one) for one in documents.values()})
    for date in rng.sample(dates[1:], 3):
        assert no_leak.seen_of_later_matches(documents, date, whole=whole) == [], date
