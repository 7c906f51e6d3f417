"""Photographs in tiles: as the whole, whatever the memory."""

import keras
import numpy as np
import pytest

from dlnet_tf import backbones
from dlnet_tf.degradations import BlurDownsample
from dlnet_tf.errors import UsageError
from dlnet_tf.likelihood import AdamUpdate, DLNet, GradientUpdate
from dlnet_tf.restoration import Restorer, tiles
from dlnet_tf.restoration.receptive_field import receptive_field, shapes_of
from dlnet_tf.restoration.tiles import BASE
from tests import stand_in
from tests.conftest import ROOT

KERNEL = np.random.default_rng(0).dirichlet(np.ones(81)).reshape(1, 9, 9)


def memory_for(model, shape, scale, pixels, shapes=None):
    """GB in which a tile may have so many pixels."""
    per_pixel = tiles._bytes_per_pixel(model, scale, shapes or {})
    return BASE + (np.prod(shape) * (1 + scale**2) + per_pixel * (pixels + 0.5)) / 1e9


def noisy(height, width):
    clean = stand_in.photograph(1, height, width, colour=False) / 255
    return (clean + np.random.default_rng(2).normal(0, 0.03, clean.shape))[None, ..., None].astype(np.float32)


def restored_in_tiles(model, degraded, scale, cut, **parameters):
    restorer = Restorer(model)
    result = np.full((1, scale * degraded.shape[1], scale * degraded.shape[2], 1), np.nan, np.float32)
    for tile in cut:
        target, taken = tile.target(scale), tile.taken(scale)
        assert np.isnan(result[0][target]).all()
        result[0][target] = restorer(degraded[:, *tile.seen], **parameters)[0][taken]
    return result


@pytest.mark.parametrize("size", [(200, 300), (1000, 90), (77, 4000), (2001, 1999), (33, 33)])
@pytest.mark.parametrize("pixels", [90**2, 150 * 200, 10**5, 10**9])
def test_tiles_cover_a_photograph_once_with_a_halo_and_fit(size, pixels):
    model = DLNet(stand_in.idn(), BlurDownsample(3), 2, GradientUpdate(1.0, damping=None))
    field = receptive_field(model)
    cut = tiles.cut(model, size, 1, 3, memory_for(model, size, 3, pixels))
    count = np.zeros(size, int)
    for tile in cut:
        count[tile.rows, tile.columns] += 1
        seen = [range(length)[part] for part, length in zip(tile.seen, size, strict=True)]
        assert len(seen[0]) * len(seen[1]) <= pixels
        for part, whole, length in zip((tile.rows, tile.columns), seen, size, strict=True):
            assert whole[0] == max(0, part.start - field.before) or (len(whole) == length)
            assert whole[-1] == min(length, part.stop + field.after) - 1 or (len(whole) == length)
    assert (count == 1).all()
    assert (len(cut) == 1) == (size[0] * size[1] <= pixels)


def test_what_just_does_not_fit_is_refused_and_not_cut_too_large():
    model = DLNet(stand_in.idn(), BlurDownsample(3), 2, GradientUpdate(1.0, damping=None))
    outcomes = set()
    for side in (95, 127, 159):
        for pixels in range(60**2, 95**2, 97):
            try:
                cut = tiles.cut(model, (side, side), 1, 3, memory_for(model, (side, side), 3, pixels))
            except UsageError:
                outcomes.add("refused")
                continue
            outcomes.add("cut")
            seen = [[len(range(side)[part]) for part in tile.seen] for tile in cut]
            assert max(np.prod(seen, axis=1)) <= pixels
    assert outcomes == {"cut", "refused"}


