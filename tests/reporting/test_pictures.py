"""Windows, thumbnails and pictures inside addresses."""

import base64
import io

import numpy as np
from PIL import Image

from dlnet_tf.imagefiles.on_screen import reduced
from dlnet_tf.rectangle import Rectangle
from dlnet_tf.reporting.exhibits import Exhibit, Picture
from dlnet_tf.reporting.pictures import data_uri, telling_window


def exhibit(shape=(200, 300)):
    flat = np.full(shape, 128, np.uint8)
    other = flat.copy()
    other[100:130, 200:230] = 90
    outlier = np.zeros(shape, np.uint8)
    pictures = [
        Picture("Input", outlier),
        Picture("A", flat, 30.0),
        Picture("B", other, 31.0),
        Picture("Truth", flat),
    ]
    return Exhibit("image", {"u = 0": pictures, "u = 1": [pictures[0], pictures[1], pictures[1], pictures[3]]})


def test_the_window_holds_where_methods_differ():
    for shape in ((200, 300), (200, 300, 3)):
        window = telling_window(exhibit(shape), side=60)
        assert (window.height, window.width) == (60, 60)
        assert window.top <= 100 and window.top + 60 >= 130
        assert window.left <= 200 and window.left + 60 >= 230


def test_small_images_are_shown_whole():
    assert telling_window(exhibit((64, 64)), side=60) == Rectangle(0, 0, 64, 64)


def test_one_method_alone_still_has_a_window():
    flat = np.zeros((200, 200), np.uint8)
    alone = Exhibit("image", {"u = 0": [Picture("A", flat, 30.0), Picture("Truth", flat)]})
    assert telling_window(alone, side=50) == Rectangle(0, 0, 50, 50)


def test_cut_takes_the_rectangle():
    image = np.arange(30).reshape(5, 6)
    np.testing.assert_array_equal(Rectangle(1, 2, 2, 3).cut(image), [[8, 9, 10], [14, 15, 16]])


def test_thumbnails_only_shrink():
    image = np.random.default_rng(0).integers(0, 256, (100, 400, 3), np.uint8)
    assert reduced(image, 200).shape == (50, 200, 3)
    assert abs(reduced(image, 200).mean() - image.mean()) < 1
    assert reduced(image, 400) is image


def test_data_uri_holds_the_pixels_in_the_right_colours():
    rng = np.random.default_rng(1)
    for shape in ((5, 7), (5, 7, 3)):
        image = rng.integers(0, 256, shape, np.uint8)
        kind, _, data = data_uri(image).partition(",")
        assert kind == "data:image/png;base64"
        np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(base64.b64decode(data)))), image)
