"""From what a user names (archives, folders, globs, single files) to the match files meant."""

from __future__ import annotations

import glob
import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, NoReturn

from cricketgnn.cricsheet.archives import FolderSource, Source, ZipSource
from cricketgnn.cricsheet.zip_safety import is_match_file
from cricketgnn.errors import DataError
from cricketgnn.files import expanded, nearest_file

_ARCHIVE_SUFFIX: Final = ".zip"


def find_sources(paths: Sequence[str | Path]) -> tuple[Source, ...]:
    """Find all match files that some paths stand for, each once, in an order that is always the same.

    A folder stands for the match files and zip archives in it and below it. Sources are called by
    their last name in reports, or by their whole path where two share a last name.

    Args:
        paths: zip archives, folders, ``.json`` files, or globs of these.

    Raises:
        DataError: a path does not exist, is none of these, cannot be read, or holds no match.
    """
    if not paths:
        raise DataError("no match files given; name a zip archive, a folder or .json files")
    archives: set[Path] = set()
    folders: defaultdict[Path, set[str]] = defaultdict(set)
    for path in paths:
        for file in _files(path):
            if file.suffix == _ARCHIVE_SUFFIX:
                archives.add(file)
            else:
                folders[file.parent].add(file.name)
    names = _short_names([*archives, *folders])
    sources: list[Source] = [ZipSource.open(path, names[path]) for path in archives]
    sources += [FolderSource(path, names[path], tuple(sorted(files))) for path, files in folders.items()]
    for source in sources:
        if not source.members:
            raise DataError(f"{source.path} holds no match file (*.json)")
    return tuple(sorted(sources, key=lambda source: (source.name, str(source.path))))


def _files(path: str | Path) -> Iterator[Path]:
    """Give the archives and match files that one path stands for, each under its one absolute name."""
    for found in _existing(path):
        if found.is_dir():
            inside = [_absolute(file) for file in sorted(_below(found)) if _is_match_source(file)]
            if not inside:
                raise DataError(f"folder {found} holds no match file (*.json) and no zip archive")
            yield from inside
        elif found.suffix in {_ARCHIVE_SUFFIX, ".json"}:
            yield _absolute(found)
        else:
            raise DataError(f"{found} is no source of matches: expected a .zip, a .json or a folder")


def _below(folder: Path) -> Iterator[Path]:
    """Give all files in a folder and below it; links to folders are not followed.

    Raises:
        DataError: one of the folders cannot be listed. Left out in silence, its matches would be missed.
    """
    for place, _, files in os.walk(folder, onerror=_refuse):
        yield from (Path(place, file) for file in files)


def _refuse(error: OSError) -> NoReturn:
    raise DataError(
        f"cannot read {error.filename}: {error.strerror or error}; "
        "make it readable or name what lies beside it"
    ) from error


def _absolute(file: Path) -> Path:
    # The name itself stays: a link called cup.zip may lead to a file called otherwise.
    absolute = file.parent.resolve() / file.name
    try:
        str(absolute).encode()
    except UnicodeEncodeError as error:  # no table or report could hold it
        raise DataError(f"{str(absolute)!a}: this name is not in UTF-8; rename it") from error
    return absolute


def _is_match_source(file: Path) -> bool:
    if file.name.startswith(".") or not (file.suffix == _ARCHIVE_SUFFIX or is_match_file(file.name)):
        return False
    try:
        file.stat()
    except PermissionError as error:  # its folder may be listed and not entered; newer Pythons say "no file"
        _refuse(error)
    except OSError:  # a link that leads nowhere
        return False
    return file.is_file()


def _existing(path: str | Path) -> Iterable[Path]:
    """Give the path itself, or all that a glob matches."""
    plain = expanded(path)
    if plain.exists():
        return [plain]
    if glob.has_magic(str(plain)):
        try:
            found = sorted(Path(plain.anchor).glob(str(plain.relative_to(plain.anchor))))
        except ValueError as error:  # two stars are a whole part of a path, or none
            raise DataError(
                f"'{path}' is no pattern ({error}); ** stands for folders: 'data/**/*.zip'"
            ) from error
        if not found:
            raise DataError(f"nothing matches '{path}'")
        return found
    raise DataError(f"'{path}' does not exist{_nearest(plain)}")


def _nearest(path: Path) -> str:
    """Suggest what exists in place of the first part of a path that does not."""
    missing = path.absolute()
    while not missing.parent.exists():
        missing = missing.parent
    if not missing.parent.is_dir():
        return f"; {missing.parent} is not a folder"
    near = nearest_file(missing)
    return f"; did you mean '{near}'?" if near else ""


def _short_names(paths: Sequence[Path]) -> dict[Path, str]:
    sharing = Counter(path.name for path in paths)
    return {path: path.name if sharing[path.name] == 1 else path.as_posix() for path in paths}
