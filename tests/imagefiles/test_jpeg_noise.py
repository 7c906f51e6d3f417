"""What compression did to a picture, estimated from the compressed file and measured with the original at hand."""

import io
import tracemalloc

import numpy as np
import pytest
from PIL import Image

from dlnet_tf.colour import luminance, rgb_to_ycbcr
from dlnet_tf.data.samples import load_samples
from dlnet_tf.degradations import BlurDownsample
from dlnet_tf.imagefiles.jpeg_noise import jpeg_noise
from dlnet_tf.imagefiles.photographs import read_photograph


def reduced(image, u):
    y = BlurDownsample(3)(luminance(image)[None, ..., None] / 255.0, {"blur_width": np.array([u])})
    return 255 * np.asarray(y)[0, ..., 0]


@pytest.mark.parametrize("u", [0.0, 1.3, 2.6])
@pytest.mark.parametrize("quality", [75, 90, 95, 100])
def test_the_error_is_not_underestimated_and_hardly_overestimated(quality, u):
    for _, image in load_samples()[:3]:
        y = reduced(image, u)
        file = io.BytesIO()
        Image.fromarray(np.rint(np.clip(y, 0, 255)).astype(np.uint8)).save(file, "JPEG", quality=quality)
        with Image.open(file) as decoded:
            pixels, tables = np.asarray(decoded), decoded.quantization
        ratio = 255 * jpeg_noise(tables[0], pixels) / np.sqrt(np.mean((pixels - y) ** 2))
        assert 0.9 < ratio < 1.9


def test_a_photograph_says_what_its_compression_did(tmp_path):
    _, image = load_samples()[0]
    Image.fromarray(image).save(tmp_path / "a.jpg", quality=80)
    Image.fromarray(image).save(tmp_path / "a.png")
    assert read_photograph(tmp_path / "a.png").noise_sigma is None
    noise = read_photograph(tmp_path / "a.jpg").noise_sigma
    decoded = read_photograph(tmp_path / "a.jpg").pixels
    error = (rgb_to_ycbcr(decoded * 1.0) - rgb_to_ycbcr(image * 1.0))[..., 0] / 255
    assert 0.9 < noise / error.std() < 1.6


def test_pictures_without_a_block_and_without_detail_have_that_of_rounding():
    pictures = np.full((5, 90), 7, np.uint8), np.full((64, 64, 3), 128, np.uint8), np.full((64, 64), 9, np.uint8)
    for table, pixels in [(np.full(64, 16), pixels) for pixels in pictures] + [(np.zeros(64), pictures[-1])]:
        assert jpeg_noise(table, pixels) == pytest.approx(1 / (255 * 12**0.5), rel=1e-3)


def test_a_large_picture_is_not_looked_at_as_a_whole():
    picture = np.tile(load_samples()[0][1], (8, 8, 1))
    tracemalloc.start()
    jpeg_noise(np.full(64, 16), picture)
    assert tracemalloc.get_traced_memory()[1] < 40e6
    tracemalloc.stop()


def test_a_table_may_have_another_number(tmp_path):
    _, image = load_samples()[0]
    Image.fromarray(image[:64, :64]).convert("L").save(tmp_path / "a.jpg", quality=60)
    data = bytearray((tmp_path / "a.jpg").read_bytes())
    table, frame = data.index(b"\xff\xdb") + 4, data.index(b"\xff\xc0")
    # Both where it is defined and where the only component names it.
    data[table], data[frame + 12] = 2, 2
    (tmp_path / "b.jpg").write_bytes(data)
    assert read_photograph(tmp_path / "b.jpg").noise_sigma == read_photograph(tmp_path / "a.jpg").noise_sigma
