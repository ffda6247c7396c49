"""The share of the skill there was to have."""

from __future__ import annotations

import pytest

from cricketgnn.errors import ConfigError, DataError
from cricketgnn.evaluation import reached_share


@pytest.mark.parametrize(("model", "share"), [(1.5, 0.0), (1.4, 1.0), (1.45, 0.5), (1.6, -1.0)])
def test_reached_share(model: float, share: float) -> None:
    assert reached_share(model, prior_log_loss=1.5, true_log_loss=1.4) == pytest.approx(share)


def test_reached_share_needs_room_and_numbers() -> None:
    with pytest.raises(DataError, match="is not above the truth's"):
        reached_share(1.5, 1.5, 1.5)
    with pytest.raises(ConfigError, match="finite"):
        reached_share(float("nan"), 1.5, 1.4)
