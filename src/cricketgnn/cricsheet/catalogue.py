"""The T20 archives that Cricsheet publishes, and what counts as the name of one.

A light module: names and words only, so that a command line can be checked before anything heavy loads.
"""

from __future__ import annotations

import re
from types import MappingProxyType

from cricketgnn.errors import UsageError

BASE_URL = "https://cricsheet.org/downloads/"
ATTRIBUTION = (
    "Ball-by-ball data: Cricsheet (https://cricsheet.org). Attribution is required: "
    "credit Cricsheet wherever you publish the data or anything made from it."
)

KNOWN_ARCHIVES = MappingProxyType(
    {
        "t20s_json": "T20 internationals, men and women",
        "t20s_male_json": "men's T20 internationals",
        "t20s_female_json": "women's T20 internationals",
        "apl_json": "Afghanistan Premier League",
        "bbl_json": "Big Bash League (Australia)",
        "bpl_json": "Bangladesh Premier League",
        "cpl_json": "Caribbean Premier League",
        "ctc_json": "CSA T20 Challenge (South Africa)",
        "hnd_json": "The Hundred, men and women (England; five balls an over)",
        "ilt_json": "International League T20 (United Arab Emirates)",
        "ipl_json": "Indian Premier League",
        "lpl_json": "Lanka Premier League",
        "mlc_json": "Major League Cricket (United States)",
        "msl_json": "Mzansi Super League (South Africa)",
        "ntb_json": "T20 Blast (England)",
        "psl_json": "Pakistan Super League",
        "sat_json": "SA20 (South Africa)",
        "sma_json": "Syed Mushtaq Ali Trophy (India)",
        "ssm_json": "Super Smash, men and women (New Zealand)",
        "wbb_json": "Women's Big Bash League (Australia)",
        "wpl_json": "Women's Premier League (India)",
        "wsl_json": "Women's Cricket Super League (England)",
    }
)
"""Archive name, without ``.zip``, to the matches in it."""

_MAX_NAME_CHARACTERS = 100
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)*", re.ASCII)


def archive_name(text: str) -> str:
    """Give the archive's plain name, without ``.zip``, if ``text`` can be one; it need not be a known one.

    Raises:
        UsageError: ``text`` holds a slash, ``..`` or anything else that no archive's file name has.
    """
    name = text.removesuffix(".zip")
    if len(name) > _MAX_NAME_CHARACTERS or not _NAME.fullmatch(name):
        raise UsageError(
            f"{text!r} cannot be an archive's name: expected letters, digits, '_', '-' and single '.', "
            "such as t20s_male_json; see `cricketgnn data download --list`"
        )
    return name
