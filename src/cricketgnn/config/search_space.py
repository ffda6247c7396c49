"""What a search may vary: typed, cross-checked ranges, one preset a phase."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Final, Literal, Self

from pydantic import Field, field_validator, model_validator

from cricketgnn.config.models import SETTINGS, Frozen, ModelClass
from cricketgnn.errors import UnknownNameError


class Phase(StrEnum):
    """Part of a phased search; underscores are accepted for the hyphens."""

    COARSE = "phase1-coarse"
    ARCHITECTURE = "phase2-architecture"
    TRAINING = "phase3-training"
    LOSS = "phase4-loss"
    VARIANTS = "model-variants"
    FULL = "full"
    FULL_WITH_MODEL = "full-with-model"

    @classmethod
    def named(cls, name: str) -> Phase:
        """Find a phase by its name, underscores or hyphens.

        Raises:
            UnknownNameError: there is no such phase.
        """
        try:
            return cls(name.replace("_", "-"))
        except ValueError as error:
            raise UnknownNameError("phase", name, [phase.value for phase in cls]) from error

    @property
    def file_stem(self) -> str:
        """Name of the phase in files and folders: ``phase1_coarse``."""
        return self.value.replace("-", "_")


class FloatRange(Frozen):
    """A number between ``low`` and ``high``, on a logarithmic scale if ``log``."""

    kind: Literal["float"] = "float"
    low: float
    high: float
    log: bool = False

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.low < self.high:
            raise ValueError(f"low {self.low} must be below high {self.high}")
        if self.log and self.low <= 0:
            raise ValueError(f"a logarithmic range needs low above 0, got {self.low}")
        return self


class IntRange(Frozen):
    """A whole number from ``low`` to ``high``, both possible."""

    kind: Literal["int"] = "int"
    low: int
    high: int

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.low < self.high:
            raise ValueError(f"low {self.low} must be below high {self.high}")
        return self


class Choice(Frozen):
    """One of some values."""

    kind: Literal["choice"] = "choice"
    choices: tuple[bool | int | float | str, ...]

    @field_validator("choices")
    @classmethod
    def _unique(cls, choices: tuple[Any, ...]) -> tuple[Any, ...]:
        if not choices or len(set(choices)) != len(choices):
            raise ValueError(f"choices must be different and at least one, got {choices}")
        return choices


Dimension = Annotated[FloatRange | IntRange | Choice, Field(discriminator="kind")]


class SearchSpace(Frozen):
    """What varies, by the flat name of the setting."""

    parameters: dict[str, Dimension]

    @field_validator("parameters")
    @classmethod
    def _known(cls, parameters: Mapping[str, Dimension]) -> Mapping[str, Dimension]:
        for name in parameters:
            if name not in SETTINGS:
                raise UnknownNameError("parameter", name, SETTINGS, "in the search space")
        return parameters


_LR: Final = FloatRange(low=1e-4, high=3e-3, log=True)
_HIDDEN: Final = Choice(choices=(64, 128, 256))
_ARCHITECTURE: Final = {"num_layers": IntRange(low=2, high=5), "num_heads": Choice(choices=(2, 4, 8))}
_REGULARISATION: Final = {
    "dropout": FloatRange(low=0.0, high=0.4),
    "weight_decay": FloatRange(low=1e-5, high=1e-1, log=True),
}
_LOSS: Final = {
    "focal_gamma": FloatRange(low=0.0, high=3.0),
    "use_class_weights": Choice(choices=(False, True)),
}
_MODEL: Final = {"model_class": Choice(choices=tuple(model.value for model in ModelClass))}
_JOINT: Final = {"hidden_dim": _HIDDEN, "lr": _LR, **_ARCHITECTURE, **_REGULARISATION, **_LOSS}

PRESETS: Final[dict[Phase, SearchSpace]] = {
    Phase.COARSE: SearchSpace(parameters={"hidden_dim": _HIDDEN, "lr": _LR}),
    Phase.ARCHITECTURE: SearchSpace(parameters=_ARCHITECTURE),
    Phase.TRAINING: SearchSpace(parameters={"lr": _LR, **_REGULARISATION}),
    Phase.LOSS: SearchSpace(parameters=_LOSS),
    Phase.VARIANTS: SearchSpace(parameters=_MODEL),
    Phase.FULL: SearchSpace(parameters=_JOINT),
    Phase.FULL_WITH_MODEL: SearchSpace(parameters={**_JOINT, **_MODEL}),
}
