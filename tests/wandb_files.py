"""What W&B wrote into a run's file, read back record by record with W&B's own messages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wandb.proto.wandb_internal_pb2 import Record

_BLOCK = 32768
_FILE_HEADER, _CHUNK_HEADER = 7, 7
_FULL, _LAST = 1, 4


@dataclass
class WandbRun:
    """A run as its file tells it: curves by step, the last summary, and how it ended (None: it did not)."""

    key: str = ""
    project: str = ""
    name: str = ""
    group: str = ""
    kind: str = ""
    config: dict[str, Any] = field(default_factory=dict)
    history: list[dict[str, Any]] = field(default_factory=list)
    summary: dict[str, Any] = field(default_factory=dict)
    models: dict[str, dict[str, Any]] = field(default_factory=dict)
    exit_code: int | None = None


def runs_below(folder: Path) -> list[WandbRun]:
    """Read every run that was kept offline below a folder, the earliest first."""
    return [read_run(path) for path in sorted(folder.rglob("*.wandb"))]


def read_run(path: Path) -> WandbRun:
    """Read one run's file."""
    run = WandbRun()
    for data in _records(path.read_bytes()):
        record = Record.FromString(data)
        kind = record.WhichOneof("record_type")
        if kind == "run":
            told = record.run
            run.key, run.project, run.name = told.run_id, told.project, told.display_name
            run.group, run.kind = told.run_group, told.job_type
            run.config |= _values(told.config.update)
        elif kind == "history":
            run.history.append(_values(record.history.item))
        elif kind == "summary":
            run.summary |= _values(record.summary.update)
        elif kind == "artifact" and record.artifact.type == "model":
            run.models[record.artifact.name] = json.loads(record.artifact.metadata)
        elif kind == "exit":
            run.exit_code = record.exit.exit_code
    return run


def _values(items: Any) -> dict[str, Any]:
    return {"/".join(item.nested_key) or item.key: json.loads(item.value_json) for item in items}


def _records(data: bytes) -> Iterator[bytes]:
    """Put the records together from their chunks: blocks of 32 KiB, as in LevelDB's log format."""
    assert data[:4] == b":W&B"
    place, record = _FILE_HEADER, b""
    while place + _CHUNK_HEADER <= len(data):
        if _BLOCK - place % _BLOCK < _CHUNK_HEADER:
            place += _BLOCK - place % _BLOCK
            continue
        size, kind = int.from_bytes(data[place + 4 : place + 6], "little"), data[place + 6]
        record += data[place + _CHUNK_HEADER : place + _CHUNK_HEADER + size]
        place += _CHUNK_HEADER + size
        if kind in (_FULL, _LAST):
            yield record
            record = b""
