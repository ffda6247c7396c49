"""The one error tree of cricketgnn, and the exit code each branch ends with.

* CricketGNNError            1   never raised itself
  + UsageError               2   a command line that cannot be meant
  + ConfigError              3   a configuration or search space that does not hold together
    - UnknownNameError       3   a key, phase, class or study nobody knows: names the closest match
  + DataError                4   matches that are missing, unreadable or too few
    - MatchRejected          4   one match that breaks the format: file, place in the JSON, reason
    - DownloadError          4   an archive that could not be fetched whole
  + ArtifactError            5   a checkpoint, run folder or storage that cannot be used
    - CheckpointError        5
      . OtherTrainingError   5   a run folder that holds another training
    - StorageError           5
  + NothingSucceeded         6   a search in which no trial finished
  + GroupError               7   one of the processes that train together was lost
  + Interrupted            130   the user asked to stop; everything so far is saved

A reader that closes the pipe early (``| head -1``) is no error: the command ends in silence with 141.

Every message is one line: what was got, what was expected, what to do next. ``cli.main`` is the only place
that turns an error into a red line and an exit code.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class CricketGNNError(Exception):
    """Base of everything this package raises on purpose."""

    exit_code = 1


class UsageError(CricketGNNError):
    """The command line asks for something that cannot be meant."""

    exit_code = 2


class ConfigError(CricketGNNError):
    """A configuration or search space does not hold together."""

    exit_code = 3


class UnknownNameError(ConfigError):
    """A name that nobody knows; the message carries the closest known one.

    Args:
        kind: what was being named, for the message ("option", "phase", "study").
        name: what was got.
        known: every name that would have been accepted.
        where: an optional place ("in tune.toml").
    """

    def __init__(self, kind: str, name: str, known: Iterable[str], where: str = "") -> None:
        self.kind, self.name, self.known = kind, name, sorted(known)
        place = f" {where}" if where else ""
        hint = closest(name, self.known)
        guess = f"; did you mean '{hint}'?" if hint else f"; known: {', '.join(self.known) or 'none'}"
        super().__init__(f"unknown {kind} '{name}'{place}{guess}")


class DataError(CricketGNNError):
    """Matches are missing, unreadable or too few for what was asked."""

    exit_code = 4


class MatchRejected(DataError):
    """One match breaks the format.

    Attributes:
        file: archive and member, or path, of the match.
        where: the place in the JSON, as a path such as ``$.innings[1].overs[4].deliveries[0].batter``.
        reason: what was got and what was expected.
    """

    def __init__(self, file: str, where: str, reason: str) -> None:
        self.file, self.where, self.reason = file, where, reason
        super().__init__(f"{file}: {where}: {reason}")


class DownloadError(DataError):
    """An archive could not be fetched whole; nothing on disk was replaced."""


class ArtifactError(CricketGNNError):
    """Something an earlier command wrote cannot be used."""

    exit_code = 5


class CheckpointError(ArtifactError):
    """A checkpoint is damaged, of another version, or does not fit."""


class OtherTrainingError(CheckpointError):
    """A run folder holds another training than the one that is wanted in it."""


class StorageError(ArtifactError):
    """A study's storage cannot be opened or does not hold what was asked for."""


class NothingSucceeded(CricketGNNError):
    """A search ended and no trial had finished."""

    exit_code = 6


class GroupError(CricketGNNError):
    """One of the processes that train together was lost or never met.

    Args:
        message: one line.
        exit_code: that of the process, where it ended by itself and has told why.
    """

    exit_code = 7

    def __init__(self, message: str, exit_code: int = exit_code) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class Interrupted(CricketGNNError):
    """The user asked to stop; everything finished so far is saved."""

    exit_code = 130


def closest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name nearest to ``name``, or None when nothing is near."""
    by_folded = {candidate.lower().replace("_", "-"): candidate for candidate in known}
    near = get_close_matches(name.lower().replace("_", "-"), by_folded, n=1, cutoff=0.6)
    return by_folded[near[0]] if near else None
