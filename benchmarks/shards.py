"""How fast one host reads 64 x 64 images, from an array file as in training and from TFRecord shards.

python -m benchmarks.shards                              images a second
python -m benchmarks.shards --images 2000000 --folder /disk   more than fits into memory: 24.6 GB in each format

"array, cold" is read after the system was asked to forget the file, which it may do in part only.
"""

from __future__ import annotations

import argparse
import os
import pathlib
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import tensorflow as tf

from dlnet_tf.data.pipeline import corrupted_batches
from dlnet_tf.data.whole_images import WholeImages
from dlnet_tf.experiments.inpainting.experiment import Inpainting
from dlnet_tf.experiments.inpainting.masks import corruption, drawn
from dlnet_tf.tasks import TASKS

BATCH, SHARDS, BLOCK = 100, 8, 1000
SHAPE = (64, 64, 3)


def write(folder: pathlib.Path, count: int) -> pathlib.Path:
    """Write noise as an array file and as TFRecord shards; returns the array file."""
    random = np.random.default_rng(0)
    writers = [tf.io.TFRecordWriter(str(folder / f"{index}.tfrecord")) for index in range(SHARDS)]
    with open(folder / "images.u8", "wb") as file:
        for first in range(0, count, BLOCK):
            images = random.integers(0, 256, (min(BLOCK, count - first), *SHAPE), np.uint8)
            file.write(images.tobytes())
            for index, image in enumerate(images):
                writers[index % SHARDS].write(image.tobytes())
        os.fsync(file.fileno())
    for writer in writers:
        writer.close()
    return folder / "images.u8"


def forget(path: pathlib.Path) -> None:
    """Ask the system to drop a file from its cache."""
    with open(path, "rb") as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def records(folder: pathlib.Path) -> tf.data.Dataset:
    """Build shuffled batches of clean images from the shards, without end."""
    shards = tf.data.Dataset.list_files(str(folder / "*.tfrecord"), seed=0).repeat()
    images = shards.interleave(tf.data.TFRecordDataset, cycle_length=SHARDS, num_parallel_calls=2).shuffle(2000, seed=0)
    decoded = images.map(lambda record: tf.reshape(tf.io.decode_raw(record, tf.uint8), SHAPE), num_parallel_calls=2)
    return decoded.batch(BATCH).map(lambda batch: tf.cast(batch, tf.float32) / 255.0).prefetch(4)


def rate(iterator: Iterator[Any], prepare: Callable[[], object], rounds: int, batches: int) -> float:
    """Return the median over rounds of images a second."""
    next(iterator)
    rates = []
    for _ in range(rounds):
        prepare()
        start = time.perf_counter()
        for _ in range(batches):
            next(iterator)
        rates.append(BATCH * batches / (time.perf_counter() - start))
    return statistics.median(rates)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=100_000, help="[100000, 1.2 GB in each of the two formats]")
    parser.add_argument("--folder", type=pathlib.Path, help="where they are written for the time being [temporary]")
    parser.add_argument("--rounds", type=int, default=5, help="[5]")
    parser.add_argument("--batches", type=int, default=100, help="batches of 100 a round [100]")
    options = parser.parse_args()
    tf.config.experimental.enable_op_determinism()  # as in training
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = pathlib.Path(name)
        path = write(folder, options.images)
        source = WholeImages(np.memmap(path, np.uint8, "r", shape=(options.images, *SHAPE)))
        experiment = Inpainting("interp", "celeba", "autoencoder", "none")
        corrupt = corruption(experiment, drawn(experiment, TASKS["inpaint"].levels_of("joint"), "square"))
        training = corrupted_batches(source.sample, corrupt, BATCH, 0, 0, 2**31)
        seeds = tf.data.Dataset.range(2**31).map(lambda step: source.sample([0, tf.cast(step, tf.int32)], BATCH))
        cases: dict[str, tuple[tf.data.Dataset, Callable[[], object]]] = {
            "array": (seeds, lambda: None),
            "array, cold": (seeds, lambda: forget(path)),
            "array, with masks": (training, lambda: None),
            "TFRecord": (records(folder), lambda: None),
        }
        print(f"{options.images} images, {os.cpu_count()} CPUs")
        for case, (dataset, prepare) in cases.items():
            print(f"{case:<20}{rate(iter(dataset), prepare, options.rounds, options.batches):>12,.0f} images/s")


if __name__ == "__main__":
    main()
