"""The coordinator on a real study: real trainings where they can be had, scripted children where not."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.trial import TrialState

from cricketgnn.config.search_space import Choice, FloatRange, IntRange, Phase, SearchSpace
from cricketgnn.config.tuning import PrunerName, SamplerName, TuningConfig
from cricketgnn.errors import ArtifactError, NothingSucceeded
from cricketgnn.graph.store import GraphStore
from cricketgnn.synthetic.sample import write_sample
from cricketgnn.training.checkpoint import load_checkpoint
from cricketgnn.training.observing import EpochReport
from cricketgnn.tuning import trials
from cricketgnn.tuning.executors import Executor, LocalExecutor
from cricketgnn.tuning.failures import FailureKind
from cricketgnn.tuning.jobs import Died, Done, Epochs, Failed, Job, Message, Progress, Stopped, Verdict
from cricketgnn.tuning.observer import Unobserved
from cricketgnn.tuning.pruners import make_pruner
from cricketgnn.tuning.request import SearchRequest
from cricketgnn.tuning.resources import Resources
from cricketgnn.tuning.run import SearchResult, run_search
from cricketgnn.tuning.samplers import make_sampler
from cricketgnn.tuning.search import Ending, Search
from cricketgnn.tuning.study import open_study
from small_league import LEAGUE, tiny

LOSS = SearchSpace(parameters={"focal_gamma": FloatRange(low=0.0, high=3.0)})
IDENTITY = {"phase": "phase4-loss", "data": "abc", "test_from": "2022-01-01"}
FLIP = SearchSpace(parameters={"use_class_weights": Choice(choices=(False, True))})


class Hears(Unobserved):
    """Keeps what is said and does something about it."""

    def __init__(self, react: Callable[[str], None] = lambda line: None) -> None:
        self.said: list[str] = []
        self._react = react

    def say(self, line: str) -> None:
        self.said.append(line)
        self._react(line)

    def on_epoch(self, number: int, report: EpochReport) -> None:
        self.say(f"trial {number}: epoch {report.epoch}")


def report(epoch: int, log_loss: float = 1.4) -> EpochReport:
    return EpochReport(epoch, 1.5, log_loss, 0.0, 0.1, 1e-3, 1.0, 1000.0)


class Scripted:
    """Children that say what a script has for them: the messages of each launch, by order of launches."""

    def __init__(self, *scripts: Sequence[Message]) -> None:
        self.jobs: list[Job] = []
        self.verdicts: list[Verdict] = []
        self.killed: list[str] = []
        self._scripts = list(scripts)
        self._open: dict[str, list[Message]] = {}

    def launch(self, job: Job) -> None:
        (job.folder).mkdir(parents=True, exist_ok=True)
        (job.folder / "best_model.pt").write_bytes(b"a model")
        self._open[job.key] = list(self._scripts[len(self.jobs)])
        self.jobs.append(job)

    def wait(self, seconds: float) -> list[tuple[str, Message]]:
        heard: list[tuple[str, Message]] = []
        for key, messages in list(self._open.items()):
            if messages:
                heard.append((key, messages.pop(0)))
                if isinstance(heard[-1][1], Done | Failed | Died | Stopped):
                    del self._open[key]
        return heard

    def answer(self, key: str, verdict: Verdict) -> None:
        self.verdicts.append(verdict)
        if verdict is not Verdict.GO_ON:
            self._open[key] = [Stopped(verdict)]

    def kill(self, key: str) -> None:
        self.killed.append(key)
        self._open.pop(key, None)

    def close(self) -> None:
        self._open.clear()


def done(macro_f1: float, epochs: int = 2, log_loss: float = 1.4) -> list[Message]:
    reports = [report(number + 1, log_loss) for number in range(epochs)]
    return [
        *(Epochs(reports[: n + 1], n + 1 < epochs) for n in range(epochs)),
        Done(macro_f1, reports[-1], None, None),
    ]


class Bench:
    """A study with a folder, on which searches are run."""

    def __init__(
        self, storage: optuna.storages.RDBStorage, archive: Path, store: GraphStore, folder: Path
    ) -> None:
        self.storage, self.archive, self.store, self.folder = storage, archive, store, folder
        folder.mkdir()
        self.study: optuna.Study

    def run(
        self,
        executor: Executor | None = None,
        hears: Hears | None = None,
        space: SearchSpace = LOSS,
        n_trials: int = 1,
        workers: int = 1,
        tuning: dict[str, Any] | None = None,
        deadline: float = float("inf"),
        **settings: Any,
    ) -> SearchResult:
        wanted = TuningConfig.model_validate({"n_trials": n_trials, "confirm": 0, **(tuning or {})})
        base = tiny(**{"epochs": 1, "data": (str(self.archive),)} | settings)
        self.study = open_study(
            self.storage, "s", IDENTITY, make_sampler(wanted.sampler, space, 0, "s"),
            make_pruner(wanted.pruner, base.config.training.epochs),
        )  # fmt: skip
        assert self.store.folder is not None
        request = SearchRequest.of(Phase.LOSS, space, base, wanted)
        resources = Resources(workers, 1, (), "some trials")
        search = Search(self.study, request, self.store.folder, self.folder, resources)
        return run_search(search, hears or Hears(), executor or LocalExecutor(), deadline=deadline)

    @property
    def states(self) -> list[str]:
        return [trial.state.name for trial in self.study.trials]


@pytest.fixture
def bench(storage: optuna.storages.RDBStorage, archive: Path, store: GraphStore, tmp_path: Path) -> Bench:
    return Bench(storage, archive, store, tmp_path / "s")


@pytest.fixture
def untested(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scripted children leave no model that could be scored."""
    monkeypatch.setattr("cricketgnn.tuning.run._test_once", lambda search, observer: None)


