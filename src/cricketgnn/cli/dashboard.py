"""``cricketgnn dashboard``: optuna-dashboard on the studies, in the browser of this machine."""

from __future__ import annotations

import threading
from typing import Annotated

import typer

from cricketgnn.cli import options
from cricketgnn.cli.output import remark


def dashboard(
    where: options.PlaceArgument = None,
    storage: options.PlaceOption = None,
    port: Annotated[
        int, typer.Option(min=0, max=65535, metavar="N", help="Port; 0 takes any that is free.")
    ] = 8080,
    writable: Annotated[
        bool, typer.Option("--writable", help="Let notes, renames and deletions reach the storage.")
    ] = False,
    show: Annotated[bool, typer.Option("--open", help="Open it in a browser.")] = False,
) -> None:
    """Show studies in optuna-dashboard, live, until Ctrl-C; on this machine alone.

    Example: cricketgnn dashboard --open
    """
    from cricketgnn.storages.mending import open_to_change
    from cricketgnn.storages.reading import open_to_read, place_of
    from cricketgnn.storages.serving import HOST, dashboard_server

    place = place_of(options.place(where, storage))
    opened = open_to_change(place) if writable else open_to_read(place)
    with dashboard_server(opened, port, writable) as server:
        address = f"http://{HOST}:{server.server_port}/"  # localhost may be another program's, on IPv6
        remark(f"{place.shown}: {address} (Ctrl-C ends it)")
        if show:
            threading.Thread(target=typer.launch, args=(address,), daemon=True).start()  # when it answers
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            remark("dashboard ended")
