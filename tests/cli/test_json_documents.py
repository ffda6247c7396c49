"""What commands print with ``--json``, key by key: each document is as its schema in ``docs/schemas``."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Iterator
from contextlib import redirect_stdout
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple

import optuna
import pytest
import typer
from jsonschema import Draft202012Validator
from optuna.trial import TrialState, create_trial
from referencing import Registry, Resource

from console import Finished, Run, run_here
from cricketgnn import errors
from cricketgnn.cli.main import app
from cricketgnn.config.models import Device, ModelClass, Precision
from cricketgnn.config.search_space import Phase
from cricketgnn.config.tuning import ExecutorName, PrunerName, SamplerName
from cricketgnn.cricket.outcomes import KIND_NAMES, OUTCOME_NAMES
from cricketgnn.evaluation.metrics import METRICS
from cricketgnn.storages.looking import STATES, TABLES
from cricketgnn.storages.verifying import Gravity
from cricketgnn.tuning.failures import FailureKind
from cricketgnn.tuning.search import Ending
from match_files import ball, innings, match, over, write_folder

DOCS = Path(__file__).parents[2] / "docs"
SCHEMAS: dict[str, Any] = {
    path.name: json.loads(path.read_text(encoding="utf-8")) for path in sorted((DOCS / "schemas").iterdir())
}
REGISTRY: Registry[Any] = Registry().with_resources(
    (name, Resource.from_contents(schema)) for name, schema in SCHEMAS.items()
)
SHARED = SCHEMAS["common.json"]["$defs"]
MIXIN = "keys_of_"
"""Keys that several documents have beside their own: such a schema is open, whoever takes it is closed."""

LIVE = match(innings(over(0, ball(1), ball(wides=1), ball(4))))


def check(schema: str, printed: str) -> Any:
    """Give the one document that was printed, once it is what its schema says."""
    document = json.loads(printed, parse_constant=pytest.fail)  # NaN is no JSON
    validator = Draft202012Validator(
        {"$ref": f"{schema}.json"}, registry=REGISTRY, format_checker=Draft202012Validator.FORMAT_CHECKER
    )
    wrong = [f"{error.json_path}: {error.message}" for error in validator.iter_errors(document)]
    assert not wrong, "\n".join(wrong)
    return document


def told(schema: str, done: Finished, code: int = 0) -> Any:
    """Give the document of a command that ended with a code."""
    assert done.code == code, done.err
    return check(schema, done.out)


class Searches(NamedTuple):
    """Where the studies are, and what their searches printed."""

    storage: str
    one: str
    row: str


@pytest.fixture(scope="module")
def searches(league: Path, one_epoch: Path, tmp_path_factory: pytest.TempPathFactory) -> Searches:
    """Two searches that were confirmed, one with a failed trial; a row of phases whose time was up."""
    place = tmp_path_factory.mktemp("searches")
    storage = f"sqlite:///{place}/studies.db"
    common = ("--data", league, "--config", one_epoch, "--storage", storage, "--workers", 1, "--json")

    def tune(code: int, phase: str, name: str, n_trials: int, *more: object) -> str:
        words = ("tune", phase, "--study-name", name, "--n-trials", n_trials, "--seeds", 1, *more, *common)
        with redirect_stdout(io.StringIO()) as printed:
            assert run_here(words) == code
        return printed.getvalue()

    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        one = tune(0, "phase4-loss", "one", 2)
        tune(0, "phase3-training", "two", 1)
        row = tune(6, "phased", "row", 1, "--timeout", "0.001s")
    failed = {"failure": "no memory", "failure_kind": "out-of-memory", "epochs": 1, "seconds": 2.0}
    study = optuna.load_study(study_name="one", storage=storage)
    study.add_trial(create_trial(state=TrialState.FAIL, user_attrs=failed))
    return Searches(storage, one, row)


def test_trainings(console: Run, league: Path, one_epoch: Path) -> None:
    common = ("--data", league, "--config", one_epoch, "--seeds", 2)
    assert told("train", console("train", *common, "--out", "run", "--json"))["epochs"] == 2
    told("train", console("resume", "run", "--json"))
    told("settings", console("train", *common, "--print-config", "--json"))


def test_scores(console: Run, league: Path, trained: Path, tmp_path: Path) -> None:
    told("test", console("test", trained, "--json"))
    shutil.copyfile(league, tmp_path / "alone.zip")  # without the true chances beside it
    plain = console("test", trained, "--data", "alone.zip", "--split", "val", "--resamples", 0, "--json")
    assert "truth" not in told("test", plain)
    told("report-run", console("report", trained, "--out", "there", "--json"))
    shutil.copyfile(trained / "best_model.pt", tmp_path / "model.pt")
    bare = told("report-run", console("report", "model.pt", "--out", "here", "--json"))
    assert (bare["history"], bare["provenance"]) == ([], {})


def test_searches(searches: Searches, console: Run) -> None:
    document = check("tune", searches.one)
    assert document["confirmation"]["leads"]
    assert document["test"]["trial"] == document["best"]["number"]
    (phase,) = check("tune-phased", searches.row)["phases"]
    assert (phase["ending"], phase["best"]) == ("timed-out", None)
    assert [trial["state"] for trial in phase["trials"]] == ["waiting"]
    resumed = told("tune", console("resume", "one", "--storage", searches.storage, "--json"))
    assert resumed["accounting"]["failures"] == {"out-of-memory": 1}
    left = told("resume-list", console("resume", "--list", "--storage", searches.storage, "--json"))
    assert [entry["name"] for entry in left["unfinished"]] == ["row_phase1_coarse"]


def test_plans(console: Run, league: Path, one_epoch: Path) -> None:
    common = ("--data", league, "--config", one_epoch, "--n-trials", 1, "--dry-run", "--json")
    told("tune-dry-run", console("tune", "full-with-model", *common))
    told("tune-phased-dry-run", console("tune", "phased", *common))


def test_a_ladder(console: Run, league: Path, one_epoch: Path) -> None:
    models = "class-prior,lookup,eb-logistic,lightgbm,mlp"
    common = ("--data", league, "--config", one_epoch, "--resamples", 20, "--n-trials", 1, "--json")
    document = told("benchmark", console("benchmark", "--models", models, *common))
    assert [row["model"] for row in document["ladder"]] == models.split(",")


def test_forecasts(console: Run, trained: Path, tmp_path: Path) -> None:
    (tmp_path / "live.json").write_text(json.dumps(LIVE))
    told("predict", console("predict", "live.json", "--checkpoint", trained, "--json"))
    every = told("predict-all", console("predict", "live.json", "--checkpoint", trained, "--all", "--json"))
    assert [one["label"] for one in every["deliveries"]] == [1, None, 4]


def test_reports_of_studies(searches: Searches, console: Run) -> None:
    common = ("--storage", searches.storage, "--json")
    assert told("report-study", console("report", "--study", "one", *common))["failures"]
    two = ("--study", "one", "--study", "two")
    assert told("report-studies", console("report", *two, *common))["pairs"]


def test_storages(searches: Searches, console: Run, tmp_path: Path) -> None:
    db = searches.storage
    assert len(told("inspect-db", console("inspect-db", db, "--json"))["studies"]) == 3
    told("inspect-db-study", console("inspect-db", db, "--study", "one", "--json"))
    for trial in (0, 2):
        told("inspect-db-trial", console("inspect-db", db, "--study", "one", "--trial", trial, "--json"))
    for table in TABLES:
        assert told("inspect-db-table", console("inspect-db", db, "--table", table, "--json"))["rows"]
    assert told("inspect-db-verify", console("inspect-db", "verify", db, "--json"))["findings"] == []


def test_a_storage_of_another_program(console: Run, tmp_path: Path) -> None:
    storage = optuna.storages.RDBStorage(f"sqlite:///{tmp_path}/theirs.db")
    study = optuna.create_study(study_name="theirs", storage=storage, direction="minimize")
    trial = study.ask({"x": optuna.distributions.FloatDistribution(0, 1)})
    trial.report(float("nan"), 0)
    study.tell(trial, float("inf"))
    study.ask()
    storage.engine.dispose()
    (row,) = told("inspect-db", console("inspect-db", "theirs.db", "--json"))["studies"]
    assert (row["phase"], row["best_value"]) == (None, "inf")
    told("inspect-db-study", console("inspect-db", "theirs.db", "--study", "theirs", "--json"))
    told("inspect-db-trial", console("inspect-db", "theirs.db", "--study", "theirs", "--trial", 0, "--json"))
    told("inspect-db-table", console("inspect-db", "theirs.db", "--table", "trial_values", "--json"))
    assert told("inspect-db-verify", console("inspect-db", "verify", "theirs.db", "--json"), 5)["findings"]


def test_match_files(console: Run, tmp_path: Path) -> None:
    write_folder(tmp_path / "cup", {"1": LIVE, "2": b"{}"})
    write_folder(tmp_path / "copy", {"1": LIVE})
    told("data-info", console("data", "info", "copy", "--json"))
    assert told("data-validate", console("data", "validate", "cup", "copy", "--json"), 4)["duplicates"]
    told("data-sample", console("data", "sample", "--matches", 2, "--out", "cup_json.zip", "--json"))
    told("data-download-list", console("data", "download", "--list", "--json"))


def test_downloads(console: Run, tmp_path: Path) -> None:
    assert console("data", "sample", "--matches", 2, "--out", tmp_path / "cup_json.zip").code == 0
    silent = type("Silent", (SimpleHTTPRequestHandler,), {"log_message": lambda *words: None})
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(silent, directory=tmp_path)) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        here = f"http://127.0.0.1:{server.server_port}/"
        common = ("data", "download", "cup_json", "--base-url", here, "--out", "there", "--json")
        found = [told("data-download", console(*common))["archives"][0]["status"] for _ in range(2)]
        server.shutdown()
    assert found == ["downloaded", "unchanged"]


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        (("trian",), 2),
        (("train", "--epochs", 0), 3),
        (("data", "info", "nowhere.zip"), 4),
        (("test", "nowhere"), 5),
        (("data", "sample", "--out", "file/league.zip"), 5),
    ],
)
def test_errors(console: Run, tmp_path: Path, typed: tuple[object, ...], code: int) -> None:
    (tmp_path / "file").touch()
    assert told("error", console(*typed, "--json"), code)["error"]["code"] == code


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_is_valid_and_named_in_the_documentation(name: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[name])
    assert SCHEMAS[name]["$schema"] == Draft202012Validator.META_SCHEMA["$id"]
    assert f"schemas/{name}" in (DOCS / "json.md").read_text(encoding="utf-8")


def test_every_command_with_a_document_is_named_in_the_documentation() -> None:
    text = (DOCS / "json.md").read_text(encoding="utf-8")
    for name in _with_json(typer.main.get_command(app)):
        assert f"`{name.removesuffix(' show')}" in text, name


def _with_json(command: Any, name: str = "") -> Iterator[str]:
    if any("--json" in parameter.opts for parameter in command.params):
        yield name
    for word, inner in getattr(command, "commands", {}).items():
        yield from _with_json(inner, f"{name} {word}".strip())


def _pieces(schema: Any, place: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give every schema within a schema, itself included, with its place."""
    if isinstance(schema, list):
        for number, one in enumerate(schema):
            yield from _pieces(one, f"{place}/{number}")
    elif isinstance(schema, dict):
        yield place, schema
        for word, inner in schema.items():
            if word in ("properties", "$defs"):
                for name, one in inner.items():
                    yield from _pieces(one, f"{place}/{word}/{name}")
            elif word not in ("enum", "const", "required"):
                yield from _pieces(inner, f"{place}/{word}")


