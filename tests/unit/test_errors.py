"""One error tree, one exit code a branch, one line a message."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cricketgnn import errors
from cricketgnn.errors import CricketGNNError, MatchRejected, UnknownNameError, closest
from cricketgnn.training.fit import DivergedError, OutOfMemoryError

CODES = {
    "UsageError": 2,
    "ConfigError": 3,
    "UnknownNameError": 3,
    "DataError": 4,
    "MatchRejected": 4,
    "DownloadError": 4,
    "ArtifactError": 5,
    "CheckpointError": 5,
    "OtherTrainingError": 5,
    "StorageError": 5,
    "NothingSucceeded": 6,
    "GroupError": 7,
    "Interrupted": 130,
}


def test_every_error_has_the_documented_code() -> None:
    found = {
        name: each.exit_code
        for name, each in vars(errors).items()
        if isinstance(each, type) and issubclass(each, CricketGNNError) and each is not CricketGNNError
    }
    assert found == CODES
    for name, code in CODES.items():
        (line,) = [line for line in str(errors.__doc__).splitlines() if line.split()[1:2] == [name]]
        assert str(code) in line.split()


def test_a_training_that_cannot_work_is_a_configuration_that_does_not_hold() -> None:
    assert DivergedError("x").exit_code == OutOfMemoryError("x").exit_code == 3


@pytest.mark.parametrize(
    ("name", "known", "nearest"),
    [
        ("hiden_dim", ["hidden_dim", "lr"], "hidden_dim"),
        ("phase1_coarse", ["phase1-coarse", "phase2-architecture"], "phase1-coarse"),
        ("HIDDEN-DIM", ["hidden_dim"], "hidden_dim"),
        ("T20S.zip", ["t20s.zip", "ipl.zip"], "t20s.zip"),
        ("zzz", ["hidden_dim"], None),
        ("", ["hidden_dim"], None),
        ("x", [], None),
    ],
)
def test_the_nearest_name(name: str, known: list[str], nearest: str | None) -> None:
    assert closest(name, known) == nearest


@given(name=st.text(), known=st.lists(st.text(), max_size=4))
def test_the_nearest_name_is_a_known_one(name: str, known: list[str]) -> None:
    assert closest(name, known) in {None, *known}


def test_an_unknown_name_says_what_is_near_or_everything() -> None:
    near = UnknownNameError("phase", "ful", ["full", "model-variants"])
    assert str(near) == "unknown phase 'ful'; did you mean 'full'?"
    far = UnknownNameError("study", "zzz", ["b", "a"], "in this storage")
    assert str(far) == "unknown study 'zzz' in this storage; known: a, b"
    assert str(UnknownNameError("study", "zzz", [])) == "unknown study 'zzz'; known: none"
    assert (far.kind, far.name, far.known) == ("study", "zzz", ["a", "b"])


def test_a_rejected_match_keeps_its_parts() -> None:
    error = MatchRejected("cup.zip:1.json", "$.info", "no dates")
    assert str(error) == "cup.zip:1.json: $.info: no dates"
    assert (error.file, error.where, error.reason) == ("cup.zip:1.json", "$.info", "no dates")
