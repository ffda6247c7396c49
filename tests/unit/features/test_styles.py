"""Hands and bowling styles: their many spellings, the file they come from, the columns they become."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import stores
from cricketgnn.cricket.styles import BowlingStyle, Hand, bowling_style_of, hand_of
from cricketgnn.errors import DataError
from cricketgnn.features import names
from cricketgnn.features.styles import Styles
from cricketgnn.graph.build import build_store
from match_files import ball, innings, match, over, person_id
from stores import Place, before


@pytest.mark.parametrize(
    ("text", "hand"),
    [
        ("Right hand Bat", Hand.RIGHT),
        ("Left-hand bat", Hand.LEFT),
        ("", Hand.UNKNOWN),
        ("Left-arm medium", Hand.UNKNOWN),  # in the wrong column of a real file
        ("Right-hand bat, Left-hand bat", Hand.UNKNOWN),
        ("Left-handed", Hand.LEFT),
        ("RHB", Hand.RIGHT),
    ],
)
def test_hands(text: str, hand: Hand) -> None:
    assert hand_of(text) is hand


@pytest.mark.parametrize(
    ("text", "style"),
    [
        ("Right arm Offbreak", BowlingStyle.OFF_BREAK),
        ("Right-arm off break", BowlingStyle.OFF_BREAK),
        ("Legbreak Googly", BowlingStyle.LEG_BREAK),
        ("Slow Left arm Orthodox", BowlingStyle.LEFT_ARM_ORTHODOX),
        ("Left-arm wrist-spin", BowlingStyle.LEFT_ARM_WRIST_SPIN),
        ("Right-arm fast-medium", BowlingStyle.RIGHT_ARM_FAST),
        ("Left arm Medium fast", BowlingStyle.LEFT_ARM_FAST),
        ("Right arm Medium", BowlingStyle.RIGHT_ARM_MEDIUM),
        ("Left arm Slow", BowlingStyle.LEFT_ARM_MEDIUM),
        ("Right arm Medium, Legbreak", BowlingStyle.RIGHT_ARM_MEDIUM),
        ("Right arm medium/Right arm offbreak", BowlingStyle.RIGHT_ARM_MEDIUM),
        ("Left-arm unorthodox", BowlingStyle.LEFT_ARM_WRIST_SPIN),
        ("Right-arm wrist spin", BowlingStyle.LEG_BREAK),
        ("Right arm Bowler", BowlingStyle.UNKNOWN),
        ("", BowlingStyle.UNKNOWN),
    ],
)
def test_bowling_styles(text: str, style: BowlingStyle) -> None:
    assert bowling_style_of(text) is style


def write(path: Path, *lines: str, header: str = "cricsheet_id,name,batting_style,bowling_style") -> Path:
    path.write_text("\n".join([header, *lines]), encoding="utf-8-sig")
    return path


def test_what_is_known_of_a_delivery(tmp_path: Path) -> None:
    styles = Styles.read(
        write(
            tmp_path / "people.csv",
            f"{person_id('R1').upper()},R One,Left-hand bat,",
            f"{person_id('R1')},R One again,,",
            f"{person_id('R2')},R Two,Right-hand bat,",
            f'{person_id("B11")},"Eleven, B",,"Legbreak, Right arm Medium"',
        )
    )
    played = {"1": match(innings(over(0, ball(1), ball(0, striker="R2", partner="R1", bowler="B10"))))}
    store = build_store(stores.tables_of(played), "", styles)
    first, second = (before(store, Place("1", 0, number)) for number in (0, 1))
    flags = (
        *("striker_left_handed", "striker_right_handed", "non_striker_left_handed"),
        *("bowler_leg_break", "bowler_right_arm_medium"),
    )
    assert [first[name] for name in flags] == [1, 0, 0, 1, 0]
    assert [second[name] for name in flags] == [0, 1, 1, 0, 0]


def test_without_a_file_nothing_is_known() -> None:
    store = stores.store_of({"1": match(innings(over(0, ball())))})
    known = before(store, Place("1", 0, 0))
    assert len(names.STYLE) == 11
    assert not any(known[feature.name] for feature in names.STYLE)
    assert np.isfinite(store.delivery_x).all()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("peple.csv", None, "no such file; did you mean"),
        ("", None, "Is a directory"),
        ("people.csv", b"cricsheet_id,batting_styles,bowling_style\n", "no column 'batting_style'"),
        ("people.csv", b"", "no column 'cricsheet_id' in this file of people; it has nothing"),
        ("people.csv", b"cricsheet_id,batting_style,bowling_style\n", "knows nobody's style"),
        (
            "people.csv",
            b"cricsheet_id,batting_style,bowling_style\n0000aa01,yes,no\n",
            "knows nobody's style",
        ),
        ("people.csv", b"cricsheet_id,batting_style,bowling_style\n\xff,,\n", "no CSV file in UTF-8"),
    ],
)
def test_a_file_that_is_none(tmp_path: Path, name: str, content: bytes | None, words: str) -> None:
    write(tmp_path / "people.csv", "0000aa01,R One,,")
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=words):
        Styles.read(tmp_path / name)
