"""Everything fitted on the training innings that turns counts into node features."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from cricketgnn.cricket.outcomes import N_OUTCOMES
from cricketgnn.features import names
from cricketgnn.features.grouped import Floats, Ints
from cricketgnn.features.identity import numbers_of
from cricketgnn.features.statistics import (
    Priors,
    fit_bins,
    fit_concentration,
    fit_priors,
    rows_for_bins,
    shrunk_rates,
)
from cricketgnn.graph import schema
from cricketgnn.graph.store import GraphStore, ranges

UNKNOWN: Final = 0
"""Vocabulary number of a player whom no training innings holds."""
_ENTRIES_AT_ONCE: Final = 100_000
"""Player entries worked on at a time: what they are computed from takes more memory than they do."""


@dataclass(frozen=True)
class Fitted:
    """Fitted on training innings, kept in the checkpoint.

    Attributes:
        priors: class shares by sex.
        concentrations: balls each role's prior is worth.
        edges: quantile bin edges by node type, each ``[F, B + 1]``.
        vocabulary: registry ids of the players met in training, in order; number 1 is the first.
    """

    priors: Priors
    concentrations: Mapping[str, float]
    edges: Mapping[str, Floats]
    vocabulary: npt.NDArray[np.str_]


@dataclass(frozen=True)
class NodeFeatures:
    """Features of the static nodes of every innings of a store, under one :class:`Fitted`.

    Attributes:
        player: ``[P, len(names.PLAYER)]``.
        venue: ``[I, len(names.VENUE)]``.
        team: batting side then bowling side, ``[I, 2, len(names.TEAM)]``.
        competition: ``[I, len(names.COMPETITION)]``.
        person: vocabulary number of each player entry, ``[P]``.
    """

    player: Floats
    venue: Floats
    team: Floats
    competition: Floats
    person: Ints


class _ContextFeatures(NamedTuple):
    """The features of :class:`NodeFeatures` that belong to an innings."""

    venue: Floats
    team: Floats
    competition: Floats


def fit(store: GraphStore, training: Ints, bins: int) -> Fitted:
    """Fit priors, shrinkage, bins and vocabulary on some innings and nothing else.

    Args:
        store: all innings.
        training: the innings that may be learned from, ``[N]``.
        bins: quantile bins a feature.
    """
    rows = store.rows_of(training)
    female = np.repeat(store.is_female, np.diff(store.pointers))[rows]
    priors = fit_priors(store.outcome[rows], store.kind[rows], female)
    entries = ranges(store.player_pointers[training], store.player_pointers[training + 1])
    concentrations = _fit_concentrations(store, training, entries, priors)
    known = np.unique(store.person_ids[store.person[entries]])
    counts_only = Fitted(priors, concentrations, {}, known)
    contexts = _context_features(store, counts_only)
    sides = contexts.team[training].reshape(-1, len(names.TEAM))
    sampled = rows_for_bins(training)
    edges = {
        schema.DELIVERY: fit_bins(store.delivery_x[rows_for_bins(rows)], bins),
        schema.PLAYER: fit_bins(_player_features(store, counts_only, rows_for_bins(entries)), bins),
        schema.VENUE: fit_bins(contexts.venue[sampled], bins),
        schema.TEAM: fit_bins(sides[rows_for_bins(np.arange(len(sides)))], bins),
        schema.COMPETITION: fit_bins(contexts.competition[sampled], bins),
    }
    return Fitted(priors, concentrations, edges, known)


def node_features(store: GraphStore, fitted: Fitted) -> NodeFeatures:
    """Shrink the as-of counts of every innings with what was fitted, and lay the ratings beside them."""
    entries = store.player_counts.shape[1]
    player = np.empty((entries, len(names.PLAYER)), dtype=np.float32)
    for start in range(0, entries, _ENTRIES_AT_ONCE):
        end = min(start + _ENTRIES_AT_ONCE, entries)
        player[start:end] = _player_features(store, fitted, np.arange(start, end))
    contexts = _context_features(store, fitted)
    return NodeFeatures(
        player=player,
        venue=contexts.venue,
        team=contexts.team,
        competition=contexts.competition,
        person=(1 + numbers_of(store.person_ids, fitted.vocabulary))[store.person],
    )


def _player_features(store: GraphStore, fitted: Fitted, entries: Ints) -> Floats:
    """Compute the features of some player entries, ``[N, len(names.PLAYER)]``."""
    prior = fitted.priors.rates[_sex_of(store, entries)]
    rates = [
        shrunk_rates(store.player_counts[number][entries], prior, fitted.concentrations[role])
        for number, role in enumerate(names.PLAYER_ROLES)
    ]
    return np.concatenate([*rates, store.player_ratings[entries]], axis=1)


def _sex_of(store: GraphStore, entries: Ints) -> Ints:
    """Give 1 where player entries are of women's innings, else 0."""
    innings = np.searchsorted(store.player_pointers, entries, side="right") - 1
    return store.is_female[innings].astype(int)


def _context_features(store: GraphStore, fitted: Fitted) -> _ContextFeatures:
    prior = fitted.priors.rates[store.is_female.astype(int)]  # [I, 9]
    context = {
        role: shrunk_rates(store.context_counts[number], prior, fitted.concentrations[role])
        for number, role in enumerate(names.CONTEXT_ROLES)
    }
    sides = np.stack([context["batting_team"], context["bowling_team"]], axis=1)
    return _ContextFeatures(
        venue=np.concatenate([context["venue"], store.venue_ratings], axis=1),
        team=np.concatenate([sides, store.team_ratings], axis=2),
        competition=np.concatenate(
            [context["competition"], context["era"], store.competition_ratings], axis=1
        ),
    )


def _fit_concentrations(store: GraphStore, training: Ints, entries: Ints, priors: Priors) -> dict[str, float]:
    """Fit each role on the careers of its entities as they stood at their latest training innings."""
    prior = priors.rates[:, :N_OUTCOMES][store.is_female.astype(int)]
    fitted = {}
    for number, role in enumerate(names.PLAYER_ROLES):
        final = entries[_latest_of_each(store.person[entries])]
        own_prior = priors.rates[:, :N_OUTCOMES][_sex_of(store, final)]
        fitted[role] = fit_concentration(store.player_counts[number][final, :N_OUTCOMES], own_prior)
    for number, role in enumerate(names.CONTEXT_ROLES):
        final = training[_latest_of_each(store.context_entity[number][training])]
        fitted[role] = fit_concentration(store.context_counts[number][final, :N_OUTCOMES], prior[final])
    return fitted


def _latest_of_each(codes: Ints) -> Ints:
    """Give the last position of each distinct code; entries stand in time order."""
    _, last_from_end = np.unique(codes[::-1], return_index=True)
    return np.asarray(len(codes) - 1 - last_from_end)
