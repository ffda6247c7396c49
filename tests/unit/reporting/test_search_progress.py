"""A search as it is shown while it runs."""

from __future__ import annotations

import io
import re

import pytest
from rich.console import Console

from cricketgnn.reporting.search_progress import LiveTable, PlainLines, watching_search
from cricketgnn.training.observing import EpochReport


def report(epoch: int, log_loss: float) -> EpochReport:
    return EpochReport(epoch, 1.5, log_loss, 0.0, 0.123, 1e-3, 1.0, 1000.0)


def drawn(table: LiveTable, width: int = 110) -> list[str]:
    text = io.StringIO()
    Console(file=text, width=width, force_terminal=False).print(table)
    return text.getvalue().splitlines()


def row(table: LiveTable, number: int | str, width: int = 110) -> str:
    (found,) = (line for line in drawn(table, width)[1:-1] if line.strip().startswith(f"{number} "))
    return found


def test_the_table_follows_a_trial_from_start_to_end() -> None:
    text = io.StringIO()
    table = LiveTable(Console(file=text, width=110), epochs=10, n_trials=3)
    table.on_start(0, {"lr": 0.00087, "hidden_dim": 64})
    assert row(table, 0).split()[:3] == ["0", "starting", "0/10"]
    assert row(table, 0).rstrip().endswith("lr 0.00087, hidden_dim 64")
    table.on_progress(0, 1, 5, 10)
    assert "running" in row(table, 0)
    table.on_epoch(0, report(1, 1.45))
    table.on_epoch(0, report(2, 1.47))
    assert row(table, 0).split()[:5] == ["0", "running", "2/10", "1.4500", "~0.1230"]
    table.on_end(0, "complete", 0.2)
    assert row(table, 0).split()[:5] == ["0", "complete", "2/10", "1.4500", "0.2000"]
    assert re.fullmatch(r"1 of 3 trials here in \d+ s, best macro-F1 0.2000 by trial 0", drawn(table)[-1])
    table.say("trial 0 finished")
    assert text.getvalue() == "trial 0 finished\n"


def test_a_study_that_goes_on_keeps_its_best() -> None:
    table = LiveTable(Console(file=io.StringIO()), epochs=10, n_trials=4, best=(1, 0.3))
    table.on_start(2, {})
    table.on_end(2, "complete", 0.2)
    assert re.fullmatch(
        r"1 more of 4 trials here in \d+ s, best macro-F1 0.3000 by trial 1", drawn(table)[-1]
    )
    table.on_start(3, {})
    table.on_end(3, "complete", 0.4)
    assert re.fullmatch(
        r"2 more of 4 trials here in \d+ s, best macro-F1 0.4000 by trial 3", drawn(table)[-1]
    )


def test_pruned_failed_and_waiting_trials_are_no_best_and_waiting_does_not_count() -> None:
    table = LiveTable(Console(file=io.StringIO()), epochs=10, n_trials=4)
    for number, state in enumerate(("pruned", "fail", "waiting")):
        table.on_start(number, {})
        table.on_end(number, state, None)
        assert state in row(table, number)
    assert re.fullmatch(r"1 of 4 trials here in \d+ s", drawn(table)[-1])


def test_only_the_latest_trials_are_drawn_and_a_narrow_terminal_keeps_the_numbers() -> None:
    table = LiveTable(Console(file=io.StringIO()), epochs=10, n_trials=100)
    for number in range(30):
        table.on_start(number, {"lr": 0.1, "weight_decay": 0.001, "dropout": 0.2})
    lines = drawn(table)
    assert len(lines) == 1 + 12 + 1
    assert lines[1].strip().startswith("18 ")
    assert all(len(line) <= 60 for line in drawn(table, 60))
    assert row(table, 29, 60).split() == ["29", "starting", "0/10"]
    assert row(table, 29, 90).rstrip().endswith("lr 0.1, weight_decay 0.…")


