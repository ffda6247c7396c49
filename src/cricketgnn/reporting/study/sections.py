"""A study told from its result to its last trial."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

from cricketgnn.config.models import SETTINGS
from cricketgnn.reporting.pages.section import Section, flat, what_made_it
from cricketgnn.reporting.sentences import duration, interval, tested, verdict
from cricketgnn.reporting.study import drawing
from cricketgnn.reporting.study.parameters import SliceInfo, is_log
from cricketgnn.reporting.study.summary import StudySummary
from cricketgnn.tuning.accounting import SECONDS_IN_WORDS
from cricketgnn.tuning.parameters import shown
from cricketgnn.words import counted, rate_in_words


def sections(summary: StudySummary) -> list[Section]:
    """Tell a study from its result to its last trial."""
    return [
        _result(summary),
        *_confirmation(summary),
        Section("What to do next", summary.advice or ["nothing in these trials asks for more"]),
        *_searched(summary),
        *_values(summary),
        *_parameters(summary),
        *_training(summary),
        *_troubles(summary),
        _trials(summary),
    ]


def headline(summary: StudySummary) -> list[str]:
    """Say in a few lines what a study found, and what to do next."""
    return [f"study {summary.record.name}", *_result(summary).words, *summary.advice]


def _result(summary: StudySummary) -> Section:
    record = summary.record
    states = {state: sum(t.state == state for t in record.trials) for state in drawing.STATE_COLOURS}
    told = ", ".join(f"{number:,} {state}" for state, number in states.items() if number)
    words = [f"{counted(len(record.trials), 'trial')}: {told}" if record.trials else "no trial yet"]
    best = next((trial for trial in record.trials if trial.number == record.winner), None)
    if best is None:
        return Section("Result", words)
    if record.confirmation is not None:
        score = record.confirmation.winner.macro_f1
        words += [verdict(record.confirmation), f"95 % interval: {interval(score)}, over matches and seeds"]
    else:
        words.append(f"best: trial {best.number}, macro-F1 {best.value or 0:.4f}, as it was searched")
    if record.test is not None:
        words.append(tested(record.test))
    elif record.folder is None:
        words.append("its folder is not on this machine: test scores and provenance are not known here")
    rows = [[name, shown(value)] for name, value in best.settings.items()]
    return Section("Result", words, None, ["parameter", "winner's value"], rows, folded=False)


def _confirmation(summary: StudySummary) -> Iterator[Section]:
    confirmed = summary.record.confirmation
    if confirmed is None:
        return
    rows = []
    for one in confirmed.candidates:
        lead = confirmed.leads.get(one.trial)
        behind = "" if lead is None else f"{lead.difference.value:+.4f} ({interval(lead.difference, '+.4f')})"
        rows.append(
            [
                str(one.trial),
                f"{one.macro_f1.value:.4f}",
                interval(one.macro_f1),
                f"{one.first_value:.4f}",
                f"{one.log_loss.value:.4f}",
                behind,
            ]
        )
    header = ["trial", "macro-F1", "95 % interval", "in the search", "log loss", "behind the first by"]
    yield Section("Trained again on fresh seeds", (), None, header, rows, folded=False)


def _searched(summary: StudySummary) -> Iterator[Section]:
    record = summary.record
    rows = [[name, in_words(dimension)] for name, dimension in record.space.items()]
    words = [] if record.phase is None else [f"phase {record.phase}"]
    told = {name: value for name, value in record.identity.items() if name not in ("phase", "space", "fixed")}
    words += [f"{name.replace('_', ' ')}: {value}" for name, value in flat(told)]
    yield Section("What was searched", words, None, ["parameter", "range"], rows, folded=False)
    if record.request is not None:
        base = record.request.base
        document = base.config.model_dump(mode="json")
        fixed = [
            [name, _setting(document[group][name]), base.origins[name].source]
            for name, group in SETTINGS.items()
            if name not in record.request.space.parameters
        ]
        yield Section("What was held fixed", (), None, ["setting", "value", "from"], fixed)
    yield from what_made_it(record.provenance)


def _values(summary: StudySummary) -> Iterator[Section]:
    info = summary.history
    if not info.values:
        return
    best = info.numbers[info.values.index(max(info.values))]
    trials = zip(info.numbers, info.values, info.best, strict=True)
    rows = [[str(n), f"{v:.4f}", f"{b:.4f}"] for n, v, b in trials]
    words = [f"best in the search: {max(info.values):.4f}, trial {best}; worst: {min(info.values):.4f}"]
    if info.pruned:
        words.append(f"crosses: the {counted(len(info.pruned), 'pruned trial')}, which have no value")
    yield Section("Optimisation history", words, drawing.draw_history(info), ["trial", "value", "best"], rows)
    over = summary.over_time
    steps = zip(over.hours, over.values, over.numbers, strict=True)
    rows = [[f"{h:.2f}", f"{v:.4f}", str(n)] for h, v, n in steps]
    words = [f"it last grew after {over.hours[-1]:.2f} hours"] if over.hours else []
    yield Section(
        "Best value over time", words, drawing.draw_over_time(over), ["hours", "best", "trial"], rows
    )
    spread = summary.spread
    if spread.values:
        middle = spread.values[len(spread.values) // 2]
        rows = [[f"{value:.4f}", f"{share:.0%}"] for value, share in zip(*spread, strict=True)]
        words = [f"half of the completed trials reach {middle:.4f}"]
        figure = drawing.draw_spread(spread)
        yield Section("Empirical distribution", words, figure, ["value", "trials at or below"], rows)


def _parameters(summary: StudySummary) -> Iterator[Section]:
    info = summary.importance
    rows = [
        [name, f"{share:.2f}", f"{info.intervals[name][0]:.2f} to {info.intervals[name][1]:.2f}"]
        for name, share in info.shares.items()
    ]
    words = [f"{info.evaluator} on {counted(info.trials, 'completed trial')}"] if info.shares else []
    words += [info.words] if info.words else []
    header = ["parameter", "share of the variance", "90 % interval"]
    yield Section("Importance of the parameters", words, drawing.draw_importance(info), header, rows)
    if summary.parallel.values:
        words = [
            "a line a completed trial; the more it stands out, the higher its value; rows as under All trials"
        ]
        yield Section("Parallel coordinates", words, drawing.draw_parallel(summary.parallel))
    if summary.history.values:
        words = ["a dot a completed trial; the more it stands out, the later"]
        rows = [[one.name, *_best_half(one)] for one in summary.slices]
        header = ["parameter", "in the better half of the trials", "in the other half"]
        figure = drawing.draw_slices(summary.slices)
        yield Section("Each parameter by itself", words, figure, header, rows)
    if summary.pair is not None:
        pair = summary.pair
        words = ["between the trials, a plane through the nearest; what stands out has a high value"]
        rows = [[shown(x), shown(y), f"{value:.4f}"] for x, y, value in pair.points]
        header = [pair.across, pair.up, "value"]
        yield Section(f"{pair.across} and {pair.up} together", words, drawing.draw_pair(pair), header, rows)


def _best_half(info: SliceInfo) -> tuple[str, str]:
    """Say where a parameter lay in the better and in the other half of the trials."""
    order = sorted(range(len(info.values)), key=lambda place: -info.values[place])
    half = (len(order) + 1) // 2
    return tuple(_gathered(info, places) for places in (order[:half], order[half:]))  # type: ignore[return-value]


def _gathered(info: SliceInfo, places: Sequence[int]) -> str:
    values = [info.places[place] for place in places]
    if not values:
        return ""
    if info.choices:
        counts = {choice: values.count(choice) for choice in info.choices if choice in values}
        return ", ".join(f"{choice} ({count})" for choice, count in counts.items())
    return f"{shown(min(values))} to {shown(max(values))}"


def _training(summary: StudySummary) -> Iterator[Section]:
    if summary.curves:
        words = ["thick: the winner; a cross: pruned there"]
        rows = [
            [str(c.number), c.state, str(len(c.epochs)), f"{min(c.log_losses):.4f}"] for c in summary.curves
        ]
        figure = drawing.draw_curves(summary.curves, summary.record.winner)
        yield Section("Learning curves", words, figure, ["trial", "state", "epochs", "lowest log loss"], rows)
    if summary.timeline:
        rows = [
            [
                str(one.number),
                one.state,
                one.lane,
                f"{one.began:%Y-%m-%d %H:%M}",
                f"{one.ended:%Y-%m-%d %H:%M}",
            ]
            for one in summary.timeline
        ]
        words = [f"{counted(len({one.lane for one in summary.timeline}), 'worker')} side by side at most"]
        header = ["trial", "state", "worker", "began", "ended"]
        yield Section("Timeline", words, drawing.draw_timeline(summary.timeline), header, rows)
    sums = summary.record.accounting
    rows = [[what, duration(sums[name])] for name, what in SECONDS_IN_WORDS.items()]
    rate = sums["trials_per_hour"]
    words = [f"{rate_in_words(rate)} trials an hour while training"] if rate else []
    if summary.record.confirmation is not None:
        words.append("of the search alone: training candidates again on fresh seeds is not in it")
    yield Section("Where the time went", words, None, ["what", "time"], rows, folded=False)


def _troubles(summary: StudySummary) -> Iterator[Section]:
    if summary.failures:
        rows = [[info.kind, ", ".join(map(str, info.numbers)), info.message] for info in summary.failures]
        yield Section("Failed trials", (), None, ["cause", "trials", "message"], rows, folded=False)
    if summary.duplicates:
        rows = [[str(one), str(other)] for one, other in summary.duplicates]
        words = [f"{counted(len(rows), 'trial')} had been tried before: their results were taken over"]
        yield Section("Configurations that came again", words, None, ["trial", "same as"], rows)


def _trials(summary: StudySummary) -> Section:
    rows = []
    for trial in summary.record.trials:
        parameters = ", ".join(f"{name}={shown(value)}" for name, value in trial.settings.items())
        numbers = (_number(trial.value), _number(trial.log_loss), _number(trial.test_macro_f1))
        time = duration(trial.seconds) if trial.seconds else ""
        rows.append([str(trial.number), trial.state, *numbers, str(len(trial.curve)), time, parameters])
    header = ["trial", "state", "macro-F1", "log loss", "test macro-F1", "epochs", "time", "parameters"]
    words = [
        "test macro-F1 is for the record, on the search's own share of the matches: nothing is chosen by it"
    ]
    return Section("All trials", words, None, header, rows)


def in_words(dimension: BaseDistribution) -> str:
    """Say what a parameter may be: ``64, 128, 256``; ``0.0001 to 0.003, logarithmic``."""
    if isinstance(dimension, CategoricalDistribution):
        return ", ".join(shown(choice) for choice in dimension.choices)
    assert isinstance(dimension, FloatDistribution | IntDistribution)  # Optuna has no other
    words = f"{shown(dimension.low)} to {shown(dimension.high)}"
    step = f", in steps of {shown(dimension.step)}" if dimension.step not in (None, 1) else ""
    return f"{words}{', logarithmic' if is_log(dimension) else ''}{step}"


def _setting(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else shown(value)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"
