"""What a user may set: frozen, cross-checked models, and where each value in force came from."""

from cricketgnn.config.models import DataConfig, ModelConfig, RunConfig, TrainingConfig
from cricketgnn.config.resolve import Origin, ResolvedConfig, resolve_run_config

__all__ = [
    "DataConfig",
    "ModelConfig",
    "Origin",
    "ResolvedConfig",
    "RunConfig",
    "TrainingConfig",
    "resolve_run_config",
]
