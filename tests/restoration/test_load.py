"""The three lines of the API, against the functions behind them."""

import keras
import numpy as np
import pytest
from PIL import Image

from dlnet_tf import restoration
from dlnet_tf.backbones import vespcn
from dlnet_tf.colour import rgb_to_ycbcr
from dlnet_tf.degradations import BlurDownsample, Masking
from dlnet_tf.errors import UsageError
from dlnet_tf.likelihood import AdamUpdate, DLNet, GradientUpdate
from tests import stand_in


@pytest.mark.parametrize("scale", [2, 3])
def test_super_resolution(tmp_path, scale):
    network, path = stand_in.idn(scale), tmp_path / "x.keras"
    model = DLNet(network, BlurDownsample(scale), 2, GradientUpdate(4.0, damping=None))
    image = stand_in.photograph(1, 20, 17)
    model.save(path)
    restore = restoration.load(path)
    enlarged = restore(image, blur_width=1.3)
    expected = restoration.super_resolve(restoration.Restorer(model), image, scale, blur_width=1.3)
    np.testing.assert_array_equal(enlarged, expected)
    kernel = np.zeros((3, 3))
    kernel[1, 1] = 1
    assert np.abs(restore(image, kernel=kernel).astype(int) - restore(image, blur_width=0)).max() <= 1
    with pytest.raises(UsageError, match="expected exactly one of"):
        restore(image)
    with pytest.raises(UsageError, match="found blur_width .Auto., expected a number >= 0 or .auto."):
        restore(image, blur_width="Auto")
    with pytest.raises(UsageError, match="x.keras: found mask, expected one of blur_width, kernel, noise_sigma"):
        restore(image, blur_width=1.3, mask=kernel)
    network.save(path)
    expected = restoration.super_resolve(restoration.Restorer(network), image, scale)
    np.testing.assert_array_equal(restoration.load(path, max_memory=1.5)(image), expected)


def test_inpainting(tmp_path):
    model = DLNet(stand_in.with_statistics(stand_in.autoencoder()), Masking(), 2, AdamUpdate(0.01))
    model.save(tmp_path / "x.keras")
    image, mask = stand_in.photograph(1, 70, 80), np.ones((70, 80), bool)
    mask[20:40, 30:45] = False
    restore = restoration.load(tmp_path / "x.keras")
    for task in ("inpaint", "interp"):
        expected, _ = restoration.inpaint(restoration.Restorer(model), image, mask[..., None], task)
        for given in (mask, mask[..., None].astype(np.uint8), mask.astype(float)):
            np.testing.assert_array_equal(restore(image, given, task=task), expected)
        np.testing.assert_array_equal(expected[mask], image[mask])
    # Without a task the mask says where to look.
    large, hole = stand_in.photograph(2, 130, 140), np.ones((130, 140), bool)
    hole[40:70, 50:80] = False
    scattered = np.random.default_rng(2).random(hole.shape) > 0.8
    for given, task, other in ((hole, "inpaint", "interp"), (scattered, "interp", "inpaint")):
        found = restore(large, given)
        np.testing.assert_array_equal(found, restore(large, given, task=task))
        assert (found != restore(large, given, task=other)).any()
    with pytest.raises(UsageError, match="found task 'holes', expected one of inpaint, interp"):
        restore(image, mask, task="holes")
    with pytest.raises(UsageError, match="found a mask of type Image, expected a NumPy array of 0"):
        restore(image, Image.fromarray(mask))
    with pytest.raises(UsageError, match="found a mask with other values than 0"):
        restore(image, mask * np.uint8(255))
    with pytest.raises(
        UsageError, match=r"found a mask of shape \[64, 64\], expected \[70, 80\], the size of the image"
    ):
        restore(image, mask[:64, :64])


def test_a_checkpoint_that_names_its_task_says_where_to_look(tmp_path):
    network = stand_in.with_statistics(stand_in.autoencoder())
    DLNet(network, Masking(), 2, AdamUpdate(0.01), task="interp").save(tmp_path / "x.keras")
    image, hole = stand_in.photograph(2, 130, 140), np.ones((130, 140), bool)
    hole[40:70, 50:80] = False
    restore = restoration.load(tmp_path / "x.keras")
    found = restore(image, hole)
    np.testing.assert_array_equal(found, restore(image, hole, task="interp"))
    other = restore(image, hole, task="inpaint")
    assert (found != other).any()
    np.testing.assert_array_equal(restoration.load(tmp_path / "x.keras", task="inpaint")(image, hole), other)


def of_one_size(scale, name):
    degraded = keras.Input((64, 64, 1), name="degraded")
    z = keras.layers.Conv2D(4, 3, padding="same", name="z")(degraded)
    restored = keras.layers.Conv2DTranspose(1, 4, strides=scale, padding="same")(z)
    return keras.Model({"degraded": degraded}, restored, name=name)


