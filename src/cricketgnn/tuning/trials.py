"""One trial in the study: what it reports, how it ends, and what is kept with it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import optuna
from optuna.trial import FrozenTrial, TrialState

if TYPE_CHECKING:  # torch takes seconds to load, and who only looks into studies needs none
    from cricketgnn.config.tuning import TuningConfig
    from cricketgnn.training.observing import EpochReport
    from cricketgnn.tuning.failures import FailureKind
    from cricketgnn.tuning.jobs import Done

FAILURE: Final = "failure"
FAILURE_KIND: Final = "failure_kind"
EPOCHS: Final = "epochs"
SECONDS: Final = "seconds"
LOG_LOSS: Final = "val_log_loss"
TEST_MACRO_F1: Final = "test_macro_f1"
TWIN: Final = "same_as"
"""Number of an earlier trial with the same configuration, whose result was taken over."""
RETRY_OF: Final = "retry_of"
OVERRIDES: Final = "overrides"
"""Settings in which a trial differs from the search: half the batch after running out of memory."""
DEATHS: Final = "deaths"
"""Epochs after which a trial's process was killed, one entry a death."""
SIZE: Final = "peak_bytes"
COORDINATOR: Final = "coordinator"
"""The lease under which a trial was taken, where several coordinators share a study."""
CLOSED: Final = "closed"
"""Attribute of a study: what was asked for, and trials completed when all of that had been done."""
CONFIRMATION: Final = "confirmation"
"""Attribute of a study: what the winner protocol found, and after how many completed trials."""


def report_epochs(study: optuna.Study, trial: optuna.Trial, reports: Sequence[EpochReport]) -> bool:
    """Tell a trial all its epochs so far, and ask whether it is worth going on; True prunes it.

    The study maximises and its pruner follows, so the plain validation log loss is reported negated: the
    median rule then spares low losses. Epochs that the trial has heard of are passed over, so that a
    training which was continued may tell its whole history.
    """
    _report(study, trial, {report.epoch - 1: -report.val_log_loss for report in reports})
    trial.set_user_attr(LOG_LOSS, min(report.val_log_loss for report in reports))
    trial.set_user_attr(EPOCHS, len(reports))
    trial.set_user_attr(SECONDS, sum(report.seconds for report in reports))
    return trial.should_prune()


def _report(study: optuna.Study, trial: optuna.Trial, values: Mapping[int, float]) -> None:
    """Report the steps that a trial has not heard of."""
    known = study._storage.get_trial(trial._trial_id).intermediate_values
    for step, value in values.items():
        if step not in known:
            trial.report(value, step)


def complete(study: optuna.Study, trial: optuna.Trial, done: Done) -> None:
    """Tell a trial's value."""
    trial.set_user_attr(LOG_LOSS, done.best.val_log_loss)
    if done.test_macro_f1 is not None:
        trial.set_user_attr(TEST_MACRO_F1, done.test_macro_f1)
    if done.peak_bytes is not None:
        trial.set_user_attr(SIZE, done.peak_bytes)
    study.tell(trial, done.macro_f1)


def prune(study: optuna.Study, trial: optuna.Trial) -> None:
    """End a trial that was not worth finishing; it counts for neither the median nor the start-up."""
    study.tell(trial, state=TrialState.PRUNED)


def fail(study: optuna.Study, trial: optuna.Trial, kind: FailureKind, reason: str) -> None:
    """Tell that a trial failed, and why; never a value, which would mislead the sampler."""
    trial.set_user_attr(FAILURE, reason)
    trial.set_user_attr(FAILURE_KIND, kind.value)
    study.tell(trial, state=TrialState.FAIL)


def put_back(study: optuna.Study, trial: optuna.Trial | FrozenTrial) -> None:
    """Let a RUNNING trial wait: whoever asks next continues it, under its number and parameters."""
    study._storage.set_trial_user_attr(trial._trial_id, COORDINATOR, None)
    study._storage.set_trial_state_values(trial._trial_id, TrialState.WAITING)


def take_over(study: optuna.Study, trial: optuna.Trial, twin: FrozenTrial) -> None:
    """End a trial with the result of an earlier one of the same configuration."""
    trial.set_user_attr(TWIN, twin.number)
    for name in (LOG_LOSS, TEST_MACRO_F1):
        if name in twin.user_attrs:
            trial.set_user_attr(name, twin.user_attrs[name])
    trial.set_user_attr(EPOCHS, 0)
    _report(study, trial, twin.intermediate_values)
    if twin.state is TrialState.COMPLETE:
        study.tell(trial, twin.value)
    else:
        study.tell(trial, state=twin.state)


