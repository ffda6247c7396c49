"""The winner protocol: the best configurations trained again on fresh seeds, and compared fairly.

The best of many trials is partly the luckiest of them: its value is too good to be true. So the leaders
are trained again, all on the same fresh seeds, and compared on the same matches. The one with the highest
mean is declared, with its interval, and every other that it cannot be told from is named.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from optuna.trial import FrozenTrial

from cricketgnn.cricket.outcomes import N_OUTCOMES
from cricketgnn.evaluation import (
    Lead,
    MatchBootstrap,
    Predictions,
    RepeatedScores,
    Score,
    lead,
    repeated_scores,
)
from cricketgnn.graph.load import map_store
from cricketgnn.training.seeding import derived_seed
from cricketgnn.training.split import split_of
from cricketgnn.training.stopping_signal import StopRequest
from cricketgnn.tuning import trials
from cricketgnn.tuning.child import VALIDATION
from cricketgnn.tuning.executors import Executor
from cricketgnn.tuning.failures import MOST_DEATHS, FailureKind
from cricketgnn.tuning.jobs import Died, Done, Epochs, Failed, Job, Progress, Verdict
from cricketgnn.tuning.observer import SearchObserver
from cricketgnn.tuning.parameters import with_parameters
from cricketgnn.tuning.results import trial_key
from cricketgnn.tuning.search import Search

FOLDER: Final = "confirm"
_FRESH: Final = 4
_TICK_SECONDS: Final = 0.5


@dataclass(frozen=True)
class Candidate:
    """One of the best configurations, trained again.

    Attributes:
        trial: number of the trial that found it.
        first_value: macro-F1 of that trial, which was selected for being high.
        macro_f1: mean over the fresh seeds, with its interval over matches and seeds.
        log_loss: the same.
        each: macro-F1 of each fresh seed.
    """

    trial: int
    first_value: float
    macro_f1: Score
    log_loss: Score
    each: tuple[float, ...]

    def to_json(self) -> dict[str, Any]:
        """Give the candidate as plain values."""
        return {
            "trial": self.trial,
            "first_value": self.first_value,
            "macro_f1": self.macro_f1.to_json(),
            "log_loss": self.log_loss.to_json(),
            "each_macro_f1": list(self.each),
        }


@dataclass(frozen=True)
class Confirmation:
    """What came of the winner protocol.

    Attributes:
        candidates: from the best on, by mean macro-F1 over fresh seeds.
        leads: how far the winner is ahead of each of the others, by their trial.
        seeds: the fresh seeds.
    """

    candidates: tuple[Candidate, ...]
    leads: Mapping[int, Lead]
    seeds: tuple[int, ...]

    @property
    def winner(self) -> Candidate:
        """The candidate with the highest mean."""
        return self.candidates[0]

    @property
    def rivals(self) -> tuple[int, ...]:
        """Trials that the winner cannot be told from."""
        return tuple(trial for trial, lead in self.leads.items() if not lead.clear)

    def to_json(self) -> dict[str, Any]:
        """Give the confirmation as plain values."""
        return {
            "winner": self.winner.trial,
            "not_distinguishable_from": list(self.rivals),
            "seeds": list(self.seeds),
            "candidates": [candidate.to_json() for candidate in self.candidates],
            "leads": {str(trial): lead.to_json() for trial, lead in self.leads.items()},
        }


class Confirmer:
    """Trains the leaders of a search again and compares them.

    Args:
        search: a search whose study has completed trials.
        executor: where the trainings run.
        observer: hears of what happens.
    """

    def __init__(self, search: Search, executor: Executor, observer: SearchObserver) -> None:
        self._search, self._executor, self._observer = search, executor, observer
        tuning, base = search.tuning, search.base.config.training.seed
        self._leaders = trials.leaders(search.study)[: tuning.confirm]
        self._seeds = tuple(derived_seed(base, _FRESH, number) for number in range(tuning.seeds))

    def run(self, stop: StopRequest) -> Confirmation | None:
        """Train and compare; None when stopped before all trainings were done, or where none succeeded."""
        waiting = [job for leader in self._leaders for job in self._jobs(leader)]
        if waiting:
            names = ", ".join(str(leader.number) for leader in self._leaders)
            self._observer.say(f"confirming trials {names} on {len(self._seeds)} fresh seeds each")
        broken = self._train(waiting, stop)
        if stop.requested:
            return None
        whole = [leader for leader in self._leaders if trial_key(leader.number) not in broken]
        return self._compare(whole) if whole else None

    def _jobs(self, leader: FrozenTrial) -> list[Job]:
        overrides = leader.user_attrs.get(trials.OVERRIDES, {})
        gpus = self._search.resources.gpus
        jobs = []
        for number, seed in enumerate(self._seeds):
            key = f"{trial_key(leader.number)}_seed_{number}"
            folder = self._search.folder / FOLDER / key
            if (folder / VALIDATION).is_file():
                continue  # an earlier confirmation got that far
            settings = {**leader.params, **overrides, "seed": seed}
            jobs.append(
                Job(
                    key=key,
                    folder=folder.absolute(),
                    resolved=with_parameters(self._search.base, settings, f"trial {leader.number}"),
                    store=self._search.store,
                    threads=self._search.resources.threads,
                    facts={"study": self._search.study.study_name, "confirms_trial": leader.number},
                    gpu=gpus[number % len(gpus)] if gpus else None,
                    keep_predictions=True,
                )
            )
        return jobs

    def _train(self, waiting: list[Job], stop: StopRequest) -> set[str]:
        """Run all jobs to their end; give the keys of the trials of which one failed."""
        running: dict[str, Job] = {}
        deaths: dict[str, int] = {}
        broken: set[str] = set()
        while (waiting and not stop.requested) or running:
            while waiting and len(running) < self._search.resources.workers and not stop.requested:
                job = waiting.pop(0)
                running[job.key] = job
                self._executor.launch(job)
            for key, message in self._executor.wait(_TICK_SECONDS):
                if isinstance(message, Progress):
                    continue
                if isinstance(message, Epochs):
                    self._executor.answer(key, Verdict.STOP if stop.requested else Verdict.GO_ON)
                    continue
                job = running.pop(key)
                if isinstance(message, Died):
                    deaths[key] = deaths.get(key, 0) + 1
                    if deaths[key] < MOST_DEATHS:
                        waiting.insert(0, job)
                        self._observer.say(f"{key}: {message.cause}; it goes on")
                        continue
                    message = Failed(FailureKind.KILLED, message.cause)
                if isinstance(message, Failed):
                    broken.add(key.rsplit("_seed_", 1)[0])
                    self._observer.say(f"{key} failed ({message.kind.value}): {message.message}")
                if isinstance(message, Done):
                    self._observer.say(
                        f"{key}: macro-F1 {message.macro_f1:.4f}, log loss {message.best.val_log_loss:.4f}"
                    )
        return broken

    def _compare(self, leaders: list[FrozenTrial]) -> Confirmation:
        bootstrap = MatchBootstrap(resamples=1000, seed=0)
        scores = {leader.number: repeated_scores(self._runs(leader), bootstrap) for leader in leaders}
        candidates = [self._candidate(leader, scores[leader.number], bootstrap) for leader in leaders]
        candidates.sort(key=lambda candidate: (-candidate.macro_f1.value, candidate.trial))
        first = scores[candidates[0].trial]
        leads = {other.trial: lead(first, scores[other.trial], bootstrap) for other in candidates[1:]}
        return Confirmation(tuple(candidates), leads, self._seeds)

    @staticmethod
    def _candidate(leader: FrozenTrial, scores: RepeatedScores, bootstrap: MatchBootstrap) -> Candidate:
        return Candidate(
            trial=leader.number,
            first_value=float(leader.value or 0.0),
            macro_f1=bootstrap.score(scores.macro_f1, (0.0, 1.0)),
            log_loss=bootstrap.score(scores.log_loss, (0.0, float("inf"))),
            each=tuple(float(value) for value in scores.each_macro_f1),
        )

    def _runs(self, leader: FrozenTrial) -> list[Predictions]:
        store = map_store(self._search.store)
        innings = split_of(store, self._search.base.config.data).validation
        rows = store.rows_of(innings)
        match = np.repeat(store.match[innings], np.diff(store.pointers)[innings])
        runs = []
        for number in range(len(self._seeds)):
            key = f"{trial_key(leader.number)}_seed_{number}"
            both = np.load(self._search.folder / FOLDER / key / VALIDATION, allow_pickle=False)
            outcome, kind = both[:, :N_OUTCOMES], both[:, N_OUTCOMES:]
            runs.append(Predictions(outcome, store.outcome[rows], kind, store.kind[rows], match))
        return runs
