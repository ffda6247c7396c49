"""Small match files written by hand: Reds against Blues, every field the format requires.

Players of the Reds are R1 to R11, of the Blues B1 to B11; their registry ids are ``0000aa01`` to
``0000aa0b`` and ``0000bb01`` to ``0000bb0b``.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

Document = dict[str, Any]

REDS = tuple(f"R{number}" for number in range(1, 12))
BLUES = tuple(f"B{number}" for number in range(1, 12))


def person_id(name: str) -> str:
    """Give the registry id of a player of either team."""
    return f"0000{'aa' if name[0] == 'R' else 'bb'}{int(name[1:]):02x}"


def ball(
    bat: int = 0,
    *,
    striker: str = "R1",
    partner: str = "R2",
    bowler: str = "B11",
    out: list[tuple[str, str]] | None = None,
    **extras: int,
) -> Document:
    """One delivery: runs off the bat, extras by their name in the format, (player out, kind) pairs."""
    extra = sum(extras.values())
    delivery: Document = {
        "batter": striker,
        "bowler": bowler,
        "non_striker": partner,
        "runs": {"batter": bat, "extras": extra, "total": bat + extra},
    }
    if extras:
        delivery["extras"] = extras
    if out:
        delivery["wickets"] = [{"player_out": player, "kind": kind} for player, kind in out]
    return delivery


def over(number: int, *deliveries: Document) -> Document:
    """One over of the given deliveries."""
    return {"over": number, "deliveries": list(deliveries)}


def innings(*overs: Document, team: str = "Reds", **more: Any) -> Document:
    """One innings; ``more`` are its optional fields."""
    return {"team": team, "overs": list(overs), **more}


def match(*played: Document, revision: int = 1, created: str = "2024-05-02", **info: Any) -> Document:
    """One match; ``info`` replaces or adds fields of ``$.info``, those set to None are left out."""
    fields: Document = {
        "balls_per_over": 6,
        "dates": ["2024-05-01"],
        "event": {"name": "Village Cup", "match_number": 3},
        "gender": "male",
        "match_type": "T20",
        "outcome": {"winner": "Reds", "by": {"runs": 5}},
        "overs": 20,
        "players": {"Reds": list(REDS), "Blues": list(BLUES)},
        "registry": {"people": {name: person_id(name) for name in REDS + BLUES}},
        "season": "2024",
        "team_type": "club",
        "teams": ["Reds", "Blues"],
        "toss": {"winner": "Blues", "decision": "field"},
        "venue": "The Green",
    } | info
    return {
        "meta": {"data_version": "1.1.0", "created": created, "revision": revision},
        "info": {name: value for name, value in fields.items() if value is not None},
        "innings": list(played),
    }


def content(document: Document) -> bytes:
    """The bytes of a match file."""
    return json.dumps(document).encode()


def write_folder(folder: Path, documents: Mapping[str, Document | bytes]) -> Path:
    """Write match files ``<match id>.json`` into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for match_id, document in documents.items():
        data = document if isinstance(document, bytes) else content(document)
        (folder / f"{match_id}.json").write_bytes(data)
    return folder


def write_zip(path: Path, documents: Mapping[str, Document | bytes]) -> Path:
    """Write an archive of match files, with a README as Cricsheet adds one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("README.txt", "Ball-by-ball data")
        for match_id, document in documents.items():
            data = document if isinstance(document, bytes) else content(document)
            archive.writestr(f"{match_id}.json", data)
    return path