def test_of_all_grids_that_fit_the_cheapest_is_taken():
    model = DLNet(stand_in.idn(), BlurDownsample(3), 2, GradientUpdate(1.0, damping=None))
    field, size, pixels = receptive_field(model), (400, 700), 140**2
    halo = field.before + field.after

    def cost(down, across):
        high, wide = (min(n, -(-n // parts) + halo) for n, parts in zip(size, (down, across), strict=True))
        return down * across * high * wide if high * wide <= pixels else np.inf

    cut = tiles.cut(model, size, 1, 3, memory_for(model, size, 3, pixels))
    down, across = len({tile.rows.start for tile in cut}), len({tile.columns.start for tile in cut})
    assert cost(down, across) == min(cost(i, j) for i in range(1, 13) for j in range(1, 22))


def test_too_little_memory_and_networks_that_cannot_be_cut():
    model = DLNet(stand_in.idn(), BlurDownsample(3), 2, GradientUpdate(1.0, damping=None))
    with pytest.raises(UsageError, match=r"^found 4000 x 3000 pixels, which need at least 0\.9 GB of memory, expected"):
        tiles.cut(model, (3000, 4000), 1, 3, 0.8)
    assert tiles.cut(model, (3000, 4000), 1, 3, 0.9)
    degraded = keras.Input((None, None, 1), name="degraded")
    pooled = degraded * keras.layers.GlobalAveragePooling2D(keepdims=True)(degraded)
    network = keras.Model(degraded, keras.layers.Conv2DTranspose(1, 3, strides=3, padding="same")(pooled))
    assert len(tiles.cut(network, (100, 100), 1, 3, 2.0)) == 1
    with pytest.raises(UsageError, match="can be restored only as a whole, not in tiles"):
        tiles.cut(network, (8000, 8000), 1, 3, 2.0)


# Photographs as narrow as a test is short, upright and lying.
@pytest.mark.parametrize(
    ("name", "scale", "update", "size", "parameters"),
    [
        ("idn", 2, GradientUpdate(damping=None), (210, 26), {"blur_width": np.array([1.3])}),
        (
            "idn",
            3,
            AdamUpdate(1e-3),
            (26, 210),
            {"kernel": KERNEL},
        ),
        ("vdsr", 3, GradientUpdate(damping=None), (26, 210), {"kernel": np.full((1, 5, 5), 0.04)}),
        ("drrn", 2, AdamUpdate(1e-3), (210, 26), {"blur_width": np.array([2.6])}),
    ],
)
def test_tiles_are_restored_as_the_whole_is(name, scale, update, size, parameters):
    keras.utils.set_random_seed(3)
    model = DLNet(getattr(backbones, name)(scale=scale, width=16), BlurDownsample(scale), 2, update)
    degraded = noisy(*size)
    whole = Restorer(model)(degraded, **parameters)
    of_image = {name: value[0] for name, value in parameters.items()}
    cut = tiles.cut(model, size, 1, scale, memory_for(model, size, scale, 170 * 26, shapes_of(of_image)), of_image)
    assert len(cut) >= 2
    difference = np.abs(restored_in_tiles(model, degraded, scale, cut, **parameters) - whole)
    if isinstance(update, GradientUpdate):
        assert difference.max() <= 1e-5
    else:
        # The first step is a sign, which rounding can flip.
        assert np.quantile(difference, 0.99) <= 0.035 * update.step_size and difference.max() <= 1 / 255


@pytest.mark.slow
@pytest.mark.parametrize(("scale", "u"), [(2, 2.6), (2, 1.3), (3, 0.0), (3, 1.3), (3, 2.6), (4, 3.0)])
def test_tiles_of_a_model_that_undoes_the_blur_are_restored_as_the_whole_is(scale, u):
    keras.utils.set_random_seed(3)
    model = DLNet(backbones.idn(scale=scale, width=16), BlurDownsample(scale), 2, GradientUpdate())
    parameters = {"blur_width": np.array([u])}
    clean = stand_in.photograph(0, scale * 460, scale * 20, colour=False)[None, ..., None] / 255.0
    degraded = np.rint(255 * np.asarray(BlurDownsample(scale)(clean, parameters))) / 255
    whole = Restorer(model)(degraded, **parameters)
    cut = tiles.cut(model, (460, 20), 1, scale, memory_for(model, (460, 20), scale, 360 * 20), {"blur_width": u})
    assert len(cut) >= 2
    assert np.abs(restored_in_tiles(model, degraded, scale, cut, **parameters) - whole).max() <= 1e-5


def test_what_a_tile_needs_about_it_is_not_much_more_for_undoing_a_blur():
    network = stand_in.idn()
    plain, undone = (DLNet(network, BlurDownsample(3), 5, GradientUpdate(1.0, damping=way)) for way in (None, "auto"))
    for told, more in (({}, 40), ({"blur_width": "auto"}, 40), ({"blur_width": 3}, 36), ({"blur_width": 0.0}, 12)):
        a, b = receptive_field(plain, told), receptive_field(undone, told)
        assert b.before - a.before == b.after - a.after == more


@pytest.mark.slow
@pytest.mark.parametrize("method", ["dlnet_gradient", "dlnet"])
def test_shipped_models_restore_tiles_as_the_whole(method):
    model = keras.saving.load_model(ROOT / "checkpoints" / f"idn_x3_{method}.keras")
    degraded, parameters = noisy(320, 24), {"blur_width": np.array([1.3])}
    whole = Restorer(model)(degraded, **parameters)
    cut = tiles.cut(model, (320, 24), 1, 3, memory_for(model, (320, 24), 3, 290 * 24), {"blur_width": 1.3})
    assert len(cut) >= 2
    difference = np.abs(restored_in_tiles(model, degraded, 3, cut, **parameters) - whole)
    if method == "dlnet":
        assert np.quantile(difference, 0.99) <= 0.035 * model.update.step_size and difference.max() <= 1 / 255
    else:
        assert difference.max() <= 1e-5


@pytest.mark.slow
def test_a_clip_in_tiles_is_restored_as_the_whole_is():
    # Strides fall alike in a tile only where it begins at a multiple of them, and flows are as long as they may be.
    keras.utils.set_random_seed(0)
    network = backbones.vespcn(2, width=4)
    for name in ("coarse5", "fine5"):
        layer = network.get_layer(name)
        layer.kernel.assign(300 * layer.kernel)
    model = DLNet(network, BlurDownsample(2), 2, GradientUpdate(1.0, damping=None), layer="z")
    size = (330, 301)
    frame, before, after = (noisy(*size) + shift for shift in (0.0, 0.01, 0.02))
    inputs = {"blur_width": np.array([1.3], np.float32)}
    neighbours = np.concatenate([before, after], axis=-1)
    whole = Restorer(model)(frame, neighbours=neighbours, **inputs)
    cut = tiles.cut(model, size, 4, 2, memory_for(model, (*size, 4), 2, 260 * 260))
    assert len(cut) > 1 and any(tile.seen[0].start for tile in cut)
    assert all(part.start % 4 == 0 for tile in cut for part in tile.seen)
    flow = keras.Model(network.inputs, network.get_layer("previous_flow").output)
    assert np.abs(flow({"degraded": frame, "neighbours": neighbours})).max() > 1
    for tile in cut:
        found = Restorer(model)(frame[:, *tile.seen], neighbours=neighbours[:, *tile.seen], **inputs)
        np.testing.assert_allclose(found[0][tile.taken(2)], whole[0][tile.target(2)], atol=2e-5)
