"""The winner protocol: the best configurations trained again on fresh seeds, and compared fairly.

The best of many trials is partly the luckiest of them: its value is too good to be true. So the leaders
are trained again, all on the same fresh seeds, and compared on the same matches. The one with the highest
mean is declared, with its interval, and every other that it cannot be told from is named.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
from optuna.trial import FrozenTrial

from cricketgnn.config import ResolvedConfig
from cricketgnn.config.models import DataConfig
from cricketgnn.cricket.outcomes import N_OUTCOMES
from cricketgnn.errors import ArtifactError
from cricketgnn.evaluation import MatchBootstrap, Predictions, RepeatedScores, lead, repeated_scores
from cricketgnn.graph.load import map_store
from cricketgnn.graph.store import GraphStore
from cricketgnn.provenance import command_line
from cricketgnn.training.run_folder import CONFIG
from cricketgnn.training.seeding import derived_seed
from cricketgnn.training.split import split_of
from cricketgnn.tuning import trials
from cricketgnn.tuning.child import VALIDATION
from cricketgnn.tuning.confirmation import Candidate, Confirmation
from cricketgnn.tuning.database import resuming
from cricketgnn.tuning.executors import Executor
from cricketgnn.tuning.failures import FailureKind
from cricketgnn.tuning.jobs import Job
from cricketgnn.tuning.observer import SearchObserver
from cricketgnn.tuning.parameters import with_parameters
from cricketgnn.tuning.results import trial_key
from cricketgnn.tuning.retraining import Retraining
from cricketgnn.tuning.search import Halt, Search
from cricketgnn.tuning.study import completed

FOLDER: Final = "confirm"
_FRESH: Final = 4


class Confirmer:
    """Trains the leaders of a search again and compares them.

    Args:
        search: a search whose study has completed trials.
        executor: where the trainings run.
        observer: hears of what happens.
        beat: called now and then, so that other coordinators know that this one lives.

    Attributes:
        after: how many trials had completed when the leaders were picked.
    """

    def __init__(
        self, search: Search, executor: Executor, observer: SearchObserver, beat: Callable[[], None]
    ) -> None:
        self._search, self._executor, self._observer, self._beat = search, executor, observer, beat
        tuning, base = search.tuning, search.base.config.training.seed
        self.after = len(completed(search.study))  # counted first: a later one may lead
        self._leaders = trials.leaders(search.study)[: tuning.confirm]
        self._seeds = tuple(derived_seed(base, _FRESH, number) for number in range(tuning.seeds))

    def run(self, halt: Halt) -> Confirmation | None:
        """Train and compare; None when stopped before all was done, or where a leader could not be trained.

        Raises:
            ArtifactError: matches or files cannot be read or written.
        """
        jobs = [job for leader in self._leaders for job in self._jobs(leader)]
        if jobs:
            names = ", ".join(str(leader.number) for leader in self._leaders)
            self._observer.say(f"confirming trials {names} on {len(self._seeds)} fresh seeds each")
        longest = self._search.tuning.trial_timeout or float("inf")
        retraining = Retraining(
            self._executor, self._search.resources, self._observer, halt, self._beat, longest
        )
        failed = retraining.run(jobs)
        for key, failure in failed.items():
            if failure.kind is FailureKind.DATA:
                raise ArtifactError(
                    f"{key} cannot go on: {failure.message}; mend it, then: {resuming(self._search.study)}"
                )
        if failed:  # declaring one of the others would make a winner of whoever was not unlucky
            self._observer.say(f"no winner is confirmed, since {', '.join(sorted(failed))} failed")
            return None
        return None if halt.now else self._compare(self._leaders)

    def _jobs(self, leader: FrozenTrial) -> list[Job]:
        jobs = []
        for number, seed in enumerate(self._seeds):
            key = _key(leader.number, number)
            folder = self._search.folder / FOLDER / key
            resolved = self._settings(leader, seed=seed)
            if _is_whole(folder / VALIDATION) and _trained_so(folder, resolved):
                continue  # an earlier confirmation got that far
            jobs.append(
                Job(
                    key=key,
                    folder=folder.absolute(),
                    resolved=resolved,
                    store=self._search.store,
                    threads=self._search.resources.threads,
                    facts={
                        "command": command_line(),
                        "study": self._search.study.study_name,
                        "confirms_trial": leader.number,
                    },
                    trash=self._search.trash,
                    keep_predictions=True,
                )
            )
        return jobs

    def _settings(self, leader: FrozenTrial, **more: Any) -> ResolvedConfig:
        settings = {**leader.params, **leader.user_attrs.get(trials.OVERRIDES, {}), **more}
        return with_parameters(self._search.base, settings, f"trial {leader.number}")

    def _compare(self, leaders: list[FrozenTrial]) -> Confirmation:
        bootstrap = MatchBootstrap(resamples=1000, seed=0)
        scores = {}
        for leader in leaders:
            self._beat()  # with many of them this takes longer than others wait for a sign of life
            bent = self._settings(leader).config.training.bends
            runs = predictions_kept(
                self._search.folder,
                map_store(self._search.store),
                self._search.base.config.data,
                leader.number,
                len(self._seeds),
            )
            scores[leader.number] = repeated_scores(runs, bootstrap, bent)
        candidates = [self._candidate(leader, scores[leader.number]) for leader in leaders]
        candidates.sort(key=lambda candidate: (-candidate.macro_f1.value, candidate.trial))
        first = scores[candidates[0].trial]
        leads = {other.trial: lead(first, scores[other.trial]) for other in candidates[1:]}
        return Confirmation(tuple(candidates), leads, self._seeds)

    @staticmethod
    def _candidate(leader: FrozenTrial, scores: RepeatedScores) -> Candidate:
        return Candidate(
            trial=leader.number,
            first_value=float(leader.value or 0.0),
            macro_f1=scores.macro_f1.score((0.0, 1.0)),
            log_loss=scores.log_loss.score((0.0, float("inf"))),
            each=tuple(float(value) for value in scores.macro_f1.each),
        )


def predictions_kept(
    folder: Path, store: GraphStore, data: DataConfig, trial: int, seeds: int
) -> list[Predictions]:
    """Read what a leader's trainings on fresh seeds said of the validation matches.

    Args:
        folder: of the study.
        store: its innings.
        data: how they are split.
        trial: number of the leader.
        seeds: how many fresh seeds it was trained on.

    Raises:
        OSError, ValueError, EOFError: a file is gone or damaged.
    """
    innings = split_of(store, data).validation
    rows = store.rows_of(innings)
    match = np.repeat(store.match[innings], np.diff(store.pointers)[innings])
    runs = []
    for number in range(seeds):
        kept = folder / FOLDER / _key(trial, number) / VALIDATION
        both = np.load(kept, allow_pickle=False)
        outcome, kind = both[:, :N_OUTCOMES], both[:, N_OUTCOMES:]
        runs.append(Predictions(outcome, store.outcome[rows], kind, store.kind[rows], match))
    return runs


def _is_whole(kept: Path) -> bool:
    """Tell whether predictions are there, and not cut short: mapped, no more than their head is read."""
    try:
        np.load(kept, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return False
    return True


def _trained_so(folder: Path, wanted: ResolvedConfig) -> bool:
    """Tell whether a folder's training has the settings that are wanted, wherever it ran.

    A trial's number may mean another configuration by now: a backup took its study's place.
    """

    def settings(text: str) -> tuple[Any, Any]:
        document = tomllib.loads(text)
        return document["model"], {k: v for k, v in document["training"].items() if k != "device"}

    try:
        return settings((folder / CONFIG).read_text(encoding="utf-8")) == settings(wanted.to_toml())
    except (OSError, ValueError, KeyError, AttributeError):
        return False


def _key(trial: int, seed_number: int) -> str:
    return f"{trial_key(trial)}_seed_{seed_number}"
