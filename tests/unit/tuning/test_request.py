"""What a search was asked for, kept in its study so that going on needs a name only."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import optuna
import pytest

from cricketgnn.config import Origin, resolve_run_config
from cricketgnn.config.search_space import PRESETS, Choice, FloatRange, IntRange, Phase, SearchSpace
from cricketgnn.config.tuning import PrunerName, SamplerName, TuningConfig
from cricketgnn.errors import ConfigError, StorageError
from cricketgnn.tuning.database import open_storage
from cricketgnn.tuning.request import SearchRequest, keep_request, kept_request
from cricketgnn.tuning.study import load_study, open_study
from small_league import tiny, write_best_params

SPACE = SearchSpace(
    parameters={
        "lr": FloatRange(low=1e-4, high=1e-2, log=True),
        "dropout": FloatRange(low=0.0, high=0.4, step=0.1),
        "num_layers": IntRange(low=1, high=5, step=2),
        "use_class_weights": Choice(choices=(False, True)),
        "hidden_dim": Choice(choices=(16, 32)),
    }
)
TUNING = TuningConfig(
    n_trials=7, workers=2, sampler=SamplerName.GP, pruner=PrunerName.NONE, trial_timeout=90.0, confirm=3
)


def asked(**settings: Any) -> SearchRequest:
    return SearchRequest.of(Phase.TRAINING, SPACE, tiny(**settings), TUNING)


def study_in(storage: optuna.storages.RDBStorage) -> optuna.Study:
    return open_study(storage, "s", {}, optuna.samplers.RandomSampler(), optuna.pruners.NopPruner())


def test_a_request_survives_its_study(tmp_path: Path) -> None:
    request = asked(data=("/matches/t20.zip",), val_from="2024-01-01", test_from="2024-07-01")
    url = f"sqlite:///{tmp_path}/studies.db"
    keep_request(study_in(open_storage(url)), request)
    kept = kept_request(load_study(open_storage(url), "s"))
    assert kept == request
    assert kept.base.config.data.val_from == dt.date(2024, 1, 1)
    assert kept.base.origins["hidden_dim"] == Origin("--hidden-dim")
    # What suggests values is of the same types: a False is no 0 to a study.
    assert kept.space.parameters["use_class_weights"].ends() == (False, True)
    assert [type(end) for end in kept.space.parameters["use_class_weights"].ends()] == [bool, bool]
    assert [type(end) for end in kept.space.parameters["hidden_dim"].ends()] == [int, int]


@pytest.mark.parametrize("phase", Phase)
def test_every_phase_survives_its_study(storage: optuna.storages.RDBStorage, phase: Phase) -> None:
    request = SearchRequest.of(phase, PRESETS[phase], tiny(), TuningConfig())
    study = study_in(storage)
    keep_request(study, request)
    kept = kept_request(study)
    assert kept == request
    assert kept.space.model_dump_json() == request.space.model_dump_json()


def test_where_each_setting_came_from_is_kept(tmp_path: Path, storage: optuna.storages.RDBStorage) -> None:
    best = write_best_params(tmp_path / "best.json", num_layers=2)
    base = resolve_run_config({"lr": 0.01}, best_params=best)
    study = study_in(storage)
    keep_request(study, SearchRequest.of(Phase.COARSE, SPACE, base, TUNING))
    again = kept_request(study).base
    assert again.origins == base.origins
    assert again.origins["num_layers"].phase == "phase1-coarse"
    assert again.config == base.config


def test_the_latest_request_counts(storage: optuna.storages.RDBStorage) -> None:
    study = study_in(storage)
    keep_request(study, asked())
    keep_request(study, asked().changed({"n_trials": 9}))
    assert kept_request(study).tuning.n_trials == 9


def test_changes_replace_what_they_name_and_leave_the_rest() -> None:
    request = asked()
    changed = request.changed({"n_trials": 30, "workers": None, "confirm": 0, "trial_timeout": 5.0})
    assert changed.tuning == TUNING.model_copy(update={"n_trials": 30, "confirm": 0, "trial_timeout": 5.0})
    assert changed.tuning.workers == 2
    assert request.tuning == TUNING
    assert changed.changed({}) == changed
    assert (changed.space, changed.config, changed.origins) == (
        request.space, request.config, request.origins,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n_trials": 0}, "--n-trials 0: "),
        ({"workers": 1000}, "--workers 1000: "),
        ({"confirm": -1}, "--confirm -1: "),
        ({"trial_timeout": float("inf")}, "--trial-timeout inf: "),
        ({"trial": 3}, "--trial 3: "),
        ({"timeout": 90.0}, "--timeout 90.0: "),
        ({"sampler": "tpee"}, "--sampler tpee: "),
    ],
)
def test_changes_are_checked(change: dict[str, Any], message: str) -> None:
    request = asked()
    with pytest.raises(ConfigError) as refused:
        request.changed(change)
    assert str(refused.value).startswith(message)
    assert request.tuning == TUNING


def test_a_request_as_plain_values() -> None:
    document = json.loads(json.dumps(asked(epochs=4).to_json(), allow_nan=False))
    assert document.pop("tuning") == {
        "n_trials": 7,
        "workers": 2,
        "sampler": "gp",
        "pruner": "none",
        "trial_timeout": 90.0,
        "confirm": 3,
        "seeds": 3,
        "executor": "local",
    }
    assert document == json.loads(json.dumps(tiny(epochs=4).to_json()))
    assert document["config"]["training"]["epochs"] == 4
    assert document["origins"]["epochs"]


def test_paths_hold_in_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    request = asked(data=("league.zip", "more/*.zip", "../other/[ab]?.json", "/else/where.zip"))
    assert request.config.data.data == (
        f"{tmp_path}/league.zip",
        f"{tmp_path}/more/*.zip",
        f"{tmp_path.parent}/other/[ab]?.json",
        "/else/where.zip",
    )
    assert request.base.config == request.config


def test_the_embedded_league_needs_no_path() -> None:
    assert asked().config.data.data == ()


def test_matches_may_lie_elsewhere_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    request = asked(data=("/old/league.zip",), val_from="2024-01-01", test_from="2024-07-01")
    moved = request.with_data(["new/*.zip"])
    assert moved.config.data.data == (f"{tmp_path}/new/*.zip",)
    assert moved.config.data.val_from == dt.date(2024, 1, 1)
    assert request.config.data.data == ("/old/league.zip",)
    assert request.with_data(None) is request
    assert request.with_data([]) is request


@pytest.mark.parametrize("kept", [None, {}, {"phase": "full"}, "text", {"phase": "phase9"}])
def test_a_study_that_does_not_say_is_refused(storage: optuna.storages.RDBStorage, kept: Any) -> None:
    study = study_in(storage)
    if kept is not None:
        study.set_user_attr("request", kept)
    with pytest.raises(StorageError, match=r"study 's' does not say what it searches .*cricketgnn tune"):
        kept_request(study)


def test_a_request_of_another_version_is_refused(storage: optuna.storages.RDBStorage) -> None:
    study = study_in(storage)
    document = asked().model_dump(mode="json")
    document["config"]["model"]["width"] = 3
    study.set_user_attr("request", document)
    with pytest.raises(StorageError, match="by another program or version"):
        kept_request(study)


def test_a_request_with_a_way_of_searching_of_another_version_is_refused(
    storage: optuna.storages.RDBStorage,
) -> None:
    study = study_in(storage)
    document = asked().model_dump(mode="json")
    document["tuning"]["timeout"] = 90.0
    study.set_user_attr("request", document)
    with pytest.raises(StorageError, match="by another program or version"):
        kept_request(study)


def test_a_request_with_a_parameter_of_another_version_is_refused(
    storage: optuna.storages.RDBStorage,
) -> None:
    study = study_in(storage)
    document = asked().model_dump(mode="json")
    document["space"]["parameters"]["width"] = {"kind": "int", "low": 1, "high": 2}
    study.set_user_attr("request", document)
    with pytest.raises(StorageError, match="by another program or version"):
        kept_request(study)
