"""How numbers and lists are put into words."""

from __future__ import annotations

from collections.abc import Sequence


def counted(number: int, noun: str) -> str:
    """Count things: ``1 epoch``, ``2 epochs``, ``1,000 trials``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def in_one_line(said: object, most: int | None = 300) -> str:
    """Put what an error says into one line, of at most so many characters; None for all of them."""
    return " ".join(str(said).split())[:most]


def rate_in_words(rate: float) -> str:
    """Give a rate without digits nobody reads: 2,070, 54, 3.1."""
    return f"{rate:,.0f}" if rate >= 10 else f"{rate:.2g}"


def either(names: Sequence[str]) -> str:
    """List alternatives: ``a``, ``a or b``, ``a, b or c``."""
    *most, last = names
    return f"{', '.join(most)} or {last}" if most else last
