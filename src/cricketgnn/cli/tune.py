"""``cricketgnn tune``: search hyper-parameters, phase by phase."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from cricketgnn.cli import options
from cricketgnn.cli.output import emit, leave_interrupted, remark

DEFAULT_STORAGE = "sqlite:///optuna_studies.db"
EPOCHS = 30


def tune(
    phase: Annotated[str, typer.Argument(metavar="PHASE", help="Such as phase1-coarse or full.")] = "full",
    data: options.DataOption = None,
    val_from: options.ValFromOption = None,
    test_from: options.TestFromOption = None,
    n_trials: Annotated[int, typer.Option(min=1, help="Finished trials the study shall have.")] = 20,
    epochs: Annotated[
        int | None, typer.Option(metavar="N", help="Most epochs a trial.  [default: 30]")
    ] = None,
    patience: options.PatienceOption = None,
    batch_size: options.BatchSizeOption = None,
    device: options.DeviceOption = None,
    seed: options.SeedOption = None,
    storage: Annotated[str, typer.Option(metavar="URL", help="Where studies live.")] = DEFAULT_STORAGE,
    study_name: Annotated[
        str | None, typer.Option(metavar="NAME", help="Name of the study; an existing one goes on.")
    ] = None,
    config: options.ConfigOption = None,
    best_params: options.BestParamsOption = None,
    as_json: options.JsonOption = False,
) -> None:
    """Search hyper-parameters on the validation matches; the test matches play no part.

    Example: cricketgnn tune phase1-coarse --n-trials 10 --epochs 25 --data t20s_male_json.zip
    """
    from cricketgnn.config import resolve_run_config
    from cricketgnn.config.search_space import Phase
    from cricketgnn.provenance import command_line
    from cricketgnn.reporting.search import describe_search, search_document
    from cricketgnn.reporting.study_files import write_study_figures
    from cricketgnn.tuning.start import start_search
    from cricketgnn.tuning.study import finished

    wanted = Phase.named(phase)
    settings = options.typed(
        data=data, val_from=val_from, test_from=test_from, epochs=epochs, patience=patience,
        batch_size=batch_size, device=device, seed=seed,
    )  # fmt: skip
    base = resolve_run_config(settings, config, best_params, os.environ, defaults={"epochs": EPOCHS})
    search = start_search(wanted, base, storage, study_name, remark)
    result = search.run(n_trials)
    figures = write_study_figures(result, wanted)
    emit(
        search_document(result, wanted, figures),
        as_json,
        lambda screen: describe_search(screen, result, wanted, figures),
    )
    if result.interrupted:
        name = result.study.study_name
        again = command_line() if study_name else f"{command_line()} --study-name {name}"
        leave_interrupted(
            f"stopped with {len(finished(result.study))} of {n_trials} trials; go on with: {again}"
        )
