"""One trial in its study: what it reports, how it ends, how it goes on, and who wins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import optuna
import pytest
from optuna.trial import FrozenTrial, TrialState

from cricketgnn.config.search_space import FloatRange, IntRange, SearchSpace
from cricketgnn.config.tuning import PrunerName, SamplerName, TuningConfig
from cricketgnn.training.observing import EpochReport
from cricketgnn.tuning import trials
from cricketgnn.tuning.failures import FailureKind
from cricketgnn.tuning.jobs import Done
from cricketgnn.tuning.parameters import suggest
from cricketgnn.tuning.pruners import STARTUP_TRIALS, WARMUP_EPOCHS, make_pruner
from cricketgnn.tuning.samplers import make_sampler
from cricketgnn.tuning.study import completed, open_study

Storage = optuna.storages.RDBStorage
EPOCHS = 8
SPACE = SearchSpace(
    parameters={"lr": FloatRange(low=0.1, high=1.0), "num_layers": IntRange(low=1, high=1000)}
)


@pytest.fixture
def study(storage: Storage) -> optuna.Study:
    sampler = make_sampler(SamplerName.RANDOM, SPACE, 0, "s")
    return open_study(storage, "s", {}, sampler, make_pruner(PrunerName.MEDIAN, EPOCHS))


def report(epoch: int, log_loss: float) -> EpochReport:
    return EpochReport(epoch, 1.5, log_loss, 0.0, 0.1, 1e-3, 2.0, 1000.0)


def reports(losses: Sequence[float]) -> list[EpochReport]:
    return [report(epoch, loss) for epoch, loss in enumerate(losses, start=1)]


def done(macro_f1: float, log_loss: float = 1.4, **others: Any) -> Done:
    return Done(macro_f1, report(1, log_loss), others.get("test"), others.get("peak"))


def run_trial(study: optuna.Study, losses: Sequence[float], value: float | None = None) -> int | None:
    """Report epoch after epoch as a search does; give the epoch after which the trial was pruned."""
    trial = study.ask()
    suggest(trial, SPACE)
    for epoch in range(1, len(losses) + 1):
        if trials.report_epochs(study, trial, reports(losses[:epoch])):
            trials.prune(study, trial)
            return epoch
    if value is not None:
        trials.complete(study, trial, done(value, min(losses)))
    return None


def ended(study: optuna.Study, value: float | None, params: dict[str, Any], **attrs: Any) -> FrozenTrial:
    """A trial with given parameters, completed with a value or pruned without."""
    study.enqueue_trial(params)
    trial = study.ask()
    suggest(trial, SPACE)
    for name, kept in attrs.items():
        trial.set_user_attr(name, kept)
    if value is None:
        trials.prune(study, trial)
    else:
        trials.complete(study, trial, done(value))
    return study.trials[trial.number]


def test_losses_are_reported_negated_and_kept_plain(study: optuna.Study) -> None:
    trial = study.ask()
    assert not trials.report_epochs(study, trial, reports([1.5, 1.25, 1.375]))
    stored = study.trials[0]
    assert stored.intermediate_values == {0: -1.5, 1: -1.25, 2: -1.375}
    assert stored.user_attrs == {"val_log_loss": 1.25, "epochs": 3, "seconds": 6.0}
    assert stored.state is TrialState.RUNNING


def test_a_trial_that_goes_on_tells_its_history_without_a_warning(
    study: optuna.Study, recwarn: pytest.WarningsRecorder
) -> None:
    trial = study.ask()
    trials.report_epochs(study, trial, reports([1.5, 1.25]))
    trials.put_back(study, trial)
    again = study.ask()
    trials.report_epochs(study, again, reports([1.5, 1.25]))
    trials.report_epochs(study, again, reports([1.5, 1.25, 1.0]))
    assert again.number == 0
    assert study.trials[0].intermediate_values == {0: -1.5, 1: -1.25, 2: -1.0}
    assert study.trials[0].user_attrs == {
        "val_log_loss": 1.0,
        "epochs": 3,
        "seconds": 6.0,
        "coordinator": None,
    }
    assert not recwarn.list


def test_worse_losses_are_pruned_and_better_ones_live(study: optuna.Study) -> None:
    assert (STARTUP_TRIALS, WARMUP_EPOCHS) == (5, 5)
    for number in range(STARTUP_TRIALS):
        # The objective is turned against the loss: it must play no part in pruning.
        assert run_trial(study, [1.40 + number / 100] * EPOCHS, value=number / 10) is None
    assert run_trial(study, [1.43] * EPOCHS) == 6  # the median is 1.42
    assert run_trial(study, [1.41] * EPOCHS, value=0.0) is None
    assert run_trial(study, [1.30] + [9.0] * 7, value=0.0) is None  # its best epoch counts
    assert [trial.state.name for trial in study.trials[5:]] == ["PRUNED", "COMPLETE", "COMPLETE"]
    assert study.trials[5].user_attrs["epochs"] == 6


def test_before_five_trials_have_completed_nothing_is_pruned(study: optuna.Study) -> None:
    for _ in range(STARTUP_TRIALS - 1):
        run_trial(study, [1.40] * EPOCHS, value=0.2)
    assert run_trial(study, [9.0] * EPOCHS, value=0.1) is None
    assert run_trial(study, [9.5] * EPOCHS, value=0.1) == WARMUP_EPOCHS + 1


def test_pruned_and_failed_trials_are_no_part_of_the_start_up(study: optuna.Study) -> None:
    for _ in range(STARTUP_TRIALS - 1):
        run_trial(study, [1.40] * EPOCHS, value=0.2)
    run_trial(study, [1.40] * EPOCHS)  # left running, and then pruned
    trials.prune(study, optuna.Trial(study, study.trials[-1]._trial_id))
    run_trial(study, [1.40] * EPOCHS)
    trials.fail(study, optuna.Trial(study, study.trials[-1]._trial_id), FailureKind.BUG, "odd")
    assert run_trial(study, [9.0] * EPOCHS) is None


def test_during_the_warm_up_nothing_is_pruned(study: optuna.Study) -> None:
    for _ in range(STARTUP_TRIALS):
        run_trial(study, [1.40] * EPOCHS, value=0.2)
    assert run_trial(study, [9.0] * WARMUP_EPOCHS) is None
    assert run_trial(study, [9.0] * (WARMUP_EPOCHS + 1)) == WARMUP_EPOCHS + 1


def test_a_trial_that_goes_on_is_judged_by_all_its_epochs(study: optuna.Study) -> None:
    """An epoch that was saved just before the end may never have been judged."""
    for _ in range(STARTUP_TRIALS):
        run_trial(study, [1.40] * EPOCHS, value=0.2)
    trial = study.ask()
    trials.report_epochs(study, trial, reports([9.0] * 5))
    trials.put_back(study, trial)
    assert trials.report_epochs(study, study.ask(), reports([9.0] * 6))


def test_a_completed_trial_has_its_value_and_what_is_kept_for_the_record(study: optuna.Study) -> None:
    trials.complete(study, study.ask(), done(0.25, 1.5, test=0.125, peak=2048))
    trials.complete(study, study.ask(), done(0.5, 1.25))
    assert [trial.value for trial in study.trials] == [0.25, 0.5]
    assert study.trials[0].user_attrs == {"val_log_loss": 1.5, "test_macro_f1": 0.125, "peak_bytes": 2048}
    assert study.trials[1].user_attrs == {"val_log_loss": 1.25}


def test_a_failed_trial_has_a_reason_and_never_a_value(study: optuna.Study) -> None:
    trial = study.ask()
    trials.report_epochs(study, trial, reports([1.5]))
    trials.fail(study, trial, FailureKind.DIVERGED, "the loss is nan")
    stored = study.trials[0]
    assert (stored.state, stored.value) == (TrialState.FAIL, None)
    assert stored.user_attrs["failure"] == "the loss is nan"
    assert stored.user_attrs["failure_kind"] == "diverged"
    assert stored.datetime_complete is not None


def test_a_pruned_trial_has_no_objective(study: optuna.Study) -> None:
    trial = study.ask()
    trials.report_epochs(study, trial, reports([1.5]))
    trials.prune(study, trial)
    assert study.trials[0].state is TrialState.PRUNED
    assert trials.best_trial(study) is None
    assert trials.trial_document(study.trials[0])["value"] is None


@pytest.mark.parametrize("frozen", [False, True])
def test_a_trial_put_back_waits_with_all_it_has(study: optuna.Study, frozen: bool) -> None:
    run_trial(study, [1.4], value=0.1)
    trial = study.ask()
    values = suggest(trial, SPACE)
    trials.report_epochs(study, trial, reports([1.5, 1.25]))
    trial.set_user_attr("coordinator", "the lease of one that worked on it")
    trials.put_back(study, study.trials[1] if frozen else trial)
    waiting = study.trials[1]
    assert waiting.state is TrialState.WAITING
    assert waiting.number == 1
    assert waiting.params == values
    assert waiting.intermediate_values == {0: -1.5, 1: -1.25}
    assert waiting.user_attrs == {
        "val_log_loss": 1.25,
        "epochs": 2,
        "seconds": 4.0,
        "coordinator": None,  # whoever continues it signs it anew
    }
    again = study.ask()
    assert again.number == 1
    assert suggest(again, SPACE) == values
    assert study.trials[1].state is TrialState.RUNNING
    trials.complete(study, again, done(0.3))
    assert study.trials[1].value == 0.3
    assert study.ask().number == 2


def test_the_earliest_of_several_waiting_trials_goes_on_first(study: optuna.Study) -> None:
    asked = [study.ask() for _ in range(3)]
    for number in (2, 0, 1):
        trials.put_back(study, asked[number])
    assert [study.ask().number for _ in range(4)] == [0, 1, 2, 3]


TWIN = {"lr": 0.5, "num_layers": 3}


def test_a_twin_is_an_earlier_trial_of_the_same_parameters(study: optuna.Study) -> None:
    ended(study, 0.1, {**TWIN, "num_layers": 4})
    assert trials.find_twin(study, 9, TWIN) is None
    study.enqueue_trial(TWIN)
    suggest(study.ask(), SPACE)
    assert _number(trials.find_twin(study, 9, TWIN)) == 1  # running
    assert trials.find_twin(study, 1, TWIN) is None  # itself
    ended(study, None, TWIN)
    assert _number(trials.find_twin(study, 9, TWIN)) == 2  # trained, and before the running one
    ended(study, 0.4, TWIN)
    assert _number(trials.find_twin(study, 9, TWIN)) == 2  # the earliest


def test_trials_that_failed_or_differ_elsewhere_or_took_over_are_no_twins(study: optuna.Study) -> None:
    ended(study, 0.1, TWIN, overrides={"batch_size": 4})
    ended(study, 0.1, TWIN, same_as=0)
    study.enqueue_trial(TWIN)
    suggest(trial := study.ask(), SPACE)
    trials.fail(study, trial, FailureKind.BUG, "odd")
    study.enqueue_trial(TWIN)
    suggest(trial := study.ask(), SPACE)
    trials.put_back(study, trial)
    assert trials.find_twin(study, 9, TWIN) is None


def _number(trial: FrozenTrial | None) -> int | None:
    return None if trial is None else trial.number


def test_the_result_of_a_completed_twin_is_taken_over(
    study: optuna.Study, recwarn: pytest.WarningsRecorder
) -> None:
    trial = study.ask()
    trials.report_epochs(study, trial, reports([1.5, 1.25]))
    trials.complete(study, trial, done(0.25, 1.25, test=0.125, peak=2048))
    trials.take_over(study, study.ask(), study.trials[0])
    stored = study.trials[1]
    assert (stored.state, stored.value) == (TrialState.COMPLETE, 0.25)
    assert stored.intermediate_values == {0: -1.5, 1: -1.25}
    assert stored.user_attrs == {"same_as": 0, "val_log_loss": 1.25, "test_macro_f1": 0.125, "epochs": 0}
    assert not recwarn.list


def test_the_end_of_a_pruned_twin_is_taken_over(study: optuna.Study) -> None:
    twin = ended(study, None, TWIN)
    trials.take_over(study, study.ask(), twin)
    assert (study.trials[1].state, study.trials[1].value) == (TrialState.PRUNED, None)
    assert study.trials[1].user_attrs == {"same_as": 0, "epochs": 0}


def test_a_trial_that_had_begun_takes_over_without_a_warning(
    study: optuna.Study, recwarn: pytest.WarningsRecorder
) -> None:
    trial = study.ask()
    trials.report_epochs(study, trial, reports([1.5, 1.25]))
    trials.complete(study, trial, done(0.25, 1.25))
    begun = study.ask()
    trials.report_epochs(study, begun, reports([1.5]))
    trials.put_back(study, begun)
    trials.take_over(study, study.ask(), study.trials[0])
    assert study.trials[1].value == 0.25
    assert study.trials[1].intermediate_values == {0: -1.5, 1: -1.25}
    assert not recwarn.list


def test_the_best_trial_is_the_earliest_of_the_highest_value(study: optuna.Study) -> None:
    assert trials.best_trial(study) is None
    for value in (0.1, None, 0.3, 0.2, 0.3):
        ended(study, value, {})
    assert _number(trials.best_trial(study)) == 2
    assert _number(trials.winning_trial(study)) == 2


def test_leaders_are_in_order_and_each_configuration_once(study: optuna.Study) -> None:
    for value in (0.1, None, 0.3, 0.2):
        ended(study, value, {})
    trials.take_over(study, study.ask(), study.trials[2])
    ended(study, 0.3, {})
    assert [trial.number for trial in trials.leaders(study)] == [2, 5, 3, 0]


def test_a_declared_winner_holds_until_another_trial_completes(study: optuna.Study) -> None:
    ended(study, 0.3, {})
    ended(study, 0.2, {})
    assert trials.confirmation_of(study) is None
    trials.declare(study, {"winner": 1, "why": "its mean over seeds"}, after=len(completed(study)))
    for _ in range(2):
        assert trials.confirmation_of(study) == {"after": 2, "winner": 1, "why": "its mean over seeds"}
        assert _number(trials.winning_trial(study)) == 1
        ended(study, None, {})  # a pruned trial cannot have changed who is best
    ended(study, 0.1, {})
    assert trials.confirmation_of(study) is None
    assert _number(trials.winning_trial(study)) == 0
    trials.declare(study, {"winner": 4}, after=len(completed(study)))
    assert _number(trials.winning_trial(study)) == 4


def asking(n_trials: int, **more: int) -> TuningConfig:
    return TuningConfig(n_trials=n_trials, **more)


def test_a_study_is_closed_until_more_is_asked_of_it(study: optuna.Study) -> None:
    ended(study, 0.3, {})
    ended(study, None, {})
    assert not trials.closed(study, asking(2))
    trials.close(study, asking(2))
    assert trials.closed(study, asking(2))
    assert not trials.closed(study, asking(3))  # more trials are asked for
    assert not trials.closed(study, asking(2, seeds=5))  # or a wider confirmation
    assert not trials.closed(study, asking(1))
    ended(study, None, {})
    assert trials.closed(study, asking(2))  # a pruned trial leaves nothing to confirm
    ended(study, 0.1, {})
    assert not trials.closed(study, asking(2))  # one completed since, as under another coordinator
    trials.close(study, asking(4))
    assert trials.closed(study, asking(4))
    assert not trials.closed(study, asking(2))


def test_a_closed_study_is_closed_for_whoever_opens_it(storage: Storage, study: optuna.Study) -> None:
    ended(study, 0.3, {})
    trials.close(study, asking(1))
    again = optuna.load_study(study_name="s", storage=storage)
    assert trials.closed(again, asking(1))
    ended(study, 0.2, {})
    assert not trials.closed(again, asking(1))


def test_closing_and_declaring_are_told_apart(study: optuna.Study) -> None:
    ended(study, 0.3, {})
    trials.declare(study, {"winner": 0}, after=len(completed(study)))
    assert not trials.closed(study, asking(1))
    trials.close(study, asking(1))
    assert trials.confirmation_of(study) == {"after": 1, "winner": 0}


def test_a_study_without_a_trial_has_no_winner(study: optuna.Study) -> None:
    assert trials.winning_trial(study) is None
    assert trials.leaders(study) == []


def test_a_trial_as_plain_values(study: optuna.Study) -> None:
    study.enqueue_trial(TWIN, user_attrs={"retry_of": 7, "overrides": {"batch_size": 32}})
    trial = study.ask()
    suggest(trial, SPACE)
    trials.report_epochs(study, trial, reports([1.5, 1.25]))
    trials.complete(study, trial, done(0.25, 1.25, test=0.125, peak=2048))
    assert trials.trial_document(study.trials[0]) == {
        "number": 0,
        "state": "complete",
        "value": 0.25,
        "parameters": TWIN,
        "val_log_loss": 1.25,
        "val_log_loss_by_epoch": [1.5, 1.25],
        "epochs": 2,
        "seconds": 4.0,
        "test_macro_f1": 0.125,
        "peak_bytes": 2048,
        "failure": None,
        "failure_kind": None,
        "same_as": None,
        "retry_of": 7,
        "overrides": {"batch_size": 32},
    }


def test_a_pruned_trial_as_plain_values_has_no_value(study: optuna.Study) -> None:
    """Optuna stores the last report of a pruned trial where others have their value."""
    trial = study.ask()
    trials.report_epochs(study, trial, reports([1.5]))
    trials.prune(study, trial)
    document = trials.trial_document(study.trials[0])
    assert (document["state"], document["value"]) == ("pruned", None)
    assert document["val_log_loss_by_epoch"] == [1.5]


def test_a_failed_and_a_waiting_trial_as_plain_values(study: optuna.Study) -> None:
    trials.fail(study, study.ask(), FailureKind.TIMEOUT, "took longer than 5 s")
    trials.put_back(study, study.ask())
    failed, waiting = (trials.trial_document(trial) for trial in study.trials)
    assert (failed["state"], failed["value"], failed["failure_kind"], failed["failure"]) == (
        "fail", None, "timeout", "took longer than 5 s",
    )  # fmt: skip
    assert (waiting["state"], waiting["value"], waiting["epochs"]) == ("waiting", None, 0)
