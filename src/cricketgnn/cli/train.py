"""``cricketgnn train``: one model from match files."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from cricketgnn.cli import options
from cricketgnn.cli.completion import members
from cricketgnn.cli.output import emit


def train(
    data: options.DataOption = None,
    people: options.PeopleOption = None,
    val_from: options.ValFromOption = None,
    test_from: options.TestFromOption = None,
    data_fraction: options.DataFractionOption = None,
    model_class: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="hetero-gnn, pooling, hybrid, phase-modulated, innings-conditional, full, "
            "graph-transformer, or mlp, which has no messages (default: hetero-gnn).",
            autocompletion=members("cricketgnn.config.models", "ModelClass"),
        ),
    ] = None,
    hidden_dim: Annotated[
        int | None,
        typer.Option(metavar="N", help="Width of node states (default: 128)."),
    ] = None,
    num_layers: Annotated[
        int | None,
        typer.Option(metavar="N", help="Rounds of message passing (default: 3)."),
    ] = None,
    num_heads: Annotated[
        int | None,
        typer.Option(metavar="N", help="Attention heads; divides the width (default: 4)."),
    ] = None,
    lr: Annotated[
        float | None,
        typer.Option(metavar="RATE", help="Highest learning rate (default: 0.001)."),
    ] = None,
    dropout: Annotated[
        float | None,
        typer.Option(metavar="SHARE", help="Share of activations dropped."),
    ] = None,
    weight_decay: Annotated[
        float | None,
        typer.Option(metavar="RATE", help="AdamW weight decay."),
    ] = None,
    focal_gamma: Annotated[
        float | None,
        typer.Option(metavar="GAMMA", help="Focal loss exponent; 0 is cross-entropy."),
    ] = None,
    use_class_weights: Annotated[
        bool | None,
        typer.Option(
            "--class-weights/--no-class-weights",
            help="Weigh rare outcomes up.",
        ),
    ] = None,
    epochs: Annotated[
        int | None,
        typer.Option(metavar="N", help="Passes over the training innings."),
    ] = None,
    patience: options.PatienceOption = None,
    batch_size: options.BatchSizeOption = None,
    device: options.DeviceOption = None,
    precision: options.PrecisionOption = None,
    devices: options.DevicesOption = None,
    seed: options.SeedOption = None,
    seeds: Annotated[
        int | None,
        typer.Option(metavar="N", help="Networks on seeds of their own; their mean forecasts (default: 1)."),
    ] = None,
    config: options.ConfigOption = None,
    best_params: options.BestParamsOption = None,
    more_files: options.MoreFilesArgument = None,
    out: options.OutOption = None,
    print_config: Annotated[
        bool, typer.Option("--print-config", help="Print the settings in force, as TOML, and stop.")
    ] = False,
    wandb: options.WandbOption = False,
    wandb_project: options.WandbProjectOption = None,
    wandb_mode: options.WandbModeOption = None,
    wandb_entity: options.WandbEntityOption = None,
    wandb_group: options.WandbGroupOption = None,
    wandb_tag: options.WandbTagOption = None,
    as_json: options.JsonOption = False,
) -> None:
    """Train a model and leave a run folder.

    Example: cricketgnn train --data t20s_male_json.zip --val-from 2023-01-01 --test-from 2024-01-01
    """
    from cricketgnn.config import resolve_run_config

    settings = options.typed(
        data=data, people=people, val_from=val_from, test_from=test_from, data_fraction=data_fraction,
        model_class=model_class, hidden_dim=hidden_dim, num_layers=num_layers, num_heads=num_heads, lr=lr,
        dropout=dropout, weight_decay=weight_decay, focal_gamma=focal_gamma,
        use_class_weights=use_class_weights, epochs=epochs, patience=patience, batch_size=batch_size,
        device=device, precision=precision, seed=seed, seeds=seeds,
    )  # fmt: skip
    resolved = resolve_run_config(
        settings, config, options.best_params_of(best_params, more_files), os.environ
    )
    if print_config:
        emit(resolved.to_json(), as_json, lambda screen: screen.out(resolved.to_toml(), end=""))
        return
    from cricketgnn.cli.training import run_and_show, run_in_processes
    from cricketgnn.training.run import train_new

    tracked = options.tracking_of(wandb, wandb_project, wandb_mode, wandb_entity, wandb_group, wandb_tag)
    run_in_processes(devices, resolved.config.training.device)
    run_and_show(
        lambda observer, log, group: train_new(resolved, out, observer, log, group), tracked, as_json
    )
