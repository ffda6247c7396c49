"""The folder of a ladder: one protocol, and the forecasts of each model that has come to its end."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np

from cricketgnn.errors import ArtifactError
from cricketgnn.files import write_json, write_packed
from cricketgnn.ladder._base import FORECASTS, Forecasts
from cricketgnn.training.run_folder import LOCK, clear_torn

PROTOCOL: Final = "protocol.json"
RESULTS: Final = "ladder.json"
_FACTS: Final = "facts.json"


def make_folder(folder: Path) -> Path:
    """Make the folder of a ladder, where it is not there.

    Raises:
        ArtifactError: something else lies there.
    """
    if folder.is_dir() and not (folder / PROTOCOL).is_file():
        # A ladder that was killed as it began left its lock, or its protocol half-written.
        begun = {LOCK, *(torn.name for torn in folder.glob(f".{PROTOCOL}.*.tmp"))}
        if any(one.name not in begun for one in folder.iterdir()):
            raise ArtifactError(f"{folder} is not empty and holds no ladder; give another --out")
    if folder.exists() and not folder.is_dir():
        raise ArtifactError(f"{folder} is a file, and a ladder needs a folder; give another --out")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def hold_to(folder: Path, protocol: Mapping[str, Any]) -> None:
    """Write down the protocol of a ladder that begins, or make sure that it is that of before.

    Args:
        folder: of the ladder; nobody else works in it.
        protocol: what its models are asked.

    Raises:
        ArtifactError: the ladder that lies there is of another protocol, or its file is damaged.
    """
    path = folder / PROTOCOL
    if not path.is_file():
        write_json(path, protocol)
        return
    try:
        before = dict(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise ArtifactError(f"{path}: damaged ({error}); give another --out") from error
    for name, value in protocol.items():
        if before.get(name) != value:
            raise ArtifactError(
                f"{folder} holds a ladder whose {name} is {before.get(name)}, and this one's is {value}: "
                "its models answered another question; give another --out"
            )


def is_kept(place: Path) -> bool:
    """Tell whether a model has come to its end."""
    return (place / FORECASTS).is_file()


def keep(place: Path, forecasts: Forecasts, settings: Mapping[str, Any]) -> None:
    """Keep a model's forecasts, and the settings that made them."""
    clear_torn(place)
    values = forecasts._asdict()
    arrays = {name: value for name, value in values.items() if isinstance(value, np.ndarray)}
    facts = {name: value for name, value in values.items() if name not in arrays}
    write_json(place / _FACTS, {"settings": settings, "forecasts": facts})
    write_packed(place / FORECASTS, lambda buffer: np.savez_compressed(buffer, allow_pickle=False, **arrays))


def check_settings(place: Path, wanted: Mapping[str, Any]) -> None:
    """Make sure that a model's forecasts, where there are some, were made with the settings that are wanted.

    Raises:
        ArtifactError: they were made with others, or what says so is damaged.
    """
    if not is_kept(place):
        return
    with _damage_told(place):
        before = dict(json.loads((place / _FACTS).read_text(encoding="utf-8"))["settings"])
    for name in sorted({*before, *wanted}):
        if before.get(name) != wanted.get(name):
            raise ArtifactError(
                f"{place} was made with {name} {before.get(name)}, and {wanted.get(name)} is wanted: ask for "
                f"the same as before, give another --out, or remove {place}"
            )


def kept_forecasts(place: Path) -> Forecasts:
    """Read a model's forecasts.

    Raises:
        ArtifactError: they are damaged.
    """
    with _damage_told(place):
        with np.load(place / FORECASTS, allow_pickle=False) as kept:
            values = {name: kept[name] for name in kept.files if name in Forecasts._fields}
        document = json.loads((place / _FACTS).read_text(encoding="utf-8"))
        return Forecasts(**{**document["forecasts"], **values})


@contextmanager
def _damage_told(place: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError, TypeError, KeyError, zipfile.BadZipFile) as error:
        path = place / FORECASTS
        raise ArtifactError(f"{path}: damaged ({error}); remove {place} to make it again") from error
