"""A real PostgreSQL server for tests: Debian's programs, a folder of its own, a loopback port."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


def programs() -> Path:
    """Find the folder of ``initdb`` and ``pg_ctl``, or skip with the reason."""
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        pytest.skip("PostgreSQL's server programs are not installed (Debian: apt-get install postgresql)")
    return found[-1].parent


@contextmanager
def server() -> Iterator[str]:
    """Run a server while inside; give the address of its database."""
    programs_in = programs()
    user = "postgres" if os.geteuid() == 0 else None  # the server refuses to run as root
    # Not below pytest's folders, which only their owner may enter.
    place = Path(tempfile.mkdtemp(prefix="cricketgnn-postgres-"))
    if user:
        shutil.chown(place, user)

    def run(name: str, *arguments: str) -> None:
        command = [str(programs_in / name), *arguments]
        done = subprocess.run(command, user=user, cwd="/", capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    data, port = str(place / "data"), _free_port()
    run("initdb", "-D", data, "-A", "trust", "-U", "tester", "--no-sync")
    options = f"-p {port} -c listen_addresses=127.0.0.1 -k {place} -c fsync=off"
    run("pg_ctl", "-D", data, "-w", "-l", str(place / "log"), "-o", options, "start")
    try:
        yield f"postgresql://tester@127.0.0.1:{port}/postgres"
    finally:
        run("pg_ctl", "-D", data, "-m", "immediate", "stop")
        shutil.rmtree(place)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
