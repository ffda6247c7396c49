"""A checkpoint scored on a part of the matches, and the predictions file it can leave."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import polars as pl

from cricketgnn.config.models import Device
from cricketgnn.config.tuning import named
from cricketgnn.cricket.outcomes import KIND_NAMES, NO_OUTCOME, OUTCOME_NAMES
from cricketgnn.entries import Log
from cricketgnn.errors import ConfigError, DataError
from cricketgnn.evaluation import UNSCALED, Evaluation, Predictions, evaluate, reached_share
from cricketgnn.features.grouped import Ints
from cricketgnn.files import expanded, write_packed
from cricketgnn.graph.batch import InningsGraphs
from cricketgnn.graph.store import GraphStore
from cricketgnn.synthetic.sample import load_truth, truth_path
from cricketgnn.training.checkpoint import Checkpoint, open_model
from cricketgnn.training.device import graphs_on, memory_explained, resolve_device
from cricketgnn.training.inference import predict
from cricketgnn.training.sources import open_matches_of_run
from cricketgnn.training.split import part_at

Part = Literal["test", "val"]


@dataclass(frozen=True)
class TruthScore:
    """How near the forecasts come to the true chances of a synthetic league.

    Attributes:
        log_loss: of the true chances on the same deliveries: the best that is possible.
        reached: share of the way from the class prior to it.
    """

    log_loss: float
    reached: float


@dataclass(frozen=True)
class Scored:
    """The scores of one checkpoint on one part.

    Attributes:
        checkpoint: file that was scored.
        model: what it holds.
        part: which part of the matches.
        evaluation: all scores.
        predictions: of every delivery of the part.
        rows: their rows in the store, ``[D]``.
        graphs: of all innings, under what was fitted on training.
        truth: only for a synthetic league.
        same_matches: the matches are those of the run.
    """

    checkpoint: Path
    model: Checkpoint
    part: Part
    evaluation: Evaluation
    predictions: Predictions
    rows: Ints
    graphs: InningsGraphs
    truth: TruthScore | None
    same_matches: bool

    @property
    def store(self) -> GraphStore:
        """All innings."""
        return self.graphs.store

    @property
    def chosen_here(self) -> tuple[str, ...]:
        """Name what was chosen on this part of the run's matches: scores on them flatter the model."""
        if self.part != "val":
            return ()
        scaled = self.model.scaling != UNSCALED
        return ("epoch", "scaling", "decision_rule") if scaled else ("epoch", "decision_rule")

    def to_json(self) -> dict[str, Any]:
        """Give everything as one JSON document."""
        document = {
            "checkpoint": str(self.checkpoint),
            "split": self.part,
            "chosen_here": list(self.chosen_here),
            **self.evaluation.to_json(),
        }
        if self.truth is not None:
            document["truth"] = {"log_loss": self.truth.log_loss, "reached": self.truth.reached}
        return document

    def frame(self) -> pl.DataFrame:
        """Give the predictions as a table; see :func:`predictions_frame`."""
        return predictions_frame(self.store, self.rows, self.predictions)

    def write_predictions(self, path: Path) -> None:
        """Write :meth:`frame` as Parquet, atomically.

        Raises:
            OSError: the file cannot be written.
        """
        write_packed(path, self.frame().write_parquet)


def score(
    run: Path,
    data: Sequence[str],
    part: Part,
    *,
    log: Log,
    people: str | None = None,
    resamples: int = 1000,
    batch_size: int | None = None,
    device: str | None = None,
) -> Scored:
    """Score a checkpoint on the validation or test part of some matches.

    Args:
        run: run folder or checkpoint file.
        data: match files; empty for those the checkpoint was trained from. The dates that part them are
            the checkpoint's own.
        part: which part.
        log: told what the user should know.
        people: file of people's styles, if it lies elsewhere than the run found it.
        resamples: bootstrap draws over matches.
        batch_size: innings at once, if other than the run's.
        device: where to compute, if elsewhere than the run.

    Raises:
        CheckpointError: no checkpoint, or one that does not fit.
        ConfigError: a batch size below 1.
        UnknownNameError: no such device.
        OutOfMemoryError: the device has not enough memory for a batch.
        DataError: the part is empty, or the matches cannot be read.
    """
    if batch_size is not None and batch_size < 1:
        raise ConfigError(f"got batch_size {batch_size}, expected at least 1")
    file, checkpoint = open_model(run, log)
    chosen = named("device", Device, device) if device is not None else checkpoint.config.training.device
    store, paths = open_matches_of_run(data, people, checkpoint.config.data, log)
    innings = _innings_of(checkpoint, store, part)
    where = resolve_device(chosen)
    at_once = batch_size or checkpoint.config.training.batch_size
    graphs = graphs_on(where, store, checkpoint.fitted, checkpoint.config.model.history)
    with memory_explained(at_once):
        predictions = predict(checkpoint.forecaster().to(where), graphs, innings, at_once)
    evaluation = evaluate(predictions, checkpoint.rule, resamples=resamples)
    rows = store.rows_of(innings)
    truth = _score_truth(paths, store, rows, predictions, evaluation)
    same_matches = store.fingerprint == checkpoint.split.get("data_fingerprint")
    return Scored(file, checkpoint, part, evaluation, predictions, rows, graphs, truth, same_matches)


