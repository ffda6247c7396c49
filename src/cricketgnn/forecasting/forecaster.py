"""A checkpoint, what is known of everybody and a match in progress, made into probabilities."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from cricketgnn.config.models import Device
from cricketgnn.cricket.outcomes import N_OUTCOMES
from cricketgnn.cricsheet import ParsedMatch
from cricketgnn.cricsheet.wire import Delivery, Innings, Match, Over, Runs
from cricketgnn.entries import Log
from cricketgnn.errors import DataError
from cricketgnn.evaluation import Predictions
from cricketgnn.features import names
from cricketgnn.features.grouped import Ints
from cricketgnn.features.history import History
from cricketgnn.features.styles import Styles
from cricketgnn.forecasting.crease import Crease, Named, next_crease
from cricketgnn.forecasting.forecasts import NextDelivery, SoFar
from cricketgnn.forecasting.live_store import LiveStores
from cricketgnn.forecasting.load import load_history
from cricketgnn.forecasting.situation import Situation, situation_of
from cricketgnn.graph.batch import InningsGraphs
from cricketgnn.graph.store import GraphStore
from cricketgnn.training.checkpoint import Checkpoint, open_model
from cricketgnn.training.device import resolve_device
from cricketgnn.training.inference import predict
from cricketgnn.training.scoring import predictions_frame
from cricketgnn.training.sources import files_of, styles_of, where_of_run
from cricketgnn.words import counted

NOBODY_NAMED: Final = Named()
_ROLES: Final = {"striker": "batter", "non_striker": "batter", "bowler": "bowler"}
"""Places of a delivery, and the career that says how well its holder is known."""
_EPOCH: Final = dt.date(1970, 1, 1)
_STALE_DAYS: Final = 60
"""Careers that end longer before a match than this are worth a remark."""
_YET_TO_COME: Final = Runs(batter=0, extras=0, total=0)
"""Stands in the match file where the next delivery goes. No message reads a delivery's own outcome."""


