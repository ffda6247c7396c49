"""From the bytes of a match file to its wire types, or the exact place where they do not fit."""

from __future__ import annotations

import json
import re
from typing import Any, Final

import msgspec

from cricketgnn.cricsheet.wire import Match
from cricketgnn.errors import MatchRejected

_decoder: Final = msgspec.json.Decoder(Match)
_MESSAGE: Final = re.compile(r"(?P<reason>.*) - at (?:`key` in )?`(?P<where>\$[^`]*)`", re.DOTALL)
_ANY_KEY: Final = "[...]"


def decode_match(content: bytes, file: str) -> Match:
    """Decode one match file.

    Args:
        content: the file's bytes, UTF-8 JSON.
        file: what to call the file in an error.

    Raises:
        MatchRejected: the bytes are not JSON, or a value is missing or of another type than the format has.
    """
    try:
        return _decoder.decode(content)
    except msgspec.ValidationError as error:
        reason, where = _reason_and_place(error)
        raise MatchRejected(file, _with_key(content, where), reason) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MatchRejected(file, "$", f"not a readable JSON document ({error})") from error


def _reason_and_place(error: msgspec.ValidationError) -> tuple[str, str]:
    found = _MESSAGE.fullmatch(str(error))
    reason, where = (found["reason"], found["where"]) if found else (str(error), "$")
    return reason[0].lower() + reason[1:].replace("`", "'"), where


def _with_key(content: bytes, where: str) -> str:
    """Put the key where msgspec prints ``[...]`` for it: which team, person or over is meant.

    The mapping is cut down to one key at a time until the same error shows. That is slow, and done
    only for a file that is refused anyway.
    """
    before, any_key, after = where.partition(_ANY_KEY)
    if not any_key:
        return where
    try:
        document = msgspec.json.decode(content)
    except msgspec.DecodeError:  # broken again further on: the place as it is must do
        return where
    *outer, last = re.findall(r"[^.$\[\]]+", before)
    holder: Any = document
    for step in outer:
        holder = holder[int(step)] if isinstance(holder, list) else holder[step]
    for key, value in holder[last].items():
        holder[last] = {key: value}
        try:
            msgspec.convert(document, Match)
        except msgspec.ValidationError as error:
            if _reason_and_place(error)[1] == where:
                return f"{before}[{json.dumps(key, ensure_ascii=False)}]{after}"
    return where
