"""The ladder as tables on the console, as Markdown, and as a page with its figures."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from rich.console import Console

from cricketgnn.entries import Log
from cricketgnn.evaluation import Score
from cricketgnn.files import write_text
from cricketgnn.ladder.run import CONTROL, REFERENCE, Ladder, RungScores
from cricketgnn.provenance import provenance
from cricketgnn.reporting.pages.markdown import as_markdown
from cricketgnn.reporting.pages.page import as_page
from cricketgnn.reporting.pages.section import Section, what_made_it
from cricketgnn.reporting.run.drawing import draw_reliability, draw_skills
from cricketgnn.reporting.tables import print_in_parts

MARKDOWN: Final = "ladder.md"
PAGE: Final = "ladder.html"
_Columns = Mapping[str, Callable[[RungScores], str]]
_SCORES: Final[_Columns] = {
    "log loss": lambda rung: f"{rung.evaluation['log_loss'].value:.4f}",
    "skill": lambda rung: _share(rung.evaluation["skill"].value),
    "Brier": lambda rung: f"{rung.evaluation['brier'].value:.4f}",
    "F1": lambda rung: f"{rung.evaluation['macro_f1'].value:.3f}",
    "F1 by rule": lambda rung: f"{rung.evaluation['macro_f1_rule'].value:.3f}",
    "calibration": lambda rung: f"{rung.evaluation['calibration_error'].value:.4f}",
    "wicket AUC": lambda rung: f"{rung.evaluation['wicket_auc'].value:.3f}",
    "4/6 AUC": lambda rung: f"{rung.evaluation['boundary_auc'].value:.3f}",
    "fit": lambda rung: _minutes(rung.fit_seconds),
    "per s": lambda rung: f"{rung.deliveries_per_second:,.0f}",
}
_AGAINST: Final[_Columns] = {
    "log loss": lambda rung: _more(rung, "log_loss", "{:+.5f}"),
    "ratio of skills": lambda rung: _interval(rung.against[REFERENCE]["skill"].ratio, "{:.3f}"),
    "F1 by rule": lambda rung: _more(rung, "macro_f1_rule", "{:+.4f}"),
}
_AGAINST_FURTHER: Final[_Columns] = {
    "Brier": lambda rung: _more(rung, "brier", "{:+.5f}"),
    "F1": lambda rung: _more(rung, "macro_f1", "{:+.4f}"),
    "calibration": lambda rung: _more(rung, "calibration_error", "{:+.4f}"),
    "wicket AUC": lambda rung: _more(rung, "wicket_auc", "{:+.4f}"),
    "4/6 AUC": lambda rung: _more(rung, "boundary_auc", "{:+.4f}"),
}
_AGAINST_CONTROL: Final[_Columns] = {
    "log loss": lambda rung: _more(rung, "log_loss", "{:+.5f}", CONTROL),
    "ratio of skills": lambda rung: _interval(rung.against[CONTROL]["skill"].ratio, "{:.3f}"),
}


def describe_ladder(screen: Console, ladder: Ladder) -> None:
    """Print the ladder, each model against the reference, and the slices."""
    for part in _tables(ladder):
        print_in_parts(screen, part.heading, part.header, part.rows)
    for model, reason in ladder.failed.items():
        screen.print(f"{model}: {reason}", style="red", soft_wrap=True, markup=False)
    screen.print(f"ladder: {ladder.folder}", soft_wrap=True, markup=False)


def write_ladder(ladder: Ladder, say: Log) -> None:
    """Write the ladder as Markdown and as a page that works offline, which has the figures besides."""
    scores, *others = _tables(ladder)
    skills = {rung.model: rung.evaluation["skill"] for rung in ladder.rungs}
    missing = [f"{model} has no row: {reason}" for model, reason in ladder.failed.items()]
    tables = [scores._replace(words=missing, figure=draw_skills(skills)), *others, _chosen(ladder)]
    made = list(what_made_it(provenance()))
    for name, text in (
        (MARKDOWN, as_markdown("Ladder", _words(ladder), [*tables, *made])),
        (PAGE, as_page("Ladder", _words(ladder), [*tables, *_reliability(ladder), *made])),
    ):
        write_text(ladder.folder / name, text)
        say(f"written: {ladder.folder / name}")


def _reliability(ladder: Ladder) -> Iterator[Section]:
    words = ["forecast (across) and observed share (up), tenths of the deliveries"]
    for rung in ladder.rungs:
        yield Section(f"Reliability of {rung.model}", words, draw_reliability(rung.reliability))


def _tables(ladder: Ladder) -> Iterator[Section]:
    first = ladder.rungs[0].evaluation
    scored = f"{first.matches:,} test matches, {first.scored:,} deliveries without wides"
    yield _table(f"Scores on {scored}", _SCORES, ladder.rungs)
    than = "differences on the same deliveries, 95 % interval by match"
    for heading, other, columns in (
        (f"Against {REFERENCE}: {than}", REFERENCE, _AGAINST),
        (f"Further against {REFERENCE}: {than}", REFERENCE, _AGAINST_FURTHER),
        (f"Against {CONTROL}, the network without messages: {than}", CONTROL, _AGAINST_CONTROL),
    ):
        if compared := [rung for rung in ladder.rungs if rung.against[other]]:
            yield _table(heading, columns, compared)
    names = [one.name for one in ladder.rungs[0].slices]
    for heading, score, show in (
        ("Skill over the class prior, by slice", "skill", _share),
        ("Classwise calibration error, by slice", "calibration_error", "{:.4f}".format),
    ):
        columns = {name: _of_slice(number, score, show) for number, name in enumerate(names)}
        yield _table(heading, columns, ladder.rungs)


def _table(heading: str, columns: _Columns, rungs: Iterable[RungScores]) -> Section:
    rows = [[rung.model, *(show(rung) for show in columns.values())] for rung in rungs]
    return Section(heading, (), None, ["model", *columns], rows, folded=False)


def _of_slice(number: int, score: str, show: Callable[[float], str]) -> Callable[[RungScores], str]:
    return lambda rung: show(rung.slices[number].scores[score].value)


def _chosen(ladder: Ladder) -> Section:
    rows = [
        [
            rung.model,
            f"{rung.validation_log_loss:.4f}",
            ", ".join(f"{name} {_short(value)}" for name, value in rung.chosen.items()) or "-",
        ]
        for rung in ladder.rungs
    ]
    return Section("Chosen on validation", (), None, ["model", "log loss there", "chosen"], rows)


def _words(ladder: Ladder) -> str:
    protocol = ladder.protocol
    innings = protocol["innings"]
    return (
        f"Training before {protocol['val_from']} ({innings['train']:,} innings), choices on the matches "
        f"before {protocol['test_from']} ({innings['val']:,} innings), scored on those from then on "
        f"({innings['test']:,} innings). Protocol {protocol['digest'][:12]}."
    )


def _more(rung: RungScores, score: str, form: str, other: str = REFERENCE) -> str:
    return _interval(rung.against[other][score].difference, form)


def _interval(score: Score, form: str) -> str:
    value, low, high = (_signed(one, form) for one in (score.value, score.low, score.high))
    if math.isnan(score.low):
        return "-" if math.isnan(score.value) else value
    return f"{value} ({low} to {high})"


def _signed(value: float, form: str) -> str:
    text = form.format(value)
    return text if float(text) else form.format(0.0)  # no -0.000


def _short(value: object) -> str:
    if isinstance(value, list):  # of an ensemble, one a network
        return " and ".join(map(_short, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _share(value: float) -> str:
    return f"{round(value, 4) + 0.0:+.2%}"  # no -0.00%


def _minutes(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
