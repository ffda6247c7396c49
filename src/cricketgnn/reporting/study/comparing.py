"""Several studies side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import plotly.graph_objects as go

from cricketgnn.entries import Log
from cricketgnn.errors import ConfigError, DataError
from cricketgnn.evaluation import Lead, MatchBootstrap, RepeatedScores, Score, lead, repeated_scores
from cricketgnn.reporting.pages.section import Section
from cricketgnn.reporting.sentences import duration, interval
from cricketgnn.reporting.study.drawing import ACCENT, DARK, FAINT, TARGET
from cricketgnn.reporting.study.progress import best_over_time, history
from cricketgnn.reporting.study.record import StudyRecord, TrialRecord
from cricketgnn.tuning.parameters import shown, with_parameters

_COLOURS = (DARK, ACCENT, "#3a8a4d", "#c58b00", "#b3261e", FAINT)
_SAME = ("data", "val_from", "test_from", "data_fraction")
"""What must be equal for two winners to have been judged on the same matches."""


class WinnerInfo(NamedTuple):
    """The winner of a study.

    Attributes:
        study: name.
        trial: its winning trial.
        first_value: macro-F1 in the search.
        confirmed: mean macro-F1 on fresh seeds with its interval; None without a confirmation.
        test: its scores on the test matches; None where they are not known here.
    """

    study: str
    trial: int
    first_value: float
    confirmed: Score | None
    test: Mapping[str, Any] | None

    def to_json(self) -> dict[str, Any]:
        """Give it as JSON values; of the test scores log loss and skill."""
        fresh, test = self.confirmed, self.test
        return {
            **self._asdict(),
            "confirmed": None if fresh is None else fresh.to_json(),
            "test": None if test is None else {name: test[name] for name in ("log_loss", "skill")},
        }


def winners(records: Sequence[StudyRecord]) -> list[WinnerInfo]:
    """Give the winner of each study that has one."""
    found = []
    for record in records:
        best = _winner(record)
        if best is None:
            continue
        confirmed = None if record.confirmation is None else record.confirmation.winner.macro_f1
        found.append(WinnerInfo(record.name, best.number, best.value or 0.0, confirmed, record.test))
    return found


def _winner(record: StudyRecord) -> TrialRecord | None:
    return next((trial for trial in record.trials if trial.number == record.winner), None)


def differing(records: Sequence[StudyRecord]) -> dict[str, list[str]]:
    """Give the settings in which the winners differ, by name, a text a study."""
    in_force = [_in_force(record) for record in records]
    names = dict.fromkeys(name for settings in in_force for name in settings)
    rows = {name: [settings.get(name, "") for settings in in_force] for name in names}
    return {name: values for name, values in rows.items() if len(set(values)) > 1}


def _in_force(record: StudyRecord) -> dict[str, str]:
    """Give every setting of the winner; those that were searched where nothing more is known."""
    best = _winner(record)
    searched = {} if best is None else dict(best.settings)
    if record.request is None:
        return {name: shown(value) for name, value in searched.items()}
    config = with_parameters(record.request.base, searched, "winner").config.model_dump(mode="json")
    return {
        name: shown(value) for group in ("data", "model", "training") for name, value in config[group].items()
    }


def winners_paired(records: Sequence[StudyRecord], say: Log, unpaired: Log) -> list[tuple[str, str, Lead]]:
    """Compare the winners on the same validation matches, each with each, where they were confirmed there.

    Args:
        records: of the studies.
        say: told a line an event.
        unpaired: told why some cannot be compared.
    """
    scored: list[tuple[StudyRecord, RepeatedScores]] = []
    for record in records:
        scores = _scores(record, say, unpaired)
        if scores is not None:
            scored.append((record, scores))
    pairs = []
    for place, (one, ours) in enumerate(scored):
        for other, theirs in scored[place + 1 :]:
            if any(one.identity.get(name) != other.identity.get(name) for name in _SAME):
                unpaired(f"{one.name} and {other.name} had other matches: their winners are not compared")
                continue
            pairs.append((one.name, other.name, lead(ours, theirs)))
    return pairs


def _scores(record: StudyRecord, say: Log, unpaired: Log) -> RepeatedScores | None:
    from cricketgnn.training.sources import open_matches
    from cricketgnn.tuning.confirm import predictions_kept

    if record.confirmation is None or record.request is None or record.folder is None:
        why = (
            "its winner was not trained again on fresh seeds"
            if record.confirmation is None
            else ("where its folder lies is not known")
        )
        unpaired(f"{record.name}: {why}")
        return None
    winner, seeds = record.confirmation.winner.trial, len(record.confirmation.seeds)
    best = _winner(record)
    assert best is not None  # a confirmation has a winner
    config = with_parameters(record.request.base, dict(best.settings), "winner").config
    try:
        store, _ = open_matches(config.data, say)
        if store.fingerprint != record.identity.get("data"):
            unpaired(f"{record.name}: its matches are not what they were: its winner is not compared")
            return None
        runs = predictions_kept(record.folder, store, config.data, winner, seeds)
    except (OSError, ValueError, EOFError, DataError, ConfigError) as error:
        unpaired(f"{record.name}: its winner cannot be compared ({error})")
        return None
    return repeated_scores(runs, MatchBootstrap(resamples=1000, seed=0), config.training.bends)


class Comparison(NamedTuple):
    """Several studies side by side.

    Attributes:
        records: of the studies.
        pairs: how far the winner of one is ahead of that of another, on the same matches.
        differing: settings in which the winners differ, a text a study.
        remarks: why winners are not compared.
    """

    records: list[StudyRecord]
    pairs: list[tuple[str, str, Lead]]
    differing: dict[str, list[str]]
    remarks: list[str]

    def to_json(self) -> dict[str, Any]:
        """Give everything as JSON values."""
        return {
            "studies": [record.name for record in self.records],
            "winners": [info.to_json() for info in winners(self.records)],
            "pairs": [_pair_json(*pair) for pair in self.pairs],
            "differing": self.differing,
            "remarks": self.remarks,
        }


def _pair_json(one: str, other: str, by: Lead) -> dict[str, Any]:
    differences = {name: value for name, value in by.to_json().items() if name != "clear"}
    return {"of": one, "against": other, **differences, "ahead": _ahead(one, other, by)}


def _ahead(one: str, other: str, by: Lead) -> str | None:
    """Name the study whose winner is clearly ahead, if any is."""
    if by.difference.low > 0:
        return one
    return other if by.difference.high < 0 else None


def compare(records: Sequence[StudyRecord], say: Log) -> Comparison:
    """Put several studies side by side."""
    remarks: list[str] = []

    def unpaired(line: str) -> None:
        remarks.append(line)
        say(line)

    pairs = winners_paired(records, say, unpaired)
    return Comparison(list(records), pairs, differing(records), remarks)


def verdicts(compared: Comparison) -> list[str]:
    """Say which winner is clearly ahead of which, a sentence each."""
    said = []
    for one, other, by in compared.pairs:
        first = _ahead(one, other, by)
        if first is not None:
            second = other if first == one else one
            said.append(f"the winner of {first} is clearly ahead of that of {second}")
    if not compared.pairs:
        return ["the winners are not compared: two are needed that were confirmed on the same matches"]
    return said or ["no winner is clearly ahead of another"]


def comparison_sections(compared: Comparison) -> list[Section]:
    """Tell how several studies compare."""
    records = compared.records
    rows = [_study_row(record) for record in records]
    header = ["study", "phase", "trials", "completed", "training", "winner", "value", "on fresh seeds"]
    header += ["test log loss", "test skill"]
    alike = all(len({str(record.identity.get(name)) for record in records}) == 1 for name in _SAME)
    words = [] if alike else ["these studies had other matches: neither values nor test scores compare"]
    parts = [Section("Studies", words, None, header, rows, folded=False)]
    if compared.pairs:
        pairs = [
            [one, other, f"{ahead.difference.value:+.4f}", interval(ahead.difference, "+.4f")]
            for one, other, ahead in compared.pairs
        ]
        columns = ["winner of", "against that of", "macro-F1 more by", "95 % interval"]
        words = ["mean over fresh seeds on the same validation matches", *verdicts(compared)]
        words += compared.remarks
        parts.append(Section("Winner against winner", words, None, columns, pairs, folded=False))
    else:
        parts.append(Section("Winner against winner", [*verdicts(compared), *compared.remarks]))
    names = [record.name for record in records]
    unlike = [[name, *values] for name, values in compared.differing.items()]
    return [
        *parts,
        Section("Best value over trials", (), _over_trials(records)),
        Section("Best value over time", (), _over_time(records)),
        Section("Settings in which the winners differ", (), None, ["setting", *names], unlike, folded=False),
    ]


def _study_row(record: StudyRecord) -> list[str]:
    seconds = sum(trial.seconds for trial in record.trials)
    counts = (str(len(record.trials)), str(len(record.completed)))
    return [record.name, record.phase or "", *counts, duration(seconds) if seconds else "", *_told(record)]


def _told(record: StudyRecord) -> list[str]:
    found = winners([record])
    if not found:
        return [""] * 5
    (info,) = found
    fresh = "" if info.confirmed is None else f"{info.confirmed.value:.4f} ({interval(info.confirmed)})"
    test = info.test
    scored = (
        ["", ""] if test is None else [f"{test['log_loss']['value']:.4f}", f"{test['skill']['value']:+.2%}"]
    )
    return [str(info.trial), f"{info.first_value:.4f}", fresh, *scored]


def _over_trials(records: Sequence[StudyRecord]) -> Any:
    infos = [(record.name, history(record)) for record in records]
    figure = go.Figure([_line(n, name, info.numbers, info.best) for n, (name, info) in enumerate(infos)])
    figure.update_xaxes(title="trial")
    figure.update_yaxes(title=f"best {TARGET}", tickformat=".4f")
    return figure


def _over_time(records: Sequence[StudyRecord]) -> Any:
    infos = [(record.name, best_over_time(record)) for record in records]
    figure = go.Figure(
        [
            _line(n, name, [*info.hours, info.until], [*info.values, *info.values[-1:]])
            for n, (name, info) in enumerate(infos)
        ]
    )
    figure.update_xaxes(title="hours since the first trial began", rangemode="tozero")
    figure.update_yaxes(title=f"best {TARGET}", tickformat=".4f")
    return figure


def _line(number: int, name: str, across: Sequence[float], best: Sequence[float]) -> Any:
    colour = _COLOURS[number % len(_COLOURS)]
    return go.Scatter(
        x=across, y=best, name=name, mode="lines+markers", line={"shape": "hv", "color": colour}
    )
