"""The benchmark of the input pipeline takes the batches and the models of training."""

import numpy as np
import pytest

from benchmarks import pipeline

FACES = np.random.default_rng(0).integers(0, 256, (20, 64, 64, 3), np.uint8)


@pytest.mark.parametrize("task", ["inpaint", "interp"])
def test_the_autoencoder_is_given_faces_of_the_set_with_pixels_missing(task):
    case = pipeline.inpainting_case(task, FACES)
    inputs, clean = next(iter(pipeline.batches(case)))
    mask = inputs["mask"].numpy()
    assert clean.shape == (100, 64, 64, 3) and mask.shape == (100, 64, 64, 1)
    known = {face.tobytes() for faces in (FACES, FACES[:, :, ::-1]) for face in faces}
    assert {face.tobytes() for face in np.rint(255 * clean.numpy()).astype(np.uint8)} <= known
    assert set(np.unique(mask)) == {0, 1}
    np.testing.assert_array_equal(inputs["degraded"], clean * mask)
    missing = 1 - mask.mean(axis=(1, 2, 3))
    assert 0 <= missing.min() < 0.05 and (0.15 if task == "inpaint" else 0.7) < missing.max() <= 0.76


def test_each_network_has_the_precision_of_its_training():
    photographs = np.zeros((1, 130, 130), np.uint8)
    for case, layer, dtype in (
        (pipeline.super_resolution_case("dlnet_gradient", photographs), "block1_conv1", "bfloat16"),
        (pipeline.inpainting_case("interp", FACES), "enc2", "float32"),
    ):
        model = case.build()
        assert model.backbone.get_layer(layer).compute_dtype == dtype, case.name
        assert model.num_steps == 5
