"""LightGBM on every number the network sees, tuned by Optuna on validation."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import optuna

from cricketgnn.cricket.outcomes import N_OUTCOMES
from cricketgnn.entries import Log, digest_of
from cricketgnn.errors import ArtifactError, ConfigError, DataError
from cricketgnn.features.grouped import Floats
from cricketgnn.files import write_json, write_text
from cricketgnn.ladder._base import Forecasts
from cricketgnn.ladder.tabular import COLUMNS, tabular
from cricketgnn.ladder.task import Part, Task
from cricketgnn.words import in_one_line

MOST_ROUNDS: Final = 2000
PATIENCE: Final = 30
"""Rounds without a better validation log loss before boosting stops."""
TRIALS_FILE: Final = "trials.json"
FIXED: Final[dict[str, Any]] = {
    "objective": "multiclass",
    "num_class": N_OUTCOMES,
    "bagging_freq": 1,
    "verbosity": -1,
    "deterministic": True,
    "force_row_wise": True,
    "feature_pre_filter": False,
}
"""LightGBM's parameters that every fit has and none tries."""
_BOOSTING: Final[dict[str, Any]] = {**FIXED, "rounds": MOST_ROUNDS, "patience": PATIENCE}
"""All that fits have in common, for whoever compares them with those of before."""
KNOWN_GOOD: Final[dict[str, Any]] = {
    "learning_rate": 0.05,
    "num_leaves": 21,
    "min_data_in_leaf": 500,
    "feature_fraction": 0.5,
    "bagging_fraction": 0.99,
    "lambda_l2": 0.23,
}
"""Trial 0: what earlier searches on validation matches of 2023 had found."""


FINALISTS: Final = 2
"""The best so many trials and :data:`KNOWN_GOOD` are fitted on all matches, where others may be best."""


class BoostedTrees:
    """LightGBM, its parameters chosen by ``n_trials`` trials.

    Args:
        n_trials: configurations tried; the first is :data:`KNOWN_GOOD`.
        share: of the training matches that trials learn from; the best of them learn from all.
        seed: of the sampler and of the trees.
    """

    name = "lightgbm"

    def __init__(self, n_trials: int, share: float, seed: int) -> None:
        self.n_trials, self.share, self.seed = n_trials, share, seed

    def settings(self, task: Task) -> dict[str, Any]:
        """Give how long is searched, on what share of the matches, the seed, and what is fixed."""
        asked = {"n_trials": self.n_trials, "share": self.share, "known_good": KNOWN_GOOD}
        return {**asked, "seed": self.seed, "fixed": _BOOSTING}

    def forecast(self, task: Task, folder: Path, say: Log) -> Forecasts:
        """Search, fit the best on all training matches with rounds by validation, forecast.

        Raises:
            ConfigError: LightGBM is not installed.
            DataError: LightGBM cannot learn from these deliveries.
        """
        try:
            return self._forecast(task, folder, say)
        except lightgbm().basic.LightGBMError as error:
            reason = in_one_line(error, None)
            raise DataError(f"lightgbm cannot learn from these deliveries: {reason}") from error

    def _forecast(self, task: Task, folder: Path, say: Log) -> Forecasts:
        began = time.perf_counter()
        training, validation = task.part("train"), task.part("val")
        x, y = _table(task, training.without_wides())
        came_x, came = _table(task, validation.without_wides())
        sampled = _by_match(task, training, self.share)
        finalists, before = (
            self._search(folder, say, x[sampled], y[sampled], came_x, came)
            if self.n_trials > 1
            else ([KNOWN_GOOD], 0.0)  # of one trial nothing is to be learned
        )
        fits = []
        for parameters in finalists:
            fit, seconds = self._finalist(folder, parameters, x, y, came_x, came)
            before += seconds
            say(
                f"{self.name}: all training matches, {fit.rounds} rounds, log loss {fit.loss:.4f} "
                f"({shown(parameters)})"
            )
            fits.append(fit)
        best = min(fits, key=lambda fit: fit.loss)
        write_text(folder / "model.txt", best.model)
        fitted = time.perf_counter()
        booster = lightgbm().Booster(model_str=best.model)
        validated, tested = (_predict(booster, tabular(task, task.part(name))) for name in ("val", "test"))
        chosen = {**best.parameters, "rounds": best.rounds, "trials": self.n_trials}
        seconds = fitted - began + before
        return Forecasts(validated, tested, seconds, time.perf_counter() - fitted, chosen)

    def _finalist(
        self,
        folder: Path,
        parameters: dict[str, Any],
        x: Floats,
        y: np.ndarray,
        came_x: Floats,
        came: np.ndarray,
    ) -> tuple[_Fit, float]:
        """Fit on all training matches, or take what an interrupted ladder kept of that.

        Returns:
            The fit, and the seconds that it took in an earlier call.
        """
        asked = {"parameters": parameters, "seed": self.seed, "fixed": _BOOSTING}
        kept = folder / f"finalist_{digest_of(json.dumps(asked, sort_keys=True))[:12]}.json"
        before = _finalist_of_before(kept, asked)
        if before is not None:
            return before, before.seconds
        began = time.perf_counter()
        booster, loss = self._boost(parameters, x, y, came_x, came)
        rounds = int(booster.best_iteration)
        model = booster.model_to_string(num_iteration=rounds)
        fit = _Fit(parameters, loss, rounds, time.perf_counter() - began, model)
        write_json(kept, {"asked": asked, "fit": fit._asdict()})
        return fit, 0.0

    def _search(
        self, folder: Path, say: Log, x: Floats, y: np.ndarray, came_x: Floats, came: np.ndarray
    ) -> tuple[list[dict[str, Any]], float]:
        """Try configurations, those of an interrupted search not again.

        Returns:
            The finalists, and the seconds that trials took in earlier calls.

        Raises:
            ArtifactError: the trials of before are of another search.
        """
        optuna.logging.disable_default_handler()  # each trial has a line of its own
        study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=self.seed, multivariate=True))
        study.enqueue_trial(KNOWN_GOOD)
        path, searched = folder / TRIALS_FILE, {"share": self.share, "seed": self.seed, "fixed": _BOOSTING}
        known = _trials_of_before(path, searched)
        before = sum(trial["seconds"] for trial in known[: self.n_trials])
        for number in range(self.n_trials):
            trial = study.ask()
            parameters = _suggest(trial)
            if number == len(known):
                began = time.perf_counter()
                _, loss = self._boost(parameters, x, y, came_x, came)
                seconds = time.perf_counter() - began
                known.append({"parameters": parameters, "loss": loss, "seconds": seconds})
                write_json(path, {"search": searched, "trials": known})
                say(f"{self.name}: trial {number}, log loss {loss:.4f} ({shown(parameters)})")
            elif known[number]["parameters"] != parameters:  # else the sampler would have repeated itself
                raise ArtifactError(f"{path} is of another search; give another --out, or remove {folder}")
            study.tell(trial, known[number]["loss"])
        best = sorted(known[: self.n_trials], key=lambda trial: trial["loss"])
        finalists = [trial["parameters"] for trial in best[:FINALISTS]]
        return finalists if KNOWN_GOOD in finalists else [*finalists, KNOWN_GOOD], before

    def _boost(
        self, parameters: dict[str, Any], x: Floats, y: np.ndarray, came_x: Floats, came: np.ndarray
    ) -> tuple[Any, float]:
        """Boost until validation gets no better; give the booster and its validation log loss."""
        library = lightgbm()
        names = list(COLUMNS)
        training = library.Dataset(x, y, feature_name=names, params=FIXED)
        validation = library.Dataset(came_x, came, reference=training, feature_name=names)
        booster = library.train(
            {**FIXED, **parameters, "seed": self.seed},
            training,
            MOST_ROUNDS,
            [validation],
            callbacks=[library.early_stopping(PATIENCE, verbose=False)],
        )
        ((loss,),) = (scores.values() for scores in booster.best_score.values())
        return booster, float(loss)