def predictions_frame(store: GraphStore, rows: Ints, predictions: Predictions) -> pl.DataFrame:
    """Give predictions as a table, one row a delivery, keyed by match, innings, over and ball.

    Args:
        store: all innings.
        rows: of the deliveries in the store, ``[D]``.
        predictions: of these deliveries.
    """
    probabilities, kinds = predictions.probabilities, predictions.kind_probabilities
    labels = pl.Series("label", np.asarray(store.outcome[rows])).cast(pl.Int8)
    return delivery_keys(store, rows).with_columns(
        pl.when(labels == NO_OUTCOME).then(None).otherwise(labels).alias("label"),
        pl.Series("kind", [KIND_NAMES[kind] for kind in store.kind[rows]], dtype=pl.String),
        *(pl.Series(f"p_{name}", probabilities[:, column]) for column, name in enumerate(OUTCOME_NAMES)),
        *(pl.Series(f"p_{name}", kinds[:, column]) for column, name in enumerate(KIND_NAMES)),
    )


def delivery_keys(store: GraphStore, rows: Ints) -> pl.DataFrame:
    """Name deliveries by ``match_id, date, innings, over, ball`` as their match file places them."""
    innings = np.searchsorted(store.pointers, rows, side="right") - 1
    return pl.DataFrame(
        {
            "match_id": store.match_ids[store.match[innings]],
            "date": store.day[innings].astype(np.int32),
            "innings": store.position[innings],
            "over": store.over[rows],
            "ball": store.ball[rows],
        }
    ).with_columns(pl.col("date").cast(pl.Date))


def _innings_of(checkpoint: Checkpoint, store: GraphStore, part: Part) -> Ints:
    val_from, test_from = (
        dt.date.fromisoformat(checkpoint.split[name]) for name in ("val_from", "test_from")
    )
    innings = part_at(store, val_from, test_from).part(part)
    if not len(innings):
        dates = f"{test_from} or later" if part == "test" else f"{val_from} to before {test_from}"
        raise DataError(f"no {part} match: none of these matches is dated {dates}; name other --data")
    return innings


def _score_truth(
    paths: Sequence[str | Path],
    store: GraphStore,
    rows: Ints,
    predictions: Predictions,
    evaluation: Evaluation,
) -> TruthScore | None:
    """Score the true chances where the matches are one synthetic archive with its truth beside it."""
    archive = expanded(paths[0])
    if len(paths) != 1 or archive.suffix != ".zip" or not truth_path(archive).is_file():
        return None
    try:
        truth = load_truth(archive)
    except pl.exceptions.PolarsError as error:
        raise DataError(f"{truth_path(archive)} is damaged ({error}); make the sample again") from error
    keys = ["match_id", "innings", "over", "ball"]
    wanted = delivery_keys(store, rows).drop("date")
    joined = wanted.join(
        truth.with_columns(pl.col(key).cast(wanted.schema[key]) for key in keys),
        on=keys,
        how="left",
        maintain_order="left",
    )
    chances = joined.select(f"p_{name}" for name in OUTCOME_NAMES).to_numpy()
    if len(chances) != len(rows) or not np.isfinite(chances).all():
        raise DataError(f"{truth_path(archive)} lacks deliveries of {archive.name}; make the sample again")
    faced = predictions.scored
    picked = chances[faced, predictions.outcomes[faced]]
    best = -float(np.log(picked).mean())
    scores = evaluation.scores
    return TruthScore(best, reached_share(scores["log_loss"].value, scores["log_loss_prior"].value, best))
