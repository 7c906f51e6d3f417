"""Arrays in .npz files, read row by row as NumPy reads them whole."""

import io
import zipfile

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


@pytest.mark.parametrize(
    ("shape", "found"),
    [
        ((1, 30000, 30000, 3), "images of 30000 x 30000 pixels, expected at most 67,108,864 bytes each"),
        ((10**15, 1, 1, 3), "a header of 1,000,000,000,000,000 images in 99 bytes"),
    ],
)
def test_what_a_small_file_claims_is_refused_before_it_is_taken_for_true(tmp_path, shape, found):
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"shape": shape, "fortran_order": False, "descr": "|u1"})
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("images.npy", header.getvalue() + bytes(99))
    with pytest.raises(UsageError, match=f"a.npz: found {found}"):
        ArraySource(tmp_path / "a.npz").names()


@pytest.mark.parametrize("header", [b"{'descr': (", b"{'descr': '|u1', 'fortran_order': False, 'shape': [", b"\xff"])
def test_headers_that_are_no_python_are_refused(tmp_path, header):
    npy = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("images.npy", npy)
    with pytest.raises(UsageError, match="a.npz: broken header") as refusal:
        ArraySource(tmp_path / "a.npz").names()
    assert "\n" not in str(refusal.value)
