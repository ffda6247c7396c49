"""Days as numbers: since 1970-01-01, as everything counts them that is computed over many matches."""

from __future__ import annotations

import datetime as dt
from typing import Final

_FIRST: Final = dt.date(1970, 1, 1)


def number_of(day: dt.date) -> int:
    """Give the number of a day."""
    return (day - _FIRST).days


def day_numbered(number: int) -> dt.date:
    """Give the day of a number."""
    return _FIRST + dt.timedelta(days=number)
