"""Set-up from nothing, interrupted, repeated, with the wrong Python: real make, a stand-in for pip."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# Answers as `python3` does to what set-up asks, writes down what pip is asked for, and fails where told to.
STAND_IN = """#!/bin/sh
case "$1 $2" in
    "-c "*version_info*) test "$FAKE_VERSION" = 3.11.0 ;;
    "-c "*) echo "$FAKE_VERSION" ;;
    "-m venv") mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
    "-m pip") shift 2; echo "$@" >>"$FAKE_LOG"; case "$*" in *"$FAKE_FAILURE"*) exit 1 ;; esac ;;
esac
"""


class Clone:
    """A folder with what set-up reads, and a stand-in for Python; ``log`` is what pip was asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("Makefile", "pyproject.toml", "constraints.txt"):
            shutil.copy(ROOT / name, folder)
        shutil.copytree(ROOT / "scripts", folder / "scripts")
        self.python = folder / "stand-in"
        self.python.write_text(STAND_IN, encoding="utf-8")
        self.python.chmod(0o755)
        self.venv = folder / ".venv"

    def set_up(
        self, *, version: str = "3.11.0", failure: str = "nothing fails", python: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        inherited = {
            name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))
        }
        faked = {"FAKE_VERSION": version, "FAKE_FAILURE": failure, "FAKE_LOG": str(self.folder / "log")}
        return subprocess.run(
            ["make", "setup", f"PYTHON={python or self.python}"],
            cwd=self.folder,
            env=inherited | faked,
            capture_output=True,
            text=True,
            check=False,
        )

    def installs(self) -> list[str]:
        log = (self.folder / "log").read_text(encoding="utf-8")
        return [line for line in log.splitlines() if " install " in line]

    @property
    def finished(self) -> bool:
        marks = {mark.name for mark in self.venv.glob(".install*")}
        assert len(marks) == 1
        return marks == {".installed"}


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    return Clone(tmp_path)


def error_line(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode != 0
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("error:")]
    return line


def test_from_nothing_the_package_is_installed_under_constraints(clone: Clone) -> None:
    assert clone.set_up().returncode == 0
    assert clone.finished
    backend, package = clone.installs()
    assert "--constraint constraints.txt hatchling editables" in backend
    assert "--constraint constraints.txt --no-build-isolation --editable .[dev]" in package


def test_nothing_is_done_twice(clone: Clone) -> None:
    clone.set_up()
    before = clone.installs()
    assert clone.set_up().returncode == 0
    assert clone.installs() == before


@pytest.mark.parametrize("name", ["pyproject.toml", "constraints.txt"])
def test_it_is_redone_in_place_when_what_it_read_changes(clone: Clone, name: str) -> None:
    clone.set_up()
    (clone.venv / "kept").touch()
    before = len(clone.installs())
    later = (clone.venv / ".installed").stat().st_mtime + 60
    os.utime(clone.folder / name, (later, later))
    assert clone.set_up().returncode == 0
    assert len(clone.installs()) == 2 * before
    assert (clone.venv / "kept").exists()


@pytest.mark.parametrize("failure", ["hatchling", "--editable", "check"])
def test_an_interrupted_install_is_not_taken_for_finished(clone: Clone, failure: str) -> None:
    assert clone.set_up(failure=failure).returncode != 0
    assert not clone.finished
    (clone.venv / "half-written").touch()
    assert clone.set_up().returncode == 0
    assert clone.finished
    assert not (clone.venv / "half-written").exists()


def test_a_redo_that_is_interrupted_is_not_taken_for_finished_either(clone: Clone) -> None:
    clone.set_up()
    later = (clone.venv / ".installed").stat().st_mtime + 60
    os.utime(clone.folder / "constraints.txt", (later, later))
    assert clone.set_up(failure="--editable").returncode != 0
    assert not clone.finished


def test_an_environment_of_the_users_own_is_kept(clone: Clone) -> None:
    (clone.venv / "bin").mkdir(parents=True)
    shutil.copy(clone.python, clone.venv / "bin" / "python")
    (clone.venv / "torch-of-my-own").touch()
    assert clone.set_up().returncode == 0
    assert clone.finished
    assert (clone.venv / "torch-of-my-own").exists()


def test_an_environment_whose_interpreter_is_gone_is_made_anew(clone: Clone) -> None:
    (clone.venv / "bin").mkdir(parents=True)
    (clone.venv / "bin" / "python").symlink_to(clone.folder / "uninstalled")
    assert clone.set_up().returncode == 0
    assert clone.finished
    assert not (clone.venv / "bin" / "python").is_symlink()


def test_an_old_python_is_one_line_that_names_its_version(clone: Clone) -> None:
    done = clone.set_up(version="3.9.2")
    assert "is Python 3.9.2, but 3.11 or newer is needed" in error_line(done)
    assert not clone.venv.exists()


def test_a_missing_python_is_one_line_that_names_it(clone: Clone) -> None:
    done = clone.set_up(python="no-such-python")
    assert "no 'no-such-python' on the PATH" in error_line(done)
    assert not clone.venv.exists()
