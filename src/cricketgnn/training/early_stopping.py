"""When to stop: pure bookkeeping of the best validation log loss, apart from any loop."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class EarlyStopping:
    """Best value so far and how long ago it was; lower is better.

    Attributes:
        patience: epochs without improvement after which training stops.
        best: lowest validation log loss so far.
        best_epoch: epoch of it, 0 before the first.
        stale: epochs since.
    """

    patience: int
    best: float = float("inf")
    best_epoch: int = 0
    stale: int = 0

    def after(self, epoch: int, value: float) -> EarlyStopping:
        """Give the state after an epoch that reached ``value``.

        Raises:
            ValueError: the epoch was already counted, or the value is not a number.
        """
        if epoch <= self.best_epoch + self.stale:
            raise ValueError(
                f"epoch {epoch} was already counted; the last was {self.best_epoch + self.stale}"
            )
        if value != value:
            raise ValueError(f"epoch {epoch} has no validation log loss (NaN)")
        if value < self.best:
            return replace(self, best=value, best_epoch=epoch, stale=0)
        return replace(self, stale=epoch - self.best_epoch)

    @property
    def improved(self) -> bool:
        """Tell whether the last epoch was the best."""
        return self.stale == 0 and self.best_epoch > 0

    @property
    def exhausted(self) -> bool:
        """Tell whether patience has run out."""
        return self.stale >= self.patience