def test_ctrl_c_in_a_trials_last_epoch_stops_the_search_and_keeps_the_trial(bench: Bench) -> None:
    hears = Hears(lambda line: signal.raise_signal(signal.SIGINT) if "0: focal" in line else None)
    result = bench.run(hears=hears, n_trials=3)
    assert result.ending is Ending.INTERRUPTED
    assert bench.states == ["COMPLETE"]


def test_ctrl_c_after_the_last_trial_is_no_interruption(bench: Bench) -> None:
    hears = Hears(lambda line: signal.raise_signal(signal.SIGINT) if "finished: macro" in line else None)
    assert bench.run(hears=hears).ending is Ending.FINISHED


def test_ctrl_c_lets_the_trial_wait_and_it_goes_on_under_its_number(bench: Bench) -> None:
    hears = Hears(lambda line: signal.raise_signal(signal.SIGINT) if line == "trial 0: epoch 2" else None)
    assert bench.run(hears=hears, epochs=40, patience=40).ending is Ending.INTERRUPTED
    (waiting,) = bench.study.trials
    epochs = waiting.user_attrs["epochs"]
    assert waiting.state is TrialState.WAITING
    assert epochs >= 2
    assert len(json.loads((bench.folder / "trial_0000" / "metrics.json").read_text())) == epochs
    again = Hears()
    assert bench.run(hears=again, epochs=40, patience=40).ending is Ending.FINISHED
    (trial,) = bench.study.trials
    assert (trial.number, trial.params, trial.state) == (0, waiting.params, TrialState.COMPLETE)
    assert len(trial.intermediate_values) == 40
    assert any(f"going on after epoch {epochs}" in line for line in again.said)


def test_a_second_ctrl_c_stops_at_once_and_the_trial_can_go_on(bench: Bench) -> None:
    def twice(line: str) -> None:
        if line == "trial 0: epoch 1":
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        bench.run(hears=Hears(twice), epochs=10, patience=10)
    assert bench.states == ["WAITING"]
    assert bench.run(epochs=10, patience=10).ending is Ending.FINISHED


def test_a_killed_child_goes_on_from_its_last_epoch(bench: Bench) -> None:
    executor = LocalExecutor()
    killed: list[int] = []

    def kill(line: str) -> None:
        if line == "trial 0: epoch 2" and not killed:
            child = executor._children["trial_0000"].process
            assert child.pid is not None
            killed.append(child.pid)
            os.kill(child.pid, signal.SIGKILL)

    hears = Hears(kill)
    assert bench.run(executor, hears, epochs=4).ending is Ending.FINISHED
    assert "trial 0: killed by signal 9 after epoch 2; it can go on" in hears.said
    (trial,) = bench.study.trials
    assert trial.user_attrs["deaths"] == [2]
    assert len(trial.intermediate_values) == 4