PIECES = [piece for name, schema in SCHEMAS.items() for piece in _pieces(schema, name)]


def test_every_object_is_closed_and_every_key_described() -> None:
    optional: set[str] = set()
    for place, schema in PIECES:
        if place.split("/")[-2:-1] == ["properties"]:
            shared = SHARED.get(schema.get("$ref", "").rpartition("/")[2], {})
            assert schema.get("description") or shared.get("description"), place
        taken = [part for part in schema.get("allOf", ()) if MIXIN in part["$ref"]]
        assert (MIXIN in schema.get("$ref", "")) == ("/allOf/" in place), f"{place}: a mixin is no schema"
        if MIXIN in place.rpartition("/")[2]:
            assert "type" not in schema, place
        elif taken:
            assert schema["unevaluatedProperties"] is False, place
        elif schema.get("type") == "object" or "properties" in schema:
            assert "additionalProperties" in schema, place
            assert schema["additionalProperties"] is False or "properties" not in schema, place
        optional |= {*schema.get("properties", ())} ^ {*schema.get("required", ())}
    of_old = {"parameters"}  # test scores that an earlier version kept lack them
    assert optional == {"truth", "study", "trial", "confirms_trial", "processes", "resumed_by", *of_old}


def test_words_and_keys_are_those_of_the_code() -> None:
    plan, table = SCHEMAS["tune-dry-run.json"]["properties"]["tuning"], SCHEMAS["inspect-db-table.json"]
    finding = SCHEMAS["inspect-db-verify.json"]["properties"]["findings"]["items"]
    for enum, known in (
        (SHARED["outcome"], OUTCOME_NAMES),
        (SHARED["kind"], KIND_NAMES),
        (SHARED["model_class"], ModelClass),
        (SHARED["device"], Device),
        (SHARED["precision"], Precision),
        (SHARED["phase"], Phase),
        (SHARED["trial_state"], STATES),
        (SHARED["failure_kind"], FailureKind),
        (SCHEMAS["tune.json"]["properties"]["ending"], Ending),
        (plan["properties"]["sampler"], SamplerName),
        (plan["properties"]["pruner"], PrunerName),
        (plan["properties"]["executor"], ExecutorName),
        (finding["properties"]["gravity"], Gravity),
        (table["properties"]["table"], TABLES),
    ):
        assert enum["enum"] == [str(word) for word in known]
    assert list(SHARED["keys_of_scores"]["properties"]) == list(METRICS)
    codes = {kind.exit_code for kind in vars(errors).values() if hasattr(kind, "exit_code")}
    assert set(SCHEMAS["error.json"]["properties"]["error"]["properties"]["code"]["enum"]) == codes
