"""What a run leaves: weights and everything that is needed to use them, as tensors and plain values.

A checkpoint is read with ``weights_only=True``: loading one never executes code from the file.
"""

from __future__ import annotations

import io
import json
import pickle
import struct
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor

from cricketgnn.config import ModelConfig, RunConfig
from cricketgnn.entries import Log
from cricketgnn.errors import CheckpointError, ConfigError
from cricketgnn.evaluation import UNSCALED, DecisionRule, VectorScaling
from cricketgnn.features import names
from cricketgnn.features.statistics import Priors
from cricketgnn.files import nearest_file, write_packed
from cricketgnn.graph.fitted import Fitted
from cricketgnn.models.forecaster import Forecaster
from cricketgnn.models.network import NetworkInputs, build_network
from cricketgnn.words import in_one_line

FORMAT: Final = "cricketgnn checkpoint"
VERSION: Final = 3
FEATURES: Final = {
    "delivery": [feature.name for feature in names.DELIVERY],
    "outcome": [feature.name for feature in names.OUTCOME],
    "player": [feature.name for feature in names.PLAYER],
    "venue": [feature.name for feature in names.VENUE],
    "team": [feature.name for feature in names.TEAM],
    "competition": [feature.name for feature in names.COMPETITION],
}
"""The columns this version computes; a checkpoint trained on others is refused."""


@dataclass(frozen=True)
class Checkpoint:
    """A trained network, or several whose probabilities are averaged, with all they need.

    Attributes:
        config: the run's configuration.
        fitted: priors, shrinkage, bins and vocabulary of its training innings.
        members: averaged weights of each network.
        scaling: sets the averaged probabilities of the bat outcome right; fitted on validation.
        rule: decision rule for the scaled probabilities, fitted on validation.
        split: dates and sizes of the parts, and the data fingerprint.
        provenance: who made it.
        finished: the training came to its end, and scaling and rule are those of what it kept.
        resume: what only continuing the training needs; None in ``best_model.pt``.
    """

    config: RunConfig
    fitted: Fitted
    members: Sequence[Mapping[str, Tensor]]
    scaling: VectorScaling
    rule: DecisionRule
    split: dict[str, Any]
    provenance: dict[str, Any]
    finished: bool = False
    resume: dict[str, Any] | None = None

    def forecaster(self) -> Forecaster:
        """Rebuild the networks with their weights."""
        return forecaster(self.config.model, self.fitted, self.members, self.scaling)

    def save(self, path: Path) -> None:
        """Write the checkpoint atomically.

        Raises:
            OSError: it cannot be written; names ``path``, where the old file still is.
        """
        document = {
            "format": FORMAT,
            "version": VERSION,
            "features_version": names.FEATURES_VERSION,
            "features": FEATURES,
            "config": self.config.model_dump_json(),
            "fitted": _fitted_to_plain(self.fitted),
            "members": [{name: value.cpu() for name, value in one.items()} for one in self.members],
            "scaling": [list(self.scaling.scale), list(self.scaling.shift)],
            "decision_rule": list(self.rule.weights),
            "split": json.dumps(self.split),
            "provenance": json.dumps(self.provenance),
            "finished": self.finished,
            "resume": self.resume,
        }
        write_packed(path, lambda buffer: torch.save(document, buffer))


def forecaster(
    config: ModelConfig, fitted: Fitted, members: Sequence[Mapping[str, Tensor]], scaling: VectorScaling
) -> Forecaster:
    """Build what forecasts with some weights of one model."""
    networks = []
    for weights in members:
        network = build_network(config, network_inputs(fitted))
        network.load_state_dict(weights)
        networks.append(network)
    if scaling == UNSCALED:
        return Forecaster(networks)
    return Forecaster(networks, torch.tensor(scaling.scale), torch.tensor(scaling.shift))


def network_inputs(fitted: Fitted) -> NetworkInputs:
    """Give what a network must know of the training data; the heads start at the mean of the sexes met."""
    return NetworkInputs(
        edges={name: torch.from_numpy(edges) for name, edges in fitted.edges.items()},
        outcome_prior=torch.from_numpy(fitted.priors.outcome.mean(axis=0)).float(),
        kind_prior=torch.from_numpy(fitted.priors.kind.mean(axis=0)).float(),
        people=len(fitted.vocabulary),
    )


def find_checkpoint(path: Path, name: str = "best_model.pt") -> Path:
    """Find the checkpoint a run folder or a file path means.

    Raises:
        CheckpointError: there is none.
    """
    file = path / name if path.is_dir() else path
    if file.is_file():
        return file
    if path.is_dir():
        raise CheckpointError(f"{path}: this folder holds no {name}; give a run folder or a checkpoint file")
    near = nearest_file(path)
    advice = f"did you mean '{near}'?" if near else "give a run folder or a checkpoint file"
    raise CheckpointError(f"{path}: no such file or folder; {advice}")


