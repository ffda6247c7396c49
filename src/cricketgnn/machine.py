"""What this process may use of the machine, within the limits of its container.

Linux tells those in control groups; the machine's own figures do not show them. Both versions are read: the
files of version 2, and those of version 1 below a folder a controller (kernel.org, ``admin-guide/cgroup-v2``
and ``cgroup-v1``). A group is bound by its own limits and by those of all above it. Inside a container a
group's path may not exist; its root then carries the container's limits.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from math import inf
from pathlib import Path
from typing import Final

import psutil

ROOT: Final = Path("/sys/fs/cgroup")
OWN: Final = Path("/proc/self/cgroup")
_NO_LIMIT: Final = 2**62
"""Version 1 tells "no limit" as the largest multiple of a page; nothing real comes near."""


def usable_cores() -> int:
    """Count the cores this process may use, within its container's limit."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, int(min(cores, processors())))


def available_memory() -> int:
    """Give the bytes of memory that can still be used, within the container's limit."""
    return int(min(psutil.virtual_memory().available, memory_left()))


def memory_left(root: Path = ROOT, own: Path = OWN) -> float:
    """Give the bytes this process may still use under the tightest limit; infinity without one.

    Pages of files that can be dropped at any time count as free.
    """
    left = inf
    for group in _groups("memory", root, own):
        for limit_in, used_in, droppable in (
            ("memory.max", "memory.current", "inactive_file"),
            ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
        ):
            limit, used = _number(_text(group / limit_in)), _number(_text(group / used_in))
            if limit is not None and used is not None and limit < _NO_LIMIT:
                stat = dict(line.split(maxsplit=1) for line in _text(group / "memory.stat").splitlines())
                left = min(left, max(0.0, limit - used + (_number(stat.get(droppable, "")) or 0.0)))
    return left


def processors(root: Path = ROOT, own: Path = OWN) -> float:
    """Give how many processors' time this process may use under the tightest limit; infinity without one."""
    allowed = inf
    for group in _groups("cpu", root, own):
        quota, _, period = _text(group / "cpu.max").partition(" ")
        if not quota:
            quota, period = _text(group / "cpu.cfs_quota_us"), _text(group / "cpu.cfs_period_us")
        time, every = _number(quota), _number(period)
        if time is not None and every and time > 0:  # version 1 tells "no limit" as -1
            allowed = min(allowed, time / every)
    return allowed


def _groups(controller: str, root: Path, own: Path) -> Iterator[Path]:
    """List the folders of this process's group under a controller and of all groups above it."""
    for line in _text(own).splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers and controller not in controllers.split(","):
            continue
        top = root / controller if controllers else root
        group = top / path.lstrip("/")
        yield from (group, *(above for above in group.parents if above.is_relative_to(top)))


def _text(file: Path) -> str:
    """Read a file of the kernel; empty where it is not there or may not be read."""
    try:
        return file.read_text(encoding="ascii").strip()
    except OSError:
        return ""


def _number(words: str) -> float | None:
    return float(words) if words.lstrip("-").isdigit() else None
