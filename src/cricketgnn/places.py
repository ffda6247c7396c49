"""Where commands leave what they make, below the current folder."""

from __future__ import annotations

from pathlib import Path
from typing import Final

RUNS: Final = Path("checkpoints")
"""Where runs go that were given no folder."""
STUDIES: Final = RUNS / "optuna"
"""One folder a study."""
FIGURES: Final = STUDIES / "visualizations"
"""The figures of the latest study of each phase."""
STORAGE: Final = "sqlite:///optuna_studies.db"
"""Where studies live that were given no other storage."""
TRASH: Final = STUDIES / "trash"
"""The folders of removed studies: whoever wants the space empties it."""
