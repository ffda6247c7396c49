"""A model told from its scores to what surprised it most."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cricketgnn.cricket.outcomes import OUTCOME_NAMES
from cricketgnn.reporting.evaluation import SCORES, flattery, interval_in_words, score_in_words
from cricketgnn.reporting.pages.section import Section, flat, what_made_it
from cricketgnn.reporting.run import drawing
from cricketgnn.reporting.run.summary import RunSummary


def run_sections(summary: RunSummary) -> list[Section]:
    """Tell a model."""
    return [_scores(summary), *_outcomes(summary), _slices(summary), *_learning(summary), *_rest(summary)]


def _scores(summary: RunSummary) -> Section:
    scored, evaluation = summary.scored, summary.scored.evaluation
    words = [
        f"{scored.part}: {evaluation.matches:,} matches, {evaluation.deliveries:,} deliveries, "
        f"{evaluation.scored:,} scored (wides have no bat outcome)"
    ]
    if scored.chosen_here:
        words.append(flattery(scored))
    if scored.truth is not None:
        words.append(
            f"the true chances of this synthetic league have log loss {scored.truth.log_loss:.4f}; the model "
            f"comes {scored.truth.reached:.1%} of the way from the class prior to them"
        )
    rows = [
        [
            what,
            score_in_words(evaluation.scores[name].value, form),
            interval_in_words(evaluation.scores[name], form),
            score_in_words(summary.prior.scores[name].value, form),
        ]
        for name, (what, form) in SCORES.items()
    ]
    header = ["score", "value", f"{evaluation.bootstrap.confidence:.0%} interval, by match", "class prior"]
    return Section("Scores", words, None, header, rows, folded=False)


def _outcomes(summary: RunSummary) -> Iterator[Section]:
    evaluation = summary.scored.evaluation
    rows = [
        [
            one.name,
            f"{one.share:.3f}",
            f"{one.mean_probability:.3f}",
            f"{one.precision:.3f}",
            f"{one.recall:.3f}",
            f"{one.f1:.3f}",
            f"{one.support:,}",
        ]
        for one in evaluation.per_class_rule
    ]
    header = ["outcome", "share", "mean forecast", "precision", "recall", "F1", "deliveries"]
    yield _reliability(summary)
    yield Section("Outcomes, called by the decision rule", (), None, header, rows, folded=False)
    counts = evaluation.confusion_rule
    rows = [
        [name, *(f"{int(count):,}" for count in row)] for name, row in zip(OUTCOME_NAMES, counts, strict=True)
    ]
    right = int(np.trace(counts))
    words = [
        f"{right:,} of {int(counts.sum()):,} deliveries came as the decision rule called them; rows: what "
        "came, columns: what was called"
    ]
    yield Section("Confusion", words, drawing.draw_confusion(counts), ["came", *OUTCOME_NAMES], rows)


def _reliability(summary: RunSummary) -> Section:
    words = ["on the dotted line, forecasts come true as often as they say; tenths of the deliveries"]
    rows = []
    for curve in summary.reliability:
        bins = zip(
            curve.mean_probability, curve.observed_share, curve.low, curve.high, curve.deliveries, strict=True
        )
        for said, came, low, high, deliveries in bins:
            between = "" if np.isnan(low) else f"{low:.4f} to {high:.4f}"
            rows.append([curve.outcome, f"{said:.4f}", f"{came:.4f}", between, f"{deliveries:,}"])
    header = ["outcome", "mean forecast", "share that came", "interval", "deliveries"]
    figure = drawing.draw_reliability(summary.reliability)
    return Section("Reliability by outcome", words, figure, header, rows)


def _slices(summary: RunSummary) -> Section:
    rows = [
        [
            one.name,
            f"{one.matches:,}",
            f"{one.scored:,}",
            score_in_words(one.scores["log_loss"].value, "{:.4f}"),
            score_in_words(one.scores["log_loss_prior"].value, "{:.4f}"),
            score_in_words(one.scores["skill"].value, "{:+.2%}"),
            interval_in_words(one.scores["skill"], "{:+.2%}"),
            score_in_words(one.scores["calibration_error"].value, "{:.4f}"),
        ]
        for one in summary.slices
    ]
    header = ["slice", "matches", "deliveries", "log loss", "class prior", "skill", "interval", "calibration"]
    words = ["skill over the class prior of the same deliveries, a dot a part with its interval over matches"]
    return Section("Parts of the matches", words, drawing.draw_slices(summary.slices), header, rows)


def _learning(summary: RunSummary) -> Iterator[Section]:
    if not summary.history:
        return
    rows = [
        [
            str(report["member"]),
            str(report["epoch"]),
            f"{report['train_loss']:.4f}",
            f"{report['val_log_loss']:.4f}",
            f"{report['val_skill']:+.2%}",
            f"{report['seconds']:.0f}",
        ]
        for report in summary.history
    ]
    header = ["network", "epoch", "loss on training", "log loss on validation", "skill", "seconds"]
    best = min(summary.history, key=lambda report: report["val_log_loss"])
    of = f" of network {best['member']}" if summary.history[-1]["member"] > 1 else ""
    words = [f"lowest log loss on validation: {best['val_log_loss']:.4f}, after epoch {best['epoch']}{of}"]
    yield Section("Learning curve", words, drawing.draw_learning(summary.history), header, rows)


def _rest(summary: RunSummary) -> Iterator[Section]:
    rows = [
        [
            one.match_id,
            one.date,
            str(one.innings + 1),
            f"{one.over + 1}.{one.ball + 1}",
            one.came,
            f"{one.probability:.2%}",
            f"{one.prior:.2%}",
        ]
        for one in summary.surprises
    ]
    words = [
        "outcomes that it had given less than their share in all matches, the furthest below it first; over "
        "and ball count from 1, wides included"
    ]
    header = ["match", "date", "innings", "over.ball", "came", "had", "class prior"]
    yield Section("What surprised it most", words, None, header, rows, folded=False)
    yield Section("Settings", (), None, ["setting", "value"], [list(row) for row in flat(summary.settings)])
    yield from what_made_it(summary.provenance)
