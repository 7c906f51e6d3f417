"""Every published layout, as a tiny set: found, split, resized."""

import io
import os
import sys
import tarfile
import types

import numpy as np
import pytest
from PIL import Image

from dlnet_tf.data import tfds
from dlnet_tf.data.datasets import has_dataset, load_dataset
from dlnet_tf.errors import UsageError
from tests.stand_in import photograph

SIZE = (218, 178)


def image(index, height=64, width=64):
    return photograph(index, height, width)


def save(path, pixels):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, "PNG")  # readers go by what is in a file


def pack(path, files):
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:gz") as archive:
        for name, pixels in files.items():
            stream = io.BytesIO()
            Image.fromarray(pixels).save(stream, "WEBP", lossless=True)
            member = tarfile.TarInfo(name)
            member.size = stream.tell()
            stream.seek(0)
            archive.addfile(member, stream)


def squeezed(index):
    return np.asarray(Image.fromarray(image(index, *SIZE)).resize((64, 64), Image.BICUBIC))


def same(images, indices, make=image):
    np.testing.assert_array_equal(images, [make(index) for index in indices])


@pytest.mark.parametrize("place", ["", "img_align_celeba", "Eval"])
def test_celeba_with_its_partition(tmp_path, place):
    for index in range(1, 7):
        save(tmp_path / "img_align_celeba" / f"{index:06}.jpg", image(index, *SIZE))
    assert has_dataset("celeba", tmp_path) and not has_dataset("sun397", tmp_path)
    (tmp_path / place).mkdir(exist_ok=True)
    lines = [f"{index:06}.jpg {part}" for index, part in enumerate([0, 2, 1, 0, 1, 0, 0], 1)]
    (tmp_path / place / "list_eval_partition.txt").write_text("\n".join(lines))
    splits = load_dataset("celeba", tmp_path)
    same(splits.train, [1, 4, 6], squeezed)
    same(splits.validation, [3, 5], squeezed)
    same(splits.test, [2], squeezed)
    assert splits.name == "celeba"
    assert splits.description == (
        "img_align_celeba: 3 train, 2 validation, 1 test images of 64 x 64 (official partition)"
    )
    assert (tmp_path / ".cache64").is_dir()


def test_another_partition_makes_another_cache(tmp_path):
    for index in range(3):
        save(tmp_path / "img_align_celeba" / f"{index}.jpg", image(index))
    same(load_dataset("celeba", tmp_path).test, [2])
    (tmp_path / "list_eval_partition.txt").write_text("0.jpg 2\n1.jpg 0\n2.jpg 0\n")
    splits = load_dataset("celeba", tmp_path)
    same(splits.test, [0])
    assert splits.validation is None and "official partition" in splits.description
    (tmp_path / "list_eval_partition.txt").write_text("0.jpg 0\n1.jpg 0\n2.jpg 1\n")
    with pytest.raises(UsageError, match=r"found no test images \(official partition\)"):
        load_dataset("celeba", tmp_path)


def test_celeba_without_a_partition_is_split_by_order(tmp_path):
    for index in range(24):
        save(tmp_path / "img_align_celeba" / f"{index:06}.jpg", image(index))
    splits = load_dataset("celeba", tmp_path)
    same(splits.train, range(20))
    same(splits.validation, [20, 21])
    same(splits.test, [22, 23])
    assert "in the order of the names" in splits.description


FILES = {f"{split}/{index:02}.webp": image(index) for index, split in enumerate(["val", "test", "train"] * 4)}


@pytest.mark.parametrize(
    ("dataset", "folder", "name"), [("celeba", "celeba64", "celeba"), ("sun397", "scenes64", "scenes")]
)
def test_the_subsets_are_the_same_packed_and_unpacked(tmp_path, dataset, folder, name):
    backwards = dict(reversed(FILES.items()))
    pack(tmp_path / "a" / folder / "train.tar.gz", {n: p for n, p in backwards.items() if n.startswith("train")})
    pack(tmp_path / "a" / folder / "valtest.tar.gz", {n: p for n, p in backwards.items() if not n.startswith("train")})
    for path, pixels in FILES.items():
        save(tmp_path / "b" / folder / path, pixels)
    for place in ("a", "b"):
        splits = load_dataset(dataset, tmp_path / place)
        assert splits.name == name and splits.description.startswith(f"{folder}: 4 train, 4 validation, 4 test")
        same(splits.train, [2, 5, 8, 11])
        same(splits.validation, [0, 3, 6, 9])
        same(splits.test, [1, 4, 7, 10])
    (tmp_path / "a" / folder / "train.tar.gz").unlink()
    splits = load_dataset(dataset, tmp_path / "a")
    assert splits.train is None and len(splits.test) == 4


@pytest.mark.parametrize("dataset", ["celeba", "sun397"])
def test_arrays(tmp_path, dataset):
    images = np.stack([image(index) for index in range(24)])
    np.savez(tmp_path / f"{dataset}.npz", images=images)
    splits = load_dataset(dataset, tmp_path, tmp_path / "cache")
    assert splits.name == dataset and (tmp_path / "cache").is_dir() and not (tmp_path / ".cache64").exists()
    parts = [splits.train, splits.validation, splits.test]
    assert [len(part) for part in parts] == ([20, 2, 2] if dataset == "celeba" else [22, 1, 1])
    assert {pixels.tobytes() for part in parts for pixels in part} == {pixels.tobytes() for pixels in images}
    np.savez(tmp_path / f"{dataset}.npz", x=images)
    with pytest.raises(UsageError, match=f"{dataset}.npz: found x, expected an array `images`"):
        load_dataset(dataset, tmp_path)