def open_model(run: Path, log: Log) -> tuple[Path, Checkpoint]:
    """Find and read the model of a run folder or a checkpoint file.

    Args:
        run: folder or file.
        log: told where the training has not come to its end.

    Raises:
        CheckpointError: there is none, it cannot be used, no epoch was finished, or its loss bends
            probabilities, which are set right at the end only.
    """
    file = find_checkpoint(run)
    checkpoint = load_checkpoint(file)
    if not checkpoint.members:
        raise CheckpointError(f"{file}: no epoch was finished, so there is no model; resume the run first")
    if not checkpoint.finished and checkpoint.config.training.bends:
        raise CheckpointError(
            f"{file}: its training has not come to its end, where the probabilities that its loss bends are "
            f"set right; wait for it, or: cricketgnn resume {file.parent}"
        )
    if not checkpoint.finished:
        log(
            f"{file}: its training has not come to its end, this is the best so far; to go on: cricketgnn "
            f"resume {file.parent}"
        )
    return file, checkpoint


def load_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint without executing anything in it.

    Raises:
        CheckpointError: no checkpoint of ours, damaged, of another version, or of other features.
    """
    document = _read_document(path)
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise CheckpointError(f"{path}: not a cricketgnn checkpoint; give the best_model.pt of a run")
    if document.get("version") != VERSION:
        raise CheckpointError(
            f"{path}: is of checkpoint version {document.get('version')}, expected {VERSION}; train again"
        )
    try:
        _check_features(path, document["features_version"], document["features"])
        checkpoint = Checkpoint(
            config=RunConfig.model_validate_json(document["config"]),
            fitted=_fitted_from_plain(document["fitted"]),
            members=document["members"],
            scaling=VectorScaling(*(tuple(numbers) for numbers in document["scaling"])),
            rule=DecisionRule(tuple(document["decision_rule"])),
            split=json.loads(document["split"]),
            provenance=json.loads(document["provenance"]),
            finished=bool(document["finished"]),
            resume=document["resume"],
        )
        if not checkpoint.members and checkpoint.resume is None:
            raise ValueError("no network")
        checkpoint.forecaster()  # weights that do not fit are found here, while the file can be named
    except (KeyError, TypeError, ValueError, AttributeError, RuntimeError, ConfigError) as error:
        reason = in_one_line(f"{type(error).__name__}: {error}")
        raise CheckpointError(f"{path}: damaged checkpoint ({reason}); use another or train again") from error
    return checkpoint


def _read_document(path: Path) -> Any:
    """Read the tensors and plain values of a file whose every byte is as it was written."""
    try:
        content = io.BytesIO(path.read_bytes())
        if not zipfile.is_zipfile(content):
            raise CheckpointError(
                f"{path}: not a checkpoint, or only a part of one; give a run's best_model.pt"
            )
        # torch does not look at the checksums: it would load a flipped bit as another weight.
        with zipfile.ZipFile(content) as archive:
            damaged = archive.testzip()
        if damaged is not None:
            raise CheckpointError(
                f"{path}: damaged checkpoint: the checksum of {damaged} differs; train again"
            )
        content.seek(0)
        return torch.load(content, map_location="cpu", weights_only=True)
    except _UNREADABLE as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise CheckpointError(f"{path}: cannot be read as a checkpoint ({reason})") from error


_UNREADABLE: Final = (
    *(pickle.UnpicklingError, zipfile.BadZipFile, zlib.error, struct.error, NotImplementedError),
    *(RuntimeError, EOFError, OSError, ValueError, KeyError, IndexError, TypeError, AttributeError),
)
"""What zipfile and torch raise for files that are none of ours."""


def _check_features(path: Path, version: int, features: Mapping[str, list[str]]) -> None:
    if version != names.FEATURES_VERSION:  # columns of the same name may mean something else
        raise CheckpointError(
            f"{path}: trained on features of version {version}, and this version computes "
            f"{names.FEATURES_VERSION}; train again or use the version that made it"
        )
    for node_type, columns in FEATURES.items():
        theirs = features.get(node_type, [])
        if theirs != columns:
            changed = sorted(set(theirs) ^ set(columns)) or ["their order"]
            raise CheckpointError(
                f"{path}: trained on other {node_type} features than this version computes "
                f"({', '.join(changed[:5])} differ); train again or use the version that made it"
            )


def _fitted_to_plain(fitted: Fitted) -> dict[str, Any]:
    return {
        "outcome_prior": torch.from_numpy(fitted.priors.outcome),
        "kind_prior": torch.from_numpy(fitted.priors.kind),
        "concentrations": dict(fitted.concentrations),
        "edges": {name: torch.from_numpy(edges) for name, edges in fitted.edges.items()},
        "vocabulary": [str(person) for person in fitted.vocabulary],
    }


def _fitted_from_plain(plain: Mapping[str, Any]) -> Fitted:
    return Fitted(
        priors=Priors(plain["outcome_prior"].numpy(), plain["kind_prior"].numpy()),
        concentrations=plain["concentrations"],
        edges={name: edges.numpy() for name, edges in plain["edges"].items()},
        vocabulary=np.array(plain["vocabulary"], dtype=np.str_),
    )
