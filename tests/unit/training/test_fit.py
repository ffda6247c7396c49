"""The loop: exact continuation, what observers hear, how it ends when it cannot go on."""

from __future__ import annotations

import copy
import json
import signal
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from cricketgnn.errors import ArtifactError, ConfigError
from cricketgnn.graph.store import GraphStore
from cricketgnn.training.checkpoint import load_checkpoint
from cricketgnn.training.finish import finish_run
from cricketgnn.training.fit import DivergedError, FitState, OutOfMemoryError, fit
from cricketgnn.training.loss import TwoHeadLoss
from cricketgnn.training.observing import EpochReport, Unobserved
from cricketgnn.training.run import run_epochs, train
from cricketgnn.training.run_folder import BEST, LAST, check_out, new_run_folder
from cricketgnn.training.setup import RunSetup, set_up, set_up_again
from small_league import DIVERGING, same_weights, tiny


@dataclass
class Diary(Unobserved):
    """Writes down what it hears."""

    batches: list[tuple[int, int, int]] = field(default_factory=list)
    epochs: list[tuple[int, bool]] = field(default_factory=list)
    stops: list[int] = field(default_factory=list)

    def on_batch(self, epoch: int, done: int, total: int, loss: float) -> None:
        self.batches.append((epoch, done, total))

    def on_epoch(self, report: EpochReport, best: bool) -> None:
        self.epochs.append((report.epoch, best))

    def on_stop_request(self, epoch: int) -> None:
        self.stops.append(epoch)


def run_fit(setup: RunSetup, observer: Unobserved | None = None, stop_after: int = 10_000) -> FitState:
    fit(
        setup.state, setup.graphs, setup.split, setup.config.training,
        observer or Unobserved(), lambda state: state.epoch >= stop_after,
    )  # fmt: skip
    return setup.state


