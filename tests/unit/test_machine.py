"""What a container may use, read from folders laid out as Linux lays them out."""

from __future__ import annotations

from math import inf
from pathlib import Path

import pytest

from cricketgnn.machine import memory_left, processors


def lay(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def test_a_container_of_version_2_is_bound_by_the_tightest_group(tmp_path: Path) -> None:
    own = lay(tmp_path, {"own": "0::/pod/box\n"}) / "own"
    root = lay(
        tmp_path / "cgroup",
        {
            "pod/memory.max": "1000\n",
            "pod/memory.current": "900\n",
            "pod/memory.stat": "anon 600\ninactive_file 250\nactive_file 50\n",
            "pod/box/memory.max": "max\n",
            "pod/box/memory.current": "800\n",
            "pod/cpu.max": "max 100000\n",
            "pod/box/cpu.max": "250000 100000\n",
        },
    )
    assert memory_left(root, own) == 350
    assert processors(root, own) == 2.5


def test_version_1_has_a_folder_a_controller_and_odd_words_for_no_limit(tmp_path: Path) -> None:
    own = lay(tmp_path, {"own": "4:memory:/box\n2:cpu,cpuacct:/\n9:name=systemd:/\n0::/\n"}) / "own"
    root = lay(
        tmp_path / "cgroup",
        {
            "memory/memory.limit_in_bytes": "9223372036854771712\n",
            "memory/memory.usage_in_bytes": "5000\n",
            "memory/box/memory.limit_in_bytes": "2000\n",
            "memory/box/memory.usage_in_bytes": "2500\n",  # what is charged may run over for a moment
            "memory/box/memory.stat": "cache 10\ntotal_inactive_file 100\n",
            "cpu/cpu.cfs_quota_us": "-1\n",
            "cpu/cpu.cfs_period_us": "100000\n",
        },
    )
    assert memory_left(root, own) == 0
    assert processors(root, own) == inf


def test_a_container_that_does_not_see_its_own_path_finds_its_limits_at_the_root(tmp_path: Path) -> None:
    own = lay(tmp_path, {"own": "0::/docker/4711\n"}) / "own"
    root = lay(
        tmp_path / "cgroup",
        {"memory.max": "700", "memory.current": "100", "memory.stat": "", "cpu.max": "50000 100000"},
    )
    assert memory_left(root, own) == 600
    assert processors(root, own) == 0.5


@pytest.mark.parametrize("words", [None, "", "0::/\n", "4:memory:/\n"])
def test_without_limits_there_is_none(tmp_path: Path, words: str | None) -> None:
    own = tmp_path / "own"
    if words is not None:
        own.write_text(words)
    assert memory_left(tmp_path / "cgroup", own) == inf
    assert processors(tmp_path / "cgroup", own) == inf
