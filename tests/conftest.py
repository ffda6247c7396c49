"""What every test may rely on: a cache folder apart, no network, and real matches where there are some."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

_PROCESSES = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
# Before torch or LightGBM is loaded: threads of several test processes that spin while they wait for each
# other take the cores from the others' work, and made some tests ten times as slow.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // _PROCESSES)))


@pytest.fixture(scope="session", autouse=True)
def _own_surroundings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep tests, and the processes they start, off the user's cache, tracker and proxies."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background is started without
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CRICKETGNN_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("WANDB_MODE", "offline")
        patch.setenv("NO_PROXY", "*")
        patch.setenv("no_proxy", "*")
        yield


@pytest.fixture(scope="session", autouse=True)
def _no_network() -> Iterator[None]:
    """Refuse connections that leave this machine; a test that needs a server starts one on 127.0.0.1."""
    connect = socket.socket.connect
    resolve = socket.getaddrinfo

    def connect_here_only(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_here(address[0]):
            raise AssertionError(f"a test tried to reach {address}; tests use this machine only")
        connect(self, address)

    def resolve_here_only(host: Any, *args: Any, **options: Any) -> Any:
        if host and not _is_here(host):
            raise AssertionError(f"a test tried to look up {host!r}; tests use this machine only")
        return resolve(host, *args, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", connect_here_only)
        patch.setattr(socket, "getaddrinfo", resolve_here_only)
        yield


@pytest.fixture(autouse=True)
def _own_threads() -> Iterator[None]:
    """Give torch its threads back: a dry run or a child's work in this process changes them, and bits."""
    import torch

    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def _is_here(host: str | bytes) -> bool:
    name = host.decode() if isinstance(host, bytes) else host
    if name in ("localhost", socket.gethostname()):
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


@pytest.fixture(scope="session")
def cache_dir() -> Path:
    """The cache folder of this test session, empty at its start and shared by its tests."""
    return Path(os.environ["CRICKETGNN_CACHE_DIR"])


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real match archives, read only; tests that take it are marked ``real_data``."""
    named = os.environ.get("CRICKETGNN_REAL_DATA")
    if not named:
        pytest.skip("needs real match archives: set CRICKETGNN_REAL_DATA to a folder of them")
    folder = Path(named)
    if not folder.is_dir():
        pytest.fail(f"CRICKETGNN_REAL_DATA names {named!r}, expected a folder of match archives")
    return folder
