"""Arrays in .npz files, read row by row as NumPy reads them whole."""

import numpy as np
import pytest

from dlnet_tf.data.array_files import ArraySource
from dlnet_tf.errors import UsageError

PIXELS = np.random.default_rng(0).integers(0, 256, (7, 5, 6, 3), np.uint8)


def source(tmp_path, save=np.savez_compressed, **arrays):
    save(tmp_path / "a.npz", **arrays)
    return ArraySource(tmp_path / "a.npz")


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_rows_are_read_from_anywhere(tmp_path, save):
    rows = source(tmp_path, save, labels=np.arange(3), images=PIXELS)
    assert rows.names() == [f"0000000{index}" for index in range(7)]
    for start in (0, 3, 7):
        np.testing.assert_array_equal(np.array(list(rows.read(start))).reshape(-1, 5, 6, 3), PIXELS[start:])


@pytest.mark.parametrize("dtype", ["<f4", ">f4", "f8"])
def test_floats_in_zero_to_one_become_bytes(tmp_path, dtype):
    rows = source(tmp_path, images=(PIXELS / 255.0).astype(dtype))
    np.testing.assert_array_equal(np.array(list(rows.read(0))), PIXELS)


@pytest.mark.parametrize("wrong", [-1.0, 1.5, 255.0, np.nan])
def test_floats_of_another_range_are_refused(tmp_path, wrong):
    images = PIXELS / 255.0
    images[4, 0, 0, 0] = wrong
    with pytest.raises(UsageError, match=r"a.npz: found values of .* in image 4, expected .* in \[0, 1\]"):
        list(source(tmp_path, images=images).read(0))


@pytest.mark.parametrize(
    ("arrays", "found"),
    [
        ({"x_train": PIXELS, "y": np.arange(2)}, "found x_train, y, expected an array `images`"),
        ({}, "found nothing"),
        ({"images": np.array([None, {}], object)}, r"found objects \[2\]"),
        ({"images": PIXELS[..., 0]}, r"found uint8 \[7, 5, 6\]"),
        ({"images": PIXELS.transpose(0, 3, 1, 2)}, r"found uint8 \[7, 3, 5, 6\]"),
        ({"images": PIXELS.astype(np.int32)}, "found int32"),
        ({"images": np.asfortranarray(PIXELS)}, "found uint8 in Fortran order"),
    ],
)
def test_other_arrays_are_refused(tmp_path, arrays, found):
    with pytest.raises(UsageError, match=f"a.npz: {found}"):
        source(tmp_path, **arrays).names()


def test_broken_files_are_refused(tmp_path):
    rows = source(tmp_path, np.savez, images=PIXELS)
    path = tmp_path / "a.npz"
    whole = path.read_bytes()
    with pytest.raises(UsageError, match="broken"):  # a changed byte: the sum of the zip file tells
        path.write_bytes(whole.replace(PIXELS[5, 0].tobytes(), bytes(18)))
        list(rows.read(0))
    for data in (whole[: len(whole) // 2], b"", b"no zip file"):
        path.write_bytes(data)
        with pytest.raises(UsageError, match="a.npz: broken, expected an .npz file"):
            rows.names()
    path.unlink()
    with pytest.raises(UsageError, match="a.npz"):
        rows.names()
