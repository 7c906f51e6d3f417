"""Kernel files: three kinds of them, and what is refused of each."""

import zlib

import cv2
import h5py
import numpy as np
import pytest
import scipy.io

from dlnet_tf.errors import UsageError
from dlnet_tf.imagefiles import kernels
from dlnet_tf.imagefiles.kernels import read_kernel

# Not symmetric, so that a transposed kernel is another one.
KERNEL = np.array([[1, 2, 0], [0, 8, 4], [0, 0, 1]]) / 16


def write_73(path, **variables):
    """As MATLAB writes version 7.3: HDF5 behind a block of 512 bytes, columns first."""
    with h5py.File(path, "w", userblock_size=512) as file:
        for name, value in variables.items():
            file[name] = np.asarray(value).T
    with open(path, "r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM")


def test_the_same_kernel_from_every_kind_of_file(tmp_path):
    np.save(tmp_path / "k.npy", KERNEL)
    np.save(tmp_path / "columns.npy", np.asfortranarray(KERNEL))
    assert cv2.imwrite(str(tmp_path / "k.png"), np.rint(16 * KERNEL).astype(np.uint8))
    assert cv2.imwrite(str(tmp_path / "deep.png"), np.rint(64000 * KERNEL).astype(np.uint16))
    assert cv2.imwrite(str(tmp_path / "rgb.PNG"), np.dstack([np.rint(160 * KERNEL).astype(np.uint8)] * 3))
    other = {"sigma": np.ones((1, 2)), "name": "k", "wide": np.ones((3, 5)), "struct": {"kernel": KERNEL}}
    scipy.io.savemat(tmp_path / "k.mat", other | {"kernel": KERNEL})
    scipy.io.savemat(tmp_path / "small.mat", {"kernel": KERNEL.astype(np.float32)}, do_compression=True)
    write_73(tmp_path / "v73.mat", kernel=KERNEL, sigma=np.ones((1, 2)))
    names = sorted(path.name for path in tmp_path.iterdir())
    assert len(names) == 8
    for name in names:
        kernel = read_kernel(tmp_path / name)
        assert kernel.dtype == np.float32, name
        np.testing.assert_allclose(kernel, KERNEL, atol=1e-7, err_msg=name)


def npy_that_claims(shape):
    header = str({"descr": "<f8", "fortran_order": False, "shape": shape}).encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        (
            "k.npy",
            npy_that_claims((10**6 + 1, 10**6 + 1)),
            "found shape [1000001, 1000001], expected [k, k] with k odd",
        ),
        ("k.npy", npy_that_claims((5, 5)), "cannot be read as a .npy file"),
        ("k.npy", b"\x93NUMPY\x09\x00", "found version (9, 0)"),
        ("k.npy", b"\0" * (kernels.MAX_BYTES + 1), "found 524,289 bytes, expected at most 524,288"),
        ("k.mat", b"", "cannot be read as a .mat file"),
        ("k.mat", b"garbage" * 40, "cannot be read as a .mat file"),
        ("k.mat", b"\x89HDF\r\n\x1a\n garbage", "cannot be read as a .mat file"),
        ("k.png", b"garbage", "k.png: found no image"),
        ("k.txt", b"1 2 3", "found suffix '.txt', expected one of .npy, .png, .mat"),
    ],
)
def test_broken_files_are_refused(tmp_path, name, content, words):
    (tmp_path / name).write_bytes(content)
    refuses(tmp_path / name, words)


def refuses(path, words):
    with pytest.raises(UsageError) as refusal:
        read_kernel(path)
    assert words in str(refusal.value) and "\n" not in str(refusal.value)
    assert str(path) in str(refusal.value)


