"""What a user asked a search for, as it is kept in the study: ``resume`` needs the study's name only."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, Final, Self

import optuna
from pydantic import ValidationError

from cricketgnn.config import Origin, ResolvedConfig, RunConfig
from cricketgnn.config.models import DataConfig, Device, Frozen
from cricketgnn.config.readers import ChosenOn
from cricketgnn.config.search_space import Phase, SearchSpace
from cricketgnn.config.tracking import TrackingConfig
from cricketgnn.config.tuning import TuningConfig, tuning_config
from cricketgnn.errors import ConfigError, StorageError
from cricketgnn.files import expanded

_REQUEST: Final = "request"


class _OriginText(Frozen):
    source: str
    phase: str | None = None


class SearchRequest(Frozen):
    """A search as it was asked for.

    Attributes:
        phase: what is searched.
        space: the dimensions.
        config: everything else, data paths absolute.
        origins: where each setting came from.
        chosen_on: the matches that earlier phases chose some of them on.
        tuning: how to go about it.
        chain: name of the phases in a row that it belongs to; None for a search by itself.
        tracking: where it is shown beside its files; None for nowhere.
    """

    phase: Phase
    space: SearchSpace
    config: RunConfig
    origins: dict[str, _OriginText]
    tuning: TuningConfig
    chosen_on: ChosenOn | None = None
    chain: str | None = None
    tracking: TrackingConfig | None = None

    @classmethod
    def of(
        cls,
        phase: Phase,
        space: SearchSpace,
        base: ResolvedConfig,
        tuning: TuningConfig,
        chain: str | None = None,
        tracking: TrackingConfig | None = None,
    ) -> Self:
        """Put a request together.

        Raises:
            ConfigError: a trial would be an ensemble.
        """
        if base.config.training.seeds != 1:
            raise ConfigError(
                f"got seeds {base.config.training.seeds} ({base.origins['seeds'].source}), expected 1 in a "
                "search: its trials are single networks; train the winner as an ensemble with: "
                "cricketgnn train --best-params latest --seeds 5"
            )
        return cls(
            phase=phase,
            space=space,
            config=_at(base.config, base.config.data),
            origins={
                name: _OriginText(source=origin.source, phase=origin.phase)
                for name, origin in base.origins.items()
            },
            tuning=tuning,
            chosen_on=base.chosen_on,
            chain=chain,
            tracking=tracking,
        )

    def to_json(self) -> dict[str, Any]:
        """Give configuration, origins and the way of searching as plain values."""
        return {**self.base.to_json(), "tuning": self.tuning.model_dump(mode="json")}

    @property
    def base(self) -> ResolvedConfig:
        """Give the configuration with its origins."""
        origins = {name: Origin(text.source, text.phase) for name, text in self.origins.items()}
        return ResolvedConfig(self.config, origins, self.chosen_on)

    def with_data(self, paths: Sequence[str] | None, people: str | None = None) -> SearchRequest:
        """Give the request with its files lying elsewhere; None leaves them where they were."""
        if not paths and not people:
            return self
        return self.model_copy(
            update={"config": _at(self.config, self.config.data.moved(paths or (), people))}
        )

    def with_device(self, device: Device | None) -> SearchRequest:
        """Give the request for another device; None leaves it where it was."""
        if device is None:
            return self
        training = self.config.training.model_copy(update={"device": device})
        return self.model_copy(update={"config": self.config.model_copy(update={"training": training})})

    def changed(self, changes: Mapping[str, Any]) -> SearchRequest:
        """Give the request with other values of its ``tuning``; None leaves one as it was."""
        wanted = {name: value for name, value in changes.items() if value is not None}
        tuning = tuning_config({**self.tuning.model_dump(), **wanted})
        return self.model_copy(update={"tuning": tuning})


def _at(config: RunConfig, data: DataConfig) -> RunConfig:
    """Name the files of a configuration by absolute paths, which hold in any folder."""
    absolute: dict[str, Any] = {"data": tuple(_absolute(path) for path in data.data)}
    if data.people is not None:
        absolute["people"] = _absolute(data.people)
    return config.model_copy(update={"data": data.model_copy(update=absolute)})


def _absolute(path: str) -> str:
    return path and os.path.abspath(expanded(path))  # noqa: PTH100, it may be a pattern; "" is none, and refused


def keep_request(study: optuna.Study, request: SearchRequest) -> None:
    """Keep a request in the study; the latest counts."""
    study.set_user_attr(_REQUEST, request.model_dump(mode="json"))


def kept_request(study: optuna.Study) -> SearchRequest:
    """Give the request a study was last searched with.

    Raises:
        StorageError: the study was made by something else, or by a version that kept other things.
    """
    stored = study.user_attrs.get(_REQUEST)
    try:
        return SearchRequest.model_validate(stored)
    except (ValidationError, ConfigError) as error:
        raise StorageError(
            f"study '{study.study_name}' does not say what it searches (made by another program or version); "
            "name phase, data and --study-name again with: cricketgnn tune"
        ) from error
