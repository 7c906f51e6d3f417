"""Names for people."""

import pytest

from dlnet_tf.method_labels import method_columns, method_label
from dlnet_tf.reporting.labels import experiment_label, level_label, row_method


def test_methods_have_names_and_unknown_ones_keep_theirs():
    assert method_label("dlnet_gradient") == "DL-Net (gradient)"
    assert method_label("mine") == "mine"
    assert method_label("bicubic") == "Bicubic"


def test_several_models_of_a_method_are_told_apart():
    row = {**method_columns("dlnet, K=3")}
    assert row == {"method": "dlnet", "variant": "K=3"} and method_columns("dlnet") == {"method": "dlnet"}
    assert method_label(row_method(row)) == "DL-Net, K=3"


@pytest.mark.parametrize(("weight", "label"), [(100, "1e2"), (1e4, "1e4"), (2.5e3, "2.5e3"), (0.5, "5e-1")])
def test_a_weight_is_part_of_the_name(weight, label):
    assert row_method({"method": "naive_likelihood", "weight": weight}) == f"Naive likelihood {label}"
    assert row_method({"method": "naive_likelihood"}) == "naive_likelihood"


def test_levels_are_named_or_blur_widths():
    assert level_label({"blur_width": 1.3}) == "u = 1.3"
    assert level_label({"blur_width": 0.0}) == "u = 0"
    assert level_label({"level": "s=20 centred"}) == "s=20 centred"


def test_experiments_say_what_their_rows_share():
    row = {"set": "celeba", "arch": "autoencoder", "composite": True, "images": 1000}
    assert experiment_label(row) == "celeba, autoencoder, composite, 1000 images"
    assert experiment_label({"set": "Set5", "scale": 3, "images": 5}) == "Set5, x3, 5 images"
    row |= {"task": "inpaint", "composite": False, "corruptions": 10, "boundary_band": 7}
    assert (
        experiment_label(row) == "celeba, inpainting, autoencoder, boundary band of 7 px, 1000 images x 10 corruptions"
    )
    row = {"task": "interp", "set": "samples", "arch": "sft", "images": 1, "corruptions": 1}
    assert experiment_label(row) == "samples, interpolation, SFT, 1 image"