def test_what_is_missing_or_a_folder_is_refused(tmp_path):
    refuses(tmp_path / "missing.mat", "cannot be read (No such file or directory)")
    (tmp_path / "k.npy").mkdir()
    refuses(tmp_path / "k.npy", "cannot be read (Is a directory)")


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({}, "found no numbers, expected one variable of shape [k, k] with k odd, at most 127"),
        ({"a": np.ones((2, 2)), "b": np.ones((3, 5))}, "found a [2, 2], b [3, 5], expected one variable"),
        ({"first": KERNEL, "second": KERNEL}, "found first, second, expected one variable"),
        ({"kernel": np.ones((129, 129)) / 129**2}, "found kernel [129, 129], expected"),
        ({"kernel": 2 * KERNEL}, "found a sum of 2, expected finite values that sum to 1"),
        ({"kernel": np.full((3, 3), np.nan)}, "found a sum of nan"),
    ],
)
@pytest.mark.parametrize("write", [lambda path, **values: scipy.io.savemat(path, values), write_73])
def test_mat_files_without_one_kernel_are_refused(tmp_path, write, variables, words):
    write(tmp_path / "k.mat", **variables)
    refuses(tmp_path / "k.mat", words)


def test_variables_of_another_kind_are_no_kernels(tmp_path):
    scipy.io.savemat(
        tmp_path / "k.mat", {"cell": np.array(["a", KERNEL], object), "text": "abc", "struct": {"a": KERNEL}}
    )
    refuses(tmp_path / "k.mat", "found no numbers")
    scipy.io.savemat(tmp_path / "complex.mat", {"kernel": KERNEL + 0j * KERNEL + 1j})
    refuses(tmp_path / "complex.mat", "found no numbers")


def test_hdf5_does_not_lead_into_other_files(tmp_path):
    write_73(tmp_path / "other.mat", kernel=KERNEL)
    raw = tmp_path / "raw"
    raw.write_bytes(KERNEL.tobytes())
    with h5py.File(tmp_path / "k.mat", "w") as file:
        file["link"] = h5py.ExternalLink("other.mat", "kernel")
        file["soft"] = h5py.SoftLink("/kernel")
        file.create_dataset("external", (3, 3), "f8", external=[(str(raw), 0, h5py.h5f.UNLIMITED)])
        layout = h5py.VirtualLayout((3, 3), "f8")
        layout[...] = h5py.VirtualSource(str(tmp_path / "other.mat"), "kernel", (3, 3))
        file.create_virtual_dataset("virtual", layout)
    refuses(tmp_path / "k.mat", "found no numbers")


def test_a_variable_that_unpacks_to_something_else_is_refused_unread(tmp_path):
    # 18 MB of zeros in 18 kB.
    scipy.io.savemat(tmp_path / "k.mat", {"kernel": KERNEL})
    header = (tmp_path / "k.mat").read_bytes()[:128]
    matrix = np.zeros(1500**2).tobytes()
    element = b"\x06\0\0\0\x08\0\0\0\x06\0\0\0\0\0\0\0\x05\0\0\0\x08\0\0\0\xdc\x05\0\0\xdc\x05\0\0\x01\0\x01\0k\0\0\0"
    element += b"\x09\0\0\0" + len(matrix).to_bytes(4, "little") + matrix
    packed = zlib.compress(b"\x0e\0\0\0" + len(element).to_bytes(4, "little") + element, 9)
    (tmp_path / "k.mat").write_bytes(header + b"\x0f\0\0\0" + len(packed).to_bytes(4, "little") + packed)
    refuses(tmp_path / "k.mat", "found k [1500, 1500], expected one variable")


@pytest.mark.parametrize(
    ("image", "words"),
    [
        (np.zeros((3, 3), np.uint8), "found a black image"),
        (np.ones((4, 4), np.uint8), "found shape [4, 4], expected [k, k] with k odd"),
        (np.ones((129, 129), np.uint8), "found shape [129, 129]"),
        (np.dstack([np.eye(3, dtype=np.uint8)] + 2 * [np.ones((3, 3), np.uint8)]), "found an image with colours"),
    ],
)
def test_images_that_are_no_kernels_are_refused(tmp_path, image, words):
    assert cv2.imwrite(str(tmp_path / "k.png"), image)
    refuses(tmp_path / "k.png", words)
