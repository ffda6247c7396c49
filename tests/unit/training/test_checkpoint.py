"""Checkpoints: nothing lost on the way to disk and back, nothing executed, nothing damaged let through."""

from __future__ import annotations

import io
import json
import os
import pickle
import random
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from cricketgnn.errors import CheckpointError
from cricketgnn.evaluation import DecisionRule, VectorScaling
from cricketgnn.graph.batch import InningsGraphs
from cricketgnn.graph.store import GraphStore
from cricketgnn.training.checkpoint import Checkpoint, find_checkpoint, load_checkpoint, open_model
from cricketgnn.training.inference import predict
from cricketgnn.training.scoring import score
from cricketgnn.training.setup import RunSetup, set_up, set_up_again
from small_league import same_weights, tiny


@pytest.fixture(scope="session")
def content(run: Path) -> bytes:
    """The bytes of a sound ``best_model.pt``."""
    return (run / "best_model.pt").read_bytes()


@pytest.fixture(scope="session")
def document(run: Path) -> dict[str, Any]:
    """What it holds."""
    loaded: dict[str, Any] = torch.load(run / "best_model.pt", weights_only=True)
    return loaded


def packed(document: object) -> bytes:
    file = io.BytesIO()
    torch.save(document, file)
    return file.getvalue()


def refusal(path: Path, content: bytes) -> str:
    """Why a file of this content is no checkpoint."""
    path.write_bytes(content)
    with pytest.raises(CheckpointError) as refused:
        load_checkpoint(path)
    message = str(refused.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    return message


def test_a_round_trip_predicts_the_same_bits(store: GraphStore, tmp_path: Path) -> None:
    setup = set_up(tiny(model_class="hetero-gnn", id_dim=4).config, store)
    weights = {
        name: value + torch.randn_like(value) * 0.1 for name, value in setup.state.average.weights.items()
    }
    checkpoint = checkpoint_of(setup, [weights, setup.state.average.weights])
    path = tmp_path / "deep" / "model.pt"
    checkpoint.save(path)
    again = load_checkpoint(path)
    assert again.config == checkpoint.config
    assert again.rule == checkpoint.rule
    assert again.scaling == checkpoint.scaling
    assert again.split == checkpoint.split
    assert again.provenance == checkpoint.provenance
    assert again.resume is None
    predictions = [
        predict(
            one.forecaster(),
            InningsGraphs(store, one.fitted, one.config.model.history),
            setup.split.test,
            3,
        )
        for one in (checkpoint, again)
    ]
    for name in ("probabilities", "kind_probabilities", "prior_probabilities", "kind_prior_probabilities"):
        np.testing.assert_array_equal(getattr(predictions[0], name), getattr(predictions[1], name))
    assert np.ptp(predictions[0].probabilities[:, 0]) > 0


def checkpoint_of(setup: RunSetup, members: list[dict[str, torch.Tensor]]) -> Checkpoint:
    scaling = VectorScaling((0.9, 1.0, 1.1, 1.0, 1.0, 0.7, 1.0), (0.1, 0.0, 0.0, -0.5, 0.0, 0.3, 0.1 + 0.2))
    rule = DecisionRule((1.0, 2.0, 0.1 + 0.2, 1e-3, 5.0, 6.0, 7.0))
    facts = {"made_by": "a test"}
    return Checkpoint(setup.config, setup.graphs.fitted, members, scaling, rule, setup.facts(), facts)


def test_a_checkpoint_needs_neither_code_nor_a_config_beside_it(
    run: Path, content: bytes, tmp_path: Path
) -> None:
    alone = tmp_path / "alone.pt"
    alone.write_bytes(content)
    checkpoint = load_checkpoint(alone)
    assert checkpoint.config.model.hidden_dim == 16
    assert checkpoint.provenance["command"]
    assert checkpoint.split["data_fingerprint"]
    torch.load(alone, weights_only=True)


@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 0.7, 0.99, 0.9999])
def test_a_truncated_file_is_refused(content: bytes, tmp_path: Path, share: float) -> None:
    assert "not a checkpoint, or only a part of one" in refusal(
        tmp_path / "x.pt", content[: int(len(content) * share)]
    )


