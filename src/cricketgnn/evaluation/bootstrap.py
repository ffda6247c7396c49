"""How sure a score is: whole matches are drawn again, never single deliveries.

Deliveries of one match share pitch, players and conditions, so they are not independent; drawing them
one by one would make every interval too narrow.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np

from cricketgnn.errors import ConfigError
from cricketgnn.evaluation.predictions import FloatArray


@dataclass(frozen=True)
class Score:
    """One number about a model's forecasts, with its interval over matches.

    Attributes:
        value: the score over all deliveries; NaN where it is undefined (no wicket, no prior given).
        low, high: ends of the interval; NaN where unknown (one match only, or no resamples asked for).
    """

    value: float
    low: float
    high: float

    def to_json(self) -> dict[str, float | None]:
        """Give the score as a JSON object, null for what is undefined or unknown."""
        return {
            "value": json_number(self.value),
            "low": json_number(self.low),
            "high": json_number(self.high),
        }

    @classmethod
    def from_json(cls, document: Mapping[str, float | None]) -> Self:
        """Give the score that a JSON object stands for."""
        values = (document[name] for name in ("value", "low", "high"))
        return cls(*(math.nan if value is None else value for value in values))


@dataclass(frozen=True)
class MatchBootstrap:
    """Draws matches with replacement, as many as there are, ``resamples`` times.

    Attributes:
        resamples: how many times; 0 asks for values without intervals.
        seed: of the draws: the same seed and number of matches give the same draws.
        confidence: share of the resampled values inside an interval.

    Raises:
        ConfigError: a negative number of resamples, or a confidence outside (0, 1).
    """

    resamples: int = 1000
    seed: int = 0
    confidence: float = 0.95

    def __post_init__(self) -> None:
        if self.resamples < 0:
            raise ConfigError(f"got resamples={self.resamples}, expected 0 (no intervals) or more")
        if not 0 < self.confidence < 1:
            raise ConfigError(f"got confidence={self.confidence}, expected a share between 0 and 1")

    def weights(self, matches: int) -> FloatArray:
        """Give how often each match counts, ``[1 + resamples, matches]``; row 0 counts each one once.

        A single match says nothing about the spread between matches: only row 0 is given then.
        """
        every_match_once = np.ones((1, matches))
        if matches < 2 or self.resamples == 0:
            return every_match_once
        drawn = np.random.default_rng(self.seed).integers(matches, size=(self.resamples, matches))
        cells = drawn + np.arange(self.resamples)[:, None] * matches
        counts = np.bincount(cells.ravel(), minlength=self.resamples * matches)
        return np.concatenate([every_match_once, counts.reshape(self.resamples, matches)])

    def score(self, values: FloatArray, bounds: tuple[float, float] = (-math.inf, math.inf)) -> Score:
        """Turn a value and its resampled values (``[1 + R]``, the value first) into a score.

        The interval holds the middle ``confidence`` of the resampled values, moved so that their
        median lies on the value. For averages this is the percentile interval; for calibration errors,
        which every resample inflates (noise has no sign under the absolute value), the plain percentile
        interval would not even contain the value. Ends are kept within ``bounds``. Resamples in which
        the score is undefined are left out.
        """
        value, resampled = float(values[0]), values[1:]
        resampled = resampled[np.isfinite(resampled)]
        if not math.isfinite(value) or resampled.size == 0:
            return Score(value, math.nan, math.nan)
        tail = (1 - self.confidence) / 2
        low, middle, high = np.quantile(resampled, [tail, 0.5, 1 - tail])
        return Score(
            value, max(value + float(low - middle), bounds[0]), min(value + float(high - middle), bounds[1])
        )


def json_number(number: float) -> float | None:
    """Give a number for JSON, which has no NaN and no infinity: null stands for undefined."""
    return float(number) if math.isfinite(number) else None
