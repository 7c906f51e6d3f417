"""The spatial transformer: its layers as published, sizes that four does not divide, and motion that it learns."""

import cv2
import keras
import numpy as np
import pytest
import tensorflow as tf

from dlnet_tf.backbones.motion import REACH, Flow, PadToMultiple, motion_compensation


def aligner(width=24):
    """(middle, neighbour) -> (aligned, flow)."""
    frames = [keras.Input((None, None, 1)) for _ in range(2)]
    aligned = motion_compensation(width, "float32")("next", *frames)
    flow = aligned._keras_history.operation.input[1]
    return keras.Model(frames, [aligned, flow])


def test_layers_are_the_published_ones():
    layers = {layer.name: layer for layer in aligner().layers if isinstance(layer, keras.layers.Conv2D)}
    found = {
        stage: [(*layers[f"{stage}{i}"].kernel.shape, layers[f"{stage}{i}"].strides[0]) for i in range(1, 6)]
        for stage in ("coarse", "fine")
    }
    middle = [(3, 3, 24, 24, 1)]
    assert found["coarse"] == [(5, 5, 2, 24, 2), *middle, (5, 5, 24, 24, 2), *middle, (3, 3, 24, 32, 1)]
    assert found["fine"] == [(5, 5, 5, 24, 2), *3 * middle, (3, 3, 24, 8, 1)]


def test_it_starts_from_no_motion():
    keras.utils.set_random_seed(0)
    middle, neighbour = np.random.default_rng(0).random((2, 1, 16, 12, 1), "float32")
    aligned, flow = aligner()([middle, neighbour])
    assert 0 < np.abs(REACH * flow).max() < 0.25
    np.testing.assert_allclose(aligned, neighbour, atol=0.25)


@pytest.mark.parametrize("size", [(1, 1), (7, 9), (16, 13)])
def test_every_size_of_frame_keeps_it_and_sees_zeros_beyond(size):
    keras.utils.set_random_seed(0)
    model = aligner(4)
    frames = list(np.random.default_rng(0).random((2, 1, *size, 1), "float32"))
    aligned, flow = model(frames)
    assert aligned.shape == (1, *size, 1) and flow.shape == (1, *size, 2)
    coarse = keras.Model(model.inputs, model.get_layer("next_coarse_flow").output)
    padded = [np.pad(frame, ((0, 0), (0, -size[0] % 4), (0, -size[1] % 4), (0, 0))) for frame in frames]
    np.testing.assert_allclose(coarse(padded)[:, : size[0], : size[1]], coarse(frames), atol=1e-6)


def test_padding_and_depth_to_space_against_numpy():
    x = np.random.default_rng(0).random((2, 5, 8, 3), "float32")
    layer = PadToMultiple(4)
    padded = np.pad(x, ((0, 0), (0, 3), (0, 0), (0, 0)))
    np.testing.assert_array_equal(layer(x), padded)
    assert layer.compute_output_shape(x.shape) == padded.shape
    features = np.random.default_rng(1).normal(size=(2, 2, 3, 8)).astype("float32")
    image = np.zeros((2, 3, 5, 1), "float32")
    flow = np.asarray(Flow(2)([features, image]))
    assert flow.shape == (2, 3, 5, 2) == Flow(2).compute_output_shape([features.shape, image.shape])
    for row, column, axis in np.ndindex(3, 5, 2):
        phase = 2 * (row % 2) + column % 2
        expected = np.tanh(features[:, row // 2, column // 2, 2 * phase + axis])
        np.testing.assert_allclose(flow[:, row, column, axis], expected, atol=1e-6)


def textures(count, seed, size=40):
    """Smooth random images, [count, size, size]."""
    noise = np.random.default_rng(seed).normal(size=(count, size + 24, size + 24)).astype("float32")
    smooth = np.stack([cv2.GaussianBlur(image, (0, 0), 2.0)[12:-12, 12:-12] for image in noise])
    return np.clip(0.5 + 1.2 * smooth, 0, 1)[..., None]


def moved(images, shift):
    """(middle, neighbour): windows of the same images, the second one a shift further."""
    row, column = shift
    first = images[:, 8:-8, 8:-8]
    return first, images[:, 8 - row : images.shape[1] - 8 - row, 8 - column : images.shape[2] - 8 - column]


@pytest.mark.slow
def test_a_short_training_finds_known_translations():
    keras.utils.set_random_seed(0)
    model, steps = aligner(), 600
    optimizer = keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(1e-3, steps))

    @tf.function(autograph=False, jit_compile=False)
    def step(middle, neighbour):
        with tf.GradientTape() as tape:
            aligned, _ = model([middle, neighbour], training=True)
            loss = tf.reduce_mean(tf.square(aligned - middle)[:, 4:-4, 4:-4])
        slopes = tape.gradient(loss, [variable.value for variable in model.trainable_variables])
        optimizer.apply(slopes, model.trainable_variables)

    random = np.random.default_rng(0)
    for index in range(steps):
        pairs = [moved(textures(2, 100 * index + number, 48), random.integers(-3, 4, 2)) for number in range(6)]
        step(*(np.concatenate(part) for part in zip(*pairs, strict=True)))

    inside = (slice(None), slice(6, -6), slice(6, -6))
    for shift in ((2, 1), (-2, -2), (0, 3)):
        middle, neighbour = moved(textures(4, 99_999, 48), shift)
        aligned, flow = model([middle, neighbour])
        assert np.mean((aligned - middle)[inside] ** 2) < np.mean((neighbour - middle)[inside] ** 2) / 10
        median = REACH * np.median(np.asarray(flow)[inside], axis=(0, 1, 2))
        np.testing.assert_allclose(median, shift, atol=0.5)