def find_twin(study: optuna.Study, number: int, values: dict[str, Any]) -> FrozenTrial | None:
    """Find a trial with the same parameters that was trained or is being trained, a trained one first.

    Trials whose settings differ elsewhere, and those that took a result over, are none.
    """
    states = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.RUNNING)
    twins = [
        trial
        for trial in study.get_trials(deepcopy=False, states=states)
        if trial.number != number
        and trial.params == values
        and not {TWIN, OVERRIDES} & trial.user_attrs.keys()
    ]
    return min(twins, key=lambda trial: (not trial.state.is_finished(), trial.number), default=None)


def any_works(study: optuna.Study) -> bool:
    """Tell whether a trial has got through an epoch and has not failed, finished or not."""
    return any(
        trial.state is not TrialState.FAIL and trial.user_attrs.get(LOG_LOSS) is not None
        for trial in study.get_trials(deepcopy=False)
    )


def best_trial(study: optuna.Study) -> FrozenTrial | None:
    """Give the completed trial of the highest value, the earliest of several; None before one completed."""
    done = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    return min(done, key=lambda trial: (-_value(trial), trial.number), default=None)


def declare(study: optuna.Study, confirmation: dict[str, Any], after: int) -> None:
    """Keep who won the winner protocol; it holds as long as no more than ``after`` trials have completed."""
    study.set_user_attr(CONFIRMATION, {"after": after, **confirmation})


def confirmation_of(study: optuna.Study) -> dict[str, Any] | None:
    """Give what the winner protocol found; None where it was left out or trials completed since."""
    kept: dict[str, Any] | None = study.user_attrs.get(CONFIRMATION)
    return kept if kept is not None and kept["after"] == _completed(study) else None


def confirmed_as(study: optuna.Study, asked: TuningConfig) -> bool:
    """Tell whether as many leaders as asked for have been confirmed on as many seeds."""
    kept = confirmation_of(study)
    few = min(asked.confirm, len(leaders(study)))
    return kept is not None and (len(kept["candidates"]), len(kept["seeds"])) == (few, asked.seeds)


def close(study: optuna.Study, asked: TuningConfig) -> None:
    """Keep that everything asked of a study has been done; it holds until something else is asked for."""
    study.set_user_attr(CLOSED, _done(study, asked))


def closed(study: optuna.Study, asked: TuningConfig) -> bool:
    """Tell whether everything asked of a study has been done."""
    return bool(study.user_attrs.get(CLOSED) == _done(study, asked))


def _done(study: optuna.Study, asked: TuningConfig) -> dict[str, int]:
    wanted = {"n_trials": asked.n_trials, "confirm": asked.confirm, "seeds": asked.seeds}
    return {**wanted, "completed": _completed(study)}


def winning_trial(study: optuna.Study) -> FrozenTrial | None:
    """Give the trial that was declared the winner, or else the best one; None before one completed."""
    confirmed = confirmation_of(study)
    if confirmed is None:
        return best_trial(study)
    done = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    return next(trial for trial in done if trial.number == confirmed["winner"])


def _completed(study: optuna.Study) -> int:
    return len(study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,)))


def leaders(study: optuna.Study) -> list[FrozenTrial]:
    """List the completed trials from the best on, each configuration once, whatever seeds it was tried on."""
    done = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    own = [trial for trial in done if TWIN not in trial.user_attrs]
    found: dict[str, FrozenTrial] = {}
    for trial in sorted(own, key=lambda trial: (-_value(trial), trial.number)):
        settings = {**trial.params, **trial.user_attrs.get(OVERRIDES, {}), "seed": None}
        found.setdefault(json.dumps(settings, sort_keys=True), trial)
    return list(found.values())


def trial_document(trial: FrozenTrial, ours: bool = True) -> dict[str, Any]:
    """Give one trial as plain values.

    Args:
        trial: which.
        ours: whether it is a search's of this program; another may mean something else by an attribute of
            the same name, and by what it reports.
    """
    attrs = trial.user_attrs if ours else {}
    reported = sorted(trial.intermediate_values.items()) if ours else []
    return {
        "number": trial.number,
        "state": trial.state.name.lower(),
        "value": trial.values[0] if trial.state is TrialState.COMPLETE and len(trial.values) == 1 else None,
        "parameters": trial.params,
        "val_log_loss": attrs.get(LOG_LOSS),
        "val_log_loss_by_epoch": [-value for _, value in reported],
        "epochs": attrs.get(EPOCHS, 0),
        "seconds": attrs.get(SECONDS),
        "test_macro_f1": attrs.get(TEST_MACRO_F1),
        "peak_bytes": attrs.get(SIZE),
        "failure": attrs.get(FAILURE),
        "failure_kind": attrs.get(FAILURE_KIND),
        "same_as": attrs.get(TWIN),
        "retry_of": attrs.get(RETRY_OF),
        "overrides": attrs.get(OVERRIDES, {}),
    }


def _value(trial: FrozenTrial) -> float:
    assert trial.value is not None  # complete trials of a study with one objective have it
    return trial.value
