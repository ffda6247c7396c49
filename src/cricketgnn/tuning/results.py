"""The files a study leaves: all trials, the best parameters, the best model."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import optuna
from optuna.trial import FrozenTrial, TrialState

from cricketgnn.config import ResolvedConfig
from cricketgnn.config.best_params import BEST_PARAMS
from cricketgnn.config.search_space import Phase
from cricketgnn.errors import ArtifactError
from cricketgnn.files import as_json_text, atomic_path, write_json, write_text
from cricketgnn.training.run_folder import BEST, clear_torn
from cricketgnn.tuning import trials
from cricketgnn.tuning.accounting import account
from cricketgnn.tuning.database import address_of
from cricketgnn.tuning.folders import RESULTS
from cricketgnn.tuning.leases import HOST
from cricketgnn.tuning.parameters import in_force, with_parameters
from cricketgnn.tuning.study import VALIDATED

TEST_SCORES: Final = "winner_test.json"
OWN_FIGURES: Final = "figures"
"""Folder of a study's figures in its own."""


def trial_key(number: int) -> str:
    """Name a trial's job and folder."""
    return f"trial_{number:04d}"


def scores_of(kept: Mapping[str, Any], number: int, parameters: Mapping[str, Any]) -> bool:
    """Tell whether kept test scores are those of a trial; its number may mean other parameters by now."""
    return kept.get("trial") == number and kept.get("parameters", parameters) == parameters


def check_models(study: optuna.Study, folder: Path) -> None:
    """See, before anything is written, that a study's best model may be in a folder.

    Raises:
        ArtifactError: it was trained on this machine and is not there.
    """
    best, here = trials.winning_trial(study), socket.gethostname()
    if best is not None and best.user_attrs.get(HOST, here) == here:
        source = folder / trial_key(best.number) / BEST
        if not source.is_file():
            raise _lost(study, source)


def _lost(study: optuna.Study, source: Path) -> ArtifactError:
    return ArtifactError(
        f"{source} is gone: the best model of study '{study.study_name}' is lost; put the folder back or "
        "give another --study-name (a copy of a study comes without models)"
    )


class StudyFiles:
    """What a study leaves in its folder, up to date after every trial.

    Args:
        study: the study.
        phase: what it searches.
        base: configuration of what it does not search.
        folder: where the files go.
    """

    def __init__(self, study: optuna.Study, phase: Phase, base: ResolvedConfig, folder: Path) -> None:
        self._study, self._phase, self._base, self._folder = study, phase, base, folder

    def write(self) -> None:
        """Write all files; parameters and model only once a trial has completed, and when they changed.

        One process at a time: what another has left half-written is that of one that was killed.
        """
        for name in (BEST, BEST_PARAMS, RESULTS):
            clear_torn(self._folder, name)
        document: dict[str, Any] = {
            "study": self._study.study_name,
            "phase": self._phase.value,
            "storage": address_of(self._study),
            "direction": self._study.direction.name.lower(),
            "identity": self._study.user_attrs.get("identity"),
            "confirmation": trials.confirmation_of(self._study),
            "accounting": account(self._study.get_trials(deepcopy=False), self._base.config.training.epochs),
            "trials": [trials.trial_document(trial) for trial in self._study.get_trials(deepcopy=False)],
        }
        best = trials.winning_trial(self._study)
        if best is not None:
            document["best_trial"] = best.number
            self._write_best(best)
        write_json(self._folder / RESULTS, document)

    def why_nothing(self) -> str:
        """Say why no trial completed."""
        ended = [trial for trial in self._study.get_trials(deepcopy=False) if trial.state.is_finished()]
        pruned = sum(trial.state is TrialState.PRUNED for trial in ended)
        reasons = [
            str(trial.user_attrs[trials.FAILURE]) for trial in ended if trials.FAILURE in trial.user_attrs
        ]
        last = f"; the last failed with {reasons[-1]}" if reasons else ""
        return (
            f"none of {len(ended)} trials of study '{self._study.study_name}' completed ({pruned} pruned, "
            f"{len(reasons)} failed){last}; see {self._folder / RESULTS}"
        )

    def _chosen_on(self) -> dict[str, str] | None:
        """Tell the matches that took part in the choice; None for a study that does not say."""
        identity = self._study.user_attrs.get("identity")
        if identity is None:
            return None
        named = {name: identity[name] for name in ("data", "test_from")}
        return {**named, "matches": self._study.user_attrs.get(VALIDATED, "")}

    def _write_best(self, best: FrozenTrial) -> None:
        overrides = best.user_attrs.get(trials.OVERRIDES, {})
        chosen = {**best.params, **{name: v for name, v in overrides.items() if name != "seed"}}
        resolved = with_parameters(self._base, chosen, f"trial {best.number}")
        document = {
            "study": self._study.study_name,
            "phase": self._phase.value,
            "trial": best.number,
            "value": best.value,
            "chosen_on": self._chosen_on(),
            "parameters": in_force(resolved, chosen, self._phase.value),
        }
        path = self._folder / BEST_PARAMS
        text = as_json_text(document)
        same = path.is_file() and path.read_bytes() == text.encode()
        if same and (self._folder / BEST).is_file():
            return
        source = self._folder / trial_key(best.number) / BEST
        elsewhere = best.user_attrs.get(HOST, socket.gethostname())
        if not source.is_file() and elsewhere != socket.gethostname():
            (self._folder / BEST).unlink(missing_ok=True)  # it is another trial's
            write_text(path, as_json_text({**document, "model_is_on": elsewhere}))
            return
        if not source.is_file():
            raise _lost(self._study, source)
        # The parameters last: as long as they are the old ones, a later call writes both again.
        with atomic_path(self._folder / BEST) as temporary:
            shutil.copyfile(source, temporary)
        write_text(path, text)
