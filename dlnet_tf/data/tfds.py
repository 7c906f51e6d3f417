"""Sets that TensorFlow Datasets has prepared, where that optional package is installed; nothing is downloaded."""

from __future__ import annotations

import importlib
import importlib.util
import pathlib
from collections.abc import Iterator
from typing import Any

from dlnet_tf.data.sources import Item, digest
from dlnet_tf.errors import UsageError

PACKAGE = "tensorflow_datasets"


def is_installed() -> bool:
    """Tell whether the package is there, without importing it."""
    return importlib.util.find_spec(PACKAGE) is not None


class PreparedSource:
    """A set that was prepared before, with the package's own splits as first part of the names.

    Args:
        name: as the package calls it: "celeb_a", "sun397".
        data_dir: the folder that holds the folder of that name.

    Raises:
        UsageError: the set is not prepared there.
    """

    def __init__(self, name: str, data_dir: pathlib.Path) -> None:
        self.place = f"{data_dir / name} (TensorFlow Datasets)"
        builder: Any = importlib.import_module(PACKAGE).builder(name, data_dir=str(data_dir))
        if not pathlib.Path(builder.data_dir).is_dir():
            raise UsageError(
                f"{data_dir / name}: found no {builder.info.full_name}, expected it to be prepared with that package"
            )
        self._builder = builder
        self._counts = {split: builder.info.splits[split].num_examples for split in sorted(builder.info.splits)}

    def stamp(self) -> str:
        """Hash version and sizes of the set."""
        return digest([self._builder.info.full_name, *self._counts.items()])

    def names(self) -> list[str]:
        """Return split and index of every example."""
        return [f"{split}/{index:08d}" for split, count in self._counts.items() for index in range(count)]

    def read(self, start: int) -> Iterator[Item]:
        """Yield the pixels of the examples."""
        for split, count in self._counts.items():
            if start < count:
                examples = self._builder.as_dataset(split=split, shuffle_files=False).skip(start)
                for example in examples.as_numpy_iterator():
                    yield example["image"]
            start = max(0, start - count)
