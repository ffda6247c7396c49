"""How much more often than expected: opponent-adjusted as-of ratings of all that takes part.

The outcome of a delivery is expected with probabilities that are a product over what takes part in it::

    p_c  proportional to  base_c * product over effects of r_c(entity of that effect)
    r_c(entity) = (observed_c + strength) / (expected_c + strength)

``observed`` counts what happened where the entity took part and ``expected`` what all the others alone
would have brought there: the posterior mean of a Gamma prior of mean 1 under Poisson counts. So runs
against weak bowling count for less, and an entity of which little is known stays near 1. Both counts are
forgotten with a half-life. How they are learned stands in :mod:`cricketgnn.features.learner`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from cricketgnn.cricket.outcomes import N_OUTCOMES
from cricketgnn.features.grouped import Floats, Ints

BASE: Final = np.array([0.37, 0.36, 0.07, 0.005, 0.10, 0.04, 0.055])
"""Shares that everything starts from before the first day; the effects of sex and over leave them at once."""


class Effect(NamedTuple):
    """One kind of thing that takes part in deliveries.

    Attributes:
        name: of the effect.
        strength: how many expected outcomes of a class the prior, no effect, is worth.
        half_life: days after which half of what was seen is forgotten.
    """

    name: str
    strength: float
    half_life: float


@dataclass(frozen=True)
class AsOfRatings:
    """What was known of each entity of one effect after each day on which it took part.

    Attributes:
        effect: whose ratings.
        entity: ``[G]``, days of an entity one after the other.
        day: ``[G]``, days since 1970-01-01.
        observed, expected: outcomes after that day, ``[G, 7]``; in single precision once kept.
    """

    effect: Effect
    entity: npt.NDArray[np.int64]
    day: npt.NDArray[np.int64]
    observed: npt.NDArray[np.floating]
    expected: npt.NDArray[np.floating]

    @classmethod
    def joined(cls, parts: Iterable[AsOfRatings]) -> Self:
        """Put ratings of the same effect together, those of later days behind those of earlier ones."""
        listed = list(parts)
        entity, day, observed, expected = (
            np.concatenate([getattr(part, name) for part in listed])
            for name in ("entity", "day", "observed", "expected")
        )
        order = np.argsort(entity, kind="stable")
        return cls(listed[0].effect, entity[order], day[order], observed[order], expected[order])

    def since(self, day: int) -> AsOfRatings:
        """Leave out what was known on a day and before."""
        later = self.day > day
        return AsOfRatings(
            self.effect, self.entity[later], self.day[later], self.observed[later], self.expected[later]
        )

    def in_single_precision(self) -> AsOfRatings:
        """Halve the counts' memory."""
        return replace(
            self, observed=self.observed.astype(np.float32), expected=self.expected.astype(np.float32)
        )

    @cached_property
    def _keys(self) -> tuple[int, npt.NDArray[np.int64]]:
        """Combine entity and day into one ascending number; give how many an entity takes, and all of them.

        Put together once: a match in progress asks dozens of times a delivery, and for a few places only.
        """
        span = int(self.day.max()) + 2
        return span, self.entity * span + self.day

    def before(self, entities: Ints, days: Ints) -> Floats:
        """Give the logarithm of each entity's rating as it stood before a day, ``[M, 7]``; 0 if unknown."""
        return np.log(self.rating_before(entities, days)).astype(np.float32)

    def rating_before(self, entities: Ints, days: Ints) -> npt.NDArray[np.float64]:
        """Give each entity's rating as it stood before a day, ``[M, 7]``; 1 if unknown."""
        if not len(self.entity):
            return np.ones((len(entities), N_OUTCOMES))
        span, keys = self._keys
        # A day past the last one sees all of them, and never another entity's.
        asked = entities.astype(np.int64) * span + np.minimum(days, span - 1)
        place = np.maximum(np.searchsorted(keys, asked) - 1, 0)
        known = (self.entity[place] == entities) & (self.day[place] < days)
        kept = np.where(known, np.exp2((self.day[place] - days) / self.effect.half_life), 0.0)[:, None]
        strength = self.effect.strength
        rating: npt.NDArray[np.float64] = (self.observed[place] * kept + strength) / (
            self.expected[place] * kept + strength
        )
        return rating


class Rated(NamedTuple):
    """What was expected of some deliveries, and what was learned from them.

    Attributes:
        ratings: as-of ratings by effect.
        expected: the logarithm of the probabilities expected before the day, ``[D, 7]``.
    """

    ratings: Mapping[str, AsOfRatings]
    expected: Floats


def expectation(ratings: Mapping[str, AsOfRatings], entities: Mapping[str, Ints], days: Ints) -> Floats:
    """Give the logarithm of what is expected of some deliveries before their day, ``[M, 7]``.

    Args:
        ratings: by effect.
        entities: by effect, who or what takes part, ``[M]``.
        days: of the matches, ``[M]``.
    """
    power = np.tile(BASE, (len(days), 1))
    for name, rating in ratings.items():
        power *= rating.rating_before(entities[name], days)
    return np.log(power / power.sum(axis=1, keepdims=True)).astype(np.float32)
