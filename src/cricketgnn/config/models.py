"""The settings of one run, as frozen Pydantic models that refuse what nobody asked for."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from cricketgnn.errors import ConfigError


class Frozen(BaseModel):
    """A settings group: immutable; an unknown key is an error, and so is NaN or an infinite number."""

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=(), allow_inf_nan=False)


class ModelClass(StrEnum):
    """Which network reads the innings graph; :mod:`cricketgnn.models.variants` says how each is made."""

    HETERO_GNN = "hetero-gnn"
    POOLING = "pooling"
    HYBRID = "hybrid"
    PHASE_MODULATED = "phase-modulated"
    INNINGS_CONDITIONAL = "innings-conditional"
    FULL = "full"
    GRAPH_TRANSFORMER = "graph-transformer"
    MLP = "mlp"


class Device(StrEnum):
    """Where tensors live; ``auto`` takes CUDA, then MPS, then the CPU."""

    AUTO = "auto"
    CPU = "cpu"
    CUDA = "cuda"
    MPS = "mps"


class Precision(StrEnum):
    """What the products of a training are computed in; weights, losses and forecasts stay float32."""

    FLOAT32 = "float32"
    BFLOAT16 = "bfloat16"


_ISO_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


class DataConfig(Frozen):
    """Which matches, and the dates that part them.

    Attributes:
        data: zip archives, folders or patterns; empty means the embedded synthetic league.
        val_from: first day of validation; training sees strictly earlier matches.
        test_from: first day of test; validation ends the day before.
        people: CSV file of batting and bowling styles, see :mod:`cricketgnn.features.styles`; None for none.
        data_fraction: share of the matches of each part that is used, by whole match; what was known before
            a delivery is still taken from all of them.
    """

    data: tuple[str, ...] = ()
    val_from: dt.date | None = None
    test_from: dt.date | None = None
    people: str | None = None
    data_fraction: Annotated[float, Field(gt=0, le=1)] = 1.0

    def moved(self, data: Sequence[str], people: str | None) -> Self:
        """Name other places of the same files; what is empty or None lies where it did.

        Raises:
            ConfigError: a file of people for what knows of none.
        """
        if people and self.people is None:
            raise ConfigError(
                f"got --people {people} for a model that was trained without, to which styles mean nothing; "
                "leave it out, or train again with --people"
            )
        return self.model_copy(
            update={"data": tuple(data) or self.data, "people": people or self.people},
        )

    @field_validator("val_from", "test_from", mode="before")
    @classmethod
    def _a_date_is_a_day(cls, day: Any) -> Any:
        """Refuse what pydantic would take for seconds since 1970, or cut to its day."""
        plain = type(day) is dt.date or (isinstance(day, str) and _ISO_DAY.fullmatch(day))
        if day is not None and not plain:
            raise ValueError("expected a date such as 2023-01-31")
        return day

    @field_validator("people")
    @classmethod
    def _people_are_named(cls, people: str | None) -> str | None:
        if people == "":  # more likely a shell variable that is not set
            raise ValueError("the path of the file of people is empty; name a file, or leave it out")
        return people

    @field_validator("data", mode="before")
    @classmethod
    def _one_path_is_a_list_of_one(cls, data: Any) -> Any:
        return (data,) if isinstance(data, str) else data

    @model_validator(mode="after")
    def _dates_in_order(self) -> Self:
        if (self.val_from is None) != (self.test_from is None):
            raise ValueError("val_from and test_from go together: give both or neither")
        if self.val_from and self.test_from and self.val_from >= self.test_from:
            raise ValueError(f"val_from {self.val_from} must be before test_from {self.test_from}")
        return self


class ModelConfig(Frozen):
    """The network.

    Attributes:
        hidden_dim: width of every node state.
        num_layers: rounds of message passing.
        num_heads: attention heads; must divide ``hidden_dim``.
        dropout: share of activations dropped in training.
        id_dim: width of the learned player embedding; 0 leaves ids out (they overfit quickly).
        id_dropout: share of players shown as UNKNOWN in training, so that UNKNOWN learns something.
        num_bins: quantile bins of the piecewise-linear encoding of each number.
        history: how many earlier deliveries the ``precedes`` relation reaches back.
    """

    model_class: ModelClass = ModelClass.HETERO_GNN
    hidden_dim: Annotated[int, Field(ge=8, le=1024)] = 128
    num_layers: Annotated[int, Field(ge=1, le=12)] = 3
    num_heads: Annotated[int, Field(ge=1, le=32)] = 4
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.2
    id_dim: Annotated[int, Field(ge=0, le=256)] = 0
    id_dropout: Annotated[float, Field(ge=0, le=1)] = 0.3
    num_bins: Annotated[int, Field(ge=1, le=64)] = 10
    history: Annotated[int, Field(ge=1, le=400)] = 24

    @model_validator(mode="after")
    def _heads_divide_width(self) -> Self:
        if self.hidden_dim % self.num_heads:
            raise ValueError(f"num_heads {self.num_heads} does not divide hidden_dim {self.hidden_dim}")
        return self


class TrainingConfig(Frozen):
    """The optimisation.

    Attributes:
        lr: highest learning rate of the warm-up and decay schedule.
        weight_decay: decoupled (AdamW) decay of weight matrices.
        focal_gamma: exponent of the focal loss (arXiv 1708.02002); 0 is cross-entropy.
        use_class_weights: weigh classes by the inverse square root of their training share.
        epochs: passes over the training innings.
        patience: epochs without a better validation log loss before training stops.
        batch_size: innings graphs a step.
        ema_decay: decay a step of the moving average of the weights that is evaluated and kept.
        warmup_share: share of all steps spent raising the learning rate.
        clip_norm: gradient norm above which gradients are scaled down.
        kind_weight: weight of the delivery-kind loss beside the bat-outcome loss.
        precision: of the products: ``bfloat16`` is faster where the processor has it, and slower elsewhere.
        seed: of initial weights, batch order and dropout.
        seeds: networks trained one after the other, each on a seed of its own derived from ``seed``; their
            averaged probabilities are the model.
    """

    lr: Annotated[float, Field(gt=0, le=1)] = 1e-3
    weight_decay: Annotated[float, Field(ge=0, le=10)] = 0.05
    focal_gamma: Annotated[float, Field(ge=0, le=10)] = 0.0
    use_class_weights: bool = False
    epochs: Annotated[int, Field(ge=1, le=10_000)] = 6
    patience: Annotated[int, Field(ge=1, le=10_000)] = 5
    batch_size: Annotated[int, Field(ge=1, le=100_000)] = 64
    ema_decay: Annotated[float, Field(ge=0, lt=1)] = 0.995
    warmup_share: Annotated[float, Field(ge=0, lt=1)] = 0.1
    clip_norm: Annotated[float, Field(gt=0)] = 1.0
    kind_weight: Annotated[float, Field(ge=0)] = 0.3
    device: Device = Device.AUTO
    precision: Precision = Precision.FLOAT32
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    seeds: Annotated[int, Field(ge=1, le=100)] = 1

    @property
    def bends(self) -> bool:
        """Tell whether the loss weighs outcomes, so that its probabilities have to be set right."""
        return self.focal_gamma > 0 or self.use_class_weights


class RunConfig(Frozen):
    """Everything that decides one training run."""

    data: DataConfig = DataConfig()
    model: ModelConfig = ModelConfig()
    training: TrainingConfig = TrainingConfig()


GROUPS: Final[dict[str, type[Frozen]]] = {
    name: field.annotation
    for name, field in RunConfig.model_fields.items()
    if isinstance(field.annotation, type)
}
"""The groups of settings, in the order they are shown."""

SETTINGS: Final[dict[str, str]] = {
    setting: group for group, model in GROUPS.items() for setting in model.model_fields
}
"""Flat name of every setting, to the group it lives in."""
