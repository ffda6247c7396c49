"""What a search may vary: typed, cross-checked ranges, one preset a phase."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Final, Literal, Self

from pydantic import Field, field_validator, model_validator

from cricketgnn.config.models import SETTINGS, Frozen, ModelClass
from cricketgnn.errors import UnknownNameError

PHASED: Final = "phased"
"""What stands for the phases 1 to 4 in a row."""


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
    """A number between ``low`` and ``high``, on a logarithmic scale if ``log``, or in steps from ``low``."""

    kind: Literal["float"] = "float"
    low: float
    high: float
    log: bool = False
    step: float | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        _check_range(self.low, self.high, self.log)
        if self.step is not None:
            _check_step(self.low, self.high, self.step, self.log)
        return self

    def ends(self) -> tuple[float, ...]:
        """Give the values that must hold for all between them to hold."""
        return self.low, self.high


class IntRange(Frozen):
    """A whole number from ``low`` to ``high``, both possible, in steps; or on a logarithmic scale."""

    kind: Literal["int"] = "int"
    low: int
    high: int
    log: bool = False
    step: int = 1

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        _check_range(self.low, self.high, self.log)
        if self.step != 1:
            _check_step(self.low, self.high, self.step, self.log)
        return self

    def ends(self) -> tuple[int, ...]:
        """Give the values that must hold for all between them to hold."""
        return self.low, self.high


def _check_range(low: float, high: float, log: bool) -> None:
    if not low < high:
        raise ValueError(f"low {low} must be below high {high}")
    if log and low <= 0:
        raise ValueError(f"a logarithmic range needs low above 0, got {low}")


def _check_step(low: float, high: float, step: float, log: bool) -> None:
    if log:
        raise ValueError("a logarithmic range has no step; leave out one of log and step")
    steps = (high - low) / step if step > 0 else 0.0
    if steps < 1 or abs(steps - round(steps)) > 1e-9 * steps:
        raise ValueError(f"step {step} must be above 0 and lead from low {low} to high {high} exactly")


class Choice(Frozen):
    """One of some values."""

    kind: Literal["choice"] = "choice"
    choices: tuple[bool | int | float | str, ...]

    @field_validator("choices", mode="before")
    @classmethod
    def _plain(cls, choices: Any) -> Any:
        listed = choices if isinstance(choices, list | tuple) else []
        odd = [one for one in listed if not isinstance(one, bool | int | float | str)]
        if odd:
            raise ValueError(f"expected truth values, numbers or texts, got {odd[0]!r} among them")
        return choices

    @field_validator("choices")
    @classmethod
    def _unique(cls, choices: tuple[Any, ...]) -> tuple[Any, ...]:
        if not choices or len(set(choices)) != len(choices):
            raise ValueError(f"choices must be different and at least one, got {choices}")
        return choices

    def ends(self) -> tuple[bool | int | float | str, ...]:
        """Give the values that must hold."""
        return self.choices


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
