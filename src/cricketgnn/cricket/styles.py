"""How people bat and bowl: the hand, and eight ways to bowl, out of the many spellings of them."""

from __future__ import annotations

import re
from enum import IntEnum


class Hand(IntEnum):
    """The hand somebody bats with."""

    UNKNOWN = 0
    RIGHT = 1
    LEFT = 2


class BowlingStyle(IntEnum):
    """The way somebody bowls: which way the ball turns for a spinner, arm and pace for the others."""

    UNKNOWN = 0
    OFF_BREAK = 1
    LEG_BREAK = 2
    LEFT_ARM_ORTHODOX = 3
    LEFT_ARM_WRIST_SPIN = 4
    RIGHT_ARM_FAST = 5
    LEFT_ARM_FAST = 6
    RIGHT_ARM_MEDIUM = 7
    LEFT_ARM_MEDIUM = 8


def hand_of(text: str) -> Hand:
    """Read a batting style such as "Left-hand bat"."""
    words = text.lower().strip()
    left = "left" in words or words == "lhb"
    right = "right" in words or words == "rhb"
    if left == right or "arm" in words:  # both, neither, or the way somebody bowls
        return Hand.UNKNOWN
    return Hand.LEFT if left else Hand.RIGHT


def bowling_style_of(text: str) -> BowlingStyle:
    """Read a bowling style such as "Right-arm medium-fast"; of several, the first that is named.

    Medium-fast and fast-medium count as fast, slow as medium.
    """
    words = re.split(r"[,/;&]", text.lower().replace("-", " "))[0]
    together = words.replace(" ", "")
    left = "left" in words
    if "unorthodox" in words or "wrist" in words or "chinaman" in words:
        return BowlingStyle.LEFT_ARM_WRIST_SPIN if left or "chinaman" in words else BowlingStyle.LEG_BREAK
    if "orthodox" in words:
        return BowlingStyle.LEFT_ARM_ORTHODOX if left else BowlingStyle.OFF_BREAK
    if "offbreak" in together or "offspin" in together:
        return BowlingStyle.OFF_BREAK
    if "legbreak" in together or "legspin" in together or "googly" in words:
        return BowlingStyle.LEG_BREAK
    if "fast" in words:
        return BowlingStyle.LEFT_ARM_FAST if left else BowlingStyle.RIGHT_ARM_FAST
    if "medium" in words or "slow" in words:
        return BowlingStyle.LEFT_ARM_MEDIUM if left else BowlingStyle.RIGHT_ARM_MEDIUM
    return BowlingStyle.UNKNOWN
