"""How much more often than expected: opponent-adjusted as-of ratings, learned one day after the other.

The outcome of a delivery is expected with probabilities that are a product over what takes part in it::

    p_c  proportional to  base_c * product over effects of r_c(entity of that effect)
    r_c(entity) = (observed_c + strength) / (expected_c + strength)

``observed`` counts what happened where the entity took part and ``expected`` what all the others alone
would have brought there: the posterior mean of a Gamma prior of mean 1 under Poisson counts. So runs
against weak bowling count for less, and an entity of which little is known stays near 1. Both counts are
forgotten with a half-life. A day's deliveries are expected from strictly earlier days only; then the
effects learn from the day, one after the other, each given those before it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from cricketgnn.cricket.outcomes import N_OUTCOMES
from cricketgnn.features.grouped import Floats, Ints

BASE: Final = np.array([0.37, 0.36, 0.07, 0.005, 0.10, 0.04, 0.055])
"""Shares that everything starts from before the first day; the effects of sex and over leave them at once."""

_CLASSES: Final = np.arange(N_OUTCOMES)


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
        observed, expected: outcomes after that day, ``[G, 7]``.
    """

    effect: Effect
    entity: npt.NDArray[np.int64]
    day: npt.NDArray[np.int64]
    observed: Floats
    expected: Floats

    @cached_property
    def _keys(self) -> tuple[int, npt.NDArray[np.int64]]:
        """Combine entity and day into one ascending number; give how many an entity takes, and all of them.

        Put together once: a match in progress asks dozens of times a delivery, and for a few places only.
        """
        span = int(self.day.max()) + 2
        return span, self.entity * span + self.day

    def before(self, entities: Ints, days: Ints) -> Floats:
        """Give the logarithm of each entity's rating as it stood before a day, ``[M, 7]``; 0 if unknown."""
        if not len(self.entity):
            return np.zeros((len(entities), N_OUTCOMES), dtype=np.float32)
        span, keys = self._keys
        # A day past the last one sees all of them, and never another entity's.
        asked = entities.astype(np.int64) * span + np.minimum(days, span - 1)
        place = np.maximum(np.searchsorted(keys, asked) - 1, 0)
        known = (self.entity[place] == entities) & (self.day[place] < days)
        kept = np.where(known, np.exp2((self.day[place] - days) / self.effect.half_life), 0.0)[:, None]
        return _log_ratio(self.observed[place] * kept, self.expected[place] * kept, self.effect.strength)


class Rated(NamedTuple):
    """What was expected of some deliveries, and what was learned from them.

    Attributes:
        ratings: as-of ratings by effect.
        expected: the logarithm of the probabilities expected before the day, ``[D, 7]``.
    """

    ratings: Mapping[str, AsOfRatings]
    expected: Floats


def rate(
    effects: Sequence[Effect], entities: Mapping[str, Ints], outcomes: Ints, first_day: Ints, last_day: Ints
) -> Rated:
    """Rate everything that takes part in some deliveries.

    Args:
        effects: in the order in which they learn from a day.
        entities: by effect, who or what takes part, ``[D]``, non-negative.
        outcomes: bat outcome of each delivery, ``[D]``; negative ones (wides) teach nothing.
        first_day: of the match, ``[D]``: what is known before it counts.
        last_day: of the match, ``[D]``: what it brought is known after it.
    """
    order = np.argsort(last_day, kind="stable")
    days, day_number = np.unique(last_day[order], return_inverse=True)
    learners = [_Learner(effect, entities[effect.name][order], day_number, days) for effect in effects]
    rows = np.searchsorted(day_number, np.arange(len(days) + 1))
    came = np.zeros((len(outcomes), N_OUTCOMES), dtype=np.float32)
    faced = np.flatnonzero(outcomes >= 0)
    came[faced, outcomes[faced]] = 1
    expected = np.empty((len(outcomes), N_OUTCOMES), dtype=np.float32)
    for number in range(len(days)):
        today = order[rows[number] : rows[number + 1]]
        expected[today] = np.log(_learn_day(learners, number, rows[number], rows[number + 1], came[today]))
    ratings = {learner.effect.name: learner.ratings() for learner in learners}
    delayed = np.flatnonzero(first_day < last_day)  # a reserve day: others played in between
    of_delayed = {name: entities[name][delayed] for name in ratings}
    expected[delayed] = expectation(ratings, of_delayed, first_day[delayed])
    return Rated(ratings, expected)


