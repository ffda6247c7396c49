"""What is known of everybody, out of the cache or learned anew; a match file, read and checked."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from cricketgnn.cricsheet import ParsedMatch, find_sources, parse_match
from cricketgnn.deliveries.build import usable_processes
from cricketgnn.deliveries.fingerprint import require_unchanged, source_key
from cricketgnn.deliveries.load import load_tables
from cricketgnn.entries import EntryDamaged, EntryStore, Log, cache_folder, digest_of
from cricketgnn.errors import DataError
from cricketgnn.features.effects import EFFECTS
from cricketgnn.features.grouped import AsOfCounts
from cricketgnn.features.history import History, learn_history
from cricketgnn.features.identity import Numbering
from cricketgnn.features.names import CONTEXT_ROLES, FEATURES_VERSION, PLAYER_ROLES
from cricketgnn.features.ratings import AsOfRatings
from cricketgnn.files import read_named
from cricketgnn.graph.load import map_array

STANDARD_INPUT: Final = Path("-")
_ZIP: Final = b"PK"
_FACTS: Final = "facts.json"
_KINDS: Final = ("person", "venue", "team", "competition")
_RATING_ARRAYS: Final = ("entity", "day", "observed", "expected")


def read_match(path: Path) -> ParsedMatch:
    """Read one match file, or standard input for ``-``.

    Raises:
        MatchRejected: it breaks the format.
        DataError: there is no such file, or it cannot be read.
    """
    if path == STANDARD_INPUT:
        return _parsed(sys.stdin.buffer.read(), "stdin", "standard input")
    return _parsed(read_named(path, "one match in Cricsheet JSON"), path.stem, str(path))


def _parsed(content: bytes, match_id: str, file: str) -> ParsedMatch:
    if not content.strip():
        raise DataError(f"{file}: is empty; give one match in Cricsheet JSON")
    if content.startswith(_ZIP):
        raise DataError(f"{file}: is a zip archive; unpack one match of it, or name it with --data")
    return parse_match(content, match_id, file)


def load_history(paths: Sequence[str | Path], log: Log) -> History:
    """Learn what the matches say about everybody by day.

    Args:
        paths: zip archives, folders, ``.json`` files, or globs of these.
        log: told of the wait, of a damaged cache entry, or of a cache that cannot be written.

    Raises:
        DataError: a path is no source of matches, or too many matches are refused.
    """
    key = _key(paths)

    def build() -> History:
        log("learning what these matches say about everybody; kept for the next time")
        loaded = load_tables(paths, log=log, processes=usable_processes())
        require_unchanged(key, _key(paths))
        loaded.report.tell(log)
        return learn_history(loaded.tables)

    return EntryStore(cache_folder() / "histories", mapped=True).get(
        key, read=_read, build=build, write=_write, log=log
    )


def _key(paths: Sequence[str | Path]) -> str:
    return digest_of("history", source_key(find_sources(paths)), f"features {FEATURES_VERSION}")


def _write(history: History, folder: Path) -> None:
    arrays = {f"known.{kind}": getattr(history.numbering, kind) for kind in _KINDS}
    for role, counts in history.counts.items():
        arrays |= {f"{role}.keys": counts.keys, f"{role}.running": counts.running}
    for effect, ratings in history.ratings.items():
        arrays |= {f"rated.{effect}.{name}": getattr(ratings, name) for name in _RATING_ARRAYS}
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array, allow_pickle=False)
    days = {role: [counts.first_day, counts.span] for role, counts in history.counts.items()}
    (folder / _FACTS).write_text(json.dumps({"last_day": history.last_day, "days": days}), encoding="utf-8")


def _read(folder: Path) -> History:
    def array(name: str) -> np.ndarray:
        return map_array(folder / f"{name}.npy")

    try:
        facts = json.loads((folder / _FACTS).read_bytes())
        return History(
            numbering=Numbering(*(array(f"known.{kind}") for kind in _KINDS)),
            counts={
                role: AsOfCounts(array(f"{role}.keys"), array(f"{role}.running"), *facts["days"][role])
                for role in (*PLAYER_ROLES, *CONTEXT_ROLES)
            },
            ratings={
                effect.name: AsOfRatings(
                    effect, *(array(f"rated.{effect.name}.{name}") for name in _RATING_ARRAYS)
                )
                for effect in EFFECTS
            },
            last_day=facts["last_day"],
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise EntryDamaged(str(error)) from error
