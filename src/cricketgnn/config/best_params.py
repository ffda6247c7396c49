"""Which ``best_params.json`` a user means: a file, a pattern, several files, the latest, or a study's."""

from __future__ import annotations

import glob
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final

from cricketgnn.errors import ConfigError, closest
from cricketgnn.places import STUDIES

BEST_PARAMS: Final = "best_params.json"
LATEST: Final = "latest"
_STUDY: Final = "study:"


def find_best_params(named: Sequence[str], tell: Callable[[str], None]) -> Path | None:
    """Find the file that was meant; of several the newest, which is told.

    Args:
        named: what stood behind ``--best-params``: files or patterns (a shell makes several files of one
            pattern), ``latest``, or ``study:NAME``; none for none.
        tell: told which file was taken where it was not named by itself.

    Raises:
        ConfigError: nothing matches; names what is there.
    """
    if not named:
        return None
    found = [path for name in named for path in _matches(name)]
    newest = max(found, key=lambda path: (path.stat().st_mtime, str(path)))
    if len(found) > 1 or [str(newest)] != list(named):
        of = f", the newest of {len(found)}" if len(found) > 1 else ""
        tell(f"best parameters: {newest}{of}")
    return newest


def _matches(name: str) -> list[Path]:
    if name == LATEST:
        return _existing(STUDIES.glob(f"*/{BEST_PARAMS}"), name)
    if name.startswith(_STUDY):
        return _existing([STUDIES / name.removeprefix(_STUDY) / BEST_PARAMS], name)
    if Path(name).is_dir():
        return _existing([Path(name) / BEST_PARAMS], name)
    if glob.has_magic(name) and not Path(name).exists():
        return _existing(map(Path, glob.glob(name, recursive=True)), name)  # noqa: PTH207, absolute patterns
    return [Path(name)] if Path(name).is_file() else _existing([], name)


def _existing(paths: Iterable[Path], name: str) -> list[Path]:
    found = [path for path in paths if path.is_file()]
    if found:
        return found
    studies = [path.parent.name for path in STUDIES.glob(f"*/{BEST_PARAMS}")]
    near = closest(Path(name.removeprefix(_STUDY)).name, [*studies, *([] if name == LATEST else [LATEST])])
    meant = near if near == LATEST else f"{_STUDY}{near}"
    hint = f"; did you mean '{meant}'?" if near else f"; studies with one: {', '.join(studies) or 'none'}"
    beside = closest(Path(name).name, (entry.name for entry in Path(name).parent.glob("*")))
    if beside and not near:
        hint = f"; did you mean '{Path(name).parent / beside}'?"
    raise ConfigError(f"--best-params {name}: no such {BEST_PARAMS}{hint}")