def test_sun397_is_cropped_and_split_by_its_names(tmp_path):
    for index in range(10):
        save(tmp_path / "SUN397" / "a" / "abbey" / f"sun_{index}.jpg", image(index, 64, 80))
    splits = load_dataset("sun397", tmp_path)
    assert splits.name == "sun397" and "hash" in splits.description
    parts = np.concatenate([splits.train, splits.validation, splits.test])
    assert [len(part) for part in (splits.train, splits.validation, splits.test)] == [8, 1, 1]
    assert {p.tobytes() for p in parts} == {image(index, 64, 80)[:, 8:72].tobytes() for index in range(10)}


@pytest.mark.parametrize("kind", ["folder", "tar.gz", "npz"])
def test_any_folder_or_file(tmp_path, kind):
    images = [image(index) for index in range(20)]
    path = tmp_path / ("mine" if kind == "folder" else f"mine.{kind}")
    if kind == "folder":
        for index, pixels in enumerate(images):
            save(path / "sub" / f"{index}.png", pixels)
    elif kind == "npz":
        np.savez(path, images=images)
    else:
        pack(path, {f"{index}.webp": pixels for index, pixels in enumerate(images)})
    splits = load_dataset("folder", path)
    assert splits.name == "mine"
    assert [len(part) for part in (splits.train, splits.validation, splits.test)] == [18, 1, 1]
    again = load_dataset("folder", path, tmp_path / "another")
    np.testing.assert_array_equal(again.test, splits.test)


def test_one_image_is_a_test_set(tmp_path):
    save(tmp_path / "photo.png", image(0))
    splits = load_dataset("folder", tmp_path)
    assert splits.train is None and splits.validation is None
    same(splits.test, [0])


def test_samples_need_no_folder(tmp_path):
    splits = load_dataset("samples", tmp_path / "missing")
    assert has_dataset("samples", tmp_path / "missing")
    assert splits.train is None and splits.validation is None and splits.test.shape == (28, 64, 64, 3)


def test_what_is_not_there_is_said(tmp_path):
    for dataset, expected in (("celeba", "img_align_celeba/, celeba64/"), ("sun397", "SUN397/, scenes64/")):
        assert not has_dataset(dataset, tmp_path)
        with pytest.raises(UsageError, match=f"found no {dataset}, expected {expected}"):
            load_dataset(dataset, tmp_path)
    with pytest.raises(UsageError, match="found no image files"):
        load_dataset("folder", tmp_path)
    with pytest.raises(UsageError, match="found no folder"):
        load_dataset("folder", tmp_path / "missing")
    (tmp_path / "notes.txt").touch()
    with pytest.raises(UsageError, match="notes.txt: found a file, expected a folder of images, .npz or .tar"):
        load_dataset("folder", tmp_path / "notes.txt")
    with pytest.raises(UsageError, match="found mnist, expected celeba, sun397, folder, samples"):
        load_dataset("mnist", tmp_path)
    with tarfile.open(tmp_path / "empty.tar", "w"):
        pass
    with pytest.raises(UsageError, match="empty.tar: found no images"):
        load_dataset("folder", tmp_path / "empty.tar")


def test_tensorflow_datasets_is_used_where_it_is(tmp_path, monkeypatch):
    class Examples:
        def __init__(self, indices):
            self.indices = list(indices)

        def skip(self, count):
            return Examples(self.indices[count:])

        def as_numpy_iterator(self):
            return ({"image": image(index, *SIZE)} for index in self.indices)

    known = {"train": range(3), "validation": range(3, 5), "test": range(5, 6)}
    info = types.SimpleNamespace(
        full_name="celeb_a/2.1.0",
        splits={name: types.SimpleNamespace(num_examples=len(part)) for name, part in known.items()},
    )

    def builder(name, data_dir):
        return types.SimpleNamespace(
            info=info,
            data_dir=os.path.join(data_dir, name, "2.1.0"),
            as_dataset=lambda split, shuffle_files: Examples(known[split]),
        )

    (tmp_path / "celeb_a").mkdir()
    monkeypatch.setattr(tfds, "is_installed", lambda: False)
    monkeypatch.setattr("dlnet_tf.data.datasets.is_installed", lambda: False)
    assert not has_dataset("celeba", tmp_path)
    monkeypatch.setattr("dlnet_tf.data.datasets.is_installed", lambda: True)
    monkeypatch.setitem(sys.modules, tfds.PACKAGE, types.SimpleNamespace(builder=builder))
    with pytest.raises(UsageError, match="found no celeb_a/2.1.0, expected it to be prepared"):
        load_dataset("celeba", tmp_path)
    (tmp_path / "celeb_a" / "2.1.0").mkdir()
    splits = load_dataset("celeba", tmp_path)
    same(splits.train, range(3), squeezed)
    same(splits.validation, [3, 4], squeezed)
    same(splits.test, [5], squeezed)
    source = tfds.PreparedSource("celeb_a", tmp_path)
    assert [len(list(source.read(start))) for start in range(8)] == [6, 5, 4, 3, 2, 1, 0, 0]


@pytest.mark.slow
@pytest.mark.parametrize(("dataset", "name", "train"), [("celeba", "celeba", 27_000), ("sun397", "scenes", 22_000)])
def test_the_real_subsets(shared, tmp_path, dataset, name, train):
    splits = load_dataset(dataset, shared / "datasets", tmp_path)
    assert splits.name == name
    assert [len(part) for part in (splits.train, splits.validation, splits.test)] == [train, 1000, 1000]
    assert all(80 < part[::50].mean() < 150 for part in (splits.train, splits.validation, splits.test))
