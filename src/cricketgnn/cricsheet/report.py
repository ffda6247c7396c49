"""What became of every match file of a source: used, refused or superseded."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from cricketgnn.errors import DataError, MatchRejected


class Rejected(msgspec.Struct, frozen=True):
    """A match file that breaks the format, and where."""

    file: str
    where: str
    reason: str


class Duplicate(msgspec.Struct, frozen=True):
    """A copy of a match that another copy of the same match id supersedes."""

    match_id: str
    file: str
    kept: str
    reason: str


class IngestReport(msgspec.Struct, frozen=True):
    """The account of one reading: ``matches = ok + len(rejected) + len(duplicates)``.

    Attributes:
        matches: match files looked at.
        ok: matches in the tables.
        rejected: refused files, in the order they were read.
        duplicates: superseded copies, by match id.
    """

    matches: int
    ok: int
    rejected: tuple[Rejected, ...] = ()
    duplicates: tuple[Duplicate, ...] = ()

    @property
    def rejected_share(self) -> float:
        """Refused files as a share of all."""
        return len(self.rejected) / self.matches if self.matches else 0.0

    def exceeds(self, max_rejected: float) -> bool:
        """Tell whether more is refused than allowed, or so much that no match is left."""
        return self.ok == 0 or self.rejected_share > max_rejected

    def tell(self, log: Callable[[str], None]) -> None:
        """Say in one line how many matches were refused; nothing where none was."""
        if self.rejected:
            log(
                f"{len(self.rejected)} of {self.matches} matches refused and left out; "
                "see them with: cricketgnn data validate"
            )

    def require(self, strict: bool, max_rejected: float) -> None:
        """Let a source pass only when enough of its matches are sound.

        Args:
            strict: refuse the source for its first refused match.
            max_rejected: the largest share of refused files that is let through, 0 to 1.

        Raises:
            MatchRejected: ``strict``, and a match was refused.
            DataError: a larger share was refused, or no match is left.
        """
        if not 0.0 <= max_rejected <= 1.0:
            raise DataError(
                f"the share of matches that may be refused is between 0 and 1, got {max_rejected}"
            )
        if self.rejected and strict:
            first = self.rejected[0]
            raise MatchRejected(first.file, first.where, first.reason)
        if self.exceeds(max_rejected):
            first = self.rejected[0]
            raise DataError(
                f"{len(self.rejected)} of {self.matches} matches refused ({self.rejected_share:.1%}, at most"
                f" {max_rejected:.1%} allowed), first {first.file}: {first.where}: {first.reason};"
                " see all with 'cricketgnn data validate'"
            )