def test_no_flipped_bit_is_let_through(content: bytes, run: Path, tmp_path: Path) -> None:
    """torch alone would load most of these as other weights."""
    sound, generator = load_checkpoint(run / "best_model.pt"), random.Random(0)
    refused = 0
    for _ in range(150):
        damaged = bytearray(content)
        damaged[generator.randrange(len(damaged))] ^= 1 << generator.randrange(8)
        path = tmp_path / "flipped.pt"
        path.write_bytes(damaged)
        try:
            loaded = load_checkpoint(path)
        except CheckpointError:
            refused += 1
            continue
        # Only padding between members may differ unnoticed.
        assert loaded.rule == sound.rule
        assert loaded.config == sound.config
        assert same_weights(loaded.members, sound.members)
    assert refused > 100


class Intruder:
    """A pickle that makes a file when it is loaded without care."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.target),)


def test_code_in_a_checkpoint_is_never_executed(document: dict[str, Any], tmp_path: Path) -> None:
    target = tmp_path / "executed"
    plain = pickle.dumps(Intruder(target))
    assert "not a checkpoint" in refusal(tmp_path / "plain.pt", plain)
    hidden = packed({**document, "provenance": Intruder(target)})
    assert "cannot be read as a checkpoint" in refusal(tmp_path / "hidden.pt", hidden)
    whole = packed(Intruder(target))
    assert "cannot be read as a checkpoint" in refusal(tmp_path / "whole.pt", whole)
    assert not target.exists()
    pickle.loads(plain)  # the intruder does work where nobody takes care
    assert target.exists()


def test_other_files_are_refused_by_name(tmp_path: Path) -> None:
    foreign = io.BytesIO()
    with zipfile.ZipFile(foreign, "w") as archive:
        archive.writestr("README.txt", "no checkpoint")
    assert "cannot be read as a checkpoint" in refusal(tmp_path / "foreign.zip", foreign.getvalue())
    assert "not a checkpoint" in refusal(tmp_path / "notes.txt", b"hello" * 100)
    assert "not a checkpoint" in refusal(tmp_path / "empty.pt", b"")
    assert "not a cricketgnn checkpoint" in refusal(tmp_path / "other.pt", packed({"model": torch.zeros(2)}))
    assert "not a cricketgnn checkpoint" in refusal(tmp_path / "tensor.pt", packed(torch.zeros(2)))


def test_another_version_and_other_features_are_refused(document: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "x.pt"
    assert "is of checkpoint version 99, expected 3" in refusal(path, packed({**document, "version": 99}))
    venue = document["features"]["venue"]
    fewer = {**document["features"], "venue": venue[1:]}
    assert f"trained on other venue features than this version computes ({venue[0]} differ)" in refusal(
        path, packed({**document, "features": fewer})
    )
    turned = {**document["features"], "venue": venue[::-1]}
    assert "(their order differ)" in refusal(path, packed({**document, "features": turned}))


@pytest.mark.parametrize(
    "changes",
    [
        {"features": None},
        {"config": "{}x"},
        {"config": json.dumps({"model": {"hiden_dim": 3}})},
        {"fitted": {}},
        {"fitted": None},
        {"members": []},
        {"members": [{}]},
        {"members": None},
        {"scaling": [[1.0] * 7, [0.0] * 6]},
        {"decision_rule": [1.0]},
        {"decision_rule": [0.0] * 7},
        {"split": None},
        {"provenance": "{"},
    ],
    ids=str,
)
def test_a_document_that_does_not_hold_is_refused(
    document: dict[str, Any], tmp_path: Path, changes: dict[str, Any]
) -> None:
    assert "damaged checkpoint" in refusal(tmp_path / "x.pt", packed({**document, **changes}))


@pytest.mark.parametrize(
    "name", ["version", "features", "config", "fitted", "members", "scaling", "decision_rule", "resume"]
)
def test_a_document_that_lacks_something_is_refused(
    document: dict[str, Any], tmp_path: Path, name: str
) -> None:
    refusal(tmp_path / "x.pt", packed({key: value for key, value in document.items() if key != name}))


def test_weights_of_another_shape_are_refused(document: dict[str, Any], tmp_path: Path) -> None:
    weights = dict(document["members"][0])
    name = next(iter(weights))
    weights[name] = weights[name].repeat(2, *[1] * (weights[name].ndim - 1))
    assert "size mismatch" in refusal(tmp_path / "x.pt", packed({**document, "members": [weights]}))


def test_a_run_folder_or_a_file_name_a_checkpoint(run: Path, tmp_path: Path) -> None:
    assert find_checkpoint(run) == run / "best_model.pt"
    assert find_checkpoint(run, "last.pt") == run / "last.pt"
    assert find_checkpoint(run / "last.pt") == run / "last.pt"
    with pytest.raises(CheckpointError, match=r"this folder holds no best_model\.pt"):
        find_checkpoint(tmp_path)
    (tmp_path / "train_1").mkdir()
    with pytest.raises(
        CheckpointError, match=r"train_2: no such file or folder; did you mean '.*/train_1'\?"
    ):
        find_checkpoint(tmp_path / "train_2")
    with pytest.raises(CheckpointError, match="give a run folder or a checkpoint file"):
        find_checkpoint(tmp_path / "far" / "away")


def test_a_run_killed_before_its_first_epoch_ended_cannot_be_scored(
    document: dict[str, Any], tmp_path: Path
) -> None:
    path = tmp_path / "last.pt"
    path.write_bytes(packed({**document, "members": [], "resume": {}}))
    with pytest.raises(CheckpointError, match="no epoch was finished"):
        score(path, (), "test", log=print)


def test_a_run_is_resumed_under_the_statistics_it_was_trained_under(run: Path, store: GraphStore) -> None:
    checkpoint = load_checkpoint(run / "last.pt")
    theirs = replace(checkpoint.fitted, vocabulary=checkpoint.fitted.vocabulary[1:])
    setup = set_up_again(run / "last.pt", replace(checkpoint, fitted=theirs), store)
    assert setup.graphs.fitted is theirs
    assert checkpoint.resume is not None
    assert setup.state.epoch == len(checkpoint.resume["history"])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"data_fingerprint": "of others"}, "data_fingerprint was of others and is"),
        ({"val_from": "1990-01-01"}, "val_from was 1990-01-01 and is"),
        ({"innings": {"train": 1, "val": 4, "test": 4}}, "innings was {'train': 1"),
    ],
)
def test_a_run_is_resumed_on_its_own_matches_only(
    run: Path, store: GraphStore, changes: dict[str, Any], words: str
) -> None:
    checkpoint = load_checkpoint(run / "last.pt")
    other = replace(checkpoint, split=checkpoint.split | changes)
    with pytest.raises(CheckpointError, match=f"last.pt: {words}.*; name the same --data"):
        set_up_again(run / "last.pt", other, store)


def test_features_that_mean_something_else_are_refused(document: dict[str, Any], tmp_path: Path) -> None:
    other = {**document, "features_version": document["features_version"] - 1}
    said = refusal(tmp_path / "old.pt", packed(other))
    assert f"trained on features of version {other['features_version']}" in said


def test_a_model_whose_training_goes_on_says_so(run: Path, tmp_path: Path) -> None:
    sound, said = load_checkpoint(run / "best_model.pt"), list[str]()
    open_model(run, said.append)
    assert said == []
    file = tmp_path / "best_model.pt"
    replace(sound, finished=False).save(file)
    open_model(file, said.append)
    assert "its training has not come to its end, this is the best so far" in said[0]


def test_probabilities_that_are_still_bent_are_not_given_out(run: Path, tmp_path: Path) -> None:
    sound, file = load_checkpoint(run / "best_model.pt"), tmp_path / "best_model.pt"
    training = sound.config.training.model_copy(update={"use_class_weights": True})
    weighted = replace(sound, config=sound.config.model_copy(update={"training": training}))
    replace(weighted, finished=False).save(file)
    with pytest.raises(
        CheckpointError, match=rf"bends are set right; wait for it, or: .* resume {tmp_path}$"
    ):
        open_model(file, print)
    weighted = replace(weighted, finished=True)
    weighted.save(file)
    assert open_model(file, print)[0] == file
