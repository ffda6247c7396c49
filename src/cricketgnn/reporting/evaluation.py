"""The scores of a model on the console."""

from __future__ import annotations

import math
from typing import Final

from rich.console import Console
from rich.table import Table

from cricketgnn.cricket.outcomes import OUTCOME_NAMES
from cricketgnn.evaluation import Evaluation, Score
from cricketgnn.reporting.tables import print_whole
from cricketgnn.training.scoring import Scored

SCORES: Final = {
    "log_loss": ("log loss", "{:.4f}"),
    "log_loss_prior": ("log loss of the class prior", "{:.4f}"),
    "skill": ("skill over the class prior", "{:+.2%}"),
    "brier": ("Brier score", "{:.4f}"),
    "accuracy": ("accuracy", "{:.3f}"),
    "top2_accuracy": ("top-2 accuracy", "{:.3f}"),
    "macro_f1": ("macro-F1 by argmax", "{:.3f}"),
    "macro_f1_rule": ("macro-F1 by decision rule", "{:.3f}"),
    "weighted_f1": ("weighted F1 by argmax", "{:.3f}"),
    "weighted_f1_rule": ("weighted F1 by decision rule", "{:.3f}"),
    "calibration_error": ("classwise calibration error", "{:.4f}"),
    "wicket_auc": ("wicket AUC", "{:.3f}"),
    "boundary_auc": ("boundary AUC", "{:.3f}"),
    "kind_log_loss": ("delivery-kind log loss", "{:.4f}"),
    "kind_skill": ("delivery-kind skill", "{:+.2%}"),
}
"""Metrics in the order they are shown: what they are called, and how they are written."""


def describe_test(screen: Console, scored: Scored) -> None:
    """Print all scores with their intervals, each outcome's calls, and the confusion matrix."""
    evaluation = scored.evaluation
    screen.print(
        f"{scored.part}: {evaluation.matches:,} matches, {evaluation.deliveries:,} deliveries, "
        f"{evaluation.scored:,} scored (wides have no bat outcome)"
    )
    if scored.chosen_here:
        screen.print(flattery(scored), soft_wrap=True)
    screen.print(_score_table(evaluation))
    if scored.truth is not None:
        screen.print(
            f"true chances of this synthetic league: log loss {scored.truth.log_loss:.4f}; "
            f"the model comes {scored.truth.reached:.1%} of the way from the class prior to them",
            soft_wrap=True,
        )
    print_whole(screen, _class_table(evaluation))
    print_whole(screen, _confusion_table(evaluation))


def flattery(scored: Scored) -> str:
    """Say that the model was chosen on what it is scored on here."""
    *most, last = (name.replace("_", " ") for name in scored.chosen_here)
    chosen = f"the {', '.join(most)} and {last} of this model were chosen on"
    share = scored.model.config.data.data_fraction
    if share < 1:
        return (
            f"{chosen} a share of {share:g} of its run's matches of these dates: there the scores flatter it"
        )
    if scored.same_matches:
        return f"{chosen} these very matches: the scores flatter it, those of --split test do not"
    return f"{chosen} its run's matches of these dates: as far as these are the same, the scores flatter it"


def _score_table(evaluation: Evaluation) -> Table:
    interval = f"{evaluation.bootstrap.confidence:.0%} interval, by match"
    table = Table("score", "value", interval, title="Scores", title_justify="left", box=None)
    for name, (words, form) in SCORES.items():
        score = evaluation.scores[name]
        table.add_row(words, score_in_words(score.value, form), interval_in_words(score, form))
    return table


def _class_table(evaluation: Evaluation) -> Table:
    table = Table(title="Outcomes (called by the decision rule)", title_justify="left", box=None)
    table.add_column("outcome")
    for column in ("share", "mean p", "precision", "recall", "F1", "deliveries"):
        table.add_column(column, justify="right")
    for scores in evaluation.per_class_rule:
        table.add_row(
            scores.name,
            f"{scores.share:.3f}",
            f"{scores.mean_probability:.3f}",
            f"{scores.precision:.3f}",
            f"{scores.recall:.3f}",
            f"{scores.f1:.3f}",
            f"{scores.support:,}",
        )
    return table


def _confusion_table(evaluation: Evaluation) -> Table:
    title = "Confusion: rows came, columns called by the rule"
    table = Table("", *OUTCOME_NAMES, title=title, title_justify="left", box=None)
    for name, row in zip(OUTCOME_NAMES, evaluation.confusion_rule, strict=True):
        table.add_row(name, *(f"{int(count):,}" for count in row))
    return table


def interval_in_words(score: Score, form: str) -> str:
    """Show both ends of an interval; ``-`` where there is none."""
    if math.isnan(score.low) or math.isnan(score.high):
        return "-"
    return f"{score_in_words(score.low, form)} to {score_in_words(score.high, form)}"


def score_in_words(value: float, form: str) -> str:
    """Show a score; ``-`` where it is undefined."""
    return "-" if math.isnan(value) else form.format(value)
