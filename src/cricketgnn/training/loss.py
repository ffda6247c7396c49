"""The training loss: focal, weighted by class where asked for, of both heads."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from cricketgnn.cricket.outcomes import NO_OUTCOME
from cricketgnn.models.heads import Logits


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

    def forward(self, logits: Logits, outcome: Tensor, kind: Tensor) -> Tensor:
        """Average over the batch; ``outcome`` and ``kind`` are labels ``[D]``."""
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
        outcome_loss = -(weight * log_truth).sum() / faced.sum().clamp(min=1)
        return outcome_loss + self.kind_weight * functional.cross_entropy(logits.kind, kind)


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