def test_a_network_of_one_size_that_enlarges_is_known_by_its_task(tmp_path):
    DLNet(of_one_size(2, "mine"), BlurDownsample(2), 2, AdamUpdate(0.01), task="sisr").save(tmp_path / "x.keras")
    assert restoration.load(tmp_path / "x.keras")(stand_in.photograph(2, 64, 64), blur_width=1).shape == (128, 128, 3)


# As large as what fills holes: by its name one of ours is known, another by whether it enlarges.
@pytest.mark.parametrize(("scale", "name"), [(1, "idn"), (2, "mine")])
def test_a_plain_network_of_one_size_may_enlarge(tmp_path, scale, name):
    of_one_size(scale, name).save(tmp_path / "x.keras")
    assert restoration.load(tmp_path / "x.keras")(stand_in.photograph(2, 64, 64)).shape == (64 * scale, 64 * scale, 3)


def test_a_plain_network_that_fills_is_known_by_name_or_size(tmp_path):
    image, hole = stand_in.photograph(2, 64, 64), np.ones((64, 64), bool)
    hole[40:50, 20:30] = False
    network = stand_in.with_statistics(stand_in.autoencoder())
    filled = {}
    for name in ("autoencoder", "mine"):
        keras.Model(network.inputs, network.outputs, name=name).save(tmp_path / f"{name}.keras")
        filled[name] = restoration.load(tmp_path / f"{name}.keras")(image, hole)
    np.testing.assert_array_equal(filled["mine"], filled["autoencoder"])
    np.testing.assert_array_equal(filled["mine"][hole], image[hole])


def test_a_plain_network_takes_degraded(tmp_path):
    image = keras.Input((None, None, 3), name="image")
    keras.Model(image, keras.layers.Conv2D(3, 1, name="z")(image)).save(tmp_path / "x.keras")
    with pytest.raises(UsageError, match="x.keras: found a network with inputs image, expected degraded among them"):
        restoration.load(tmp_path / "x.keras")


def test_edges_are_not_known(tmp_path):
    degraded, edges = keras.Input((64, 64, 3), name="degraded"), keras.Input((64, 64, 1), name="edges")
    keras.Model({"degraded": degraded, "edges": edges}, degraded + edges).save(tmp_path / "x.keras")
    with pytest.raises(UsageError, match="x.keras: found a network that needs the true edges"):
        restoration.load(tmp_path / "x.keras")


@pytest.mark.slow
@pytest.mark.parametrize(("dtype", "colour"), [(np.uint8, True), (np.uint16, False)])
def test_a_network_of_clips_takes_frames(tmp_path, dtype, colour):
    keras.utils.set_random_seed(0)
    model = DLNet(vespcn(2, width=4), BlurDownsample(2), 2, GradientUpdate(0.01), task="video")
    model.save(tmp_path / "vespcn_x2.keras")
    restore = restoration.load(tmp_path / "vespcn_x2.keras")
    frames = np.stack([stand_in.photograph(1, 24, 20 + t, colour)[:, t : 20 + t] for t in range(4)])
    # Far from black and white, where the colours would be clipped.
    frames = (frames // 2 + 60).astype(dtype) * (257 if dtype == np.uint16 else 1)
    shown = []
    found = restore(frames, blur_width=1.3, progress=lambda: shown.append(1))
    assert found.shape == (4, 48, 40, *frames.shape[3:]) and found.dtype == dtype and len(shown) == 4
    # The same by hand, for a frame in the middle.
    y = luminance_of(frames / np.iinfo(dtype).max)
    told = {"blur_width": np.float32([1.3]), "noise_sigma": np.float32([1 / np.iinfo(dtype).max / 12**0.5])}
    neighbours = np.stack([y[0], y[2]], axis=-1)
    expected = model({"degraded": y[1][None, ..., None], "neighbours": neighbours[None], **told}, training=False)
    expected = np.clip(np.asarray(expected)[0, :, :, 0], 0, 1)
    np.testing.assert_allclose(luminance_of(found[1] / np.iinfo(dtype).max), expected, atol=1.5 / 255)
    for wrong in (frames[0, 0, 0], frames.astype(float), frames[:0], stand_in.photograph(1, 24, 20)):
        with pytest.raises(UsageError, match="^found frames of"):
            restore(wrong, blur_width=1.3)
    with pytest.raises(UsageError, match="found mask, expected one of blur_width, kernel, noise_sigma"):
        restore(frames, mask=1)


def luminance_of(frames):
    return np.float32(rgb_to_ycbcr(255 * frames)[..., 0] / 255 if frames.shape[-1] == 3 else frames)


def test_a_network_of_photographs_takes_colour_frames(tmp_path):
    model = DLNet(stand_in.idn(2), BlurDownsample(2), 2, GradientUpdate(4.0, damping=None))
    model.save(tmp_path / "idn_x2.keras")
    frames = np.stack([stand_in.photograph(index, 20, 24) for index in range(3)])
    found = restoration.load(tmp_path / "idn_x2.keras")(frames, blur_width=1.3)
    alone = restoration.super_resolve(restoration.Restorer(model), frames[1], 2, blur_width=1.3)
    assert found.shape == (3, 40, 48, 3) and np.abs(found[1].astype(int) - alone).max() <= 1
