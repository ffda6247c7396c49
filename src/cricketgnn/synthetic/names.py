"""Invented names of people, towns, nations, teams and grounds; none of them exists."""

from __future__ import annotations

from typing import Final

import numpy as np

NATIONS: Final = (
    "Avaria",
    "Brenland",
    "Corvia",
    "Dunmarra",
    "Estermere",
    "Fallowmark",
    "Guldania",
    "Halcyra",
    "Ilvaria",
    "Jorund Isles",
)
TOWNS: Final = (
    "Alderwick",
    "Bracken Bay",
    "Carrowmoor",
    "Dunleigh",
    "Eastervale",
    "Fenholm",
    "Glasswater",
    "Hartsmouth",
    "Ironbridge End",
    "Juniper Hill",
)
MASCOTS: Final = (
    "Herons",
    "Stoats",
    "Comets",
    "Lanterns",
    "Anvils",
    "Ospreys",
    "Torrents",
    "Embers",
    "Yaks",
    "Keels",
)
CENTURY_TEAMS: Final = (
    "Northern Beacons",
    "Southern Tides",
    "Eastern Flint",
    "Western Gales",
    "Midland Drums",
    "Harbour Lights",
    "River Kings",
    "Forest Stags",
    "Valley Sparks",
    "Capital Crows",
)
_GROUNDS: Final = ("Oval", "Park", "Recreation Ground")

_STARTS: Final = (
    *("Ar", "Bel", "Cor", "Dal", "Eth", "Fen", "Gar", "Hol", "Ist", "Jor", "Kel", "Lan", "Mor"),
    *("Nev", "Orl", "Pel", "Quin", "Ros", "Sel", "Tam", "Ulv", "Var", "Wes", "Yar", "Zan"),
)
_MIDDLES: Final = ("a", "e", "i", "o", "u")
_ENDS: Final = (
    *("dale", "mere", "ric", "sen", "ton", "vane", "wick", "ley"),
    *("more", "nath", "kar", "pur", "ridge", "stone", "fell", "gand"),
)
_INITIALS: Final = "ABCDEFGHIJKLMNOPRSTVW"


def surnames(rng: np.random.Generator, count: int) -> list[str]:
    """Draw ``count`` different family names, at most 2,000."""
    chosen = rng.permutation(len(_STARTS) * len(_MIDDLES) * len(_ENDS))[:count]
    if len(chosen) < count:
        raise ValueError(f"{count} different family names asked for, {len(chosen)} exist")
    return [
        _STARTS[i // (len(_MIDDLES) * len(_ENDS))]
        + _MIDDLES[i // len(_ENDS) % len(_MIDDLES)]
        + _ENDS[i % len(_ENDS)]
        for i in chosen.tolist()
    ]


def with_initials(rng: np.random.Generator, family: list[str], initials: int) -> list[str]:
    """Put ``initials`` random initials before each family name: ``AK Morevane``."""
    letters = rng.integers(len(_INITIALS), size=(len(family), initials)).tolist()
    return [
        "".join(_INITIALS[i] for i in row) + " " + name for row, name in zip(letters, family, strict=True)
    ]


def spelled_out(name: str) -> str:
    """Give the later spelling of a name: the first initial becomes a given name."""
    initials, family = name.split(" ", 1)
    given = next((start for start in _STARTS if start[0] == initials[0]), initials[0] + "en")
    return f"{given}an {family}"


def registry_ids(count: int, salt: int) -> list[str]:
    """Give ``count`` different 8-digit hexadecimal ids.

    Multiplying by an odd number is one-to-one modulo 2^32, so the ids look random and never collide.
    """
    return [f"{(0x9E3779B1 * (salt + i + 1)) & 0xFFFFFFFF:08x}" for i in range(count)]


def ground(town: int, number: int) -> tuple[str, str]:
    """Give name and city of one of the three grounds of a town."""
    return f"{TOWNS[town]} {_GROUNDS[number]}", TOWNS[town]
