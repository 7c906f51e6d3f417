"""Photographs of any size through a network of 64 x 64 pixels."""

import tracemalloc

import keras
import numpy as np
import pytest

from dlnet_tf.degradations import Masking
from dlnet_tf.likelihood import AdamUpdate, DLNet
from dlnet_tf.restoration import Restorer, inpaint
from dlnet_tf.restoration.inpaint import bytes_per_pixel, count_batches, layout_of
from tests import stand_in


def masked(size, *boxes, rate=0.0):
    mask = (np.random.default_rng(0).random((*size, 1)) >= rate).astype(np.float32)
    for top, left, height, width in boxes:
        mask[top : top + height, left : left + width] = 0
    return mask


def planes(degraded, mask):
    """Stands in for a network: fits a plane to what is observed of each window."""
    assert degraded.dtype == mask.dtype == np.float32 and degraded.shape[1:] == (64, 64, 3)
    assert (degraded[mask[..., 0] == 0] == 0).all() and set(np.unique(mask)) <= {0, 1}
    row, column = np.mgrid[:64, :64]
    basis = np.stack([np.ones((64, 64)), row, column], axis=-1)
    fits = [np.linalg.lstsq(basis[m > 0], y[m > 0], rcond=None)[0] for y, m in zip(degraded, mask[..., 0], strict=True)]
    return np.stack([basis @ fit for fit in fits]).astype(np.float32)


def plane(height, width):
    row, column = np.mgrid[:height, :width]
    slopes = ((0.3, 0.2), (-0.2, 0.25), (0.1, -0.3))
    pixels = np.stack([128 + a * (row - height / 2) + b * (column - width / 2) for a, b in slopes], axis=-1)
    return np.rint(pixels).astype(np.uint8)


@pytest.mark.parametrize("composite", [True, False])
@pytest.mark.parametrize(
    ("task", "mask"),
    [
        ("interp", masked((150, 203), rate=0.75)),
        ("interp", masked((64, 64), rate=0.75)),
        ("interp", masked((65, 300), rate=0.3)),
        # Holes that are whole, at a border, wide, long, wide and long.
        ("inpaint", masked((150, 203), (20, 30, 30, 30), (0, 180, 12, 23), (90, 20, 12, 12))),
        ("inpaint", masked((260, 240), (70, 80, 77, 70))),
        ("inpaint", masked((260, 240), (5, 100, 250, 7))),
        ("inpaint", masked((400, 240), (60, 90, 280, 50), (30, 20, 3, 3))),
        ("inpaint", masked((150, 203), rate=0.1)),
    ],
)
def test_a_plane_is_restored_where_it_is(task, mask, composite):
    image = plane(*mask.shape[:2])
    spoiled = np.where(mask > 0, image, np.random.default_rng(1).integers(0, 256, image.shape)).astype(np.uint8)
    kept = spoiled.copy()
    restored, how = inpaint(planes, spoiled, mask, task, composite)
    np.testing.assert_array_equal(spoiled, kept)
    assert restored.dtype == np.uint8 and restored.shape == image.shape and how
    # Rounding of the image and of the result.
    assert np.abs(restored.astype(int) - image).max() <= 1
    if composite:
        np.testing.assert_array_equal(restored[mask[..., 0] > 0], image[mask[..., 0] > 0])


def shades(degraded, mask):
    """Stands in for a network whose answers differ from window to window as much as can be: each is one gray."""
    alternating = np.resize([0.1, 0.9], len(degraded)).reshape(-1, 1, 1, 1)
    return np.broadcast_to(alternating, degraded.shape)


@pytest.mark.parametrize("size", [(150, 203), (97, 64), (65, 70), (320, 256)])
@pytest.mark.parametrize("task", ["interp", "inpaint"])
def test_no_seams(size, task):
    mask = np.zeros((*size, 1), np.float32) if task == "interp" else masked(size, (0, 30, size[0], 3))
    # The scratch of 3 px is a column of windows.
    restored, _ = inpaint(shades, np.zeros((*size, 3), np.uint8), mask, task)
    gray = restored[..., 0].astype(int) if task == "interp" else restored[:, 30:33, 0].astype(int)
    assert np.ptp(gray) > 80
    # Without an overlap tiles would jump by 204; a share sin / (sin + cos) rises by pi / 64 a pixel at most.
    jumps = [np.abs(np.diff(gray, axis=axis)).max() for axis in (0, 1)]
    assert max(jumps) <= 204 * np.pi / 64 + 1


@pytest.fixture(scope="module")
def network():
    keras.utils.set_random_seed(3)
    degraded = keras.Input((64, 64, 3), name="degraded")
    x = keras.layers.Conv2D(4, 5, padding="same", activation="tanh", name="z")(degraded)
    return keras.Model({"degraded": degraded}, keras.layers.Conv2D(3, 3, padding="same")(x) + 0.4)


