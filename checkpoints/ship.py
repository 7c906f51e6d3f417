"""Put a trained model among those that ship, its large weights in 16 bits: half the file, loaded as every other one.

python checkpoints/ship.py runs/train-inpaint_celeba_joint/inpaint_celeba_joint.keras
"""

from __future__ import annotations

import io
import pathlib
import sys
import zipfile

import h5py
import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from dlnet_tf.files import write_bytes, write_text  # noqa: E402

WEIGHTS = "model.weights.h5"
NOTE = "- **File:** kernels rounded to 16 bits, 11 bits of precision; loaded as float32\n"


def halve(data: bytes) -> bytes:
    """Return a `.keras` file whose arrays of two or more axes are float16; Keras casts them when it loads them."""
    shipped = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(shipped, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(name, _halve_weights(source.read(name)) if name == WEIGHTS else source.read(name))
    return shipped.getvalue()


def _halve_weights(data: bytes) -> bytes:
    halved = io.BytesIO()
    with h5py.File(io.BytesIO(data), "r") as source, h5py.File(halved, "w") as target:

        def copy(name: str, item: h5py.Group | h5py.Dataset) -> None:
            if isinstance(item, h5py.Group):
                made = target.require_group(name)
            else:
                values = item[()]
                large = np.ndim(values) > 1 and values.dtype == np.float32
                made = target.create_dataset(name, data=values.astype(np.float16) if large else values)
            made.attrs.update(item.attrs)

        target.attrs.update(source.attrs)
        source.visititems(copy)
    return halved.getvalue()


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        path = pathlib.Path(argument)
        write_bytes(HERE / path.name, halve(path.read_bytes()))
        write_text(HERE / f"{path.stem}.md", path.with_suffix(".md").read_text("utf-8") + NOTE)
        print(f"{(HERE / path.name).relative_to(HERE.parent)}  {(HERE / path.name).stat().st_size / 2**20:.1f} MB")
