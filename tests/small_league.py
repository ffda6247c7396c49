"""A league of twenty matches and the smallest network that learns from it, made once a session."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import optuna
import torch
from torch import Tensor

from cricketgnn.config import ResolvedConfig, resolve_run_config
from cricketgnn.graph.load import load_graphs
from cricketgnn.graph.store import GraphStore
from cricketgnn.synthetic.config import LeagueConfig
from cricketgnn.synthetic.sample import write_sample

LEAGUE: Final = LeagueConfig(matches=20, seed=5, teams=4)
TINY: Final[dict[str, Any]] = {
    "hidden_dim": 16,
    "num_layers": 1,
    "num_heads": 2,
    "batch_size": 8,
    "epochs": 2,
    "device": "cpu",
}

DIVERGING: Final[dict[str, Any]] = {
    **{"lr": 1.0, "weight_decay": 10.0, "warmup_share": 0.0, "batch_size": 1, "epochs": 50, "patience": 50}
}
"""Decoupled decay multiplies the weights by 1 - 1 * 10 a step: they grow ninefold until they overflow."""

STUDIES: Final = "sqlite:///studies.db"
"""Where searches of tests keep their studies, in the current folder."""


def make_league(folder: Path) -> Path:
    """Write the league, truth beside it."""
    return write_sample(folder / "league.zip", LEAGUE).archive


def load_league(archive: Path) -> GraphStore:
    """Load its graphs."""
    return load_graphs([archive]).store


def tiny(**settings: Any) -> ResolvedConfig:
    """Give the configuration of a tiny training; ``settings`` by flat name."""
    return resolve_run_config(TINY | settings)


def tiny_toml(folder: Path, **settings: Any) -> Path:
    """Write the same settings as a file for ``--config``."""
    path = folder / "tiny.toml"
    lines = (f"{name} = {json.dumps(value)}" for name, value in (TINY | settings).items())
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def same_weights(one: Sequence[Mapping[str, Tensor]], other: Sequence[Mapping[str, Tensor]]) -> bool:
    """Tell whether the networks of two checkpoints have the same weights, to the last bit."""
    return [list(member) for member in one] == [list(member) for member in other] and all(
        torch.equal(value, theirs[name])
        for ours, theirs in zip(one, other, strict=True)
        for name, value in ours.items()
    )


def load_study(name: str) -> optuna.Study:
    """Load a study from the current folder's storage."""
    return optuna.load_study(study_name=name, storage=STUDIES)


def write_best_params(path: Path, **parameters: Any) -> Path:
    """Write a ``best_params.json`` as a first phase leaves it."""
    chosen = {name: {"value": value, "phase": "phase1-coarse"} for name, value in parameters.items()}
    path.write_text(json.dumps({"parameters": chosen}), encoding="utf-8")
    return path
