"""How numbers are put into words."""

from __future__ import annotations


def counted(number: int, noun: str) -> str:
    """Count things: ``1 epoch``, ``2 epochs``, ``1,000 trials``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