@pytest.mark.usefixtures("untested")
def test_a_trial_that_is_killed_without_getting_anywhere_fails(bench: Bench) -> None:
    once = [Epochs([report(1)], more=True), Died(-9)]
    executor = Scripted([Died(-9)], once, [Died(-9)], once, *[done(0.2)] * 2)
    hears = Hears()
    assert bench.run(executor, hears).ending is Ending.FINISHED
    assert bench.states == ["FAIL", "COMPLETE"]
    failed = bench.study.trials[0]
    assert failed.user_attrs["deaths"] == [0, 1, 1, 1]
    assert failed.user_attrs["failure_kind"] == "killed"
    assert "killed by signal 9, 3 times after epoch 1" in failed.user_attrs["failure"]
    assert failed.value is None


@pytest.mark.usefixtures("untested")
def test_out_of_memory_is_tried_once_more_with_half_the_batch(bench: Bench) -> None:
    full = Failed(FailureKind.OUT_OF_MEMORY, "OutOfMemoryError: out of memory")
    executor = Scripted([full], [full], done(0.2))
    hears = Hears()
    bench.run(executor, hears, n_trials=1, batch_size=8)
    assert bench.states == ["FAIL", "FAIL", "COMPLETE"]
    assert [job.resolved.config.training.batch_size for job in executor.jobs] == [8, 4, 8]
    assert bench.study.trials[1].params == bench.study.trials[0].params
    assert bench.study.trials[1].user_attrs["retry_of"] == 0
    assert "trial 0 is tried once more with 4 innings a batch" in hears.said
    assert sum("is tried once more" in line for line in hears.said) == 1


@pytest.mark.usefixtures("untested")
@pytest.mark.parametrize("kind", [FailureKind.BUG, FailureKind.DIVERGED, FailureKind.INVALID])
def test_other_failures_are_tried_no_more_and_three_in_a_row_stop_a_search_without_success(
    bench: Bench, kind: FailureKind
) -> None:
    executor = Scripted(*[[Failed(kind, "ValueError: odd")]] * 3)
    with pytest.raises(NothingSucceeded, match=r"none of 3 trials .* the last failed with ValueError: odd"):
        bench.run(executor, n_trials=9)
    assert bench.states == ["FAIL"] * 3
    assert {trial.user_attrs["failure_kind"] for trial in bench.study.trials} == {kind.value}
    assert len({trial.params["focal_gamma"] for trial in bench.study.trials}) == 3


