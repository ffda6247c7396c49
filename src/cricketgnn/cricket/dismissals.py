"""Ways a batter can leave the crease, and who is credited with it."""

from __future__ import annotations

from typing import Final

NOT_OUT_KINDS: Final = frozenset({"retired hurt", "retired not out"})
"""Leaves the crease but is not dismissed; may come back."""

BOWLER_KINDS: Final = frozenset({"caught", "bowled", "lbw", "stumped", "caught and bowled", "hit wicket"})
"""Dismissals credited to the bowler."""

OTHER_KINDS: Final = frozenset(
    {
        "run out",
        "retired out",
        "obstructing the field",
        "hit the ball twice",
        "timed out",
        "handled the ball",
    }
)
"""Dismissals that are nobody's wicket in the bowling figures."""

DISMISSAL_KINDS: Final = BOWLER_KINDS | OTHER_KINDS
ALL_KINDS: Final = DISMISSAL_KINDS | NOT_OUT_KINDS


def is_dismissal(kind: str) -> bool:
    """Tell whether a wicket entry of this kind dismisses the batter."""
    return kind in DISMISSAL_KINDS


def credits_bowler(kind: str) -> bool:
    """Tell whether a dismissal of this kind counts as the bowler's wicket."""
    return kind in BOWLER_KINDS