class MatchForecaster:
    """Forecasts matches in progress with one checkpoint.

    Args:
        checkpoint: a trained model.
        history: what is known of everybody, by day.
        styles: of batting and bowling.
        device: where to compute.
    """

    def __init__(
        self, checkpoint: Checkpoint, history: History, styles: Styles, device: Device = Device.CPU
    ) -> None:
        self.checkpoint = checkpoint
        self.history = history
        self._device = resolve_device(device)
        self._stores = LiveStores(history, styles)
        self._model = checkpoint.forecaster().to(self._device)

    @classmethod
    def open(
        cls,
        run: Path,
        data: Sequence[str],
        log: Log,
        *,
        people: str | None = None,
        device: Device = Device.CPU,
    ) -> MatchForecaster:
        """Load a run's model, and what its matches say about everybody.

        Args:
            run: run folder or checkpoint file.
            data: match files to know people from; empty for those the run was trained from.
            log: told what the user should know.
            people: file of people's styles, if it lies elsewhere than the run found it.
            device: where to compute.

        Raises:
            CheckpointError: no checkpoint, or one that does not fit.
            DataError: the matches cannot be read.
        """
        _, checkpoint = open_model(run)
        named = checkpoint.config.data.moved(data, people)
        with where_of_run(data, people, checkpoint.config.data):
            styles = styles_of(named.people)
            history = load_history(files_of(named.data, log), log)
        return cls(checkpoint, history, styles, device)

    def next(self, match: ParsedMatch, named: Named = NOBODY_NAMED) -> NextDelivery:
        """Forecast the next delivery of a match.

        Args:
            match: so far.
            named: who bats and bowls, as far as it does not follow from the Laws.

        Raises:
            DataError: there is no next delivery, it cannot be as it was named, or somebody must be named.
        """
        info = match.document.info
        situation = situation_of(match.document)
        crease = next_crease(situation, info, named)
        coming = replace(match, document=_with_delivery(match.document, situation, crease))
        store = self._stores.store(coming, in_progress=True)
        last = len(store) - 1
        forecast = self._predict(store, np.array([last]))
        seen = _seen(store)
        return NextDelivery(
            match_id=match.match_id,
            situation=situation,
            crease=crease,
            ids={role: info.registry.people[name] for role, name in asdict(crease).items()},
            seen=seen,
            probabilities=forecast.probabilities[-1],
            kind_probabilities=forecast.kind_probabilities[-1],
            prior=self.checkpoint.fitted.priors.outcome[int(store.is_female[last])].astype(np.float32),
            remarks=tuple(self._remarks(store, situation, crease, seen)),
        )

    def so_far(self, match: ParsedMatch) -> SoFar:
        """Forecast every delivery of the regular innings so far, each as it was before it was bowled.

        Raises:
            DataError: no delivery has been bowled.
        """
        regular = (one for one in match.document.innings if not one.super_over)
        if not any(over.deliveries for one in regular for over in one.overs):
            raise DataError(
                f"{match.file}: no delivery has been bowled; leave out --all to forecast the first"
            )
        store = self._stores.store(match, in_progress=False)
        innings = np.arange(len(store))
        forecast = self._predict(store, innings)
        return SoFar(match.match_id, predictions_frame(store, store.rows_of(innings), forecast))

    def _predict(self, store: GraphStore, innings: Ints) -> Predictions:
        graphs = InningsGraphs(store, self.checkpoint.fitted, self.checkpoint.config.model.history)
        return predict(self._model, graphs, innings, len(innings), self._device)

    def _remarks(
        self, store: GraphStore, situation: Situation, crease: Crease, seen: dict[str, int]
    ) -> Iterator[str]:
        """Say what makes this forecast less, or more, than it seems."""
        for role, name in asdict(crease).items():
            if not seen[role]:
                yield f"{name} has never been seen as a {_ROLES[role]}: forecast as anybody of this sex"
        if situation.bowler not in (None, crease.bowler):
            yield f"{crease.bowler} takes over from {situation.bowler} in the middle of the over"
        for number, role in enumerate(names.CONTEXT_ROLES[:-1]):
            if not store.context_counts[number, -1].any():
                yield f"nothing is known of this {role.replace('_', ' ')} from earlier days"
        day = int(store.day[-1])
        trained_before = (dt.date.fromisoformat(self.checkpoint.split["val_from"]) - _EPOCH).days
        if day < trained_before:
            yield "the model learned from matches of this day and later: its forecast flatters it"
        behind = day - self.history.last_day
        if behind > _STALE_DAYS:
            yield f"what is known ends {counted(behind, 'day')} before this match; newer matches: --data"


def _with_delivery(match: Match, situation: Situation, crease: Crease) -> Match:
    """Append the next delivery, without an outcome, to what a match file holds."""
    coming = Delivery(
        batter=crease.striker, bowler=crease.bowler, non_striker=crease.non_striker, runs=_YET_TO_COME
    )
    begun = situation.innings < len(match.innings)
    innings = match.innings[situation.innings] if begun else Innings(team=situation.batting)
    overs = innings.overs
    if overs and overs[-1].over == situation.over:
        over = msgspec.structs.replace(overs[-1], deliveries=(*overs[-1].deliveries, coming))
        overs = (*overs[:-1], over)
    else:
        overs = (*overs, Over(over=situation.over, deliveries=(coming,)))
    innings = msgspec.structs.replace(innings, overs=overs)
    return msgspec.structs.replace(match, innings=(*match.innings[: situation.innings], innings))


def _seen(store: GraphStore) -> dict[str, int]:
    """Count the bat outcomes of earlier days that are known of the people of a store's last delivery."""
    first = store.player_pointers[-2]
    return {
        place: int(
            store.player_counts[
                names.PLAYER_ROLES.index(role), first + getattr(store, place)[-1], :N_OUTCOMES
            ].sum()
        )
        for place, role in _ROLES.items()
    }
