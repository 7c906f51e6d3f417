"""Batches of whole images against plain indexing."""

import collections

import numpy as np
import pytest
import tensorflow as tf

from dlnet_tf.data.whole_images import WholeImages
from dlnet_tf.errors import UsageError

IMAGES = np.random.default_rng(0).integers(0, 256, (11, 64, 64, 3), np.uint8)


@pytest.fixture
def mapped(tmp_path):
    IMAGES.tofile(tmp_path / "images.u8")
    return np.memmap(tmp_path / "images.u8", np.uint8, "r", shape=IMAGES.shape)


def which(batch, sides=(1, -1)):
    """Numbers of the images in a batch, whichever way they are mirrored; or of these ways alone."""
    pixels = np.rint(np.asarray(batch) * 255).astype(np.uint8)
    known = {image[:, ::side].tobytes(): index for index, image in enumerate(IMAGES) for side in sides}
    return [known[image.tobytes()] for image in pixels if image.tobytes() in known]


def test_a_batch_is_made_of_images_of_which_half_are_mirrored(mapped):
    source = WholeImages(mapped)
    batch = source.sample([1, 2], 400)
    assert len(source) == 11 and batch.shape == (400, 64, 64, 3) and batch.dtype == tf.float32
    assert len(which(batch)) == 400
    # Four standard deviations of a binomial.
    assert abs(len(which(batch, [1])) - 200) < 4 * 10
    upright = batch[:8][np.array([len(which(image[None], [1])) == 1 for image in batch[:8]])]
    np.testing.assert_array_equal(upright, IMAGES[which(upright)].astype(np.float32) / 255)


def test_all_images_are_about_equally_likely(mapped):
    counted = collections.Counter(which(WholeImages(mapped).sample([5, 6], 1100)))
    chi_square = sum((counted[index] - 100) ** 2 / 100 for index in range(11))
    assert abs(chi_square - 10) < 4 * np.sqrt(20)


def test_a_batch_is_a_function_of_its_seed_in_a_pipeline_too(mapped):
    source = WholeImages(mapped)
    seeds = tf.data.Dataset.from_tensor_slices(np.array([[3, 4], [3, 5], [4, 4], [3, 4]], np.int32))
    dataset = seeds.map(lambda seed: source.sample(seed, 6), num_parallel_calls=2, deterministic=True)
    assert dataset.element_spec.shape == (6, 64, 64, 3)
    batches = [which(batch) for batch in dataset]
    assert batches[0] == batches[3] == which(source.sample([3, 4], 6))
    assert batches[0] != batches[1] and batches[0] != batches[2]


def test_other_arrays_are_refused():
    for wrong in (IMAGES.astype(np.float32), IMAGES[0], IMAGES[..., :1]):
        with pytest.raises(ValueError, match="expected uint8 images"):
            WholeImages(wrong)
    with pytest.raises(UsageError, match="found none, expected at least one"):
        WholeImages(IMAGES[:0])
