"""The fidelities that are noted are those of each batch, and their mean is over images."""

import numpy as np
import pytest

from dlnet_tf.degradations import Masking
from dlnet_tf.likelihood import AdamUpdate, DLNet
from dlnet_tf.restoration import Restorer
from dlnet_tf.restoration.recorder import Recorder
from tests import stand_in


@pytest.fixture(scope="module")
def network():
    return stand_in.with_statistics(stand_in.autoencoder())


@pytest.fixture(scope="module")
def batches():
    rng = np.random.default_rng(0)
    masks = [(rng.random((size, 64, 64, 1)) > 0.3).astype(np.float32) for size in (3, 1)]
    return [(rng.random((*mask.shape[:3], 3), np.float32) * mask, mask) for mask in masks]


def test_the_mean_is_over_all_images(network, batches):
    restorer = Restorer(DLNet(network, Masking(), 3, AdamUpdate(0.05), name="dlnet"))
    recorder = Recorder(restorer)
    expected = []
    for y, mask in batches:
        restored, fidelity = restorer.with_fidelity(y, mask=mask)
        np.testing.assert_array_equal(recorder(y, mask=mask), restored)
        expected += fidelity.T.tolist()
    assert [fidelity.shape for fidelity in recorder.fidelities] == [(3, 3), (3, 1)]
    np.testing.assert_allclose(recorder.mean(), np.mean(expected, axis=0), rtol=1e-6)


def test_a_backbone_has_no_fidelity(network, batches):
    recorder = Recorder(Restorer(network))
    for y, mask in batches:
        recorder(degraded=y, mask=mask)
    assert recorder.fidelities == recorder.mean() == []