@pytest.mark.parametrize(
    ("task", "mask"), [("interp", masked((64, 64), rate=0.5)), ("inpaint", masked((64, 64), (2, 9, 40, 45)))]
)
@pytest.mark.parametrize("colour", [True, False])
def test_an_image_of_64_pixels_is_what_the_network_makes_of_it(network, task, mask, colour):
    image = stand_in.photograph(0, 64, 64, colour)
    degraded = (image.reshape(64, 64, -1) / 255 * mask).astype(np.float32) * np.ones(3, np.float32)
    for model in (network, DLNet(network, Masking(), 3, AdamUpdate(0.05))):
        inputs = {"degraded": degraded[None], "mask": mask[None]}
        expected = np.asarray(model(inputs if model is not network else {"degraded": degraded[None]}))[0] * 255
        expected = np.clip(expected if colour else expected.mean(axis=-1), 0, 255)
        plain, _ = inpaint(Restorer(model), image, mask, task, composite=False)
        composite, _ = inpaint(Restorer(model), image, mask, task)
        assert plain.shape == composite.shape == image.shape
        np.testing.assert_allclose(plain, expected, atol=0.51)
        observed = mask[..., 0] > 0
        np.testing.assert_array_equal(composite, np.where(observed[..., None] if colour else observed, image, plain))


@pytest.mark.parametrize("task", ["interp", "inpaint"])
@pytest.mark.parametrize("composite", [True, False])
@pytest.mark.parametrize("size", [(1, 1), (5, 90), (40, 33), (64, 63), (100, 64)])
def test_any_size_and_all_or_nothing_missing(network, size, composite, task):
    image = stand_in.photograph(1, *size)
    restorer = Restorer(network)
    for mask in (np.ones((*size, 1), np.float32), np.zeros((*size, 1), np.float32)):
        restored, how = inpaint(restorer, image, mask, task, composite)
        assert restored.shape == image.shape
        if composite and mask.all():
            np.testing.assert_array_equal(restored, image)
            assert how == "nothing to restore"
        else:
            assert ("mirrored beyond its borders to 64 x 64" in how) == (min(size) < 64)


def test_a_small_image_is_continued_by_its_mirror_images():
    seen = []

    def restorer(degraded, mask):
        seen.append((degraded[0], mask[0]))
        return degraded

    image, mask = stand_in.photograph(2, 50, 64), masked((50, 64), rate=0.4)
    inpaint(restorer, image, mask, "interp")
    ((degraded, seen_mask),) = seen
    expected = np.pad(image / 255 * mask, ((7, 7), (0, 0), (0, 0)), mode="symmetric")
    np.testing.assert_allclose(degraded, expected, atol=1e-6)
    np.testing.assert_array_equal(seen_mask, np.pad(mask, ((7, 7), (0, 0), (0, 0)), mode="symmetric"))


def test_a_reduced_pixel_is_observed_if_all_of_it_is():
    seen = []

    def restorer(degraded, mask):
        seen.append((degraded[0], mask[0]))
        return degraded

    image, mask = stand_in.photograph(3, 128, 128), masked((128, 128), (35, 31, 60, 61), (3, 3, 1, 1))
    inpaint(restorer, image, mask, "inpaint")
    degraded, reduced = max(seen, key=lambda pair: 4096 - pair[1].sum())
    blocks = mask.reshape(64, 2, 64, 2)
    np.testing.assert_array_equal(reduced[..., 0], blocks.min(axis=(1, 3)))
    means = (image / 255).reshape(64, 2, 64, 2, 3).mean(axis=(1, 3))
    np.testing.assert_allclose(degraded, means * reduced, atol=1e-5)


