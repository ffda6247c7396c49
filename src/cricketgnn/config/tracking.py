"""Where a run or a search is shown beside its own files."""

from __future__ import annotations

import os
from enum import StrEnum
from typing import Annotated, Final

from pydantic import Field, ValidationError

from cricketgnn.config.models import Frozen
from cricketgnn.config.tuning import named
from cricketgnn.errors import ConfigError

RUNS_PROJECT: Final = "cricket-gnn"
SEARCHES_PROJECT: Final = "cricket-gnn-optuna"
MODE_VARIABLE: Final = "WANDB_MODE"


class TrackingMode(StrEnum):
    """Whether W&B hears of a run at once, later, or never."""

    ONLINE = "online"
    OFFLINE = "offline"
    DISABLED = "disabled"


class TrackingConfig(Frozen):
    """How Weights & Biases is told.

    Attributes:
        project: project the runs go to.
        mode: ``online`` sends at once, ``offline`` keeps files that can be sent later.
        entity: user or team that owns the project; None for the account's own.
        group: what the runs stand together under; None for the study, or the run that is tested.
        tags: labels of every run.
    """

    project: Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[^/\\#?%:]+$")]
    mode: TrackingMode = TrackingMode.ONLINE
    entity: str | None = None
    group: Annotated[str, Field(min_length=1, max_length=128)] | None = None
    tags: tuple[str, ...] = ()


def tracking_config(
    wanted: bool,
    project: str,
    mode: str | None,
    entity: str | None = None,
    group: str | None = None,
    tags: list[str] | None = None,
) -> TrackingConfig | None:
    """Check how tracking was asked for; None where it was not, or is disabled.

    Args:
        wanted: whether it was asked for.
        project: see :class:`TrackingConfig`.
        mode: None for what ``WANDB_MODE`` says, else ``online``.
        entity: see :class:`TrackingConfig`.
        group: see :class:`TrackingConfig`.
        tags: see :class:`TrackingConfig`.

    Raises:
        UnknownNameError: there is no such mode.
        ConfigError: a name cannot name what it should.
    """
    if not wanted:
        return None  # what the environment says is then nobody's business here
    said = mode or os.environ.get(MODE_VARIABLE) or TrackingMode.ONLINE
    chosen = named("W&B mode" if mode else f"W&B mode in {MODE_VARIABLE}", TrackingMode, said)
    if chosen is TrackingMode.DISABLED:
        return None
    try:
        return TrackingConfig(
            project=project, mode=chosen, entity=entity, group=group, tags=tuple(tags or ())
        )
    except ValidationError as error:
        if error.errors()[0]["loc"] == ("group",):
            raise ConfigError(f"W&B group '{group}' cannot name one; expected 1 to 128 characters") from error
        raise ConfigError(
            f"W&B project '{project}' cannot name one; expected up to 128 characters, none of / \\ # ? % :"
        ) from error
