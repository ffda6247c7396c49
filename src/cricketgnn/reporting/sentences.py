"""Sentences about a search that the console, pages and Markdown have in common."""

from __future__ import annotations

from collections.abc import Mapping
from math import isnan
from typing import Any

from cricketgnn.evaluation import Score
from cricketgnn.tuning.confirmation import Confirmation


def duration(seconds: float) -> str:
    """Put seconds into words a person reads at a glance: ``45 s``, ``12 min``, ``3.5 h``."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def verdict(confirmed: Confirmation) -> str:
    """Say in one sentence who won and how sure that is."""
    winner = confirmed.winner
    name = f"winner: trial {winner.trial}, macro-F1 {winner.macro_f1.value:.4f} on fresh seeds"
    if confirmed.rivals:
        others = " and ".join(f"trial {number}" for number in confirmed.rivals)
        return f"{name}; not distinguishable from {others}"
    others = " and ".join(f"trial {number}" for number in confirmed.leads)
    return f"{name}; clearly ahead of {others}, trained again as well" if others else name


def interval(score: Score, form: str = ".4f") -> str:
    """Show both ends of an interval; one seed has none."""
    return "unknown" if isnan(score.low) else f"{score.low:{form}} to {score.high:{form}}"


def tested(test: Mapping[str, Any]) -> str:
    """Say how the winner fared on the test matches."""
    loss, skill, f1 = test["log_loss"], test["skill"], test["macro_f1_rule"]
    between = "" if skill["low"] is None else f" ({skill['low']:+.2%} to {skill['high']:+.2%})"
    return (
        f"test, scored once for trial {test['trial']} on all {test['matches']:,} matches: log loss "
        f"{loss['value']:.4f} (class prior {test['log_loss_prior']['value']:.4f}), skill "
        f"{skill['value']:+.2%}{between}, macro-F1 {f1['value']:.4f}"
    )
