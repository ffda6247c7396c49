"""Synthetic leagues on disk: a zip of Cricsheet files, and the true chances beside it."""

from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
import polars as pl
from filelock import FileLock

from cricketgnn.errors import DataError, UsageError
from cricketgnn.files import atomic_path
from cricketgnn.synthetic.config import GENERATOR_VERSION, LeagueConfig, embedded_config
from cricketgnn.synthetic.league import TRUTH, play_league

_ZIP_TIME: Final = (1980, 1, 1, 0, 0, 0)
"""Zip members carry the earliest time there is, so that the same league has the same bytes."""
_UNIX: Final = 3
_PLAIN_FILE: Final = 0o644 << 16
_COMPRESSION: Final = 6
_ARCHIVE_KEY: Final = "cricketgnn.archive_sha256"


@dataclass(frozen=True)
class Sample:
    """A synthetic league on disk.

    Attributes:
        archive: the zip of match files.
        truth: the parquet file of true chances beside it.
        matches: how many matches the archive holds.
        deliveries: how many rows the truth has.
    """

    archive: Path
    truth: Path
    matches: int
    deliveries: int


def truth_path(archive: Path) -> Path:
    """Give where the true chances of a synthetic archive lie: ``league.zip`` has ``league.truth.parquet``."""
    return archive.with_suffix(".truth.parquet")


def write_sample(archive: Path, config: LeagueConfig) -> Sample:
    """Simulate a league and write it: the zip of match files, and the true chances beside it.

    Both files are complete before either appears under its name.

    Args:
        archive: where the zip goes; its name ends in ``.zip``.
        config: what league.

    Raises:
        UsageError: the name does not end in ``.zip``.
    """
    if archive.suffix != ".zip":
        raise UsageError(f"'{archive.name}' does not end in .zip; give the sample a name such as league.zip")
    frames, matches = [], 0
    encoder = msgspec.json.Encoder()
    with atomic_path(archive) as zip_file, atomic_path(truth_path(archive)) as truth_file:
        with zipfile.ZipFile(zip_file, "w", zipfile.ZIP_DEFLATED, compresslevel=_COMPRESSION) as target:
            for block in play_league(config):
                for file in block.files:
                    target.writestr(_member(f"{file.match_id}.json"), encoder.encode(file.document))
                matches += len(block.files)
                frames.append(block.truth)
        truth = pl.concat(frames)
        packed = io.BytesIO()  # polars' own writer hides why a file could not be written
        truth.write_parquet(packed, metadata={_ARCHIVE_KEY: _sha256(zip_file)})
        truth_file.write_bytes(packed.getbuffer())
    return Sample(archive, truth_path(archive), matches, truth.height)


def load_truth(archive: Path) -> pl.DataFrame:
    """Read the true chances that belong to a synthetic archive, columns ``league.TRUTH``.

    Raises:
        DataError: there is no such file, or it was written with another archive.
    """
    path = truth_path(archive)
    if not path.is_file():
        raise DataError(f"{path} does not exist; only archives made by `cricketgnn data sample` have a truth")
    made_with = pl.read_parquet_metadata(path).get(_ARCHIVE_KEY)
    if made_with != _sha256(archive):
        raise DataError(f"{path} was not written with {archive.name}; make the sample again")
    return pl.read_parquet(path, columns=list(TRUTH))


def embedded_sample(cache_folder: Path) -> Sample:
    """Give the small league that comes with the product, made on first use.

    It lies in ``cache_folder`` under a name that carries generator version and configuration. Of several
    processes that ask at once, one makes it while the others wait. Damaged, it is made again.
    """
    config = embedded_config()
    archive = cache_folder / f"synthetic-v{GENERATOR_VERSION}-{config.digest}" / "league.zip"
    archive.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(archive.with_suffix(".lock")):
        try:
            truth = load_truth(archive)
        except (DataError, FileNotFoundError, pl.exceptions.PolarsError):  # not made yet, or damaged
            return write_sample(archive, config)
    return Sample(archive, truth_path(archive), config.matches, truth.height)


def _member(name: str) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(name, _ZIP_TIME)
    member.compress_type = zipfile.ZIP_DEFLATED
    member.create_system = _UNIX
    member.external_attr = _PLAIN_FILE
    return member


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
