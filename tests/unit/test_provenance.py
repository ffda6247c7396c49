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
        ("postgresql://h/d?user=ann&password=secret", "postgresql://h/d?user=ann&password=***"),
        ("postgresql://h/d?password=secret&user=ann", "postgresql://h/d?password=***&user=ann"),
        ("postgresql://h/d?password=s;e:c/r@t=&user=ann", "postgresql://h/d?password=***&user=ann"),
        (
            "postgresql://h/d?sslpassword=secret&sslmode=require",
            "postgresql://h/d?sslpassword=***&sslmode=require",
        ),
        ("postgresql://h/d?a=b&SSLPassword=secret", "postgresql://h/d?a=b&SSLPassword=***"),
        ("x 'postgresql://h/d?password=secret' y", "x 'postgresql://h/d?password=***' y"),
        (
            '{"url": "postgresql://h/d?password=secret", "b": 1}',
            '{"url": "postgresql://h/d?password=***", "b": 1}',
        ),
        (
            "postgresql://ann:one@h/d?password=two&sslpassword=three",
            "postgresql://ann:***@h/d?password=***&sslpassword=***",
        ),
        ("postgresql://h/d?passfile=/p&sslmode=require", "postgresql://h/d?passfile=/p&sslmode=require"),
        ("the password=plain of a sentence", "the password=plain of a sentence"),
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
    monkeypatch.setattr(
        sys, "argv", ["cricketgnn", "tune", "--storage", "postgresql://h/d?password=secret", "phase1"]
    )
    assert command_line() == "cricketgnn tune --storage 'postgresql://h/d?password=***' phase1"


def test_provenance_is_json_and_keeps_the_callers_facts() -> None:
    facts = provenance(data="abc", seed=3)
    assert (facts["data"], facts["seed"]) == ("abc", 3)
    assert facts["versions"]["torch"]
    json.dumps(facts, allow_nan=False)
