"""Where the children of a search run; one file a kind, one protocol."""

from cricketgnn.tuning.executors._base import Executor
from cricketgnn.tuning.executors.local import LocalExecutor

__all__ = ["Executor", "LocalExecutor"]
