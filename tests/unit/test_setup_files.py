"""The files a contributor, conda and the CI set up from agree with each other."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PYPROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = PYPROJECT["project"]
WANTED: list[str] = PROJECT["dependencies"] + PROJECT["optional-dependencies"]["dev"]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pairs = (line.split("==") for line in lines if not line.startswith("#"))
    return {canonicalize_name(name): version for name, version in pairs}


@pytest.mark.parametrize("line", [*WANTED, *PYPROJECT["build-system"]["requires"]])
def test_constraints_pin_each_dependency_within_its_bound(line: str) -> None:
    requirement = Requirement(line)
    version = pins().get(canonicalize_name(requirement.name))
    assert version is not None, f"{requirement.name} is missing: make constraints"
    assert requirement.specifier.contains(version), f"{version} breaks '{line}': make constraints"


def test_constraints_pin_everything_that_the_dependencies_need() -> None:
    """Walks what the installed packages themselves say that they need, from cricketgnn[dev] down."""
    seen: set[str] = set()
    waiting = [Requirement(line) for line in WANTED]
    while waiting:
        requirement = waiting.pop()
        key = canonicalize_name(requirement.name) + str(sorted(requirement.extras))
        if key not in seen:
            seen.add(key)
            waiting.extend(needs_of(requirement))
    names = {key.partition("[")[0] for key in seen}
    # A CUDA build of torch brings libraries of its own, which its wheel pins to the letter.
    assert not {name for name in names - pins().keys() if not re.match(r"nvidia-|cuda-|triton", name)}


def needs_of(requirement: Requirement) -> list[Requirement]:
    needed = [Requirement(line) for line in metadata.requires(requirement.name) or []]
    extras = ["", *requirement.extras]
    return [
        need
        for need in needed
        if need.marker is None or any(need.marker.evaluate({"extra": extra}) for extra in extras)
    ]


def test_constraints_are_sorted_exact_and_without_build_tags() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert [line.startswith("#") for line in lines[:3]] == [True, True, False]
    assert lines[2:] == sorted(lines[2:], key=str.upper)
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+", line) for line in lines[2:])
    assert pins()["torch"] == "2.13.0"


def test_environment_yml_repeats_pyproject() -> None:
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    *conda, with_pip = environment["dependencies"]
    assert environment["name"] == PROJECT["name"]
    assert conda == [f"python{PROJECT['requires-python']}", "pip"]
    options, packages = [], []
    for line in with_pip["pip"]:
        (options if line.startswith("-") else packages).append(line)
    assert packages == WANTED
    assert options == ["--constraint constraints.txt", "--editable ."]


@pytest.mark.parametrize("line", ["make quickstart", "make test"])
def test_readme_names_both_make_lines(line: str) -> None:
    assert line in (ROOT / "README.md").read_text(encoding="utf-8")


def test_lint_type_and_import_settings_exist() -> None:
    tools = PYPROJECT["tool"]
    assert tools["ruff"]["line-length"] == 110
    assert tools["mypy"]["strict"] is True
    assert any(contract["type"] == "layers" for contract in tools["importlinter"]["contracts"])
    assert tools["pytest"]["ini_options"]["filterwarnings"][0] == "error"


def outside_make() -> dict[str, str]:
    """The environment without what a make above hands down, under which a make below talks more."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}


def planned(target: str) -> str:
    """What make would run for ``target``, set-up aside."""
    done = subprocess.run(
        ["make", "--dry-run", "--always-make", target],
        cwd=ROOT,
        env=outside_make(),
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_make_test_runs_every_check() -> None:
    commands = planned("test")
    for command in ("ruff check", "ruff format --check", "bin/mypy", "bin/lint-imports", "pytest -n 2"):
        assert command in commands


def test_make_quickstart_searches_two_trials_of_five_epochs() -> None:
    assert "bin/cricketgnn tune phase1-coarse --n-trials 2 --epochs 5" in planned("quickstart")


@pytest.mark.parametrize("target", ["quickstart", "test", "lint", "types", "imports", "unit", "format"])
def test_every_target_sets_up_first(target: str) -> None:
    assert planned(target).splitlines()[0].endswith("sh scripts/set_up.sh .venv")


def test_ci_runs_make_test_and_nothing_else() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    lines = script.read_text(encoding="utf-8").splitlines()
    assert "set -euo pipefail" in lines
    assert lines[-1] == "make test"


def test_pre_commit_hooks_are_local_make_targets() -> None:
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    assert [repository["repo"] for repository in config["repos"]] == ["local"]
    for hook in config["repos"][0]["hooks"]:
        make, target = hook["entry"].split()
        assert make == "make"
        assert re.search(rf"^{target}:", MAKEFILE, re.MULTILINE)