class _Fit(NamedTuple):
    """Boosted trees up to their best round on validation.

    Attributes:
        parameters: they were boosted with.
        loss: on validation, nats a delivery.
        rounds: boosted.
        seconds: it took.
        model: the trees, in LightGBM's own words.
    """

    parameters: dict[str, Any]
    loss: float
    rounds: int
    seconds: float
    model: str


def _finalist_of_before(path: Path, asked: dict[str, Any]) -> _Fit | None:
    """Read a finalist of an interrupted ladder; None where there is none of what is asked.

    Raises:
        ArtifactError: it is damaged.
    """
    if not path.is_file():
        return None
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        return _Fit(**document["fit"]) if document["asked"] == asked else None
    except (ValueError, KeyError, TypeError) as error:
        raise ArtifactError(f"{path}: damaged ({error}); remove it to fit anew") from error


def _trials_of_before(path: Path, searched: dict[str, Any]) -> list[dict[str, Any]]:
    """Read the trials of an interrupted search; none where there was none.

    Raises:
        ArtifactError: they are of another search, or damaged.
    """
    if not path.is_file():
        return []
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        before, trials = document["search"], list(document["trials"])
    except (ValueError, KeyError, TypeError) as error:
        raise ArtifactError(f"{path}: damaged ({error}); remove it to search anew") from error
    if before != searched:
        raise ArtifactError(
            f"{path} is of a search with {before}, and {searched} is wanted; give another --out, or remove "
            f"{path.parent}"
        )
    return trials


def lightgbm() -> Any:
    """Import LightGBM.

    Raises:
        ConfigError: it is not installed.
    """
    try:
        import lightgbm as library
    except ImportError as error:
        raise ConfigError(
            "lightgbm is not installed; pip install 'cricketgnn[baselines]', or leave it out with --models"
        ) from error
    return library


def shown(parameters: Mapping[str, Any]) -> str:
    """Put parameters into a line."""
    return ", ".join(f"{name} {value:.3g}" for name, value in parameters.items())


def _suggest(trial: optuna.Trial) -> dict[str, Any]:
    return {
        "learning_rate": trial.suggest_float("learning_rate", 0.03, 0.15, log=True),
        "num_leaves": trial.suggest_int("num_leaves", 8, 128, log=True),
        "min_data_in_leaf": trial.suggest_int("min_data_in_leaf", 50, 3000, log=True),
        "feature_fraction": trial.suggest_float("feature_fraction", 0.1, 1.0),
        "bagging_fraction": trial.suggest_float("bagging_fraction", 0.3, 1.0),
        "lambda_l2": trial.suggest_float("lambda_l2", 0.1, 300.0, log=True),
    }


def _table(task: Task, part: Part) -> tuple[Floats, np.ndarray]:
    return tabular(task, part), part.outcome.astype(np.int32)


def _by_match(task: Task, part: Part, share: float) -> np.ndarray:
    """Choose the deliveries faced, of a share of the matches spread evenly over time."""
    _, match = np.unique(task.store.match[part.innings[part.faced]], return_inverse=True)
    return np.flatnonzero((match * share) % 1 < share)  # the first is always among them


def _predict(booster: Any, x: Floats) -> Floats:
    probabilities: Floats = booster.predict(x).astype(np.float32)
    return probabilities
