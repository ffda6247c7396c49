"""A checkpoint, what is known of everybody and a match in progress, made into probabilities."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from cricketgnn.config.models import Device
from cricketgnn.cricsheet import ParsedMatch
from cricketgnn.cricsheet.wire import Delivery, Innings, Match, Over, Runs, Target
from cricketgnn.entries import Log
from cricketgnn.errors import DataError
from cricketgnn.features.history import History
from cricketgnn.features.styles import Styles
from cricketgnn.forecasting.crease import Crease, Named, next_crease
from cricketgnn.forecasting.forecasts import NextDelivery, SoFar
from cricketgnn.forecasting.live_network import LiveNetwork
from cricketgnn.forecasting.live_store import LiveStores
from cricketgnn.forecasting.load import load_history
from cricketgnn.forecasting.remarks import (
    deliveries_seen,
    of_styles,
    of_the_day,
    of_the_file,
    of_what_is_known,
)
from cricketgnn.forecasting.situation import Situation, situation_of
from cricketgnn.graph.batch import InningsGraphs
from cricketgnn.graph.store import GraphStore
from cricketgnn.training.checkpoint import Checkpoint, open_model
from cricketgnn.training.device import resolve_device
from cricketgnn.training.inference import predict
from cricketgnn.training.scoring import predictions_frame
from cricketgnn.training.sources import files_of, lying_as_the_run_knew, styles_of_run

NOBODY_NAMED: Final = Named()
_YET_TO_COME: Final = Runs(batter=0, extras=0, total=0)
"""Stands in the match file where the next delivery goes. No message reads a delivery's own outcome."""


class MatchForecaster:
    """Forecasts matches in progress with one checkpoint; threads that share it take turns.

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
        self._model = checkpoint.forecaster().to(self._device)
        self._live = LiveNetwork(self._model)
        self._styles = styles
        self._turn = threading.Lock()
        self._stores = LiveStores(history, styles)
        self._latest: InningsGraphs | None = None

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
        _, checkpoint = open_model(run, log)
        asked = checkpoint.config.data.moved(data, people)
        styles = styles_of_run(asked, people)
        with lying_as_the_run_knew("--data", data):
            history = load_history(files_of(asked.data, log), log)
        return cls(checkpoint, history, styles, device)

    def next(
        self, match: ParsedMatch, named: Named = NOBODY_NAMED, *, innings_closed: bool = False
    ) -> NextDelivery:
        """Forecast the next delivery of a match.

        Args:
            match: so far.
            named: who bats and bowls, as far as it does not follow from the Laws.
            innings_closed: the innings has ended although the Laws alone would have it go on.

        Raises:
            DataError: there is no next delivery, it cannot be as it was named, or somebody must be named.
        """
        info = match.document.info
        situation = situation_of(match.document, innings_closed=innings_closed)
        crease = next_crease(situation, info, named)
        coming = replace(match, document=_with_delivery(match.document, situation, crease))
        with self._turn:  # what is kept of the latest match is that of one match
            store = self._stores.store(coming, in_progress=True)
            probabilities, kind_probabilities = self._live.last(self._graphs(store))
        last = len(store) - 1
        seen = deliveries_seen(store)
        ids = {role: info.registry.people[name] for role, name in asdict(crease).items()}
        priors, sex = self.checkpoint.fitted.priors, int(store.is_female[last])
        return NextDelivery(
            match_id=match.match_id,
            situation=situation,
            crease=crease,
            ids=ids,
            seen=seen,
            probabilities=probabilities,
            kind_probabilities=kind_probabilities,
            prior=priors.outcome[sex].astype(np.float32),
            kind_prior=priors.kind[sex].astype(np.float32),
            remarks=(
                *of_what_is_known(store, situation, crease, seen),
                *of_styles(self._styles, crease, ids),
                *of_the_file(info),
                *of_the_day(int(store.day[last]), self.checkpoint, self.history),
            ),
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
        with self._turn:
            store = self._stores.store(match, in_progress=False)
            graphs = self._graphs(store)
        innings = np.arange(len(store))
        forecast = predict(self._model, graphs, innings, len(innings))
        return SoFar(match.match_id, predictions_frame(store, store.rows_of(innings), forecast))

    def _graphs(self, store: GraphStore) -> InningsGraphs:
        """Make graphs of a match; the features of static nodes are made anew when somebody has come in."""
        config, fitted, of = self.checkpoint.config.model, self.checkpoint.fitted, self._latest
        if of is None or not _same_players(of.store, store):
            self._latest = InningsGraphs(store, fitted, config.history, self._device)
            return self._latest
        return InningsGraphs(store, fitted, config.history, self._device, of.nodes)


def _same_players(one: GraphStore, other: GraphStore) -> bool:
    looked_up_once = one.player_counts is other.player_counts
    return looked_up_once and one.person_ids.tolist() == other.person_ids.tolist()


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
    target = innings.target
    if situation.target is not None:  # what is said to be to win is what is forecast with
        target = Target(runs=situation.target, overs=None if target is None else target.overs)
    innings = msgspec.structs.replace(innings, overs=overs, target=target)
    return msgspec.structs.replace(match, innings=(*match.innings[: situation.innings], innings))
