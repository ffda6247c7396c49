"""Weights & Biases: any number of runs at the same time from one process, kept offline where need be."""

from __future__ import annotations

import logging
import math
import os
import ssl
import textwrap
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import httpx
import plotly.graph_objects as go
import psutil
import wandb
from wandb.errors import Error as WandbError

from cricketgnn.config.tracking import TrackingConfig, TrackingMode
from cricketgnn.entries import Log
from cricketgnn.tracking.tracker import Media, TrackedRun, TrackedTable
from cricketgnn.words import counted, in_one_line

_KEY: Final = "WANDB_API_KEY"
_ANSWER_SECONDS: Final = 5
_CONNECT_SECONDS: Final = 30
_FINISH_SECONDS: Final = 30


class WandbTracker:
    """Shows runs in a project of Weights & Biases.

    Without an account, a network or a service, runs are kept offline, which is said once together with
    what to do. W&B's reports about itself to its makers are off unless ``WANDB_ERROR_REPORTING`` asks for
    them: they would leave for the makers' own hosts even where the runs are kept offline or sent elsewhere.

    Args:
        config: project, mode, entity, group, tags.
        folder: W&B's own files go to ``wandb`` in it.
        tell: told in one line what a user should know.
    """

    def __init__(self, config: TrackingConfig, folder: Path, tell: Log) -> None:
        self._config, self._folder, self._tell = config, folder, tell
        self._runs: dict[str, wandb.Run] = {}
        self._mode = config.mode
        self._kept_offline = 0
        self._said_where = self._logged_in = False
        logging.getLogger("wandb").setLevel(logging.ERROR)
        os.environ.setdefault("WANDB_ERROR_REPORTING", "false")
        if _KEY in os.environ:  # out of a file, it has a line end; W&B would not even begin
            os.environ[_KEY] = os.environ[_KEY].strip()
        settings = wandb.setup(wandb.Settings(silent=True)).settings
        self._service, self._by_proxy = settings.base_url, bool(settings.https_proxy or settings.http_proxy)

    def begin(self, run: TrackedRun) -> None:
        """Show a run, or go on with one of the same key."""
        key = run.key
        if self._mode is TrackingMode.ONLINE:
            try:
                self._log_in()
            except WandbError as error:
                self._go_offline(error)
        if self._mode is TrackingMode.ONLINE:
            try:
                self._runs[key] = self._init(run)
            except WandbError as error:
                self._go_offline(error)
                run = replace(run, key=f"{key}-offline")  # W&B still holds the key of the run that failed
        if self._mode is TrackingMode.OFFLINE:
            self._runs[key] = self._init(run)
            self._kept_offline += 1
        elif not self._said_where:
            self._said_where = True
            self._tell(f"W&B: {self._runs[key].url}")

    def log(self, key: str, values: Mapping[str, float], step: int) -> None:
        """Add one point to curves of a run; a step that it has already is passed over."""
        # Complete at once: what W&B still held back would come over the summary that ends the run.
        plain = {name: value for name, value in values.items() if _is_plain(value)}
        self._runs[key].log(plain, step=step, commit=True)

    def show(self, key: str, make: Callable[[], Media]) -> None:
        """Put figures and tables beside a run."""
        self._runs[key].log({name: _shown(one) for name, one in make().items()})

    def keep(self, key: str, file: Path, name: str, facts: Mapping[str, Any]) -> None:
        """Keep a model as an artifact; W&B takes a copy of the file."""
        artifact = wandb.Artifact(name, type="model", metadata=dict(facts))
        artifact.add_file(str(file))
        self._runs[key].log_artifact(artifact)

    def end(self, key: str, summary: Mapping[str, Any], succeeded: bool) -> None:
        """Say what a run came to."""
        run = self._runs.pop(key)
        run.summary.update({name: value for name, value in summary.items() if _is_plain(value)})
        run.finish(exit_code=0 if succeeded else 1)

    def close(self) -> None:
        """End what is still open as unfinished, and say how to send what was kept offline."""
        for run in self._runs.values():
            run.finish(exit_code=1)
        self._runs.clear()
        if self._kept_offline:  # said first: a service that lost its network may take long to end
            runs = f"{counted(self._kept_offline, 'run')} {'is' if self._kept_offline == 1 else 'are'}"
            kept = self._folder / "wandb" / "offline-run-*"
            self._tell(f"W&B: {runs} kept offline; send with: wandb sync {kept}")
        wandb.teardown()

    def abandon(self) -> None:
        """End W&B's service, for which Python waits at the end of the program, however long it hangs."""
        for child in psutil.Process().children():
            with suppress(psutil.Error):
                if child.name() == "wandb-core":
                    child.kill()

    def _init(self, run: TrackedRun) -> wandb.Run:
        settings = wandb.Settings(
            silent=True,
            console="off",
            init_timeout=_CONNECT_SECONDS,
            finish_timeout=_FINISH_SECONDS,
            x_disable_stats=not run.watch_machine,
        )
        self._folder.mkdir(parents=True, exist_ok=True)
        return wandb.init(
            project=self._config.project,
            entity=self._config.entity,
            dir=str(self._folder),
            id=run.key,
            name=run.name,
            group=self._config.group or run.group,
            job_type=run.kind,
            tags=self._config.tags,
            config=dict(run.config),
            mode=self._mode.value,
            resume="allow" if self._mode is TrackingMode.ONLINE else None,
            reinit="create_new",
            settings=settings,
        )

    def _log_in(self) -> None:
        """Check the account, once.

        Raises:
            WandbError: there is none, or nobody answers.
        """
        if self._logged_in:
            return
        if not self._by_proxy:
            _find(self._service)
        if not wandb.login(prompt=False):
            raise WandbError("not logged in: log in once with 'wandb login', or set WANDB_API_KEY")
        self._logged_in = True

    def _go_offline(self, why: WandbError) -> None:
        self._mode = TrackingMode.OFFLINE
        self._tell(f"W&B: {textwrap.shorten(str(why), 160)}; runs are kept offline")


def _find(service: str) -> None:
    """See that somebody answers at an address, whatever it is that they answer.

    W&B itself asks a dead service again and again, and may then never come to an end.

    Raises:
        WandbError: nobody does.
    """
    try:
        httpx.head(service, timeout=_ANSWER_SECONDS)
    except (httpx.ConnectError, httpx.ConnectTimeout) as error:
        if not _is_of_trust(error):
            raise WandbError(f"nobody answers at {service} ({in_one_line(error)})") from error
    except (httpx.HTTPError, httpx.InvalidURL, ImportError, OSError, ValueError):
        pass  # somebody is there, or only W&B knows the way: a proxy, certificates of its own


def _is_of_trust(error: BaseException | None) -> bool:
    """Tell whether somebody did answer, with a certificate that W&B may have settings to trust."""
    return error is not None and (
        isinstance(error, ssl.SSLError) or _is_of_trust(error.__cause__ or error.__context__)
    )


def _is_plain(value: Any) -> bool:
    """Tell whether W&B can show a value: a curve with a hole is better than one that ends in an error."""
    return value is not None and not (isinstance(value, float) and not math.isfinite(value))


def _shown(one: go.Figure | TrackedTable) -> Any:
    if isinstance(one, TrackedTable):
        return wandb.Table(columns=list(one.columns), data=[list(row) for row in one.rows])
    return wandb.Plotly(one)
