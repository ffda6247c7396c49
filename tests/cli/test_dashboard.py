"""``cricketgnn dashboard`` as a browser meets it."""

from __future__ import annotations

import re
import signal
import socket
from pathlib import Path

import httpx
import optuna
import pytest

from console import Run, Running, Start
from studies import ours

pytestmark = pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")


@pytest.fixture
def studies(tmp_path: Path) -> Path:
    storage = optuna.storages.RDBStorage(f"sqlite:///{tmp_path / 'optuna_studies.db'}")
    study = ours(optuna.create_study(study_name="mine", storage=storage, direction="maximize"))
    study.optimize(lambda trial: trial.suggest_float("lr", 0, 1), n_trials=3)
    storage.engine.dispose()
    return tmp_path / "optuna_studies.db"


def address_of(running: Running) -> str:
    found = re.search(r"http://127\.0\.0\.1:\d+/", running.wait_for("http://"))
    assert found is not None
    return found[0]


def names_of(address: str) -> list[str]:
    return [study["study_name"] for study in httpx.get(f"{address}api/studies").json()["study_summaries"]]


@pytest.mark.usefixtures("studies")
def test_it_shows_the_studies_and_lets_nobody_change_them(background: Start) -> None:
    running = background("dashboard", "--port", 0)
    address = address_of(running)
    assert "<html" in httpx.get(f"{address}dashboard").text.lower()
    (study,) = httpx.get(f"{address}api/studies").json()["study_summaries"]
    assert study["study_name"] == "mine"
    refused = httpx.delete(f"{address}api/studies/{study['study_id']}")
    assert refused.status_code == 403
    assert "--writable" in refused.json()["reason"]
    assert httpx.get(f"{address}api/studies", headers={"Host": "elsewhere.example"}).status_code == 403
    for origin in ("http://evil.example", "null", "file://"):
        assert httpx.get(f"{address}api/studies", headers={"Origin": origin}).status_code == 403
    for site, code in {"cross-site": 403, "same-site": 403, "same-origin": 200, "none": 200}.items():
        asked = httpx.get(f"{address}api/studies", headers={"Sec-Fetch-Site": site})
        assert asked.status_code == code, site
    assert names_of(address) == ["mine"]
    running.send(signal.SIGINT)
    done = running.finish()
    assert done.code == 0, done.err
    assert "dashboard ended" in done.err


@pytest.mark.usefixtures("studies")
def test_a_writable_one_changes_what_it_is_told_to(background: Start) -> None:
    running = background("dashboard", "--port", 0, "--writable")
    address = address_of(running)
    (study,) = httpx.get(f"{address}api/studies").json()["study_summaries"]
    httpx.post(f"{address}api/studies/{study['study_id']}/rename", json={"study_name": "ours"})
    assert names_of(address) == ["ours"]
    running.send(signal.SIGINT)
    assert running.finish().code == 0


@pytest.mark.usefixtures("studies")
def test_what_cannot_be_shown(console: Run, studies: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = console("dashboard", "--port", port)
    assert done.code == 3
    assert f"port {port} is taken" in done.err
    assert "did you mean" in console("dashboard", studies.with_name("optuna_studie.db")).err
