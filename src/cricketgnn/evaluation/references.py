"""How far a model comes from the class prior towards the true probabilities."""

from __future__ import annotations

import math

from cricketgnn.errors import ConfigError, DataError


def reached_share(model_log_loss: float, prior_log_loss: float, true_log_loss: float) -> float:
    """Share of the skill there was to have that the model has: 0 is the class prior, 1 the truth.

    Only a simulated league knows the true probabilities. ``(prior - model) / (prior - true)``, all
    three log losses over the same deliveries; negative for a model worse than the prior, and above 1 by
    luck only.

    Raises:
        ConfigError: a loss that is not finite.
        DataError: a prior no worse than the truth: there was no skill to have, so no share of it.
    """
    losses = (model_log_loss, prior_log_loss, true_log_loss)
    if not all(map(math.isfinite, losses)):
        raise ConfigError(f"got log losses {losses} (model, prior, truth), expected finite numbers")
    if prior_log_loss <= true_log_loss:
        raise DataError(
            f"the class prior's log loss {prior_log_loss:.6g} is not above the truth's {true_log_loss:.6g}, "
            "expected room between them; use more deliveries or hidden skills that differ more"
        )
    return (prior_log_loss - model_log_loss) / (prior_log_loss - true_log_loss)
