"""The folder a run leaves: self-contained, never silently overwritten, consistent after every epoch."""

from __future__ import annotations

import datetime as dt
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import filelock

from cricketgnn.config import ResolvedConfig
from cricketgnn.errors import ArtifactError
from cricketgnn.files import is_held, write_json, write_text
from cricketgnn.places import RUNS

if TYPE_CHECKING:  # torch takes seconds to load, and who only looks into folders needs none
    from cricketgnn.training.observing import EpochReport

BEST: Final = "best_model.pt"
LAST: Final = "last.pt"
CONFIG: Final = "config.toml"
PROVENANCE: Final = "provenance.json"
METRICS: Final = "metrics.json"
LOCK: Final = ".lock"
_ENDING_SECONDS: Final = 2
"""How long a process that was just told to end may still hold its run folder."""


class FolderBusy(ArtifactError):
    """Another process works in a run folder."""


def alone_in(folder: Path, seconds: float = _ENDING_SECONDS) -> AbstractContextManager[Any]:
    """Hold a run folder; the system lets go of it when the process ends, however it ends.

    Args:
        folder: it exists.
        seconds: how long to wait for a process that works in it and is ending.

    Raises:
        FolderBusy: another process works in it.
    """
    try:
        return filelock.FileLock(folder / LOCK, timeout=seconds).acquire()
    except filelock.Timeout as error:
        raise FolderBusy(
            f"{folder}: another process works in this run folder; wait for it or stop it first"
        ) from error


def worked_in(folder: Path) -> bool:
    """Tell whether a process works in a run folder."""
    return bool(is_held(folder / LOCK))


def clear_torn(folder: Path, name: str = "*") -> None:
    """Remove what a process left that was killed while it wrote; to be called by whoever alone writes there.

    Args:
        folder: where.
        name: of the file it wrote; any by default.
    """
    for torn in folder.glob(f".{name}.*.tmp"):
        torn.unlink(missing_ok=True)


def check_out(out: Path | None) -> None:
    """Refuse a folder for a new run that already holds something, before any work is done for it.

    Raises:
        ArtifactError: ``out`` is a file or not empty.
    """
    if out is not None and out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ArtifactError(
            f"{out} already exists and is not empty; give another --out, or continue a run with: "
            f"cricketgnn resume {out}"
        )


def new_run_folder(out: Path | None, kind: str = "train") -> Path:
    """Make the folder of a new run: ``out``, or a fresh one under ``checkpoints/`` named by kind and time.

    Raises:
        ArtifactError: ``out`` already holds something, or cannot be made.
    """
    check_out(out)
    try:
        if out is None:
            return _fresh_folder(RUNS, kind)
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ArtifactError(f"cannot make the run folder {out or RUNS}: {error.strerror or error}") from error
    return out


def _fresh_folder(parent: Path, kind: str) -> Path:
    parent.mkdir(parents=True, exist_ok=True)
    stamp = dt.datetime.now().astimezone().strftime("%Y%m%d-%H%M%S")
    for number in range(1, 1000):
        folder = parent / (f"{kind}_{stamp}" if number == 1 else f"{kind}_{stamp}_{number}")
        try:
            folder.mkdir()
        except FileExistsError:  # another run began in the same second
            continue
        return folder
    raise ArtifactError(f"{parent} has no free name for a run that starts at {stamp}; give --out")


def latest_run() -> Path:
    """Give the run under ``checkpoints/`` whose model was kept last.

    Raises:
        ArtifactError: no run there has a model yet.
    """
    models = list(RUNS.glob(f"*/{BEST}"))
    if not models:
        raise ArtifactError(f"no run with a model in {RUNS}; name one, or make one with: cricketgnn train")
    return max(models, key=lambda path: (path.stat().st_mtime, str(path))).parent


def write_run_start(folder: Path, resolved: ResolvedConfig, facts: dict[str, Any]) -> None:
    """Write what is known before the first epoch: configuration and provenance."""
    write_text(folder / CONFIG, resolved.to_toml())
    write_json(folder / PROVENANCE, facts)


def write_metrics(folder: Path, history: list[EpochReport]) -> None:
    """Write the metrics of all epochs so far."""
    write_json(folder / METRICS, [report.to_json() for report in history])
