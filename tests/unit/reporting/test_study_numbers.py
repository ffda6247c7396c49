"""What a report says of a study, computed by hand on small ones."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

from cricketgnn.errors import StorageError
from cricketgnn.evaluation import Lead, Score
from cricketgnn.reporting.pages.files import Format
from cricketgnn.reporting.pages.markdown import as_markdown
from cricketgnn.reporting.pages.page import as_page
from cricketgnn.reporting.pages.section import Section
from cricketgnn.reporting.study.advice import advice
from cricketgnn.reporting.study.drawing import draw_importance
from cricketgnn.reporting.study.files import summary_of, write_report
from cricketgnn.reporting.study.parameters import importance, pair, parallel, slices
from cricketgnn.reporting.study.progress import best_over_time, history, spread
from cricketgnn.reporting.study.record import THIS_MACHINE, StudyRecord, TrialRecord, read_study
from cricketgnn.reporting.study.sections import in_words, sections
from cricketgnn.reporting.study.summary import summarise
from cricketgnn.reporting.study.training import curves, duplicates, failures, timeline
from cricketgnn.storages.working import Workers, Working
from cricketgnn.tuning.accounting import account
from cricketgnn.tuning.confirmation import Candidate, Confirmation
from studies import ours

NOON = dt.datetime(2030, 1, 1, 12, tzinfo=dt.UTC)
SPACE: dict[str, BaseDistribution] = {
    "lr": FloatDistribution(1e-4, 1e-2, log=True),
    "hidden_dim": CategoricalDistribution((64, 128)),
    "num_layers": IntDistribution(2, 5),
}


def trial(
    number: int, value: float | None = None, minutes: tuple[int, int | None] = (0, 1), **more: Any
) -> TrialRecord:
    begin, end = minutes
    usual: dict[str, Any] = {
        "state": "complete" if value is not None else "pruned",
        "parameters": {"lr": 1e-3, "hidden_dim": 64, "num_layers": 2 + number % 4},
        "overrides": {},
        "curve": (1.5, 1.4),
        "seconds": 60.0,
        "host": None,
        "failure_kind": None,
        "failure": None,
        "same_as": None,
        "test_macro_f1": None,
        "log_loss": 1.4,
    }
    return TrialRecord(
        number=number,
        value=value,
        began=NOON + dt.timedelta(minutes=begin),
        ended=None if end is None else NOON + dt.timedelta(minutes=end),
        **{**usual, **more},
    )


def record(
    *trials: TrialRecord,
    winner: int | None = 0,
    confirmation: Confirmation | None = None,
    space: Mapping[str, BaseDistribution] = SPACE,
    working: Working = Working.SOMEBODY,
) -> StudyRecord:
    return StudyRecord(
        name="s",
        storage="sqlite:///s.db",
        folder=None,
        request=None,
        identity={},
        space=space,
        trials=trials,
        confirmation=confirmation,
        winner=winner,
        test=None,
        provenance={},
        workers=Workers(working),
        read_at=NOON + dt.timedelta(hours=5),
        accounting=account([], 1),
    )


def test_the_best_so_far_never_falls() -> None:
    info = history(record(trial(0, 0.2), trial(1), trial(2, 0.1), trial(3, 0.3)))
    assert info == ([0, 2, 3], [0.2, 0.1, 0.3], [0.2, 0.2, 0.3], [1])


def test_the_best_over_time_goes_by_when_trials_ended() -> None:
    info = best_over_time(record(trial(0, 0.2, (0, 90)), trial(1, 0.1, (0, 30)), trial(2, 0.15, (30, 120))))
    assert info == ([0.5, 1.5], [0.1, 0.2], [1, 0], 2.0)


def test_the_spread_counts_each_training_once() -> None:
    info = spread(record(trial(0, 0.2), trial(1, 0.1), trial(2, 0.2, same_as=0)))
    assert info == ([0.1, 0.2], [0.5, 1.0])


def test_learning_curves_are_those_of_trials_that_trained() -> None:
    (curve,) = curves(record(trial(0, 0.2), trial(1, curve=())))
    assert curve == (0, "complete", [1, 2], [1.5, 1.4])


def test_the_timeline_has_as_many_lanes_as_ran_side_by_side() -> None:
    spans = timeline(
        record(
            trial(0, 0.2, (0, 10)),
            trial(1, 0.2, (1, 5)),
            trial(2, 0.2, (6, 20)),
            trial(3, None, (12, None), state="running"),
            trial(4, 0.2, (0, 9), host="other"),
            trial(5, 0.2, (30, 30), same_as=0),
        )
    )
    assert {span.number: span.lane for span in spans} == {
        **{0: f"{THIS_MACHINE} 1", 1: f"{THIS_MACHINE} 2", 2: f"{THIS_MACHINE} 2", 3: f"{THIS_MACHINE} 1"},
        4: "other 1",
    }
    assert next(span.ended for span in spans if span.number == 3) == NOON + dt.timedelta(hours=5)


def test_a_trial_that_waits_or_was_lost_does_not_run_until_now() -> None:
    stopped = trial(0, None, (0, None), state="waiting")
    lost = trial(1, None, (0, None), state="running", seconds=120.0)
    (span,) = timeline(record(stopped, lost, working=Working.NOBODY))
    assert (span.number, span.ended) == (1, NOON + dt.timedelta(minutes=2))


def test_failures_by_cause_and_duplicates() -> None:
    found = record(
        trial(0, state="fail", failure_kind="diverged", failure="nan"),
        trial(1, state="fail", failure_kind="bug", failure="oops"),
        trial(2, state="fail", failure_kind="diverged", failure="inf"),
        trial(3, 0.1),
        trial(4, 0.1, same_as=3),
    )
    assert failures(found) == [("diverged", [0, 2], "inf"), ("bug", [1], "oops")]
    assert duplicates(found) == [(4, 3)]


def varied(number: int) -> TrialRecord:
    lr = 1e-4 * 10 ** (2 * (number % 7) / 6)
    parameters = {"lr": lr, "hidden_dim": (64, 128)[number % 2], "num_layers": 2 + number % 4}
    return trial(number, 0.2 + 0.01 * (number % 7), parameters=parameters)


def test_importance_belongs_to_what_moves_the_value() -> None:
    info = importance(record(*map(varied, range(20))))
    assert next(iter(info.shares)) == "lr"
    assert sum(info.shares.values()) == pytest.approx(1)
    low, high = info.intervals["lr"]
    assert 0.4 < low <= high <= 1
    assert info.words == "a first hint: 50 or more trials can be trusted"
    without = importance(record(*map(varied, range(20))), draws=0)
    assert without.shares == info.shares
    assert without.intervals == {}
    assert "interval" in draw_importance(info).layout.xaxis.title.text
    drawn = draw_importance(without)  # claims no certainty
    assert ("interval" in drawn.layout.xaxis.title.text, drawn.data[0].error_x.array) == (False, None)


@pytest.mark.parametrize(
    ("trials", "words"),
    [
        ([varied(0), varied(1)], "2 completed trials are too few"),
        ([trial(n, 0.2 + n / 100, parameters={"lr": 1e-3}) for n in range(5)], "too few to tell"),
        ([varied(number * 7) for number in range(5)], "have the same value: no parameter made a difference"),
    ],
)
def test_no_importance_where_none_can_be_told(trials: list[TrialRecord], words: str) -> None:
    info = importance(record(*trials))
    assert info.shares == {}
    assert words in info.words


def test_slices_keep_choices_in_their_order() -> None:
    by_name = {info.name: info for info in slices(record(*map(varied, range(4))))}
    assert by_name["hidden_dim"].places == ["64", "128", "64", "128"]
    assert by_name["hidden_dim"].choices == ["64", "128"]
    assert by_name["lr"].log
    assert by_name["num_layers"].places == [2, 3, 4, 5]
    assert by_name["num_layers"].ticks == ([2.0, 3.0, 4.0, 5.0], ["2", "3", "4", "5"])
    assert by_name["lr"].ticks[1] == ["0.0001", "0.000464", "0.00215", "0.01"]
    assert by_name["hidden_dim"].ticks == ([], [])


def test_the_surface_goes_through_the_trials() -> None:
    corners = [
        trial(n, 0.1 * (1 + x + y), parameters={"lr": 10.0 ** (x - 4), "num_layers": 2 + 3 * y})
        for n, (x, y) in enumerate([(0, 0), (1, 0), (0, 1), (1, 1)])
    ]
    info = pair(record(*corners), ["lr", "num_layers", "hidden_dim"])
    assert info is not None
    assert (info.across, info.up, info.log_across, info.log_up) == ("lr", "num_layers", True, False)
    assert [info.surface[0][0], info.surface[0][-1], info.surface[-1][-1]] == pytest.approx([0.1, 0.2, 0.3])
    assert info.grid_across[-1] == pytest.approx(1e-3)
    assert pair(record(*corners), ["lr", "hidden_dim"]) is None  # a choice has no place on an axis
    line = [trial(n, 0.1, parameters={"lr": 10.0 ** (n - 4), "num_layers": 2 + n}) for n in range(4)]
    assert pair(record(*line), ["lr", "num_layers"]) is None


def test_parallel_axes_are_scaled_as_the_parameters_were_searched() -> None:
    info = parallel(record(*map(varied, range(3)), trial(9, 0.1, parameters={"lr": 1e-3})))
    assert info.numbers == [0, 1, 2]
    assert info.columns[0][0] == pytest.approx(-4)
    assert info.columns[1] == [0.0, 1.0, 0.0]
    assert info.ticks[1] == ([0.0, 1.0], ["64", "128"])


def test_ranges_in_words() -> None:
    assert [in_words(dimension) for dimension in SPACE.values()] == [
        "0.0001 to 0.01, logarithmic", "64, 128", "2 to 5",
    ]  # fmt: skip


def confirmed(*rivals: int) -> Confirmation:
    score = Score(0.2, 0.1, 0.3)
    clear, unclear = (Lead(Score(0.1, low, 0.2), score) for low in (0.05, -0.05))
    leads = {number: unclear if number in rivals else clear for number in (1, 2)}
    candidates = tuple(Candidate(number, 0.2, score, score, (0.2,)) for number in (0, 1, 2))
    return Confirmation(candidates, leads, (1, 2))


def test_advice() -> None:
    at_the_edge = trial(0, 0.3, parameters={"lr": 9.9e-3, "hidden_dim": 64, "num_layers": 3})
    said = "\n".join(advice(record(at_the_edge, trial(1, 0.2), trial(2, 0.1)), {}))
    assert "the best lr, 0.0099, lies on the upper edge of its range (0.01)" in said
    assert "num_layers" not in said
    assert "was not trained again on fresh seeds" in said
    assert "3 completed trials for 3 parameters is little" in said
    assert "cannot be told from trial 1" in "\n".join(
        advice(record(trial(0, 0.3), confirmation=confirmed(1)), {})
    )
    assert "told from" not in "\n".join(advice(record(trial(0, 0.3), confirmation=confirmed()), {}))
    still = record(*(trial(number, number / 100 + 0.1) for number in range(6)), winner=5)
    assert "still grew with trial 5" in "\n".join(advice(still, {}))
    and_pruned = record(*(trial(n, n / 100 + 0.1 if n < 6 else None) for n in range(20)), winner=5)
    assert "still grew" not in "\n".join(advice(and_pruned, {}))
    done = record(trial(0, 0.9), *(trial(number, 0.1) for number in range(1, 60)))
    assert "has not grown since trial 0" in "\n".join(advice(done, {}))
    assert advice(record(trial(0), winner=None), {}) == ["no trial completed: look at the failures first"]
    lucky = dataclasses.replace(still, winner=4, confirmation=confirmed())
    assert "grew" not in "\n".join(advice(lucky, {}))  # the last to grow was not the best on fresh seeds


def test_an_edge_is_told_where_it_matters_the_weightiest_first() -> None:
    best = trial(0, 0.3, parameters={"lr": 9.9e-3, "hidden_dim": 64, "num_layers": 5})
    edges = [
        [said.split(",")[0] for said in advice(record(best, trial(1, 0.2)), shares) if "edge" in said]
        for shares in ({}, {"num_layers": 0.8, "lr": 0.2}, {"num_layers": 0.99, "lr": 0.01})
    ]
    assert [len(one) for one in edges] == [2, 2, 1]
    assert edges[1] == ["the best num_layers", "the best lr"]
    assert edges[2] == ["the best num_layers"]


def study_of(trials: int) -> optuna.Study:
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.RandomSampler(seed=0))
    for number in range(trials):
        one = study.ask()
        value = one.suggest_float("lr", 1e-4, 1e-2, log=True) + one.suggest_int("num_layers", 2, 5)
        for epoch in range(3):
            one.report(-1.5 + epoch / 100, epoch)
        if number % 5 == 4:
            study.tell(one, state=optuna.trial.TrialState.PRUNED)
        else:
            study.tell(one, value)
    return study


@pytest.mark.parametrize("trials", [0, 1, 6, 30])
def test_a_report_of_any_study_in_every_format(trials: int, tmp_path: Path) -> None:
    summary = summary_of(ours(study_of(trials)))
    written = write_report(summary, tmp_path, list(Format))
    assert [path.name for path in written] == ["report.html", "report.md", "report.json", "report.csv"]
    told = json.loads((tmp_path / "report.json").read_text())
    assert len(told["trials"]) == trials
    text = (tmp_path / "report.md").read_text()
    assert "## Result" in text
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert page.count("Plotly.react(") == 1
    assert page.rstrip().endswith("</html>")
    headings = [part.heading for part in sections(summary)]
    assert len(headings) == len(set(headings))


def test_whatever_is_written_stays_text() -> None:
    parts = [Section("<script>a|b", ["one\ntwo & three"], None, ["x|y"], [["a\\|b<i>"]], folded=False)]
    text = as_markdown("<b>", "s", parts)
    assert "<" not in text
    assert "* one two &amp; three" in text
    assert "| a\\\\\\|b&lt;i> |" in text
    page = as_page("</script><!--", "s", parts)
    assert page.count("<script") == 3
    assert "<i>" not in page


def test_a_winner_with_half_the_batch_is_shown_with_it() -> None:
    half = trial(0, 0.3, overrides={"batch_size": 32})
    (result,) = (one for one in sections(summarise(record(half))) if one.heading == "Result")
    assert ["batch_size", "32"] in [list(row) for row in result.rows]


def test_the_confirmation_is_shown_with_its_intervals() -> None:
    parts = {
        one.heading: one for one in sections(summarise(record(trial(0, 0.3), confirmation=confirmed(1))))
    }
    assert "95 % interval: 0.1000 to 0.3000, over matches and seeds" in parts["Result"].words
    rows = parts["Trained again on fresh seeds"].rows
    assert [row[0] for row in rows] == ["0", "1", "2"]
    assert rows[1][-1] == "+0.1000 (-0.0500 to +0.2000)"


def test_every_figure_says_in_words_what_it_shows() -> None:
    study = ours(study_of(12))
    for part in sections(summary_of(study)):
        assert part.figure is None or part.words, part.heading


def test_another_objective_is_refused() -> None:
    study = optuna.create_study(direction="minimize", study_name="theirs")
    with pytest.raises(StorageError, match="study 'theirs' wants to minimize, expected a search"):
        read_study(study)