@pytest.mark.parametrize("side", [65, 100, 333, 1000])
def test_whole_pixels_stay_observed_at_any_reduction(side):
    masks = []

    def restorer(degraded, mask):
        masks.append(mask[0, ..., 0])
        return degraded

    width = side // 2 - 2
    inpaint(
        restorer,
        np.zeros((side, side), np.uint8),
        masked((side, side), (side // 4, side // 4, width, width)),
        "inpaint",
    )
    assert masks[-1].sum() >= 4096 - (64 * width / side + 2) ** 2


def test_batches_are_counted_and_bounded():
    sizes, called = [], []

    def restorer(degraded, mask):
        sizes.append(len(degraded))
        return degraded

    size = (320, 320)
    mask = masked(size, rate=0.5)
    inpaint(restorer, stand_in.photograph(0, *size), mask, "interp", progress=lambda: called.append(1))
    assert sizes == [32] * 9 + [1] and len(called) == 10 == count_batches(layout_of(mask, "interp"))
    assert count_batches(layout_of(np.ones_like(mask), "inpaint")) == 0


def test_alpha_is_filled_as_a_gray_image(network):
    restorer, mask = Restorer(network), masked((90, 100), (20, 30, 30, 25))
    colours, alpha = stand_in.photograph(1, 90, 100), stand_in.photograph(2, 90, 100, colour=False)
    filled, how = inpaint(restorer, np.dstack([colours, alpha]), mask, "inpaint")
    np.testing.assert_array_equal(filled[..., :3], inpaint(restorer, colours, mask, "inpaint")[0])
    np.testing.assert_array_equal(filled[..., 3], inpaint(restorer, alpha, mask, "inpaint")[0])
    opaque, _ = inpaint(restorer, np.dstack([alpha, np.full_like(alpha, 255)]), mask, "inpaint")
    np.testing.assert_array_equal(opaque[..., 0], filled[..., 3])
    assert (opaque[..., 1] == 255).all() and how == "1 hole at full size"


@pytest.mark.parametrize("task", ["inpaint", "interp"])
def test_sixteen_bits_are_eight_bits_and_more(network, task):
    image, mask = stand_in.photograph(1, 90, 100), masked((90, 100), (20, 30, 30, 25))
    shallow, _ = inpaint(Restorer(network), image, mask, task)
    deep, _ = inpaint(Restorer(network), image.astype(np.uint16) * 257, mask, task)
    assert deep.dtype == np.uint16 and np.abs(deep / 257 - shallow).max() <= 0.51
    np.testing.assert_array_equal(deep[mask[..., 0] > 0], 257 * image[mask[..., 0] > 0].astype(int))
    assert len(np.unique(deep % 257)) > 50


@pytest.mark.parametrize("task", ["inpaint", "interp"])
@pytest.mark.parametrize("composite", [True, False])
@pytest.mark.parametrize(("channels", "dtype"), [(1, np.uint8), (3, np.uint8), (4, np.uint8), (4, np.uint16)])
def test_memory_is_what_is_estimated(task, composite, channels, dtype):
    peaks = []
    for side in (300, 600):
        # Channels that differ by as much as those of colours do.
        image = (1000 * np.arange(side * side * channels)).reshape(side, side, channels).astype(dtype)
        image = image[..., 0] if channels == 1 else image
        mask = np.ones((side, side, 1), np.float32)
        if task == "inpaint":
            mask[20 : side // 2, 20:-20] = 0
        else:
            mask[np.random.default_rng(0).random(mask.shape) > 0.2] = 0
        tracemalloc.start()
        try:
            inpaint(lambda degraded, mask: degraded, image, mask, task, composite)
            peaks.append(tracemalloc.get_traced_memory()[1] + image.nbytes + mask.nbytes)
        finally:
            tracemalloc.stop()
    # Two sizes, so that the memory for a batch of windows does not count.
    slope = (peaks[1] - peaks[0]) / (600**2 - 300**2)
    estimate = bytes_per_pixel(channels, np.dtype(dtype).itemsize)
    assert slope < estimate
    # A hole as wide as the photograph takes most.
    assert slope > (0.85 if task == "inpaint" and composite else 0.5) * estimate


def test_colours_of_transparent_pixels_are_not_shown_to_the_network():
    seen = []

    def restorer(degraded, mask):
        seen.append(degraded[0])
        return degraded

    image = np.zeros((64, 64, 4), np.uint8)
    image[:, 20:] = (200, 100, 50, 255)
    mask = np.ones((64, 64, 1), np.float32)
    mask[30:40, 30:40] = 0
    restored, _ = inpaint(restorer, image, mask, "inpaint")
    expected = np.array([200, 100, 50], np.float32) / 255
    np.testing.assert_allclose(seen[0], expected * mask, atol=1e-6)
    np.testing.assert_array_equal(restored[:, :20], image[:, :20])


@pytest.mark.parametrize("composite", [False, True])
@pytest.mark.parametrize(("dtype", "noise"), [(np.uint8, 0), (np.uint8, 1), (np.uint16, 1)])
def test_a_photograph_without_colours_is_filled_without_a_tint(composite, dtype, noise):
    def restorer(degraded, mask):
        return np.full(degraded.shape, (0.2, 0.4, 0.6), np.float32)

    gray = stand_in.photograph(3, 64, 64, colour=False)
    mask = masked(gray.shape, (20, 20, 30, 30))
    hole = mask[..., 0] == 0
    for alpha in (False, True):
        image = np.stack([gray] * 3 + [gray] * alpha, axis=-1)
        shaken = image[..., :3] + np.random.default_rng(0).integers(-noise, noise, (64, 64, 3), endpoint=True)
        image[..., :3] = np.clip(shaken, 0, 255)
        image = image.astype(dtype) * dtype(1 if dtype == np.uint8 else 257)
        top = np.iinfo(dtype).max
        # What a hole is marked with is no colour of the photograph.
        image[hole, :3] = top, 0, 0
        filled, _ = inpaint(restorer, image, mask, "inpaint", composite)
        assert filled.shape == image.shape and (filled[hole] == 0.4 * top).all()
        np.testing.assert_array_equal(filled[~hole], image[~hole] if composite else 0.4 * top)
        image[0, 0, :3] = 9 * (top // 255), 9 * (top // 255), 13 * (top // 255)
        coloured, _ = inpaint(restorer, image, mask, "inpaint", composite)
        assert (coloured[hole, :3] == (0.2 * top, 0.4 * top, 0.6 * top)).all()
