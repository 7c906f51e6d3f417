import numpy as np
import pytest

from dlnet_tf.errors import UsageError
from dlnet_tf.tasks import TASKS
from dlnet_tf.training.on_demand import OnDemand, quotas
from dlnet_tf.validation import Validation


def test_quotas_are_inversely_proportional_to_the_psnr():
    assert quotas([10.0, 20.0], 30) == [20, 10]
    assert quotas([30.0] * 5, 100) == [20] * 5
    # Shares 30.0, 24.3, 18.9, 15.0, 11.8: the largest remainders are those of 18.9 and 11.8.
    psnr = 100 / np.array([30.0, 24.3, 18.9, 15.0, 11.8])
    assert quotas(psnr, 100) == [30, 24, 19, 15, 12]


def test_of_equal_remainders_the_first_get_more():
    assert quotas([25.3] * 5, 102) == [21, 21, 20, 20, 20]
    assert quotas([20.0, 10.0, 20.0], 2) == [1, 1, 0]


def test_quotas_add_up_are_in_order_and_off_by_less_than_one():
    random = np.random.default_rng(0)
    for _ in range(200):
        psnr = random.uniform(5, 60, size=random.integers(1, 8))
        batch = int(random.integers(1, 200))
        found = np.array(quotas(psnr, batch))
        assert found.sum() == batch
        assert np.all(np.abs(found - batch * (1 / psnr) / np.sum(1 / psnr)) < 1)
        order = np.argsort(psnr)
        assert np.all(np.diff(found[order]) <= 0)


@pytest.mark.parametrize("bad", [0.0, -1.0, float("nan"), float("inf")])
def test_a_psnr_that_is_none_is_refused(bad):
    with pytest.raises(UsageError, match="found a validation PSNR of .* dB, expected a finite one > 0"):
        quotas([30.0, bad], 100)


def test_subtasks_cover_the_levels():
    sides = [side for low, high in TASKS["inpaint"].subtasks for side in range(low, high + 1)]
    assert sides == list(range(1, 31))
    edges = [edge for subtask in TASKS["interp"].subtasks for edge in subtask]
    assert edges[0] == 0 and edges[-1] == 0.75 and edges[1:-1:2] == edges[2:-1:2]
    np.testing.assert_allclose(np.diff(TASKS["interp"].subtasks), 0.15)


def test_a_run_shares_equally_until_its_first_validation():
    curriculum = OnDemand(100)
    assert curriculum.state == [20] * 5
    curriculum.update(Validation(dict(zip("abcde", [40.0, 35.0, 30.0, 25.0, 20.0], strict=True))))
    assert curriculum.state == quotas([40.0, 35.0, 30.0, 25.0, 20.0], 100)
    assert curriculum.curves() == {f"quota/subtask{i + 1}": quota for i, quota in enumerate(curriculum.state)}
    with pytest.raises(ValueError, match="found 1 PSNRs, expected one for each of 5"):
        curriculum.update(Validation({"a": 30.0}))
