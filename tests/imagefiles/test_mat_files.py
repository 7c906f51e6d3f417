"""MATLAB's files of version 5, as SciPy writes them, and broken ones, which SciPy's reader would crash on."""

import numpy as np
import pytest
import scipy.io

from dlnet_tf.imagefiles.mat_files import read_variables

RANDOM = np.random.default_rng(0)
NUMBERS = {
    "double": RANDOM.normal(size=(5, 3)),
    "single": RANDOM.normal(size=(2, 2)).astype(np.float32),
    "small": np.array([[1, 2, 3]], np.uint8),
    "signed": np.array([[-5], [700]], np.int16),
    "long": np.array([[2**40]], np.int64),
    "empty": np.zeros((0, 3)),
    "deep": RANDOM.normal(size=(2, 3, 4)),
}


@pytest.mark.parametrize("packed", [False, True])
def test_numbers_are_those_that_were_written(tmp_path, packed):
    path = tmp_path / "a.mat"
    others = {"text": "abc", "cell": np.array(["a", np.eye(3)], object), "struct": {"a": 1.0}, "z": np.eye(2) * 1j}
    scipy.io.savemat(path, NUMBERS | others, do_compression=packed)
    found = read_variables(path.read_bytes(), 10_000)
    assert found.keys() == NUMBERS.keys()
    for name, expected in NUMBERS.items():
        np.testing.assert_array_equal(found[name].numbers(), expected)


def test_large_variables_are_known_by_shape_alone(tmp_path):
    scipy.io.savemat(tmp_path / "a.mat", {"large": np.zeros((500, 400)), "k": np.eye(3)}, do_compression=True)
    found = read_variables((tmp_path / "a.mat").read_bytes(), 1000)
    assert found["large"].shape == (500, 400) and len(found["large"].data) < 1000
    np.testing.assert_array_equal(found["k"].numbers(), np.eye(3))
    with pytest.raises(ValueError):
        found["large"].numbers()


def test_mutations_raise_nothing_but_value_errors(tmp_path):
    random = np.random.default_rng(1)
    refused = 0
    for packed in (False, True):
        scipy.io.savemat(tmp_path / "a.mat", {"kernel": np.eye(5), "text": "abc"}, do_compression=packed)
        whole = (tmp_path / "a.mat").read_bytes()
        for _ in range(1000):
            data = bytearray(whole)
            for place in random.integers(len(data), size=random.integers(1, 6)):
                data[place] = random.integers(256)
            try:
                for variable in read_variables(bytes(data[: random.integers(100, 2 * len(data))]), 10_000).values():
                    variable.numbers()
            except ValueError:
                refused += 1
    assert 200 < refused < 2000
