"""Edges of images whose edges are known."""

import numpy as np
import pytest
import tensorflow as tf

from dlnet_tf.data.edges import canny_edges, edges_of_batch


def step_image(dark=(0.0, 0.0, 0.0), bright=(1.0, 1.0, 1.0)):
    """Dark on the left, bright on the right, their mean in column 32."""
    image = np.empty((64, 64, 3))
    image[:, :32], image[:, 33:] = dark, bright
    image[:, 32] = (np.array(dark) + bright) / 2
    return image


def test_a_step_gives_one_straight_line_where_it_is():
    for image in (step_image(), step_image().transpose(1, 0, 2)):
        edges = canny_edges(image[None])
        assert edges.shape == (1, 64, 64, 1) and edges.dtype == np.float32
        assert set(np.unique(edges)) == {0.0, 1.0}
        line = edges[0, :, :, 0] if image[0, 0, 0] == image[-1, 0, 0] else edges[0, :, :, 0].T
        # Away from the border.
        np.testing.assert_array_equal(line[8:-8], np.tile(np.arange(64) == 32, (48, 1)))


def test_grey_counts_and_not_colour():
    # Two colours of one luminance by the Rec. 709 weights of linear light.
    red, green = 0.7154 / 0.2125 * 0.2, 0.2
    assert not canny_edges(step_image((red, 0, 0), (0, green, 0))[None]).any()
    assert canny_edges(step_image((red, 0, 0), (0, 2.5 * green, 0))[None]).any()
    assert not canny_edges(np.full((1, 64, 64, 3), 0.6)).any()


def test_faint_edges_and_noise_of_one_pixel_are_none():
    assert not canny_edges(step_image((0.4, 0.4, 0.4), (0.5, 0.5, 0.5))[None]).any()
    dot = np.zeros((1, 64, 64, 3))
    dot[0, 30, 30] = 1
    assert not canny_edges(dot).any()


def test_bytes_and_fractions_and_neighbours_in_the_batch_make_no_difference():
    coarse = np.random.default_rng(0).integers(0, 256, (3, 8, 8, 3), dtype=np.uint8)
    images = coarse.repeat(8, axis=1).repeat(8, axis=2)
    edges = canny_edges(images)
    assert 0.02 < edges.mean() < 0.4
    np.testing.assert_array_equal(canny_edges(images / 255.0), edges)
    np.testing.assert_array_equal(np.concatenate([canny_edges(image[None]) for image in images]), edges)


@pytest.mark.parametrize("images", [np.zeros((1, 8, 8, 1)), np.zeros((8, 8, 3)), np.zeros((1, 8, 8, 3), np.int64)])
def test_other_arrays_are_refused(images):
    with pytest.raises(ValueError, match="expected uint8 or floating images"):
        canny_edges(images)


def test_a_pipeline_gives_the_same_edges_with_a_known_shape():
    images = np.random.default_rng(1).random((4, 8, 8, 3)).repeat(8, axis=1).repeat(8, axis=2).astype("float32")
    dataset = tf.data.Dataset.from_tensor_slices(images).batch(2, drop_remainder=True).map(edges_of_batch)
    assert dataset.element_spec == tf.TensorSpec((2, 64, 64, 1), tf.float32)
    np.testing.assert_array_equal(np.concatenate(list(dataset.as_numpy_iterator())), canny_edges(images))
    np.testing.assert_array_equal(edges_of_batch(images), canny_edges(images))
