"""The photographs of the scikit-image wheel."""

import importlib.metadata
import socket

import numpy as np
import pytest
import skimage.data

from dlnet_tf.data.samples import SAMPLES, load_samples
from dlnet_tf.errors import UsageError


def test_samples_are_the_photographs_of_scikit_image_without_the_network(monkeypatch):
    def refuse(*arguments):
        raise AssertionError("the network was used")

    monkeypatch.setattr(socket, "socket", refuse)
    samples = dict(load_samples())
    assert len(samples) == 7
    for name, image in samples.items():
        assert image.dtype == np.uint8
        assert min(image.shape[:2]) >= 300
        if name not in ("motorcycle", "rocket"):
            np.testing.assert_array_equal(image, getattr(skimage.data, name)())
    # Two JPEG decoders may differ by a rounding.
    assert np.abs(samples["rocket"].astype(int) - skimage.data.rocket()).max() <= 3


def test_every_sample_is_a_file_of_the_wheel():
    files = {str(file) for file in importlib.metadata.files("scikit-image") or ()}
    assert files >= {f"skimage/data/{file}" for file in SAMPLES.values()}


def test_without_scikit_image_one_line_says_so(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UsageError, match="scikit-image: not installed"):
        load_samples()