@pytest.mark.usefixtures("untested")
def test_many_failures_in_a_row_stop_a_search_that_once_worked(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cricketgnn.tuning.coordinator.MAX_FAILURES", 4)
    bug = [Failed(FailureKind.BUG, "ValueError: odd")]
    executor = Scripted(bug, bug, done(0.2), bug, bug, bug, bug)
    hears = Hears()
    assert bench.run(executor, hears, n_trials=9).ending is Ending.GAVE_UP
    assert bench.states == ["FAIL", "FAIL", "COMPLETE", *["FAIL"] * 4]
    assert "the last 4 trials failed; stopping" in hears.said
    assert json.loads((bench.folder / "study_results.json").read_text())["accounting"]["failures"] == {
        "bug": 6
    }


@pytest.mark.usefixtures("untested")
def test_failures_in_a_row_stop_no_search_whose_other_trials_get_on(bench: Bench) -> None:
    """Failures are fast and successes slow: the three may all end before the first trial completes."""
    bug = [Failed(FailureKind.DIVERGED, "DivergedError: the loss is nan")]
    slow = [Epochs([report(1)], more=True), *[Progress(2, n, 9) for n in range(9)], *done(0.2)[1:]]
    executor = Scripted(slow, bug, bug, bug, bug, done(0.1))
    assert bench.run(executor, n_trials=2, workers=4).ending is Ending.FINISHED
    assert sorted(bench.states) == ["COMPLETE", "COMPLETE", *["FAIL"] * 4]


def test_matches_that_are_gone_stop_the_search_and_lose_no_trial(bench: Bench) -> None:
    failed = Scripted(
        [Epochs([report(1)], more=True), Failed(FailureKind.DATA, "DataError: the graphs are gone")]
    )
    with pytest.raises(ArtifactError, match=r"trial 0 cannot go on: DataError: the graphs are gone; mend it"):
        bench.run(failed, n_trials=2)
    assert bench.states == ["WAITING"]


def test_a_trial_that_takes_too_long_fails_and_its_process_is_gone(bench: Bench) -> None:
    executor = LocalExecutor()
    with pytest.raises(NothingSucceeded, match=r"took longer than 0\.5 s"):
        bench.run(executor, tuning={"trial_timeout": 0.5}, epochs=2000, patience=2000)
    assert bench.states == ["FAIL"] * 3
    assert {trial.user_attrs["failure_kind"] for trial in bench.study.trials} == {"timeout"}
    lost = json.loads((bench.folder / "study_results.json").read_text())["accounting"]
    assert lost["lost_to_failures_seconds"] >= 3 * 0.5  # epochs that were not finished are lost as well
    assert executor._children == {}


def test_a_search_out_of_time_saves_and_says_so(bench: Bench) -> None:
    assert bench.run(n_trials=5, deadline=0.0).ending is Ending.TIMED_OUT
    assert bench.states == ["WAITING"]  # trial 0 was queued, and nothing failed
    bench.run(epochs=1)
    assert bench.run(n_trials=5, deadline=0.0).ending is Ending.TIMED_OUT
    assert bench.states == ["COMPLETE"]


def test_time_that_is_up_lets_the_running_trial_save_its_epoch(bench: Bench) -> None:
    hears = Hears()
    deadline = time.monotonic() + 3
    ended = bench.run(hears=hears, deadline=deadline, epochs=5000, patience=5000)
    assert ended.ending is Ending.TIMED_OUT
    assert bench.states == ["WAITING"]
    assert bench.study.trials[0].user_attrs["epochs"] >= 1
    assert any(line.startswith("time is up: stopping when each running trial") for line in hears.said)


@pytest.mark.usefixtures("untested")
def test_a_child_that_dies_behind_its_words_is_heard_in_order(bench: Bench) -> None:
    """Both were said before the coordinator listened: the answer goes to nobody, the trial goes on."""

    class AllAtOnce(Scripted):
        def wait(self, seconds: float) -> list[tuple[str, Message]]:
            heard = [(key, message) for key, messages in self._open.items() for message in messages]
            self._open.clear()
            return heard

        def answer(self, key: str, verdict: Verdict) -> None:
            self.verdicts.append(verdict)

    executor = AllAtOnce([Epochs([report(1)], more=True), Died(-9)], done(0.2))
    assert bench.run(executor).ending is Ending.FINISHED
    assert bench.states == ["COMPLETE"]
    assert bench.study.trials[0].user_attrs["deaths"] == [1]


def test_a_wider_confirmation_that_is_stopped_is_left_to_do(bench: Bench) -> None:
    space = SearchSpace(parameters={"num_layers": IntRange(low=1, high=2)})
    asked = {"confirm": 1, "seeds": 1}
    assert bench.run(space=space, tuning=asked).complete
    assert trials.closed(bench.study, TuningConfig(n_trials=1, confirm=1, seeds=1))

    def stop(line: str) -> None:
        if "confirm" in line:
            os.kill(os.getpid(), signal.SIGINT)

    wider = {"confirm": 1, "seeds": 3}
    stopped = bench.run(hears=Hears(stop), space=space, tuning=wider)
    assert (stopped.ending, stopped.complete) == (Ending.INTERRUPTED, False)
    assert not trials.closed(bench.study, TuningConfig(n_trials=1, confirm=1, seeds=3))
    finished = bench.run(space=space, tuning=wider)
    assert finished.complete
    assert finished.confirmation is not None
    assert len(finished.confirmation.seeds) == 3


@pytest.mark.usefixtures("untested")
def test_a_folder_that_somebody_still_works_in_lets_the_trial_wait(bench: Bench) -> None:
    busy = Failed(FailureKind.BUSY, "FolderBusy: another process works in this run folder")
    executor = Scripted([busy], done(0.2))
    assert bench.run(executor).ending is Ending.FINISHED
    assert bench.states == ["COMPLETE"]


def test_the_winner_is_confirmed_on_fresh_seeds_and_scored_once(bench: Bench) -> None:
    space = SearchSpace(parameters={"num_layers": IntRange(low=1, high=2)})
    hears = Hears()
    confirm = {"confirm": 2, "seeds": 2}
    result = bench.run(hears=hears, space=space, n_trials=2, tuning=confirm)
    assert result.confirmation is not None
    winner = result.confirmation.winner
    assert {candidate.trial for candidate in result.confirmation.candidates} == {0, 1}
    assert winner.macro_f1.value >= result.confirmation.candidates[1].macro_f1.value
    seeds = set()
    for folder in (bench.folder / "confirm").iterdir():
        seeds.add(load_checkpoint(folder / "best_model.pt").config.training.seed)
    assert len(seeds) == 2
    assert 0 not in seeds
    results = json.loads((bench.folder / "study_results.json").read_text())
    assert results["best_trial"] == results["confirmation"]["winner"] == winner.trial
    assert json.loads((bench.folder / "best_params.json").read_text())["trial"] == winner.trial
    scored = bench.folder / "winner_test.json"
    before = scored.stat().st_mtime_ns
    # Asked for again, nothing is trained or scored again.
    again = bench.run(hears=(more := Hears()), space=space, n_trials=2, tuning=confirm)
    assert again.test == result.test == json.loads(scored.read_text())
    assert again.confirmation == result.confirmation
    assert scored.stat().st_mtime_ns == before
    assert not any("confirming" in line for line in more.said)
    assert json.loads((bench.folder / "best_params.json").read_text())["chosen_on"] == {
        "data": "abc",
        "test_from": "2022-01-01",
        "matches": "",
    }
    # What was cut short is made again, to the same numbers.
    scored.write_text('{"trial": ')
    kept = next((bench.folder / "confirm").glob("*/validation.npy"))
    kept.write_bytes(kept.read_bytes()[:-100])
    bench.study.set_user_attr(trials.CONFIRMATION, None)
    mended = bench.run(hears=Hears(), space=space, n_trials=2, tuning=confirm)
    assert (mended.test, mended.confirmation) == (result.test, result.confirmation)
    # What a trial of the same number left that had other parameters is not taken for it.
    assert result.test is not None
    scored.write_text(json.dumps({**result.test, "parameters": {"num_layers": 9}, "log_loss": None}))
    one, other_one = (bench.folder / "confirm" / f"trial_000{number}_seed_0" for number in (0, 1))
    shutil.rmtree(other_one)
    shutil.copytree(one, other_one)
    bench.study.set_user_attr(trials.CONFIRMATION, None)
    unlike = bench.run(hears=(more := Hears()), space=space, n_trials=2, tuning=confirm)
    assert (unlike.test, unlike.confirmation) == (result.test, result.confirmation)
    assert any("trial_0001_seed_0: its folder held another training" in line for line in more.said)
    # Matches that are not those of the search are not scored.
    scored.unlink()
    other = str(write_sample(bench.folder / "other.zip", LEAGUE.model_copy(update={"seed": 6})).archive)
    elsewhere = bench.run(hears=(more := Hears()), space=space, n_trials=2, tuning=confirm, data=(other,))
    assert elsewhere.test is None
    assert any("the matches have changed since the search began" in line for line in more.said)
    # With more seeds than before it is done anew, and what was trained is not trained again.
    wider = bench.run(hears=(more := Hears()), space=space, n_trials=2, tuning={"confirm": 2, "seeds": 3})
    assert wider.confirmation is not None
    assert len(wider.confirmation.seeds) == 3
    assert sorted(line.split(":")[0] for line in more.said if "_seed_" in line) == [
        "trial_0000_seed_2",
        "trial_0001_seed_2",
    ]
    # With another trial the confirmation is of yesterday.
    bench.run(space=space, n_trials=3, tuning={"confirm": 0})
    assert json.loads((bench.folder / "study_results.json").read_text())["confirmation"] is None


@pytest.mark.usefixtures("untested")
def test_a_leader_that_could_not_be_trained_again_makes_no_winner_of_the_other(bench: Bench) -> None:
    bug = [Failed(FailureKind.BUG, "ValueError: odd")]
    hears = Hears()
    executor = Scripted(done(0.3), done(0.2), bug, done(0.2))
    result = bench.run(executor, hears, n_trials=2, tuning={"confirm": 2, "seeds": 1})
    assert (result.ending, result.complete) == (Ending.UNCONFIRMED, False)
    assert (result.confirmation, result.test) == (None, None)
    assert result.winner is not None
    assert result.winner.number == 0
    assert "no winner is confirmed, since trial_0000_seed_0 failed" in hears.said
    lost = Scripted([Failed(FailureKind.DATA, "DataError: gone")], done(0.2))
    with pytest.raises(ArtifactError, match=r"trial_0000_seed_0 cannot go on: DataError: gone; mend it"):
        bench.run(lost, n_trials=2, tuning={"confirm": 2, "seeds": 1})


def test_ctrl_c_while_the_winner_is_confirmed_can_be_gone_on_with(bench: Bench) -> None:
    def stop(line: str) -> None:
        if line.startswith("trial_0000_seed_0: macro-F1"):
            signal.raise_signal(signal.SIGINT)

    confirm = {"confirm": 1, "seeds": 2}
    assert bench.run(hears=Hears(stop), tuning=confirm).ending is Ending.INTERRUPTED
    hears = Hears()
    result = bench.run(hears=hears, tuning=confirm)
    assert result.ending is Ending.FINISHED
    assert result.confirmation is not None
    assert len(result.confirmation.winner.each) == 2
    assert not any(line.startswith("trial_0000_seed_0: macro-F1") for line in hears.said)


@pytest.mark.usefixtures("untested")
def test_the_worse_trial_is_pruned_and_the_better_one_lives(bench: Bench) -> None:
    """The ancestor of this search pruned the better trials: the objective rose, the loss was minimised."""
    usual = [done(0.30, epochs=7, log_loss=1.45)] * 5
    worse, better = done(0.9, epochs=7, log_loss=1.50), done(0.1, epochs=7, log_loss=1.40)
    executor = Scripted(*usual, worse, better)
    bench.run(executor, n_trials=7, epochs=7)
    assert bench.states == [*["COMPLETE"] * 5, "PRUNED", "COMPLETE"]
    assert bench.study.trials[5].user_attrs["epochs"] == 6
    assert executor.verdicts.count(Verdict.PRUNE) == 1
    results = json.loads((bench.folder / "study_results.json").read_text())["trials"]
    assert results[5]["value"] is None
    assert results[5]["val_log_loss_by_epoch"] == [1.5] * 6


@pytest.mark.usefixtures("untested")
@pytest.mark.parametrize("epochs", [6, 30])
def test_a_trial_without_an_epoch_left_is_not_pruned(bench: Bench, epochs: int) -> None:
    """Whether its epochs have run out, or its patience."""
    usual = [done(0.30, epochs=6, log_loss=1.45)] * 5
    executor = Scripted(*usual, done(0.9, epochs=6, log_loss=1.50))
    bench.run(executor, n_trials=6, epochs=epochs)
    assert bench.states == ["COMPLETE"] * 6
    assert bench.study.best_trial.number == 5


@pytest.mark.usefixtures("untested")
def test_without_a_pruner_nothing_is_pruned(bench: Bench) -> None:
    usual = [done(0.30, epochs=7, log_loss=1.45)] * 5
    executor = Scripted(*usual, done(0.9, epochs=7, log_loss=9.0))
    bench.run(executor, n_trials=6, epochs=7, tuning={"pruner": PrunerName.NONE})
    assert bench.states == ["COMPLETE"] * 6


@pytest.mark.usefixtures("untested")
def test_a_configuration_that_comes_up_again_is_not_trained_again(bench: Bench) -> None:
    executor = Scripted(done(0.2), done(0.3))
    hears = Hears()
    bench.run(executor, hears, space=FLIP, n_trials=6)
    assert bench.states == ["COMPLETE"] * 6
    assert len(executor.jobs) == 2
    by_choice = {trial.params["use_class_weights"]: trial.value for trial in bench.study.trials[:2]}
    for trial in bench.study.trials:
        assert trial.value == by_choice.setdefault(trial.params["use_class_weights"], trial.value)
    taken = [trial for trial in bench.study.trials if "same_as" in trial.user_attrs]
    assert len(taken) == 4
    assert sum("its result is taken over" in line for line in hears.said) == 4
    assert bench.study.trials[0].number == 0


@pytest.mark.usefixtures("untested")
def test_a_configuration_that_is_being_trained_gets_another_seed(bench: Bench) -> None:
    one = SearchSpace(parameters={"num_layers": IntRange(low=1, high=2)})
    executor = Scripted(*[done(0.2)] * 8)
    bench.run(executor, space=one, n_trials=6, workers=6, tuning={"sampler": SamplerName.RANDOM})
    seeds = [
        (job.resolved.config.model.num_layers, job.resolved.config.training.seed) for job in executor.jobs
    ]
    assert len(set(seeds)) == len(executor.jobs) > 2
    assert bench.states == ["COMPLETE"] * 6


@pytest.mark.usefixtures("untested")
def test_a_grid_is_searched_once_and_ends_the_study(bench: Bench) -> None:
    space = SearchSpace(parameters={"num_layers": IntRange(low=1, high=3), **FLIP.parameters})
    executor = Scripted(*[done(0.2)] * 6)
    ended = bench.run(executor, space=space, n_trials=50, tuning={"sampler": SamplerName.GRID})
    assert ended.ending is Ending.FINISHED
    points = {tuple(sorted(trial.params.items())) for trial in bench.study.trials}
    assert len(points) == len(executor.jobs) == 6


@pytest.mark.usefixtures("untested")
@pytest.mark.parametrize("seed", range(4))
def test_a_point_of_a_grid_that_fails_is_neither_tried_again_nor_replaced(bench: Bench, seed: int) -> None:
    space = SearchSpace(parameters={"num_layers": IntRange(low=1, high=4)})
    bug = [Failed(FailureKind.BUG, "ValueError: odd")]
    executor = Scripted(done(0.2), bug, done(0.1), done(0.3))
    ended = bench.run(executor, space=space, n_trials=50, tuning={"sampler": SamplerName.GRID}, seed=seed)
    assert ended.ending is Ending.FINISHED
    assert bench.states == ["COMPLETE", "FAIL", "COMPLETE", "COMPLETE"]
    assert len({trial.params["num_layers"] for trial in bench.study.trials}) == 4


@pytest.mark.usefixtures("untested")
def test_one_configuration_is_never_confirmed_against_itself(bench: Bench) -> None:
    space = SearchSpace(parameters={"num_layers": IntRange(low=1, high=2)})
    executor = Scripted(*[done(0.2)] * 6)
    bench.run(executor, space=space, n_trials=6, workers=6, tuning={"sampler": SamplerName.RANDOM})
    leaders = trials.leaders(bench.study)
    assert len(bench.study.trials) == 6
    assert sorted(leader.params["num_layers"] for leader in leaders) == [1, 2]


def test_the_study_with_one_worker_is_the_same_however_often_it_stopped(
    bench: Bench, archive: Path, store: GraphStore, tmp_path: Path
) -> None:
    bench.run(n_trials=4, epochs=2)
    other_storage = optuna.storages.RDBStorage("sqlite://")
    other = Bench(other_storage, archive, store, tmp_path / "other")
    for n_trials in (1, 2, 3, 4):
        other.run(n_trials=n_trials, epochs=2)
    assert [t.params for t in other.study.trials] == [t.params for t in bench.study.trials]
    assert [t.value for t in other.study.trials] == [t.value for t in bench.study.trials]


def test_the_best_files_follow_the_best_trial_and_are_mended(bench: Bench) -> None:
    bench.run(n_trials=2, space=SearchSpace(parameters={"num_layers": IntRange(low=1, high=2)}))
    best = json.loads((bench.folder / "best_params.json").read_text())
    winner = bench.study.best_trial
    assert (best["trial"], best["value"]) == (winner.number, winner.value)
    assert best["parameters"]["num_layers"] == {"value": winner.params["num_layers"], "phase": "phase4-loss"}
    assert best["parameters"]["hidden_dim"]["value"] == 16
    (bench.folder / "best_params.json").write_text("{ torn")
    (bench.folder / "best_model.pt").unlink()
    bench.run(n_trials=2, space=SearchSpace(parameters={"num_layers": IntRange(low=1, high=2)}))
    assert json.loads((bench.folder / "best_params.json").read_text()) == best
    assert load_checkpoint(bench.folder / "best_model.pt").config.model.hidden_dim == 16
    (bench.folder / "best_model.pt").unlink()
    (bench.folder / f"trial_{winner.number:04d}" / "best_model.pt").unlink()
    with pytest.raises(ArtifactError, match=r"best_model\.pt is gone"):
        bench.run(n_trials=2, space=SearchSpace(parameters={"num_layers": IntRange(low=1, high=2)}))
