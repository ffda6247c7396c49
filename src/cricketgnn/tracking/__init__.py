"""Runs and searches shown elsewhere: a small protocol, a null object, Weights & Biases."""

from cricketgnn.tracking.background import tracking
from cricketgnn.tracking.tracker import TrackedRun, TrackedTable, Tracker, Untracked

__all__ = ["TrackedRun", "TrackedTable", "Tracker", "Untracked", "tracking"]
