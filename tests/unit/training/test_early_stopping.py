"""Early stopping as a table: validation log losses in, best epoch and stop out."""

from __future__ import annotations

import pytest

from cricketgnn.training.early_stopping import EarlyStopping

INF = float("inf")


@pytest.mark.parametrize(
    ("patience", "values", "best", "best_epoch", "stops_after"),
    [
        (1, [1.5], 1.5, 1, None),
        (1, [1.5, 1.4, 1.3], 1.3, 3, None),
        (1, [1.5, 1.6], 1.5, 1, 2),
        (2, [1.5, 1.6, 1.4, 1.5, 1.6], 1.4, 3, 5),
        (2, [1.5, 1.5, 1.5], 1.5, 1, 3),  # as good is not better
        (3, [1.5, 1.6, 1.7, 1.4], 1.4, 4, None),
        (2, [INF, INF], INF, 0, 2),
        (1, [0.0, -1.0], -1.0, 2, None),
    ],
)
def test_the_table(
    patience: int, values: list[float], best: float, best_epoch: int, stops_after: int | None
) -> None:
    state, stopped = EarlyStopping(patience), None
    for epoch, value in enumerate(values, start=1):
        state = state.after(epoch, value)
        assert state.improved == (state.best_epoch == epoch)
        if state.exhausted and stopped is None:
            stopped = epoch
    assert (state.best, state.best_epoch, stopped) == (best, best_epoch, stops_after)


def test_before_the_first_epoch_nothing_is_best_and_nothing_exhausted() -> None:
    state = EarlyStopping(patience=1)
    assert (state.improved, state.exhausted, state.best) == (False, False, INF)


def test_an_epoch_counts_once() -> None:
    state = EarlyStopping(3).after(1, 1.5).after(2, 1.6)
    with pytest.raises(ValueError, match="epoch 2 was already counted; the last was 2"):
        state.after(2, 1.4)


def test_no_number_is_no_value() -> None:
    with pytest.raises(ValueError, match="epoch 1 has no validation log loss"):
        EarlyStopping(3).after(1, float("nan"))
