"""What rounding costs is measured on rounded weights, and the page has the stored numbers."""

import json

import numpy as np

from benchmarks import rounding
from dlnet_tf.backbones import autoencoder
from dlnet_tf.training.shipping import LARGE
from tests.conftest import ROOT


def test_large_arrays_alone_are_rounded_and_once_is_enough():
    model = autoencoder(width=12)
    before = model.get_weights()
    assert rounding.round_weights(model) and not rounding.round_weights(model)
    for old, new in zip(before, model.get_weights(), strict=True):
        assert np.array_equal(old, new) == (old.size < LARGE)
        np.testing.assert_allclose(new, old, rtol=2.0**-7, atol=1e-7)


def test_the_page_has_the_stored_numbers():
    rows = json.loads((ROOT / "docs" / "results" / "rounding.json").read_text("utf-8"))["rows"]
    assert rounding.summary(rows) in (ROOT / "docs" / "performance.md").read_text("utf-8")
