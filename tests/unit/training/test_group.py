"""Two real processes (gloo) that train together: what they add up, agree on, and do when one is lost."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.multiprocessing.spawn import start_processes

from cricketgnn.config.models import Device
from cricketgnn.errors import ConfigError, GroupError
from cricketgnn.training.group import ALONE, RENDEZVOUS, Group, check_devices, joined, own_device

SIZE = 2


def _be_one(rank: int, folder: Path) -> None:
    os.environ |= {"RANK": str(rank), "WORLD_SIZE": str(SIZE), "GLOO_SOCKET_IFNAME": "lo"}
    os.environ[RENDEZVOUS] = (folder / "meeting").as_uri()
    with joined() as group:
        told = _tell(group)
        (folder / f"{rank}.json").write_text(json.dumps(told))
        group.wait()
        if rank:
            os._exit(0)  # gone without a word
        with pytest.raises(GroupError, match="process 1 of 2 lost the others"):
            group.wait()
        (folder / "lost").touch()
        os._exit(0)


def _tell(group: Group) -> dict[str, Any]:
    network = torch.nn.Linear(3, 1)
    if group.leads:  # the other's share is empty: it has no gradients
        (network(torch.ones(1, 3)) * 2).sum().backward()
    loss = group.add_up_gradients(network, 0.5 + group.rank, torch.device("cpu"))
    values = np.array([1.0, 2.0], dtype=np.float32) * (group.rank + 1)
    group.add_up_array(values)
    group.check_same("settings", "matches")
    with pytest.raises(GroupError, match="were not given the same"):
        group.check_same("settings", str(group.rank))
    return {
        "loss": loss,
        "gradient": network.weight.grad.flatten().tolist() if network.weight.grad is not None else None,
        "values": values.tolist(),
        "any": [group.any(group.rank == one) for one in range(SIZE + 1)],
        "share": group.share(np.arange(5)).tolist(),
        "of one": group.share(np.arange(1)).tolist(),
    }


def test_two_processes(tmp_path: Path) -> None:
    start_processes(_be_one, (tmp_path,), nprocs=SIZE, start_method="spawn")  # type: ignore[no-untyped-call]
    first, second = (json.loads((tmp_path / f"{rank}.json").read_text()) for rank in range(SIZE))
    same = {"loss": 2.0, "gradient": [2.0, 2.0, 2.0], "values": [3.0, 6.0], "any": [True, True, False]}
    assert first == same | {"share": [0, 2, 4], "of one": [0]}
    assert second == same | {"share": [1, 3], "of one": []}
    assert (tmp_path / "lost").exists()


def test_alone_there_is_nobody_to_ask() -> None:
    network = torch.nn.Linear(2, 1)
    assert ALONE.add_up_gradients(network, 0.25, torch.device("cpu")) == 0.25
    assert network.weight.grad is None
    assert [ALONE.any(asked) for asked in (True, False)] == [True, False]
    assert ALONE.share(np.arange(3)).tolist() == [0, 1, 2]
    ALONE.check_same("anything")
    ALONE.wait()
    with joined() as group:
        assert group is ALONE


def test_what_a_machine_cannot_carry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cricketgnn.training.group.usable_cores", lambda: 4)
    check_devices(4, Device.CPU)
    with pytest.raises(ConfigError, match="got --devices 5, expected 1 to 4"):
        check_devices(5, Device.CPU)
    monkeypatch.setattr("cricketgnn.training.group.resolve_device", lambda asked: torch.device("mps"))
    with pytest.raises(ConfigError, match="expected 1 to 1: here is room for 1 on mps"):
        check_devices(2, Device.AUTO)
    with pytest.raises(ConfigError, match="process 2 of 2 has no mps device of its own"):
        own_device(Device.AUTO, Group(1, 2, 1))
    monkeypatch.setattr("cricketgnn.training.group.resolve_device", lambda asked: torch.device("cuda"))
    monkeypatch.setattr("torch.cuda.device_count", lambda: 1)
    with pytest.raises(ConfigError, match="process 2 of 2 has no cuda device of its own: there are 1"):
        own_device(Device.AUTO, Group(1, 2, 1))
