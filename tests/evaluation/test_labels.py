"""Names for people."""

from dlnet_tf.evaluation.labels import experiment_label, level_label, method_label


def test_methods_have_names_and_unknown_ones_keep_theirs():
    assert method_label("dlnet_gradient") == "DL-Net (gradient)"
    assert method_label("mine") == "mine"


def test_levels_are_named_or_blur_widths():
    assert level_label({"blur_width": 1.3}) == "u = 1.3"
    assert level_label({"blur_width": 0.0}) == "u = 0"
    assert level_label({"level": "s=20 centred"}) == "s=20 centred"


def test_experiments_say_what_their_rows_share():
    row = {"set": "celeba", "arch": "autoencoder", "composite": True, "images": 1000}
    assert experiment_label(row) == "celeba, autoencoder, composite, 1000 images"
    assert experiment_label({"set": "Set5", "scale": 3, "images": 5}) == "Set5, x3, 5 images"
