"""Processes that train one network together: each computes its share of every batch, and all add up.

Without a group everything is the group's only process, so that no caller has to ask.
"""

from __future__ import annotations

import datetime as dt
import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch import distributed as dist
from torch.nn.utils import parameters_to_vector, vector_to_parameters

from cricketgnn.config.models import Device
from cricketgnn.entries import Log, digest_of
from cricketgnn.errors import ConfigError, CricketGNNError, GroupError, Interrupted
from cricketgnn.features.grouped import Ints
from cricketgnn.machine import usable_cores
from cricketgnn.training.device import resolve_device
from cricketgnn.words import in_one_line

RENDEZVOUS: Final = "CRICKETGNN_RENDEZVOUS"
"""Environment variable: the address where the processes meet; that of torchrun's variables unless set."""
_LEADER_SPEAKS_SECONDS: Final = 5.0
_HALTED: Final = dt.timedelta(hours=12)
"""How long processes wait for each other: Ctrl-Z may halt them in the middle, and one that dies is noticed at
once. NCCL, which notices nothing, keeps its own limit."""


@dataclass(frozen=True)
class Group:
    """One process among those of a training.

    Attributes:
        rank: number of this process, 0-based.
        size: how many there are.
        local_rank: number of this process on its machine.
    """

    rank: int = 0
    size: int = 1
    local_rank: int = 0

    @property
    def leads(self) -> bool:
        """Tell whether this is the process that writes and speaks."""
        return self.rank == 0

    def share(self, innings: Ints) -> Ints:
        """Give this process's share of some innings: every ``size``-th, maybe none."""
        return innings[self.rank :: self.size]

    def add_up(self, values: Tensor) -> None:
        """Replace values by their sum over all processes, the same to the last bit in each.

        Raises:
            GroupError: another process has ended.
        """
        if self.size == 1:
            return
        self._reduce(values, dist.ReduceOp.SUM)

    def _reduce(self, values: Tensor, how: dist.ReduceOp.RedOpType) -> None:
        try:
            dist.all_reduce(values, how)
        except RuntimeError as error:  # gloo: connection closed; NCCL: remote process exited
            raise GroupError(
                f"process {self.rank + 1} of {self.size} lost the others ({_of_torch(error)}); where one "
                "of them has ended, its message says why, and what was finished is saved: cricketgnn resume"
            ) from error

    def add_up_array(self, values: npt.NDArray[np.float32]) -> None:
        """Replace an array in memory by its sum over all processes."""
        self.add_up(torch.from_numpy(values))

    def add_up_gradients(self, network: nn.Module, loss: float, device: torch.device) -> float:
        """Replace the gradients of a network by their sum over all processes; give the sum of the losses."""
        if self.size == 1:
            return loss
        learned = [parameter for parameter in network.parameters() if parameter.requires_grad]
        for parameter in learned:
            if parameter.grad is None:  # an empty share
                parameter.grad = torch.zeros_like(parameter)
        gradients = [parameter.grad for parameter in learned if parameter.grad is not None]
        together = torch.cat([parameters_to_vector(gradients), torch.tensor([loss], device=device)])
        self.add_up(together)
        vector_to_parameters(together[:-1], gradients)
        return float(together[-1])

    def any(self, asked: bool) -> bool:
        """Tell every process whether one of them says yes."""
        if self.size == 1:
            return asked
        votes = torch.tensor([float(asked)])
        self.add_up(votes)
        return bool(votes)

    def wait(self) -> None:
        """Wait until every process has come here."""
        self.any(False)

    def check_same(self, *facts: str) -> None:
        """Make sure that every process was given the same texts.

        Raises:
            GroupError: they are not, or one has ended.
        """
        if self.size == 1:
            return
        ours = float(int(digest_of(*facts)[:12], 16))  # 48 bits: exact in float64
        bounds = torch.tensor([ours, -ours], dtype=torch.float64)
        self._reduce(bounds, dist.ReduceOp.MAX)
        if bounds[0] != -bounds[1]:
            raise GroupError(
                "the processes of this training were not given the same; expected the same matches, "
                "settings, CRICKETGNN_ variables and last.pt in each"
            )


