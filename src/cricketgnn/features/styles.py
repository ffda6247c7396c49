"""The hands and bowling styles of people, from a file of them, and what they say of a delivery."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from cricketgnn.cricket.styles import BowlingStyle, Hand, bowling_style_of, hand_of
from cricketgnn.errors import DataError, closest
from cricketgnn.features.grouped import Floats
from cricketgnn.features.identity import Names
from cricketgnn.features.plays import Plays
from cricketgnn.files import read_named

COLUMNS: Final = ("cricsheet_id", "batting_style", "bowling_style")
"""What a file of people must say; further columns are ignored."""


@dataclass(frozen=True)
class Styles:
    """Hand and bowling style of people by registry id, and the digest of the file that says so."""

    hand: Mapping[str, Hand] = field(default_factory=dict)
    bowling: Mapping[str, BowlingStyle] = field(default_factory=dict)
    digest: str = ""

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a CSV file with the columns of :data:`COLUMNS`; empty cells and unknown words are no style.

        Raises:
            DataError: the file cannot be read, lacks a column, or knows nobody's style.
        """
        content = read_named(path, "a CSV file of people's styles")
        try:
            rows = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""))
            header = rows.fieldnames or []
            for column in COLUMNS:
                if column not in header:
                    near = closest(column, header)
                    guess = f"; is it '{near}'?" if near else f"; it has {', '.join(header[:8]) or 'nothing'}"
                    raise DataError(f"{path}: no column '{column}' in this file of people{guess}")
            people = [(row["cricsheet_id"], row["batting_style"], row["bowling_style"]) for row in rows]
        except (UnicodeDecodeError, csv.Error) as error:
            raise DataError(
                f"{path}: no CSV file in UTF-8 ({error}); give a file of people's styles"
            ) from error
        ids = [(person or "").strip().lower() for person, _, _ in people]
        hands = (hand_of(batting or "") for _, batting, _ in people)
        bowlings = (bowling_style_of(bowling or "") for _, _, bowling in people)
        # A person who is named twice has the style that is known of him.
        hand = {person: hand for person, hand in zip(ids, hands, strict=True) if hand}
        bowling = {person: style for person, style in zip(ids, bowlings, strict=True) if style}
        if not hand and not bowling:
            raise DataError(f"{path}: knows nobody's style; give a file of people's styles")
        return cls(
            hand=hand,
            bowling=bowling,
            digest=hashlib.blake2b(content, digest_size=16).hexdigest(),
        )


NO_STYLES: Final = Styles()
"""Nothing is known of anybody's style."""


class StylesOf(NamedTuple):
    """Hand and bowling style of each person, by row, ``[people]`` int8; 0 of whom nothing is known."""

    hand: npt.NDArray[np.int8]
    bowling: npt.NDArray[np.int8]

    @classmethod
    def people(cls, person_ids: Names, styles: Styles) -> Self:
        """Look up everybody by registry id."""
        ids = person_ids.tolist()
        return cls(
            np.array([styles.hand.get(person, Hand.UNKNOWN) for person in ids], dtype=np.int8),
            np.array([styles.bowling.get(person, BowlingStyle.UNKNOWN) for person in ids], dtype=np.int8),
        )


def style_features(plays: Plays, of: StylesOf) -> Floats:
    """Compute the columns of :data:`cricketgnn.features.names.STYLE`, ``[D, len(STYLE)]``.

    Args:
        plays: the innings.
        of: each person of ``plays``; everything is 0 of whom nothing is known.
    """
    striker, partner = of.hand[plays.column["striker"]], of.hand[plays.column["non_striker"]]
    bowler = of.bowling[plays.column["bowler"]]
    return np.stack(
        [
            striker == Hand.RIGHT,
            striker == Hand.LEFT,
            partner == Hand.LEFT,
            *(bowler == style for style in BowlingStyle if style is not BowlingStyle.UNKNOWN),
        ],
        axis=1,
    ).astype(np.float32)