def expectation(ratings: Mapping[str, AsOfRatings], entities: Mapping[str, Ints], days: Ints) -> Floats:
    """Give the logarithm of what is expected of some deliveries before their day, ``[M, 7]``.

    Args:
        ratings: by effect.
        entities: by effect, who or what takes part, ``[M]``.
        days: of the matches, ``[M]``.
    """
    logits = np.tile(np.log(BASE), (len(days), 1))
    for name, rating in ratings.items():
        logits += rating.before(entities[name], days)
    logits -= logits.max(axis=1, keepdims=True)
    return (logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))).astype(np.float32)


class _Learner:
    """One effect: its entities' counts on every day on which they took part, in order of the days.

    A group is an entity on one day. ``previous`` is the entity's group before, whose counts, as far as they
    are kept, are what is known when the day begins.
    """

    def __init__(self, effect: Effect, entities: Ints, day_number: Ints, days: Ints) -> None:
        self.effect = effect
        count = int(entities.max(initial=0)) + 1
        groups, self.group_of = np.unique(day_number * count + entities, return_inverse=True)
        number, self._entity = np.divmod(groups, count)
        self._day = days[number]
        self.bounds = np.searchsorted(number, np.arange(len(days) + 1))
        self._by_entity = np.argsort(self._entity, kind="stable")
        of_entity = self._by_entity
        follows = self._entity[of_entity][1:] == self._entity[of_entity][:-1]
        self._previous = np.zeros(len(groups), dtype=np.int64)
        self._previous[of_entity[1:][follows]] = of_entity[:-1][follows]
        self._kept = np.zeros(len(groups))
        self._kept[of_entity[1:][follows]] = np.exp2(
            -np.diff(self._day[of_entity])[follows] / effect.half_life
        )
        self._observed = np.zeros((len(groups), N_OUTCOMES))
        self._expected = np.zeros((len(groups), N_OUTCOMES))

    def recall(self, number: int) -> npt.NDArray[np.float64]:
        """Begin a day with what is known; give the rating of each of its groups, ``[N, 7]``."""
        day = slice(self.bounds[number], self.bounds[number + 1])
        previous, kept = self._previous[day], self._kept[day, None]
        self._observed[day] = self._observed[previous] * kept
        self._expected[day] = self._expected[previous] * kept
        strength = self.effect.strength
        rating: npt.NDArray[np.float64] = (self._observed[day] + strength) / (self._expected[day] + strength)
        return rating

    def learn(
        self,
        number: int,
        group: Ints,
        rating: npt.NDArray[np.float64],
        came: Floats,
        expected: npt.NDArray[np.float64],
    ) -> npt.NDArray[np.float64]:
        """Take in a day's deliveries; give by how much the rating of each group changed, ``[N, 7]``.

        Args:
            number: of the day.
            group: of each delivery within the day, ``[B]``.
            rating: of each group before, ``[N, 7]``.
            came: the outcome of each delivery, ``[B, 7]``.
            expected: what all effects together expected of it, ``[B, 7]``.
        """
        day, size = slice(self.bounds[number], self.bounds[number + 1]), len(rating) * N_OUTCOMES
        cell = (group[:, None] * N_OUTCOMES + _CLASSES).ravel()
        self._observed[day] += np.bincount(cell, came.ravel(), size).reshape(-1, N_OUTCOMES)
        # What the others alone would have brought: the effect's own rating is in the expectation.
        self._expected[day] += np.bincount(cell, expected.ravel(), size).reshape(-1, N_OUTCOMES) / rating
        strength = self.effect.strength
        return (self._observed[day] + strength) / (self._expected[day] + strength) / rating

    def ratings(self) -> AsOfRatings:
        """Give what was learned."""
        of = self._by_entity
        return AsOfRatings(
            self.effect,
            self._entity[of].astype(np.int64),
            self._day[of].astype(np.int64),
            self._observed[of].astype(np.float32),
            self._expected[of].astype(np.float32),
        )


def _learn_day(
    learners: Sequence[_Learner], number: int, start: int, end: int, came: Floats
) -> npt.NDArray[np.float64]:
    """Expect a day's deliveries, ``[B, 7]``, and let every effect learn from them, one after the other."""
    groups = [learner.group_of[start:end] - learner.bounds[number] for learner in learners]
    ratings = [learner.recall(number) for learner in learners]
    power = np.tile(BASE, (end - start, 1))
    for group, rating in zip(groups, ratings, strict=True):
        power *= rating[group]
    at_first = power / power.sum(axis=1, keepdims=True)
    taught = came.any(axis=1, keepdims=True)  # wides teach nothing
    for learner, group, rating in zip(learners, groups, ratings, strict=True):
        expected = power / power.sum(axis=1, keepdims=True) * taught
        power *= learner.learn(number, group, rating, came, expected)[group]
    return at_first


def _log_ratio(observed: Floats, expected: Floats, strength: float) -> Floats:
    return np.log((observed + strength) / (expected + strength)).astype(np.float32)
