"""Parameters counted part by part, against the sizes of the published layers."""

import numpy as np

from dlnet_tf import DLNet
from dlnet_tf.backbones import autoencoder, idn
from dlnet_tf.degradations import Masking
from dlnet_tf.evaluation.parameters import count_parameters
from dlnet_tf.likelihood import GradientUpdate


def test_the_autoencoder_is_counted_layer_by_layer():
    widths = [3, 64, 128, 256, 512]
    encoder = sum(16 * a * b + 4 * b for a, b in zip(widths, widths[1:], strict=False))
    decoder = sum(16 * a * b + 4 * b for a, b in zip(widths[:0:-1], widths[-2:0:-1], strict=False)) + 16 * 64 * 3
    parts = count_parameters(autoencoder())
    assert parts == {
        "encoder": encoder,
        "channel_fc": 512 * 16 * 16,
        "decoder": decoder,
        "total": encoder + 512 * 16 * 16 + decoder,
    }
    # The paper's "~2.9M".
    assert round((parts["encoder"] + parts["channel_fc"]) / 1e6, 1) == 2.9


def test_a_dlnet_adds_what_its_rule_has_learned():
    network = autoencoder(width=4)
    update = GradientUpdate(step_size=0.5)
    model = DLNet(network, Masking(), 5, update=update)
    parts = count_parameters(model)
    learned = sum(int(np.prod(weight.shape)) for weight in model.weights) - network.count_params()
    assert parts["update"] == learned > 0
    assert parts.pop("total") == sum(parts.values())
    assert "update" not in count_parameters(DLNet(network, Masking(), 5, step_size=1e-3))


def test_another_network_has_its_total_alone():
    assert count_parameters(idn(scale=3)) == {"total": 552769}