def test_an_observer_hears_of_every_batch_and_epoch(store: GraphStore) -> None:
    diary = Diary()
    setup = set_up(tiny(epochs=2, batch_size=10).config, store)
    batches = -(-len(setup.split.training) // 10)
    state = run_fit(setup, diary)
    expected = [(epoch, done, batches) for epoch in (1, 2) for done in range(1, batches + 1)]
    assert diary.batches == expected
    assert [epoch for epoch, _ in diary.epochs] == [1, 2]
    lowest = [report.val_log_loss for report in state.history]
    assert [best for _, best in diary.epochs] == [True, lowest[1] < lowest[0]]
    for report in state.history:
        assert report.seconds > 0
        assert report.deliveries_per_second > 0


def test_training_learns_and_keeps_its_best_epoch(store: GraphStore) -> None:
    state = run_fit(set_up(tiny(epochs=4, lr=3e-3, ema_decay=0.5).config, store))
    losses = [report.val_log_loss for report in state.history]
    assert min(losses) < losses[0]
    assert state.stopping.best == min(losses)
    assert state.stopping.best_epoch == losses.index(min(losses)) + 1
    assert state.history[-1].train_loss < state.history[0].train_loss


def test_patience_ends_a_training_that_gets_worse(store: GraphStore) -> None:
    # Only noise is learned at this rate once the start, the class prior, is left.
    state = run_fit(set_up(tiny(epochs=30, patience=2, lr=1.0, ema_decay=0.0).config, store))
    assert state.stopping.stale == 2
    assert state.epoch == state.stopping.best_epoch + 2 < 30


def test_class_weights_have_mean_one_over_the_deliveries_trained_on(
    store: GraphStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[TwoHeadLoss] = []

    class Recorded(TwoHeadLoss):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            made.append(self)

    monkeypatch.setattr("cricketgnn.training.fit.TwoHeadLoss", Recorded)
    setup = set_up(tiny(epochs=1, use_class_weights=True).config, store)
    run_fit(setup)
    assert 0 < store.is_female[setup.split.training].mean() < 0.4  # so the mean of the sexes would be another
    outcomes = store.outcome[store.rows_of(setup.split.training)]
    outcomes = outcomes[outcomes >= 0]
    weights = made[0].class_weights
    assert weights is not None
    assert weights.numpy()[outcomes].mean() == pytest.approx(1, abs=1e-5)
    counts = np.bincount(outcomes, minlength=7)
    assert (weights.numpy() / weights[0].item()) == pytest.approx(np.sqrt(counts[0] / counts), rel=1e-5)


def test_a_state_of_another_device_steps_as_this_one_does(store: GraphStore) -> None:
    def after_one_more(fused: bool | None) -> dict[str, torch.Tensor]:
        captured = run_fit(set_up(tiny(epochs=2).config, store), stop_after=1).capture()
        groups = [{**group, "fused": fused} for group in captured["optimizer"]["param_groups"]]
        captured["optimizer"] = {**captured["optimizer"], "param_groups": groups}
        again = set_up(tiny(epochs=2).config, store)
        again.state.restore(captured)
        assert {group["fused"] for group in again.state.optimizer.param_groups} == {True}
        return run_fit(again).network.state_dict()

    assert same_weights([after_one_more(fused=False)], [after_one_more(fused=None)])


@pytest.mark.parametrize("epoch", [0, 1])
def test_a_state_that_was_captured_and_restored_goes_on_to_the_same_bits(
    store: GraphStore, epoch: int
) -> None:
    config = tiny(epochs=2, use_class_weights=True, focal_gamma=1.0).config
    whole = run_fit(set_up(config, store))
    half = set_up(config, store)
    captured = run_fit(half, stop_after=epoch).capture() if epoch else half.state.capture()
    captured = copy.deepcopy(captured)
    torch.manual_seed(99)  # whatever happens in between
    rest = set_up(config, store)
    rest.state.restore(captured)
    assert rest.state.epoch == epoch
    state = run_fit(rest)
    for name, value in whole.best_weights.items():
        assert torch.equal(value, state.best_weights[name]), name
    assert [report.val_log_loss for report in state.history] == [
        report.val_log_loss for report in whole.history
    ]
    assert state.stopping == whole.stopping


def test_breaking_weights_end_the_training_with_advice(store: GraphStore) -> None:
    with pytest.raises(DivergedError, match="try a lower --lr") as ended:
        run_fit(set_up(tiny(**DIVERGING).config, store))
    assert isinstance(ended.value, ConfigError)


def test_weights_that_break_in_the_last_batch_are_found_before_they_are_kept(store: GraphStore) -> None:
    setup = set_up(tiny(epochs=1).config, store)

    class Breaker(Unobserved):
        def on_batch(self, epoch: int, done: int, total: int, loss: float) -> None:
            if done == total:
                next(iter(setup.state.average.weights.values())).fill_(float("nan"))

    with pytest.raises(DivergedError, match="no valid prediction after epoch 1"):
        run_fit(setup, Breaker())
    assert setup.state.best_weights == {}


def test_running_out_of_memory_names_the_batch_size(store: GraphStore) -> None:
    class Hungry(Unobserved):
        def on_batch(self, epoch: int, done: int, total: int, loss: float) -> None:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB.\nmore")

    with pytest.raises(OutOfMemoryError) as ended:
        run_fit(set_up(tiny().config, store), Hungry())
    assert str(ended.value) == (
        "out of memory with 8 innings a batch (CUDA out of memory. Tried to allocate 2 GiB.); "
        "try a smaller --batch-size, or a smaller model"
    )


def test_a_stop_request_is_announced_once_and_kept_until_the_epoch_is_saved(
    store: GraphStore, tmp_path: Path
) -> None:
    class Impatient(Diary):
        def on_batch(self, epoch: int, done: int, total: int, loss: float) -> None:
            super().on_batch(epoch, done, total, loss)
            if (epoch, done) == (2, 1):
                signal.raise_signal(signal.SIGINT)

    diary = Impatient()
    setup = set_up(tiny(epochs=5).config, store)
    result = train(setup, tmp_path, setup.facts(), diary)
    assert result.interrupted
    assert diary.stops == [2]
    assert [epoch for epoch, _ in diary.epochs] == [1, 2]
    metrics = json.loads((tmp_path / "metrics.json").read_text(encoding="utf-8"))
    assert [entry["epoch"] for entry in metrics] == [1, 2]


def test_a_stop_request_in_the_last_epoch_interrupts_nothing(store: GraphStore, tmp_path: Path) -> None:
    class Late(Unobserved):
        def on_batch(self, epoch: int, done: int, total: int, loss: float) -> None:
            if (epoch, done) == (1, 1):
                signal.raise_signal(signal.SIGTERM)

    setup = set_up(tiny(epochs=1).config, store)
    assert not train(setup, tmp_path, setup.facts(), Late()).interrupted


def test_giving_up_ends_a_training_after_an_epoch_that_is_saved(store: GraphStore, tmp_path: Path) -> None:
    setup = set_up(tiny(epochs=5).config, store)
    asked: list[tuple[int, int]] = []

    def give_up(report: EpochReport) -> bool:
        saved = load_checkpoint(tmp_path / LAST).resume
        assert saved is not None
        asked.append((report.epoch, len(saved["history"])))
        return report.epoch == 2

    run_epochs(setup, tmp_path, setup.facts(), Unobserved(), give_up)
    assert asked == [(1, 1), (2, 2)]
    assert len(setup.state.history) == 2
    assert setup.unfinished
    finished = finish_run(setup, tmp_path, setup.facts())
    assert not finished.result.interrupted
    best = load_checkpoint(tmp_path / BEST)
    assert best.rule == finished.rule
    assert same_weights(best.members, [member.state_dict() for member in finished.network.members])


@pytest.mark.parametrize("gamma", [0.0, 2.0])
def test_the_end_takes_what_the_best_epoch_predicted_and_a_resumed_run_predicts_it_again(
    tmp_path: Path, store: GraphStore, gamma: float
) -> None:
    setup = set_up(tiny(epochs=3, focal_gamma=gamma).config, store)
    run_epochs(setup, tmp_path, setup.facts(), Unobserved(), lambda report: False)
    finished = finish_run(setup, tmp_path, setup.facts())
    assert finished.plain is setup.state.best_predictions
    last = tmp_path / LAST
    again = set_up_again(last, load_checkpoint(last), store)
    assert again.state.best_predictions is None
    resumed = finish_run(again, tmp_path, again.facts())
    assert (resumed.plain.probabilities == finished.plain.probabilities).all()
    assert (resumed.plain.kind_probabilities == finished.plain.kind_probabilities).all()
    assert resumed.result.validation == finished.result.validation
    assert resumed.rule == finished.rule


def test_run_folders_are_new_or_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert new_run_folder(Path("a/b")) == Path("a/b")
    assert new_run_folder(Path("a/b")) == Path("a/b")  # still empty
    (tmp_path / "a/b/x").write_text(json.dumps(1))
    with pytest.raises(ArtifactError, match="a/b already exists and is not empty"):
        check_out(Path("a/b"))
    with pytest.raises(ArtifactError, match="a/b/x already exists"):
        new_run_folder(Path("a/b/x"))
    with pytest.raises(ArtifactError, match="cannot make the run folder a/b/x/y: Not a directory"):
        new_run_folder(Path("a/b/x/y"))
    folders = {new_run_folder(None) for _ in range(3)}
    assert len(folders) == 3
    assert all(folder.is_dir() and folder.parent == Path("checkpoints") for folder in folders)
