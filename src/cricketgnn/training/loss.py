"""The training loss: focal, weighted by class where asked for, of both heads."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor, nn
from torch.nn import functional

from cricketgnn.cricket.outcomes import NO_OUTCOME
from cricketgnn.models.heads import Logits


class BatchCounts(NamedTuple):
    """What a mean over a whole batch divides by: deliveries faced (no wides), and all of them."""

    faced: int
    deliveries: int


class TwoHeadLoss(nn.Module):
    """Loss of the bat outcome (wides masked) plus ``kind_weight`` times that of the delivery kind.

    The bat outcome takes the focal loss ``-w_c (1 - p)^gamma log p`` (Lin et al. 2017, arXiv 1708.02002);
    with ``gamma`` 0 and no weights it is cross-entropy, in nats a delivery.

    Args:
        focal_gamma: exponent; 0 is cross-entropy.
        class_weights: weight of each bat outcome, ``[7]``, mean 1 over the training deliveries; or None.
        kind_weight: weight of the delivery-kind loss.
    """

    class_weights: Tensor | None

    def __init__(self, focal_gamma: float, class_weights: Tensor | None, kind_weight: float) -> None:
        super().__init__()
        self.focal_gamma = focal_gamma
        self.kind_weight = kind_weight
        self.register_buffer("class_weights", class_weights)

    def forward(
        self, logits: Logits, outcome: Tensor, kind: Tensor, whole: BatchCounts | None = None
    ) -> Tensor:
        """Average over a batch; ``outcome`` and ``kind`` are labels ``[D]``.

        With ``whole`` these deliveries are part of a batch of so many: its parts' results add up to its mean.
        """
        faced = outcome != NO_OUTCOME
        log_p = functional.log_softmax(logits.outcome, dim=1)
        truth = outcome.clamp(min=0).unsqueeze(1)
        log_truth = log_p.gather(1, truth).squeeze(1)
        weight = faced.float()
        if self.focal_gamma:
            # 1 - p can round to 0, where the power's slope for gamma below 1 is infinite.
            weight = weight * (1 - log_truth.exp()).clamp(min=1e-6) ** self.focal_gamma
        if self.class_weights is not None:
            weight = weight * self.class_weights[truth.squeeze(1)]
        whole = whole or BatchCounts(int(faced.sum()), len(kind))
        outcome_loss = -(weight * log_truth).sum() / max(1, whole.faced)
        kind_loss = functional.cross_entropy(logits.kind, kind, reduction="sum") / max(1, whole.deliveries)
        return outcome_loss + self.kind_weight * kind_loss


def balanced_weights(counts: Tensor) -> Tensor:
    """Weigh classes by the inverse square root of their count, mean 1 over the deliveries counted.

    Args:
        counts: deliveries of each class, ``[7]``. A class that never came counts as if it had come once:
            no delivery takes its weight, which must only be finite.

    Returns:
        The weights, ``[7]`` float32.
    """
    weights = counts.clamp(min=1).double().rsqrt()
    return (weights * counts.sum() / (weights * counts).sum()).float()
