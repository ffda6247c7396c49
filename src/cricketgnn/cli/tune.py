"""``cricketgnn tune``: a search over hyper-parameters, kept in an Optuna storage."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from cricketgnn.cli import options
from cricketgnn.cli.completion import members, phases, studies
from cricketgnn.cli.searching import run_and_show, show_plan
from cricketgnn.places import STORAGE

PHASE = "full"
SAMPLERS = members("cricketgnn.config.tuning", "SamplerName")
PRUNERS = members("cricketgnn.config.tuning", "PrunerName")
EXECUTORS = members("cricketgnn.config.tuning", "ExecutorName")
PHASES = (
    "phase1-coarse (width, learning rate), phase2-architecture (layers, heads), phase3-training (learning "
    "rate, dropout, weight decay), phase4-loss (focal gamma, class weights), model-variants, full (all of 1 "
    "to 4), full-with-model; phased runs 1 to 4 in a row. --dry-run shows the ranges."
)


def tune(
    phase: Annotated[str, typer.Argument(metavar="PHASE", help=PHASES, autocompletion=phases)] = PHASE,
    data: options.DataOption = None,
    people: options.PeopleOption = None,
    val_from: options.ValFromOption = None,
    test_from: options.TestFromOption = None,
    data_fraction: options.DataFractionOption = None,
    n_trials: Annotated[int, typer.Option(min=1, help="Finished trials the study shall have.")] = 20,
    epochs: Annotated[
        int | None, typer.Option(metavar="N", help="Most epochs a trial (default: 30).")
    ] = None,
    patience: options.PatienceOption = None,
    batch_size: options.BatchSizeOption = None,
    device: options.DeviceOption = None,
    precision: options.PrecisionOption = None,
    seed: options.SeedOption = None,
    workers: options.WorkersOption = None,
    sampler: Annotated[
        str,
        typer.Option(
            metavar="NAME", help="Who proposes: tpe, random, gp, cmaes, grid or qmc.", autocompletion=SAMPLERS
        ),
    ] = "tpe",
    pruner: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="Who stops early: median, hyperband, wilcoxon, successive-halving or none.",
            autocompletion=PRUNERS,
        ),
    ] = "median",
    executor: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="Where trials run: local, or ray (RAY_ADDRESS, or here).",
            autocompletion=EXECUTORS,
        ),
    ] = "local",
    timeout: options.TimeoutOption = None,
    trial_timeout: Annotated[
        str | None, typer.Option(metavar="TIME", help="Longest a trial may take (10m, 1.5h).")
    ] = None,
    confirm: Annotated[
        int, typer.Option(min=0, help="Best configurations to train again on fresh seeds; 0: none.")
    ] = 2,
    seeds: Annotated[int, typer.Option(min=1, help="Fresh seeds for each of them.")] = 3,
    storage: options.StorageOption = STORAGE,
    study_name: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Name of the study; an existing one goes on.", autocompletion=studies
        ),
    ] = None,
    or_new: Annotated[
        bool,
        typer.Option("--or-new", help="If the named study searched something else, begin NAME_2 beside it."),
    ] = False,
    space: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Your own search space in TOML, for the phase's.")
    ] = None,
    config: options.ConfigOption = None,
    best_params: options.BestParamsOption = None,
    more_files: options.MoreFilesArgument = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be searched and what it would cost.")
    ] = False,
    wandb: options.WandbOption = False,
    wandb_project: options.WandbProjectOption = None,
    wandb_mode: options.WandbModeOption = None,
    wandb_entity: options.WandbEntityOption = None,
    wandb_group: options.WandbGroupOption = None,
    wandb_tag: options.WandbTagOption = None,
    as_json: options.JsonOption = False,
) -> None:
    """Search hyper-parameters on the validation matches; the test matches play no part.

    Example: cricketgnn tune phase1-coarse --n-trials 10 --epochs 25 --data t20s_male_json.zip
    """
    from cricketgnn.config import resolve_run_config
    from cricketgnn.config.search_space import PRESETS
    from cricketgnn.config.space_file import read_space
    from cricketgnn.config.tuning import (
        EPOCHS,
        ExecutorName,
        PrunerName,
        SamplerName,
        named,
        parse_duration,
        tuning_config,
    )  # fmt: skip
    from cricketgnn.errors import UsageError
    from cricketgnn.tuning.phased import chain_name, phase_named
    from cricketgnn.tuning.request import SearchRequest

    if best_params and Path(phase).is_file():  # a shell made several files of the pattern
        phase, more_files = PHASE, [phase, *(more_files or [])]
    wanted, phased = phase_named(phase)
    settings = options.typed(
        data=data, people=people, val_from=val_from, test_from=test_from, data_fraction=data_fraction,
        epochs=epochs, patience=patience, batch_size=batch_size, device=device, precision=precision,
        seed=seed,
    )  # fmt: skip
    handed_on = options.best_params_of(best_params, more_files)
    base = resolve_run_config(settings, config, handed_on, os.environ, defaults={"epochs": EPOCHS})
    tuning = tuning_config({
        "n_trials": n_trials, "workers": workers, "confirm": confirm, "seeds": seeds,
        "sampler": named("sampler", SamplerName, sampler), "pruner": named("pruner", PrunerName, pruner),
        "executor": named("executor", ExecutorName, executor),
        "trial_timeout": None if trial_timeout is None else parse_duration(trial_timeout),
    })  # fmt: skip
    if phased and (or_new or space):
        raise UsageError(
            "phased searches its phases' own spaces in studies of a new name: leave out --space and --or-new"
        )
    searched = read_space(space) if space else PRESETS[wanted]
    chain = chain_name(study_name) if phased else None
    tracked = options.tracking_of(
        wandb, wandb_project, wandb_mode, wandb_entity, wandb_group, wandb_tag, of_a_search=True
    )
    seconds = None if timeout is None else parse_duration(timeout)
    request = SearchRequest.of(wanted, searched, base, tuning, chain, tracked)
    if dry_run:
        show_plan(request, as_json)
    else:
        run_and_show(request, storage, study_name, as_json, or_new, seconds)
