"""What an artefact says about its making, and what it must never say."""

from __future__ import annotations

import json
import sys

import pytest

from cricketgnn.provenance import command_line, provenance, without_passwords


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("postgresql://ann:secret@db/studies", "postgresql://ann:***@db/studies"),
        ("a postgresql+psycopg://ann:s:e/c@db:5432/x b", "a postgresql+psycopg://ann:***@db:5432/x b"),
        ("sqlite:///optuna_studies.db", "sqlite:///optuna_studies.db"),
        ("https://cricsheet.org:443/downloads/", "https://cricsheet.org:443/downloads/"),
    ],
)
def test_passwords_are_masked_and_nothing_else(text: str, masked: str) -> None:
    assert without_passwords(text) == masked


def test_the_command_line_is_kept_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        sys, "argv", ["/x/cricketgnn", "tune", "--storage", "postgresql://a:secret@h/d", "a b"]
    )
    assert command_line() == "cricketgnn tune --storage postgresql://a:***@h/d 'a b'"


def test_provenance_is_json_and_keeps_the_callers_facts() -> None:
    facts = provenance(data="abc", seed=3)
    assert (facts["data"], facts["seed"]) == ("abc", 3)
    assert facts["versions"]["torch"]
    json.dumps(facts, allow_nan=False)
