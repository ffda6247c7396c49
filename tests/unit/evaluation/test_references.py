import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cricketgnn.errors import ConfigError, DataError
from cricketgnn.evaluation import class_prior, reached_share


def test_prior_by_hand() -> None:
    # 2 legal, 1 wide, 1 no-ball: overall (2 + 1/3) / 5, ...; then one more pseudo-delivery of that.
    overall = np.array([2 + 1 / 3, 1 + 1 / 3, 1 + 1 / 3]) / 5
    expected = (np.array([2, 1, 1]) + overall) / 5
    np.testing.assert_allclose(class_prior(np.array([0, 1, 0, 2]), classes=3), [expected])


def test_prior_by_sex_leaves_wides_out() -> None:
    outcomes = np.array([0] * 300 + [1] * 100 + [-1] * 50 + [1] * 400)
    sex = np.array([0] * 450 + [1] * 400)
    men, women = class_prior(outcomes, sex)
    np.testing.assert_allclose(men[:2], [0.75, 0.25], atol=2e-3)
    np.testing.assert_allclose(women[1], 1, atol=2e-3)
    assert (class_prior(outcomes, sex) > 0).all()


def test_a_group_never_seen_in_training_gets_the_overall_shares() -> None:
    priors = class_prior(np.array([0, 0, 0, 1]), np.zeros(4, dtype=np.int64), n_groups=2)
    np.testing.assert_allclose(priors[1, :2], [(3 + 1 / 7) / 5, (1 + 1 / 7) / 5])


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 2)), min_size=1, max_size=50))
def test_priors_are_distributions_without_impossible_outcomes(rows: list[tuple[int, int]]) -> None:
    labels, groups = np.array(rows).T
    priors = class_prior(labels, groups, n_groups=3)
    np.testing.assert_allclose(priors.sum(axis=1), 1)
    assert (priors > 0).all()


def test_prior_without_labels_or_with_an_unknown_group() -> None:
    with pytest.raises(DataError, match="no labelled delivery"):
        class_prior(np.array([-1, -1]))
    with pytest.raises(DataError, match="groups row 1 is 2, expected 0 to 1"):
        class_prior(np.array([0, 0]), np.array([0, 2]), n_groups=2)
    with pytest.raises(DataError, match="groups has shape"):
        class_prior(np.array([0, 0]), np.array([0]))
    with pytest.raises(DataError, match="labels row 0 is 7"):
        class_prior(np.array([7]))


@pytest.mark.parametrize(("model", "share"), [(1.5, 0.0), (1.4, 1.0), (1.45, 0.5), (1.6, -1.0)])
def test_reached_share(model: float, share: float) -> None:
    assert reached_share(model, prior_log_loss=1.5, true_log_loss=1.4) == pytest.approx(share)


def test_reached_share_needs_room_and_numbers() -> None:
    with pytest.raises(DataError, match="is not above the truth's"):
        reached_share(1.5, 1.5, 1.5)
    with pytest.raises(ConfigError, match="finite"):
        reached_share(float("nan"), 1.5, 1.4)
