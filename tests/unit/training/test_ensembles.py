"""Several networks whose averaged probabilities are the model, and probabilities that are set right."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from cricketgnn.evaluation import UNSCALED, Predictions, cross_scaled, evaluate
from cricketgnn.evaluation.decision_rule import ARGMAX
from cricketgnn.graph.store import GraphStore
from cricketgnn.training.checkpoint import Checkpoint, forecaster, load_checkpoint
from cricketgnn.training.finish import RunResult, finish_run
from cricketgnn.training.inference import predict
from cricketgnn.training.observing import EpochReport, Unobserved
from cricketgnn.training.progress import best_reports, run_progress
from cricketgnn.training.run import run_epochs
from cricketgnn.training.run_folder import BEST, LAST, METRICS
from cricketgnn.training.setup import RunSetup, set_up, set_up_again
from small_league import same_weights, tiny

NEVER = 10_000


def trained(setup: RunSetup, folder: Path, stop_after: int = NEVER) -> RunResult:
    """Train, or go on, until so many epochs are done in all."""
    folder.mkdir(exist_ok=True)
    give_up = lambda report: len(setup.state.history) >= stop_after  # noqa: E731
    run_epochs(setup, folder, setup.facts(), Unobserved(), give_up)
    return finish_run(setup, folder, setup.facts()).result


def forecasts(checkpoint: Checkpoint, setup: RunSetup) -> Predictions:
    network = checkpoint.forecaster()
    return predict(network, setup.graphs, setup.split.validation, 8)


@pytest.fixture(scope="module")
def three(store: GraphStore, tmp_path_factory: pytest.TempPathFactory) -> tuple[RunSetup, RunResult]:
    setup = set_up(tiny(epochs=2, lr=3e-3, seeds=3).config, store)
    return setup, trained(setup, tmp_path_factory.mktemp("ensemble"))


def test_each_network_has_its_epochs_and_a_seed_of_its_own(
    three: tuple[RunSetup, RunResult], store: GraphStore, tmp_path: Path
) -> None:
    setup, result = three
    assert [(report.member, report.epoch) for report in result.history] == [
        *((1, 1), (1, 2), (2, 1), (2, 2), (3, 1), (3, 2))
    ]
    assert [report.member for report in result.best] == [1, 2, 3]
    members = load_checkpoint(result.folder / BEST).members
    assert len(members) == 3
    assert len({one["heads.outcome.weight"].sum().item() for one in members}) == 3
    alone = set_up(tiny(epochs=2, lr=3e-3).config, store)
    trained(alone, tmp_path / "alone")
    assert same_weights(load_checkpoint(tmp_path / "alone" / BEST).members, members[:1])
    assert not setup.unfinished
    assert run_progress(result.folder) == (6, 6, False)


def test_the_model_is_the_mean_of_the_networks_probabilities(three: tuple[RunSetup, RunResult]) -> None:
    setup, result = three
    checkpoint = load_checkpoint(result.folder / BEST)
    together = forecasts(checkpoint, setup)
    each = [forecasts(replace(checkpoint, members=[one]), setup) for one in checkpoint.members]
    for name in ("probabilities", "kind_probabilities"):
        mean = np.mean([getattr(one, name) for one in each], axis=0)
        np.testing.assert_allclose(getattr(together, name), mean, atol=1e-6)
    losses = [evaluate(one, ARGMAX, resamples=0).scores["log_loss"].value for one in each]
    assert losses == pytest.approx([report.val_log_loss for report in result.best], abs=1e-6)
    assert result.validation.log_loss <= np.mean(losses)
    assert result.validation.log_loss == pytest.approx(
        evaluate(together, ARGMAX, resamples=0).scores["log_loss"].value
    )


@pytest.mark.parametrize("stop_after", [1, 2, 3, 5])
def test_an_ensemble_stopped_anywhere_goes_on_to_the_same_bits(
    three: tuple[RunSetup, RunResult], store: GraphStore, tmp_path: Path, stop_after: int
) -> None:
    setup, whole = three
    half = set_up(setup.config, store)
    trained(half, tmp_path, stop_after)
    assert half.unfinished
    assert run_progress(tmp_path) == (stop_after, 6, True)
    assert len(load_checkpoint(tmp_path / BEST).members) == (stop_after + 1) // 2
    torch.manual_seed(99)
    last = tmp_path / LAST
    result = trained(set_up_again(last, load_checkpoint(last), store), tmp_path)
    one, other = (load_checkpoint(folder / BEST) for folder in (whole.folder, tmp_path))
    assert same_weights(one.members, other.members)
    assert one.rule == other.rule
    metrics = json.loads((tmp_path / METRICS).read_text())
    assert [entry["val_log_loss"] for entry in metrics] == [report.val_log_loss for report in whole.history]
    assert result.validation == whole.validation


def test_a_weighted_loss_is_set_right_again(store: GraphStore, tmp_path: Path) -> None:
    config = tiny(epochs=4, lr=1e-2, ema_decay=0.5, use_class_weights=True, focal_gamma=1.0).config
    setup = set_up(config, store)
    result = trained(setup, tmp_path)
    checkpoint = load_checkpoint(tmp_path / BEST)
    assert checkpoint.scaling != UNSCALED
    straight = forecasts(checkpoint, setup)
    bent = predict(
        forecaster(config.model, checkpoint.fitted, checkpoint.members, UNSCALED),
        setup.graphs, setup.split.validation, 8,
    )  # fmt: skip
    came = np.bincount(straight.outcomes[straight.scored], minlength=7) / straight.scored.sum()
    wickets = [one.probabilities[one.scored, 6].mean() for one in (straight, bent)]
    assert wickets[0] == pytest.approx(came[6], abs=1e-3)
    assert wickets[1] > 1.3 * came[6]
    losses = [
        evaluate(one, ARGMAX, resamples=0).scores["log_loss"].value
        for one in (straight, cross_scaled(bent), bent)
    ]
    assert result.validation.log_loss == pytest.approx(losses[1], abs=1e-6)
    assert result.best[0].val_log_loss == pytest.approx(losses[1], abs=1e-6)  # what pruning and stopping see
    assert losses[0] < losses[1] < losses[2] - 0.01
    np.testing.assert_array_equal(straight.kind_probabilities, bent.kind_probabilities)


def test_a_run_killed_between_its_last_epoch_and_its_rule_can_still_go_on(
    three: tuple[RunSetup, RunResult], store: GraphStore, tmp_path: Path
) -> None:
    setup = set_up(three[0].config, store)
    run_epochs(setup, tmp_path, setup.facts(), Unobserved(), lambda report: False)
    assert not setup.unfinished
    assert run_progress(tmp_path) == (6, 6, True)
    assert not load_checkpoint(tmp_path / BEST).finished
    last = tmp_path / LAST
    trained(set_up_again(last, load_checkpoint(last), store), tmp_path)
    assert run_progress(tmp_path) == (6, 6, False)
    assert load_checkpoint(tmp_path / BEST).rule == load_checkpoint(three[1].folder / BEST).rule


def test_a_plain_loss_is_not_scaled(three: tuple[RunSetup, RunResult]) -> None:
    assert load_checkpoint(three[1].folder / BEST).scaling == UNSCALED


def test_the_epoch_kept_of_each_network_is_its_first_best() -> None:
    def report(member: int, epoch: int, loss: float) -> EpochReport:
        return EpochReport(epoch, 1.5, loss, 0.0, 0.1, 1e-3, 1.0, 1.0, member)

    history = [report(1, 1, 1.5), report(1, 2, 1.4), report(1, 3, 1.4), report(2, 1, 1.6)]
    assert list(best_reports(history)) == [history[1], history[3]]
