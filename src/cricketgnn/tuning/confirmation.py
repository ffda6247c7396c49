"""What came of the winner protocol, as a study keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from cricketgnn.evaluation import Lead, Score


@dataclass(frozen=True)
class Candidate:
    """One of the best configurations, trained again.

    Attributes:
        trial: number of the trial that found it.
        first_value: macro-F1 of that trial, which was selected for being high.
        macro_f1: mean over the fresh seeds, with its interval over matches and seeds.
        log_loss: the same.
        each: macro-F1 of each fresh seed.
    """

    trial: int
    first_value: float
    macro_f1: Score
    log_loss: Score
    each: tuple[float, ...]

    def to_json(self) -> dict[str, Any]:
        """Give the candidate as plain values."""
        return {
            "trial": self.trial,
            "first_value": self.first_value,
            "macro_f1": self.macro_f1.to_json(),
            "log_loss": self.log_loss.to_json(),
            "each_macro_f1": list(self.each),
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """Give the candidate that plain values stand for."""
        return cls(
            trial=document["trial"],
            first_value=document["first_value"],
            macro_f1=Score.from_json(document["macro_f1"]),
            log_loss=Score.from_json(document["log_loss"]),
            each=tuple(document["each_macro_f1"]),
        )


@dataclass(frozen=True)
class Confirmation:
    """What came of the winner protocol.

    Attributes:
        candidates: from the best on, by mean macro-F1 over fresh seeds.
        leads: how far the winner is ahead of each of the others, by their trial.
        seeds: the fresh seeds.
    """

    candidates: tuple[Candidate, ...]
    leads: Mapping[int, Lead]
    seeds: tuple[int, ...]

    @property
    def winner(self) -> Candidate:
        """The candidate with the highest mean."""
        return self.candidates[0]

    @property
    def rivals(self) -> tuple[int, ...]:
        """Trials that the winner cannot be told from."""
        return tuple(trial for trial, lead in self.leads.items() if not lead.clear)

    def to_json(self) -> dict[str, Any]:
        """Give the confirmation as plain values."""
        return {
            "winner": self.winner.trial,
            "not_distinguishable_from": list(self.rivals),
            "seeds": list(self.seeds),
            "candidates": [candidate.to_json() for candidate in self.candidates],
            "leads": {str(trial): lead.to_json() for trial, lead in self.leads.items()},
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """Give the confirmation that plain values stand for, as a study keeps it."""
        return cls(
            candidates=tuple(Candidate.from_json(candidate) for candidate in document["candidates"]),
            leads={int(trial): Lead.from_json(lead) for trial, lead in document["leads"].items()},
            seeds=tuple(document["seeds"]),
        )
