"""Who stops a trial early: the numbers that are promised, and that the right trial is stopped."""

from __future__ import annotations

from collections.abc import Sequence

import optuna
import pytest

from cricketgnn.config.tuning import PrunerName
from cricketgnn.tuning.pruners import STARTUP_TRIALS, WARMUP_EPOCHS, make_pruner
from cricketgnn.tuning.study import open_study
from cricketgnn.tuning.trials import take_over

Storage = optuna.storages.RDBStorage
EPOCHS = 12
BETTER = [1.5 - epoch / 100 for epoch in range(EPOCHS)]
WORSE = [loss + 0.2 for loss in BETTER]
PRUNES = [name for name in PrunerName if name is not PrunerName.NONE]


def study_of(storage: Storage, name: PrunerName, study_name: str = "s") -> optuna.Study:
    sampler = optuna.samplers.RandomSampler(seed=0)
    return open_study(storage, study_name, {}, sampler, make_pruner(name, EPOCHS))


def run(study: optuna.Study, losses: Sequence[float]) -> int | None:
    """Report losses as a search does; give the number of epochs after which the trial was pruned."""
    trial = study.ask()
    for step, loss in enumerate(losses):
        trial.report(-loss, step)
        if trial.should_prune():
            study.tell(trial, state=optuna.trial.TrialState.PRUNED)
            return step + 1
    study.tell(trial, 0.5)
    return None


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        (PrunerName.MEDIAN, optuna.pruners.MedianPruner),
        (PrunerName.HYPERBAND, optuna.pruners.HyperbandPruner),
        (PrunerName.WILCOXON, optuna.pruners.WilcoxonPruner),
        (PrunerName.SUCCESSIVE_HALVING, optuna.pruners.SuccessiveHalvingPruner),
        (PrunerName.NONE, optuna.pruners.NopPruner),
    ],
)
def test_each_name_makes_its_pruner(name: PrunerName, kind: type[optuna.pruners.BasePruner]) -> None:
    assert isinstance(make_pruner(name, EPOCHS), kind)


def test_every_name_has_a_pruner() -> None:
    assert len({type(make_pruner(name, EPOCHS)) for name in PrunerName}) == 5


@pytest.mark.parametrize("name", PRUNES)
def test_among_better_trials_a_worse_one_is_pruned(storage: Storage, name: PrunerName) -> None:
    study = study_of(storage, name)
    for _ in range(STARTUP_TRIALS + 3):  # hyperband deals them to three brackets
        run(study, BETTER)
    assert any(run(study, WORSE) is not None for _ in range(4))


@pytest.mark.parametrize("name", PRUNES)
def test_among_worse_trials_a_better_one_lives(storage: Storage, name: PrunerName) -> None:
    study = study_of(storage, name)
    for _ in range(STARTUP_TRIALS + 1):
        run(study, WORSE)
    assert run(study, BETTER) is None


def test_nothing_is_pruned_where_nothing_shall_be(storage: Storage) -> None:
    study = study_of(storage, PrunerName.NONE)
    for _ in range(2 * STARTUP_TRIALS):
        run(study, BETTER)
    assert run(study, [9.0] * EPOCHS) is None


def test_the_median_rule_has_five_trials_of_start_up_and_five_epochs_of_warm_up(storage: Storage) -> None:
    assert (STARTUP_TRIALS, WARMUP_EPOCHS) == (5, 5)
    study = study_of(storage, PrunerName.MEDIAN)
    for number in range(4):
        run(study, [1.0 + number / 10] * EPOCHS)  # 1.0 to 1.3
    assert run(study, [1.4] * EPOCHS) is None  # the fifth
    assert run(study, [1.25] * EPOCHS) == 6  # the median is 1.2
    assert run(study, [1.2] * EPOCHS) is None


def test_the_wilcoxon_rule_has_five_epochs_of_warm_up(storage: Storage) -> None:
    study = study_of(storage, PrunerName.WILCOXON)
    run(study, BETTER)
    assert run(study, WORSE) == 5


def test_the_wilcoxon_rule_is_silent_where_the_best_trial_stopped_early(
    storage: Storage, recwarn: pytest.WarningsRecorder
) -> None:
    study = study_of(storage, PrunerName.WILCOXON)
    run(study, BETTER[:3])
    assert run(study, WORSE) is None
    assert not recwarn.list


def test_hyperband_knows_how_long_a_trial_is(storage: Storage) -> None:
    """With a reduction of 3, twelve epochs make three brackets, and two make one."""
    brackets = []
    for epochs in (12, 2):
        pruner = make_pruner(PrunerName.HYPERBAND, epochs)
        assert isinstance(pruner, optuna.pruners.HyperbandPruner)
        study = open_study(storage, f"s{epochs}", {}, optuna.samplers.RandomSampler(seed=0), pruner)
        trial = study.ask()
        trial.report(-1.0, 0)
        trial.should_prune()
        brackets.append(pruner._n_brackets)
    assert brackets == [3, 1]


@pytest.mark.parametrize("name", PrunerName)
def test_making_a_pruner_says_nothing(name: PrunerName, recwarn: pytest.WarningsRecorder) -> None:
    make_pruner(name, EPOCHS)
    assert not recwarn.list


def test_copies_of_a_trial_count_once_before_the_median_rule_prunes(storage: Storage) -> None:
    study = study_of(storage, PrunerName.MEDIAN)
    run(study, BETTER)
    for _ in range(STARTUP_TRIALS):
        copy = study.ask()
        take_over(study, copy, study.trials[0])
    assert len(study.get_trials(states=(optuna.trial.TrialState.COMPLETE,))) == STARTUP_TRIALS + 1
    for _ in range(STARTUP_TRIALS - 1):
        assert run(study, WORSE) is None
    assert run(study, [loss + 0.5 for loss in BETTER]) == WARMUP_EPOCHS + 1
