"""Learning ratings, one day after the other.

A day's deliveries are expected from strictly earlier days only; then the effects learn from the day, one
after the other, each given those before it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from cricketgnn.cricket.outcomes import N_OUTCOMES
from cricketgnn.features.blocks import Block
from cricketgnn.features.grouped import BEFORE_ALL, Floats, Ints
from cricketgnn.features.ratings import BASE, AsOfRatings, Effect, Rated, expectation

_CLASSES: Final = np.arange(N_OUTCOMES)


class RatingLearner:
    """Rates everything that takes part in deliveries that come block by block.

    Args:
        effects: in the order in which they learn from a day.
    """

    def __init__(self, effects: Sequence[Effect]) -> None:
        self._learners = [_Learner(effect) for effect in effects]
        self._waiting: list[tuple[Ints, ...]] = []

    def take_in(
        self, entities: Mapping[str, Ints], outcomes: Ints, first_day: Ints, last_day: Ints, until: int
    ) -> Rated:
        """Expect some deliveries and learn from those that are over.

        Args:
            entities: by effect, who or what takes part, ``[D]``, non-negative.
            outcomes: bat outcome of each delivery, ``[D]``; negative ones (wides) teach nothing.
            first_day: of the match, ``[D]``: what is known before it counts. Later than any before.
            last_day: of the match, ``[D]``: what it brought is known after it.
            until: the last of the first days. Matches that end later wait for another block.

        Returns:
            Ratings that answer for the days of these deliveries and later ones, up to what has been learned.
        """
        names = [learner.effect.name for learner in self._learners]
        rows = [(last_day, outcomes, *(entities[name] for name in names))]
        day, outcome, *groups = (np.concatenate(column) for column in zip(*self._waiting, *rows, strict=True))
        earlier = len(day) - len(outcomes)
        over = day <= until
        self._waiting = [tuple(column[~over] for column in (day, outcome, *groups))] if not over.all() else []
        learned = self._learn(day[over], outcome[over], [group[over] for group in groups])
        expected = np.empty((len(day), N_OUTCOMES), dtype=np.float32)
        expected[over] = learned.expected
        delayed = np.flatnonzero(first_day < last_day)  # a reserve day: others played in between
        of_delayed = {name: entities[name][delayed] for name in names}
        expected[earlier + delayed] = expectation(learned.ratings, of_delayed, first_day[delayed])
        ratings = {name: learned.ratings[name].in_single_precision() for name in names}
        return Rated(ratings, expected[earlier:])

    def take_in_block(self, block: Block, entities: Mapping[str, Ints]) -> Rated:
        """Expect the deliveries of a block, and learn from them; see :meth:`take_in`."""
        plays, innings = block.plays, block.plays.innings_of
        return self.take_in(
            entities, plays.column["outcome"], plays.day[innings], plays.last_day[innings], block.until
        )

    def _learn(self, day: Ints, outcome: Ints, entities: Sequence[Ints]) -> Rated:
        """Expect deliveries before their day and learn from them, one day after the other.

        The ratings are in double precision: looked up, they expect to the last bit what is expected here.
        """
        order = np.argsort(day, kind="stable")
        days, day_number = np.unique(day[order], return_inverse=True)
        for learner, of_effect in zip(self._learners, entities, strict=True):
            learner.begin(of_effect[order], day_number, days)
        rows = np.searchsorted(day_number, np.arange(len(days) + 1))
        came = np.zeros((len(outcome), N_OUTCOMES), dtype=np.float32)
        faced = np.flatnonzero(outcome >= 0)
        came[faced, outcome[faced]] = 1
        expected = np.empty_like(came)
        for number in range(len(days)):
            today = order[rows[number] : rows[number + 1]]
            shares = _learn_day(self._learners, number, rows[number], rows[number + 1], came[today])
            expected[today] = np.log(shares)
        return Rated({learner.effect.name: learner.end() for learner in self._learners}, expected)


class _Known(NamedTuple):
    """What is known of each entity of one effect, by its number.

    Attributes:
        day: on which it took part last, ``[E]``, days since 1970-01-01; :data:`BEFORE_ALL` if nobody met it.
        observed, expected: outcomes after that day, ``[E, 7]``.
    """

    day: npt.NDArray[np.int64]
    observed: npt.NDArray[np.float64]
    expected: npt.NDArray[np.float64]

    @classmethod
    def nothing(cls, count: int) -> Self:
        """Know nothing of so many entities."""
        return cls(np.full(count, BEFORE_ALL), np.zeros((count, N_OUTCOMES)), np.zeros((count, N_OUTCOMES)))

    def grown_to(self, count: int) -> _Known:
        """Leave room for entities that come in."""
        more = _Known.nothing(count - len(self.day))
        return _Known(*(np.concatenate(pair) for pair in zip(self, more, strict=True)))


class _Learner:
    """One effect: what is known of its entities now, and their counts on every day of the latest block.

    A group is an entity on one day. Behind the groups of a block stand, as if they were groups too, its
    entities as they were before it. ``previous`` is where an entity's counts were last before a group: as far
    as they are kept, they are what is known when the day begins.
    """

    def __init__(self, effect: Effect) -> None:
        self.effect = effect
        self._known = _Known.nothing(0)

    def begin(self, entities: Ints, day_number: Ints, days: Ints) -> None:
        """Lay out a block: the entity and the day of each of its rows, in the order of the days."""
        count = max(int(entities.max(initial=-1)) + 1, len(self._known.day))
        self._known = self._known.grown_to(count)
        groups, self.group_of = np.unique(day_number * count + entities, return_inverse=True)
        number, self._entity = np.divmod(groups, max(count, 1))
        self._day = days[number]
        self.bounds = np.searchsorted(number, np.arange(len(days) + 1))
        of = self._by_entity = np.argsort(self._entity, kind="stable")
        follows = np.zeros(len(of), dtype=bool)
        follows[1:] = self._entity[of[1:]] == self._entity[of[:-1]]
        first = of[~follows]
        entity_of_first = self._entity[first]
        self._previous = np.empty(len(groups), dtype=np.int64)
        self._previous[of[1:][follows[1:]]] = of[:-1][follows[1:]]
        self._previous[first] = len(groups) + np.arange(len(first))
        since = np.concatenate([self._day, self._known.day[entity_of_first]])
        self._kept = np.exp2((since[self._previous] - self._day) / self.effect.half_life)
        fresh = np.zeros((len(groups), N_OUTCOMES))
        self._observed = np.concatenate([fresh, self._known.observed[entity_of_first]])
        self._expected = np.concatenate([fresh, self._known.expected[entity_of_first]])

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

    def end(self) -> AsOfRatings:
        """Keep what is known of each entity after the block; give what was known on which day."""
        known, of = self._known, self._by_entity
        entity, day = self._entity[of], self._day[of].astype(np.int64)
        observed, expected = self._observed[of], self._expected[of]
        met = np.flatnonzero(known.day > BEFORE_ALL)
        before = AsOfRatings(self.effect, met, known.day[met], known.observed[met], known.expected[met])
        ratings = AsOfRatings.joined([before, AsOfRatings(self.effect, entity, day, observed, expected)])
        last = np.append(entity[1:] != entity[:-1], True)[: len(of)]
        known.day[entity[last]] = day[last]
        known.observed[entity[last]] = observed[last]
        known.expected[entity[last]] = expected[last]
        return ratings


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
