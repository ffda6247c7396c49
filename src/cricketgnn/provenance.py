"""Who made an artefact, when, from what and with which versions: written beside everything we leave."""

from __future__ import annotations

import datetime as dt
import os
import platform
import re
import shlex
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any, Final

from cricketgnn import __version__

PACKAGES: Final = ("torch", "torch-geometric", "optuna", "numpy", "polars", "pydantic")


def provenance(**facts: Any) -> dict[str, Any]:
    """Describe this process (time, command line, versions, source, machine) beside the caller's facts."""
    return {
        "made_by": f"cricketgnn {__version__}",
        "made_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "command": command_line(),
        "source_revision": source_revision(),
        "versions": {"python": platform.python_version(), **_package_versions()},
        "machine": {"system": platform.platform(), "cpu_count": os.cpu_count()},
        **facts,
    }


def command_line() -> str:
    """Give the command as it could be typed again, passwords in URLs masked."""
    return without_passwords(shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]]))


def without_passwords(text: str) -> str:
    """Mask the password of every ``scheme://user:password@host`` in a text that will be kept or shown."""
    text = re.sub(r"(\w://[^/\s:@]*):[^@\s]*@", r"\1:***@", text)
    return re.sub(r"(?i)([?&;](?:ssl)?password=)[^&\s'\"]*", r"\1***", text)


def source_revision() -> str | None:
    """Give the git commit this package is run from, '+' behind it if changed; None outside a checkout."""
    here = Path(__file__).resolve().parent
    try:
        inside = subprocess.run(
            ["git", "ls-files", "--error-unmatch", "errors.py"], cwd=here, capture_output=True, check=False
        )
        if inside.returncode:
            return None
        commit = subprocess.run(
            ["git", "describe", "--always", "--abbrev=12", "--exclude=*", "--dirty=+"],
            cwd=here,
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError:  # no git on this machine
        return None
    return commit.stdout.strip() or None


def _package_versions() -> dict[str, str]:
    return {name: metadata.version(name) for name in PACKAGES}