ALONE: Final = Group()


def in_group() -> bool:
    """Tell whether this process was started as one of several (torchrun's variables)."""
    return int(os.environ.get("WORLD_SIZE", "1")) > 1 and "RANK" in os.environ


@contextmanager
def joined() -> Iterator[Group]:
    """Meet the other processes of the training this one was started for; alone unless it was.

    Raises:
        GroupError: the others were not met.
    """
    if not in_group():
        yield ALONE
        return
    rank, size = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
    try:
        _meet(rank, size)
        yield Group(rank, size, int(os.environ.get("LOCAL_RANK", rank)))
    except GroupError as lost:
        if RENDEZVOUS in os.environ:  # who started the processes knows which was lost, and has the last word
            sys.stderr.write(f"{lost}\n")
            sys.exit(lost.exit_code)
        raise
    except CricketGNNError:
        if rank:  # what all of them meet (a bad file, say) the first one tells; that ends the others
            time.sleep(_LEADER_SPEAKS_SECONDS)
        raise
    except KeyboardInterrupt:
        if rank:  # the first one says so for all
            sys.exit(Interrupted.exit_code)
        raise
    dist.destroy_process_group()  # not after an error: it might wait for those that wait for this process


def _meet(rank: int, size: int) -> None:
    nccl = torch.cuda.is_available() and dist.is_nccl_available()
    backend = "cpu:gloo,cuda:nccl" if nccl else "gloo"
    meeting = os.environ.get(RENDEZVOUS, "env://")
    try:
        dist.init_process_group(
            backend, init_method=meeting, rank=rank, world_size=size, timeout=None if nccl else _HALTED
        )
    except (RuntimeError, ValueError) as error:
        raise GroupError(
            f"process {rank + 1} of {size} did not meet the others: {in_one_line(error)}"
        ) from error


def _of_torch(error: RuntimeError) -> str:
    """Leave out of what torch says of a lost connection where in its own source it noticed."""
    words = in_one_line(error)
    return "their connection closed" if "onnection closed by peer" in words else words


def own_device(asked: Device, group: Group) -> torch.device:
    """Choose where a process of a training computes: each has a GPU of its own.

    Raises:
        ConfigError: the device is not there, or not for several processes.
    """
    device = resolve_device(asked)
    if group.size == 1 or device.type == "cpu":
        return device
    there = torch.cuda.device_count() if device.type == "cuda" else 0
    if group.local_rank >= there:
        raise ConfigError(
            f"process {group.rank + 1} of {group.size} has no {device.type} device of its own: there are "
            f"{there}; start fewer, or use --device cpu"
        )
    torch.cuda.set_device(group.local_rank)  # what NCCL sends from, too
    return device


def check_devices(devices: int, device: Device | None) -> None:
    """Make sure that this machine can carry so many processes.

    Raises:
        ConfigError: it cannot.
    """
    if devices > 1 and sys.platform == "win32":
        raise ConfigError(f"got --devices {devices}: on Windows a training has one process; leave it out")
    there, kind = _most_processes(device)
    if devices > there:
        raise ConfigError(
            f"got --devices {devices}, expected 1 to {there}: here is room for {there} on {kind}; several "
            "machines train together with torchrun"
        )


def processes_again(facts: Mapping[str, Any], device: Device | None, log: Log) -> int:
    """Choose how many processes go on with a training: as many as it had, or as this machine has room for.

    Args:
        facts: provenance of its checkpoint.
        device: where it is to go on.
        log: told where it is another number.
    """
    had = int(facts.get("processes", 1))
    there, kind = _most_processes(device)
    if had > there:
        log(f"{had} processes trained; there is room here for {there} on {kind}")
    return min(had, there)


def _most_processes(device: Device | None) -> tuple[int, str]:
    kind = resolve_device(device or Device.AUTO).type
    if sys.platform == "win32":
        return 1, kind
    return {"cuda": torch.cuda.device_count(), "cpu": usable_cores()}.get(kind, 1), kind
