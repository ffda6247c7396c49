"""The chances beside a league are the true ones: labels follow them, and they say as much as designed."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from labelled_league import chi_square
from scipy.stats import chi2

from cricketgnn.cricket.outcomes import BatOutcome, DeliveryKind, bat_outcomes
from cricketgnn.synthetic.chances import label_chances, without_bowled_dismissals
from cricketgnn.synthetic.events import RETIRED_HURT, RETIRED_NOT_OUT, STAYS, draw_events
from cricketgnn.synthetic.league import TRUTH, TRUTH_KINDS, TRUTH_OUTCOMES, League

UNLIKELY = 1e-4
OUTCOME_BOUND = chi2.ppf(1 - UNLIKELY, 6)
KIND_BOUND = chi2.ppf(1 - UNLIKELY, 2)

SLICES = {
    "everything": pl.lit(True),
    "men": ~pl.col("female"),
    "women": pl.col("female"),
    "sets of five": pl.col("hundred"),
    "chases": pl.col("chase"),
    "power play": pl.col("over") < 5,
    "death": pl.col("over") > 16,
    "new strikers": pl.col("new_striker"),
    "free hits": pl.col("free_hit"),
    "likely wickets": pl.col("p_wicket") > 0.1,
    "likely singles": pl.col("p_one") > 0.5,
}


def _faced(table: pl.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    faced = table.filter(pl.col("label") >= 0)
    return faced.select(TRUTH_OUTCOMES).to_numpy(), faced["label"].to_numpy().astype(np.int64)


def test_the_truth_has_one_row_a_delivery_and_sums_to_one(plain_league: League) -> None:
    truth = plain_league.truth
    assert dict(truth.schema) == TRUTH
    np.testing.assert_allclose(truth.select(TRUTH_OUTCOMES).to_numpy().sum(axis=1), 1.0, atol=1e-12)
    np.testing.assert_allclose(truth.select(TRUTH_KINDS).to_numpy().sum(axis=1), 1.0, atol=1e-12)
    assert truth.select(pl.min_horizontal(*TRUTH_OUTCOMES, *TRUTH_KINDS).min()).item() > 0.0


@pytest.mark.parametrize("name", SLICES)
def test_outcomes_follow_the_truth(name: str, plain_labels: pl.DataFrame, odd_labels: pl.DataFrame) -> None:
    for table in (plain_labels, odd_labels):
        chances, labels = _faced(table.filter(SLICES[name]))
        assert chi_square(chances, labels) < OUTCOME_BOUND


@pytest.mark.parametrize("name", ["everything", "men", "women", "death", "free hits"])
def test_kinds_follow_the_truth(name: str, plain_labels: pl.DataFrame, odd_labels: pl.DataFrame) -> None:
    for table in (plain_labels, odd_labels):
        part = table.filter(SLICES[name])
        kinds = part.select(TRUTH_KINDS).to_numpy()
        assert chi_square(kinds, part["kind"].to_numpy().astype(np.int64)) < KIND_BOUND


def test_the_bound_tells_a_wrong_probability_from_the_true_one(
    plain_labels: pl.DataFrame, odd_labels: pl.DataFrame
) -> None:
    both = pl.concat([plain_labels, odd_labels])
    chances, labels = _faced(both)
    wicket_off = chances.copy()
    wicket_off[:, BatOutcome.WICKET] *= 1.15
    wicket_off /= wicket_off.sum(axis=1, keepdims=True)
    assert chi_square(wicket_off, labels) > OUTCOME_BOUND
    # A free hit taken for an ordinary delivery would keep its bowled and caught.
    free, free_labels = _faced(both.filter("free_hit"))
    plain_delivery = np.tile(chances.mean(axis=0), (len(free), 1))
    assert chi_square(plain_delivery, free_labels) > OUTCOME_BOUND


def test_deliveries_drawn_from_known_chances_are_labelled_as_the_mixture_says() -> None:
    count = 300_000
    kinds = np.array([[0.5, 0.2, 0.3]])
    bat = np.array([[0.2, 0.2, 0.1, 0.1, 0.1, 0.1, 0.2]])
    no_ball = without_bowled_dismissals(bat)
    retires = np.array([0.1])
    expected = label_chances(kinds, bat, no_ball, retires)[0]
    # By hand: .5 / .8 legal; allowed dismissals are 8.2 % of .2; a tenth of the rest retires out.
    wicket = 0.625 * 0.2 + 0.375 * 0.2 * 0.082
    assert expected[BatOutcome.WICKET] == pytest.approx(0.9 * wicket + 0.1)
    assert expected[BatOutcome.DOT] == pytest.approx(0.9 * (0.2 + 0.375 * 0.2 * 0.918))
    yes, no = np.ones(count, dtype=np.bool_), np.zeros(count, dtype=np.bool_)
    events = draw_events(
        np.random.default_rng(5),
        kinds.repeat(count, axis=0),
        bat.repeat(count, axis=0),
        no_ball.repeat(count, axis=0),
        retires.repeat(count),
        spin=no,
        free_hit=no,
        may_retire=yes,
        no_ball_runs=np.ones(count, dtype=np.int64),
        oddities=20.0,
    )
    out = np.isin(events.departure, [STAYS, RETIRED_HURT, RETIRED_NOT_OUT], invert=True)
    labels = bat_outcomes(events.bat, out.astype(np.int64), events.kind)
    faced = labels[events.kind != DeliveryKind.WIDE].astype(np.int64)
    assert chi_square(expected[None].repeat(len(faced), axis=0), faced) < OUTCOME_BOUND
    assert chi_square(kinds.repeat(count, axis=0), events.kind) < KIND_BOUND


@pytest.mark.parametrize(
    ("female", "shares"),
    [
        (False, [0.37, 0.36, 0.07, 0.004, 0.10, 0.04, 0.055]),
        (True, [0.41, 0.345, 0.07, 0.0045, 0.10, 0.012, 0.056]),
    ],
)
def test_class_shares_are_near_those_of_real_matches(
    female: bool, shares: list[float], plain_labels: pl.DataFrame
) -> None:
    _, labels = _faced(plain_labels.filter((pl.col("female") == female) & ~pl.col("super_over")))
    got = np.bincount(labels, minlength=7) / len(labels)
    np.testing.assert_allclose(got, shares, atol=0.012)
    assert got[BatOutcome.THREE] == pytest.approx(shares[3], abs=0.0015)
    assert got[BatOutcome.SIX] == pytest.approx(shares[5], abs=0.006)


def test_the_truth_knows_six_to_eight_percent_more_than_the_class_prior(plain_labels: pl.DataFrame) -> None:
    chances, labels = _faced(plain_labels)
    prior = np.bincount(labels, minlength=7) / len(labels)
    truth = -np.log(chances[np.arange(len(labels)), labels]).mean()
    skill = 1 - truth / -np.log(prior[labels]).mean()
    assert 0.057 < skill < 0.082


def test_much_of_it_can_be_read_off_the_scoreboard(plain_labels: pl.DataFrame) -> None:
    faced = plain_labels.filter(pl.col("label") >= 0)
    board = ["female", "over", "new_striker", "free_hit"]
    seen = faced.select(pl.col(TRUTH_OUTCOMES).mean().over(board)).to_numpy()
    chances, labels = _faced(plain_labels)
    prior = chances.mean(axis=0)
    entropy = [-(chances * np.log(p)).sum(axis=1).mean() for p in (prior[None], seen, chances)]
    assert (entropy[0] - entropy[1]) / (entropy[0] - entropy[2]) > 0.3
    assert len(labels) == len(seen)