def test_a_trial_that_goes_on_gets_a_row_of_its_own_at_the_end() -> None:
    table = LiveTable(Console(file=io.StringIO()), epochs=10, n_trials=9)
    table.on_start(0, {})
    table.on_start(1, {})
    table.on_end(0, "waiting", None)
    table.on_start(0, {})
    assert [line.split()[0] for line in drawn(table)[1:-1]] == ["1", "0"]
    table.on_progress(7, 1, 1, 2)  # of a trial nobody heard of: no harm
    assert len(drawn(table)) == 4


def test_what_is_left_of_a_trial_that_goes_on_is_told_by_what_it_does_here(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 1000.0
    monkeypatch.setattr("cricketgnn.reporting.search_progress.time.monotonic", lambda: now)
    table = LiveTable(Console(file=io.StringIO()), epochs=30, n_trials=9)
    table.on_start(0, {})
    table.on_progress(0, 21, 1, 10)
    now += 60
    table.on_progress(0, 22, 0, 10)  # a minute for an epoch, and nine are left
    assert row(table, 0).split()[2:] == ["21/30", "60", "s", "9", "min"]


def test_a_result_that_was_taken_over_counts() -> None:
    table = LiveTable(Console(file=io.StringIO()), epochs=10, n_trials=4)
    table.on_end(3, "complete", 0.2)  # nothing was trained, so nothing began
    assert re.fullmatch(r"1 of 4 trials here in \d+ s, best macro-F1 0.2000 by trial 3", drawn(table)[-1])


def test_a_terminal_that_cannot_redraw_gets_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    text = io.StringIO()
    monkeypatch.setenv("TERM", "dumb")
    with watching_search(Console(file=text, force_terminal=True), 10, 1) as watcher:
        watcher.on_epoch(0, report(1, 1.45))
    assert text.getvalue().startswith("trial 0: epoch 1, val log loss 1.4500")


def test_trainings_that_confirm_have_rows_and_count_as_no_trial() -> None:
    table = LiveTable(Console(file=io.StringIO()), epochs=4, n_trials=1)
    table.on_start(3, {})
    table.on_end(3, "complete", 0.2)
    table.on_retraining("trial_0003_seed_1", 0.0, None)
    assert row(table, "3, seed 1").split()[:5] == ["3,", "seed", "1", "starting", "0/4"]
    assert row(table, "3, seed 1").rstrip().endswith("on a fresh seed")
    table.on_retraining("trial_0003_seed_1", 0.5, None)
    assert "running" in row(table, "3, seed 1")
    table.on_retraining("trial_0003_seed_1", 1, report(1, 1.4))
    assert "1/4    1.4000   ~0.1230" in row(table, "3, seed 1")
    table.on_retrained("trial_0003_seed_1", "waiting", None)
    table.on_retraining("trial_0003_seed_1", 0.0, None)  # its process was killed; it goes on
    table.on_retraining("trial_0003_seed_1", 2, report(2, 1.3))
    table.on_retrained("trial_0003_seed_1", "complete", 0.4)
    assert "complete    2/4    1.3000    0.4000" in row(table, "3, seed 1")
    assert len(drawn(table)) == 4
    assert re.fullmatch(r"1 of 1 trials here in \d+ s, best macro-F1 0.2000 by trial 3", drawn(table)[-1])
    assert all(len(line) <= 60 for line in drawn(table, 60))


def test_without_a_terminal_every_event_is_a_plain_line() -> None:
    text = io.StringIO()
    with watching_search(Console(file=text, width=40), 5, 3) as observer:
        assert isinstance(observer, PlainLines)
        observer.on_start(0, {"lr": 0.1})
        observer.say("trial 0: lr=0.1 and a line that is longer than the terminal is wide [x]")
        observer.on_progress(0, 1, 1, 2)
        observer.on_epoch(0, report(1, 1.45))
        observer.on_retraining("trial_0000_seed_2", 0.5, None)
        observer.on_retraining("trial_0000_seed_2", 1, report(1, 1.46))
        observer.on_retrained("trial_0000_seed_2", "complete", 0.2)
    assert text.getvalue().splitlines() == [
        "trial 0: lr=0.1 and a line that is longer than the terminal is wide [x]",
        "trial 0: epoch 1, val log loss 1.4500, macro-F1 by argmax 0.123",
        "trial_0000_seed_2: epoch 1, val log loss 1.4600, macro-F1 by argmax 0.123",
    ]
