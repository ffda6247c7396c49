"""What is forecast of a match, with all that is to be said of it, and the files it can be written to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl

from cricketgnn.cricket.outcomes import KIND_NAMES, OUTCOME_NAMES
from cricketgnn.errors import UsageError
from cricketgnn.features.grouped import Floats
from cricketgnn.files import write_json, write_packed
from cricketgnn.forecasting.crease import Crease
from cricketgnn.forecasting.situation import Situation

JSON: Final = ".json"
PARQUET: Final = ".parquet"


@dataclass(frozen=True)
class NextDelivery:
    """The forecast of the delivery that comes next.

    Attributes:
        match_id: stem of the match file.
        situation: where the match stands.
        crease: who bowls to whom.
        ids: registry id of each of them, by role.
        seen: bat outcomes of earlier days that are known of each of them in that role.
        probabilities: of the bat outcome given that the delivery is no wide, ``[7]``.
        kind_probabilities: of the delivery kind, ``[3]``.
        prior, kind_prior: class priors of the sex, ``[7]`` and ``[3]``.
        remarks: what the user should know of it.
    """

    match_id: str
    situation: Situation
    crease: Crease
    ids: dict[str, str]
    seen: dict[str, int]
    probabilities: Floats
    kind_probabilities: Floats
    prior: Floats
    kind_prior: Floats
    remarks: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Give the forecast as one JSON document."""
        now = self.situation
        people = {
            role: {"name": name, "id": self.ids[role], "deliveries_seen": self.seen[role]}
            for role, name in asdict(self.crease).items()
        }
        return {
            "match_id": self.match_id,
            "innings": now.innings,
            "batting": now.batting,
            "bowling": now.bowling,
            "score": now.score,
            "wickets": now.wickets,
            "overs": now.overs,
            "scheduled_balls": now.scheduled_balls,
            "legal_balls": now.legal_balls,
            "target": now.target,
            "over": now.over,
            "ball": now.deliveries,
            **people,
            "outcome": _by_name(OUTCOME_NAMES, self.probabilities),
            "kind": _by_name(KIND_NAMES, self.kind_probabilities),
            "outcome_prior": _by_name(OUTCOME_NAMES, self.prior),
            "kind_prior": _by_name(KIND_NAMES, self.kind_prior),
            "remarks": list(self.remarks),
        }


@dataclass(frozen=True)
class SoFar:
    """Every delivery of a match so far, each as it was forecast before it was bowled.

    Attributes:
        match_id: stem of the match file.
        frame: one row a delivery, as of :func:`cricketgnn.training.scoring.predictions_frame`.
    """

    match_id: str
    frame: pl.DataFrame

    def to_json(self) -> dict[str, Any]:
        """Give the forecasts as one JSON document."""
        rounded = self.frame.drop("match_id").with_columns(
            pl.col(pl.Float32).cast(pl.Float64).round(6), pl.col(pl.Date).cast(pl.String)
        )
        return {"match_id": self.match_id, "deliveries": rounded.to_dicts()}


def check_format(path: Path | None, every: bool) -> None:
    """Refuse a file that could not be written in the end, before anything is computed.

    Raises:
        UsageError: neither JSON nor, for every delivery, Parquet.
    """
    allowed = (JSON, PARQUET) if every else (JSON,)
    if path is not None and path.suffix not in allowed:
        more = "" if every else f" ({PARQUET} holds many deliveries: add --all)"
        raise UsageError(f"--out {path}: expected a name that ends in {' or '.join(allowed)}{more}")


def write_forecast(path: Path, forecast: NextDelivery | SoFar) -> None:
    """Write a forecast atomically, as JSON or, every delivery so far, as Parquet; the name says which.

    Raises:
        OSError: the file cannot be written.
    """
    if isinstance(forecast, SoFar) and path.suffix == PARQUET:
        write_packed(path, forecast.frame.write_parquet)
    else:
        write_json(path, forecast.to_json())


def _by_name(classes: Sequence[str], probabilities: Floats) -> dict[str, float]:
    return {name: round(float(p), 6) for name, p in zip(classes, probabilities, strict=True)}
